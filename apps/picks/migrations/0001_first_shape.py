"""Picks, their history, their closes and their outbox in the first shape."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

import apps.core.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalog", "0001_first_shape"),
        ("governance", "0001_audit_switches_configs_jobs"),
    ]

    operations = [
        migrations.CreateModel(
            name="Pick",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        editable=False,
                        help_text="UUIDv5 of the idempotency key.",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "idempotency_key",
                    models.CharField(
                        help_text="sha256 hex over tenant, event, market type, period and pick_version.",
                        max_length=64,
                    ),
                ),
                (
                    "pick_version",
                    models.PositiveIntegerField(help_text="Counts the picks of its idea from 1."),
                ),
                ("league", models.CharField(help_text="League code, of the event.", max_length=16)),
                (
                    "market_type",
                    models.CharField(
                        choices=[
                            ("SPREAD", "Spread"),
                            ("MONEYLINE", "Moneyline"),
                            ("MONEYLINE_3WAY", "Moneyline 3way"),
                            ("TOTAL", "Total"),
                            ("TEAM_TOTAL", "Team total"),
                            ("PROP", "Prop"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "period",
                    models.CharField(
                        choices=[
                            ("FULL_GAME", "Full game"),
                            ("REGULATION", "Regulation"),
                            ("H1", "H1"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "side",
                    models.CharField(
                        choices=[
                            ("HOME", "Home"),
                            ("AWAY", "Away"),
                            ("DRAW", "Draw"),
                            ("OVER", "Over"),
                            ("UNDER", "Under"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "provider",
                    models.CharField(
                        help_text="Whose event id it was made on; grading finds the score by it.",
                        max_length=32,
                    ),
                ),
                (
                    "source_event_id",
                    models.CharField(help_text="That provider's own id.", max_length=64),
                ),
                (
                    "home_team_id",
                    models.UUIDField(help_text="Home when it was made; a change is MAPPING_DRIFT."),
                ),
                (
                    "away_team_id",
                    models.UUIDField(help_text="Away when it was made; a change is MAPPING_DRIFT."),
                ),
                (
                    "snapshot_id",
                    models.UUIDField(help_text="Computed public id of the quote's snapshot."),
                ),
                (
                    "snapshot_seq",
                    models.SmallIntegerField(
                        help_text="With observed_at: which snapshot of that selection and book it is."
                    ),
                ),
                (
                    "observed_at",
                    models.DateTimeField(help_text="UTC, the provider's time of the quote."),
                ),
                (
                    "last_seen_at",
                    models.DateTimeField(
                        help_text="UTC, captured_at of the newest poll that showed it."
                    ),
                ),
                (
                    "line",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="Points, as given to the selection; empty: the market has none.",
                        max_digits=6,
                        null=True,
                    ),
                ),
                (
                    "price",
                    models.DecimalField(
                        decimal_places=6, help_text="Decimal odds, stake included.", max_digits=12
                    ),
                ),
                (
                    "price_american",
                    models.IntegerField(
                        blank=True,
                        help_text="American odds exactly as quoted; empty: decimal.",
                        null=True,
                    ),
                ),
                (
                    "payload_sha256",
                    models.CharField(
                        help_text="Hex, of the payload that showed the quote first.", max_length=64
                    ),
                ),
                (
                    "run_id",
                    models.UUIDField(blank=True, help_text="Simulation run; UUIDv5.", null=True),
                ),
                (
                    "batch_id",
                    models.UUIDField(
                        blank=True, help_text="Evaluation batch it came from.", null=True
                    ),
                ),
                ("model_version", models.CharField(blank=True, default="", max_length=64)),
                (
                    "data_version",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="sha256 hex of every input of the run.",
                        max_length=64,
                    ),
                ),
                ("sim_config_hash", models.CharField(blank=True, default="", max_length=64)),
                (
                    "sims",
                    models.PositiveIntegerField(default=0, help_text="Simulated games of the run."),
                ),
                ("market_config_hash", models.CharField(help_text="sha256 hex.", max_length=64)),
                ("model_config_hash", models.CharField(help_text="sha256 hex.", max_length=64)),
                (
                    "a",
                    models.FloatField(help_text="0 to 1: E[(1 - void factor) won] at this line."),
                ),
                (
                    "b",
                    models.FloatField(
                        help_text="0 to 1: E[(1 - void factor)(1 - won)] at this line."
                    ),
                ),
                (
                    "v",
                    models.FloatField(help_text="0 to 1: the share of the stake that is returned."),
                ),
                (
                    "model_prob",
                    models.FloatField(help_text="0 to 1: the model's own, pushes left out."),
                ),
                (
                    "fair_prob",
                    models.FloatField(help_text="0 to 1: the market's, its margin removed."),
                ),
                (
                    "weight",
                    models.FloatField(
                        help_text="0 to 1: how far the model pulled away from the market."
                    ),
                ),
                (
                    "decision_prob",
                    models.FloatField(help_text="0 to 1: what it is judged by, pushes left out."),
                ),
                (
                    "edge_prob",
                    models.FloatField(
                        help_text="Probability points, signed: decision_prob minus fair_prob, of this selection."
                    ),
                ),
                (
                    "edge_points",
                    models.FloatField(
                        blank=True,
                        help_text="Points by which the line is better than the fair one.",
                        null=True,
                    ),
                ),
                (
                    "fair_line",
                    models.FloatField(
                        blank=True,
                        help_text="Points, as given to the selection: where the model agrees with the market.",
                        null=True,
                    ),
                ),
                ("ev", models.FloatField(help_text="Expected profit per unit staked: .05 is 5 %.")),
                (
                    "tier",
                    models.CharField(
                        choices=[
                            ("EDGE", "Edge"),
                            ("LEAN", "Lean"),
                            ("MARKET_ALIGNED", "Market aligned"),
                            ("BLOCKED", "Blocked"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "uncapped_tier",
                    models.CharField(
                        choices=[
                            ("EDGE", "Edge"),
                            ("LEAN", "Lean"),
                            ("MARKET_ALIGNED", "Market aligned"),
                            ("BLOCKED", "Blocked"),
                        ],
                        help_text="What the thresholds alone would have said.",
                        max_length=16,
                    ),
                ),
                (
                    "risk_flags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=32),
                        blank=True,
                        default=list,
                        help_text="What a reader should know; see rulebook.evaluation.RiskFlag.",
                        size=None,
                    ),
                ),
                (
                    "confidence",
                    models.FloatField(
                        blank=True,
                        help_text="0 to 1: how often picks at this probability were right; empty: not measured.",
                        null=True,
                    ),
                ),
                (
                    "volatility",
                    models.FloatField(
                        blank=True,
                        help_text="Standard deviation of the market's log-odds over its window; empty: too new.",
                        null=True,
                    ),
                ),
                (
                    "playable_to_price",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        help_text="Decimal odds: the worst price at this line that still has EV > 0.",
                        max_digits=12,
                        null=True,
                    ),
                ),
                (
                    "playable_to_line",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="Points: the worst line at this price that still has EV > 0.",
                        max_digits=6,
                        null=True,
                    ),
                ),
                (
                    "proposed_at",
                    models.DateTimeField(help_text="UTC, when it was made, blocked ones too."),
                ),
                (
                    "expires_at",
                    models.DateTimeField(
                        help_text="UTC, the game's start as known then: unpublished, it ends there."
                    ),
                ),
                (
                    "born_blocked",
                    models.BooleanField(
                        default=False,
                        help_text="It never waited for publication: a check failed at once.",
                    ),
                ),
                ("ui_contract_version", models.PositiveSmallIntegerField(default=1)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("PROPOSED", "Proposed"),
                            ("BLOCKED", "Blocked"),
                            ("EXPIRED", "Expired"),
                            ("PUBLISHED", "Published"),
                            ("SUPERSEDED", "Superseded"),
                            ("GRADED", "Graded"),
                        ],
                        default="PROPOSED",
                        max_length=16,
                    ),
                ),
                (
                    "block_reason",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="The first of block_reasons.",
                        max_length=32,
                    ),
                ),
                (
                    "block_reasons",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=32),
                        blank=True,
                        default=list,
                        help_text="Every check that failed; see rulebook.evaluation.Violation.",
                        size=None,
                    ),
                ),
                (
                    "expiry_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("REPLACED", "Replaced"),
                            ("QUOTE_MOVED", "Quote moved"),
                            ("QUOTE_STALE", "Quote stale"),
                            ("EVENT_STARTED", "Event started"),
                        ],
                        default="",
                        max_length=16,
                    ),
                ),
                ("published_at", models.DateTimeField(blank=True, help_text="UTC.", null=True)),
                (
                    "validity_state",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("VALID", "Valid"),
                            ("MOVED_BUT_OK", "Moved but ok"),
                            ("REFRESH_RECOMMENDED", "Refresh recommended"),
                            ("INVALIDATED", "Invalidated"),
                        ],
                        default="",
                        help_text="Only what was published has one.",
                        max_length=20,
                    ),
                ),
                (
                    "validity_reason",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Why the market or a person says so.",
                        max_length=32,
                    ),
                ),
                (
                    "validity_at",
                    models.DateTimeField(
                        blank=True, help_text="UTC, since when it has this validity.", null=True
                    ),
                ),
                (
                    "withdrawn_reason",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("INJURY_UPDATE", "Injury update"),
                            ("LINEUP_CHANGE", "Lineup change"),
                            ("MARKET_SUSPENSION", "Market suspension"),
                            ("GAME_POSTPONED", "Game postponed"),
                            ("DATA_INTEGRITY", "Data integrity"),
                            ("MANUAL", "Manual"),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                (
                    "book",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalog.book",
                    ),
                ),
                (
                    "config_version",
                    models.ForeignKey(
                        db_index=False,
                        help_text="The opinion it was judged under.",
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.configversion",
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalog.event",
                    ),
                ),
                (
                    "selection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalog.selection",
                    ),
                ),
                (
                    "settlement_ruleset",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="The rules it settles by: stamped with its publication.",
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalog.settlementruleset",
                    ),
                ),
                (
                    "supersedes",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="The published pick whose place this one takes.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="superseded_by",
                        to="picks.pick",
                    ),
                ),
            ],
            options={
                "db_table": "pick",
                "ordering": ["-proposed_at", "id"],
                "permissions": [
                    ("publish_pick", "Can publish picks"),
                    ("withdraw_pick", "Can withdraw published picks"),
                ],
            },
        ),
        migrations.CreateModel(
            name="Delivery",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=apps.core.ids.uuid7,
                        editable=False,
                        help_text="UUIDv7.",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "channel",
                    models.CharField(
                        choices=[("APP", "App"), ("TELEGRAM", "Telegram"), ("WEBHOOK", "Webhook")],
                        max_length=10,
                    ),
                ),
                (
                    "recipient",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Chat or endpoint; empty for the app.",
                        max_length=64,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("NEW", "New"), ("EDIT", "Edit"), ("REPLY", "Reply")], max_length=5
                    ),
                ),
                (
                    "cause",
                    models.CharField(
                        help_text="What happened: PUBLISHED, INVALIDATED, ...", max_length=32
                    ),
                ),
                (
                    "due_at",
                    models.DateTimeField(help_text="UTC, business time since which it is owed."),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("PENDING", "Pending"),
                            ("LEASED", "Leased"),
                            ("SENT", "Sent"),
                            ("RETRY", "Retry"),
                            ("REJECTED", "Rejected"),
                            ("DEAD", "Dead"),
                            ("UNKNOWN", "Unknown"),
                            ("VOID", "Void"),
                        ],
                        default="PENDING",
                        max_length=8,
                    ),
                ),
                (
                    "attempts",
                    models.PositiveSmallIntegerField(default=0, help_text="Tries so far."),
                ),
                (
                    "lease_token",
                    models.UUIDField(blank=True, help_text="Who is sending it now.", null=True),
                ),
                (
                    "lease_until",
                    models.DateTimeField(blank=True, help_text="UTC, database's clock.", null=True),
                ),
                (
                    "not_before",
                    models.DateTimeField(blank=True, help_text="UTC, database's clock.", null=True),
                ),
                (
                    "sent_at",
                    models.DateTimeField(blank=True, help_text="UTC, business time.", null=True),
                ),
                (
                    "message_id",
                    models.BigIntegerField(
                        blank=True, help_text="The channel's own id of the message.", null=True
                    ),
                ),
                ("template_version", models.CharField(blank=True, default="", max_length=16)),
                (
                    "text_sha256",
                    models.CharField(
                        blank=True, default="", help_text="Hex, of the text as sent.", max_length=64
                    ),
                ),
                ("error_code", models.CharField(blank=True, default="", max_length=64)),
                (
                    "answers",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        help_text="The message that this one edits or replies to.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="answered_by",
                        to="picks.delivery",
                    ),
                ),
                (
                    "pick",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="deliveries",
                        to="picks.pick",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "deliveries",
                "db_table": "delivery",
                "ordering": ["due_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="PickChange",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("changed_at", models.DateTimeField(help_text="UTC, business time.")),
                (
                    "from_status",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("PROPOSED", "Proposed"),
                            ("BLOCKED", "Blocked"),
                            ("EXPIRED", "Expired"),
                            ("PUBLISHED", "Published"),
                            ("SUPERSEDED", "Superseded"),
                            ("GRADED", "Graded"),
                        ],
                        default="",
                        max_length=16,
                    ),
                ),
                (
                    "to_status",
                    models.CharField(
                        choices=[
                            ("PROPOSED", "Proposed"),
                            ("BLOCKED", "Blocked"),
                            ("EXPIRED", "Expired"),
                            ("PUBLISHED", "Published"),
                            ("SUPERSEDED", "Superseded"),
                            ("GRADED", "Graded"),
                        ],
                        max_length=16,
                    ),
                ),
                (
                    "from_validity",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("VALID", "Valid"),
                            ("MOVED_BUT_OK", "Moved but ok"),
                            ("REFRESH_RECOMMENDED", "Refresh recommended"),
                            ("INVALIDATED", "Invalidated"),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                (
                    "to_validity",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("VALID", "Valid"),
                            ("MOVED_BUT_OK", "Moved but ok"),
                            ("REFRESH_RECOMMENDED", "Refresh recommended"),
                            ("INVALIDATED", "Invalidated"),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True, default="", help_text="Code: why it moved.", max_length=32
                    ),
                ),
                (
                    "by",
                    models.CharField(
                        help_text="Who moved it, as the audit names actors.", max_length=150
                    ),
                ),
                ("book_id", models.SmallIntegerField(blank=True, null=True)),
                (
                    "quote_status",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("OPEN", "Open"),
                            ("SUSPENDED", "Suspended"),
                            ("ABSENT", "Absent"),
                        ],
                        default="",
                        max_length=9,
                    ),
                ),
                (
                    "quote_observed_at",
                    models.DateTimeField(blank=True, help_text="UTC.", null=True),
                ),
                ("quote_seq", models.SmallIntegerField(blank=True, null=True)),
                (
                    "quote_last_seen_at",
                    models.DateTimeField(blank=True, help_text="UTC.", null=True),
                ),
                (
                    "line",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="Points, quoted then.",
                        max_digits=6,
                        null=True,
                    ),
                ),
                (
                    "price",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        help_text="Decimal odds, then.",
                        max_digits=12,
                        null=True,
                    ),
                ),
                (
                    "ev",
                    models.FloatField(
                        blank=True,
                        help_text="Expected profit per unit staked at that quote.",
                        null=True,
                    ),
                ),
                (
                    "pick",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="changes",
                        to="picks.pick",
                    ),
                ),
            ],
            options={
                "db_table": "pick_change",
                "ordering": ["changed_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="ProposalRound",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        editable=False,
                        help_text="UUIDv5 of tenant and batch.",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("batch_id", models.UUIDField(help_text="The evaluation batch.", unique=True)),
                ("league", models.CharField(help_text="League code.", max_length=16)),
                (
                    "captured_at",
                    models.DateTimeField(help_text="UTC, of the poll that the batch evaluated."),
                ),
                ("decided_at", models.DateTimeField(help_text="UTC, business time of this look.")),
                (
                    "market_config_hash",
                    models.CharField(help_text="sha256 hex, of the batch.", max_length=64),
                ),
                (
                    "model_config_hash",
                    models.CharField(help_text="sha256 hex, of the batch.", max_length=64),
                ),
                (
                    "gates",
                    models.JSONField(
                        default=list, help_text="Evaluations, per gate: see the class."
                    ),
                ),
                ("evaluations", models.PositiveIntegerField(help_text="Evaluations looked at.")),
                (
                    "proposed",
                    models.PositiveIntegerField(help_text="Picks that now wait for publication."),
                ),
                (
                    "replaced",
                    models.PositiveIntegerField(
                        help_text="Waiting picks that gave way to a newer one."
                    ),
                ),
                ("blocked", models.PositiveIntegerField(help_text="Picks born BLOCKED.")),
                (
                    "config_version",
                    models.ForeignKey(
                        db_index=False,
                        help_text="The opinion in force.",
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.configversion",
                    ),
                ),
            ],
            options={
                "db_table": "proposal_round",
                "ordering": ["-decided_at", "-captured_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="LineTracking",
            fields=[
                (
                    "pick",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="tracking",
                        serialize=False,
                        to="picks.pick",
                    ),
                ),
                (
                    "open_line",
                    models.DecimalField(
                        blank=True, decimal_places=2, help_text="Points.", max_digits=6, null=True
                    ),
                ),
                (
                    "open_price",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        help_text="Decimal odds.",
                        max_digits=12,
                        null=True,
                    ),
                ),
                ("open_observed_at", models.DateTimeField(blank=True, help_text="UTC.", null=True)),
                ("open_seq", models.SmallIntegerField(blank=True, null=True)),
                (
                    "open_age_s",
                    models.IntegerField(
                        blank=True,
                        help_text="Seconds: how old it was when a poll showed it first.",
                        null=True,
                    ),
                ),
                ("best_book_id", models.SmallIntegerField(blank=True, null=True)),
                (
                    "best_line",
                    models.DecimalField(
                        blank=True, decimal_places=2, help_text="Points.", max_digits=6, null=True
                    ),
                ),
                (
                    "best_price",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        help_text="Decimal odds.",
                        max_digits=12,
                        null=True,
                    ),
                ),
                ("best_observed_at", models.DateTimeField(blank=True, help_text="UTC.", null=True)),
                ("best_seq", models.SmallIntegerField(blank=True, null=True)),
                (
                    "best_last_seen_at",
                    models.DateTimeField(blank=True, help_text="UTC.", null=True),
                ),
                (
                    "close_source",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("SAME_BOOK", "Same book"),
                            ("SHARP_BOOK", "Sharp book"),
                            ("CONSENSUS", "Consensus"),
                            ("MISSING", "Missing"),
                        ],
                        default="",
                        max_length=10,
                    ),
                ),
                (
                    "close_missing",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("NO_PREGAME_QUOTE", "No pregame quote"),
                            ("TOO_OLD", "Too old"),
                            ("MARGIN_NOT_REMOVABLE", "Margin not removable"),
                            ("TOO_FEW_BOOKS", "Too few books"),
                            ("NO_DISTRIBUTION", "No distribution"),
                        ],
                        default="",
                        max_length=32,
                    ),
                ),
                (
                    "close_book_id",
                    models.SmallIntegerField(
                        blank=True, help_text="Empty for a consensus.", null=True
                    ),
                ),
                (
                    "close_books",
                    models.PositiveSmallIntegerField(
                        default=0,
                        help_text="Books behind the close: 1, or those that the consensus pools.",
                    ),
                ),
                (
                    "close_line",
                    models.DecimalField(
                        blank=True, decimal_places=2, help_text="Points.", max_digits=6, null=True
                    ),
                ),
                (
                    "close_price",
                    models.DecimalField(
                        blank=True,
                        decimal_places=6,
                        help_text="Decimal odds; empty for a consensus, which nobody offers.",
                        max_digits=12,
                        null=True,
                    ),
                ),
                (
                    "close_fair_prob",
                    models.FloatField(
                        blank=True,
                        help_text="0 to 1, of the selection at close_line, no margin.",
                        null=True,
                    ),
                ),
                (
                    "close_observed_at",
                    models.DateTimeField(blank=True, help_text="UTC.", null=True),
                ),
                ("close_seq", models.SmallIntegerField(blank=True, null=True)),
                (
                    "close_last_seen_at",
                    models.DateTimeField(blank=True, help_text="UTC.", null=True),
                ),
                (
                    "close_age_s",
                    models.IntegerField(
                        blank=True,
                        help_text="Seconds before the start that it was last seen.",
                        null=True,
                    ),
                ),
                (
                    "started_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="UTC, the start that the close was taken at.",
                        null=True,
                    ),
                ),
                (
                    "clv_points",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="Points by which the taken line was better; empty without a line.",
                        max_digits=6,
                        null=True,
                    ),
                ),
                (
                    "clv_price",
                    models.FloatField(
                        blank=True,
                        help_text="Taken over closing decimal odds, minus 1; only at an equal line.",
                        null=True,
                    ),
                ),
                (
                    "clv_ev",
                    models.FloatField(
                        blank=True,
                        help_text="Expected profit per unit staked against the no-vig close at the taken line.",
                        null=True,
                    ),
                ),
                (
                    "clv_missing",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("NO_PREGAME_QUOTE", "No pregame quote"),
                            ("TOO_OLD", "Too old"),
                            ("MARGIN_NOT_REMOVABLE", "Margin not removable"),
                            ("TOO_FEW_BOOKS", "Too few books"),
                            ("NO_DISTRIBUTION", "No distribution"),
                        ],
                        default="",
                        help_text="Why there is no clv_ev.",
                        max_length=32,
                    ),
                ),
                (
                    "margin_method",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("MULTIPLICATIVE", "Multiplicative"),
                            ("ADDITIVE", "Additive"),
                            ("POWER", "Power"),
                            ("SHIN", "Shin"),
                            ("ODDS_RATIO", "Odds ratio"),
                        ],
                        default="",
                        max_length=16,
                    ),
                ),
                (
                    "method_version",
                    models.CharField(
                        blank=True, default="", help_text="rulebook.clv's version.", max_length=32
                    ),
                ),
                (
                    "completed_at",
                    models.DateTimeField(
                        blank=True, help_text="UTC; once set, the row stays as it is.", null=True
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "line tracking",
                "db_table": "line_tracking",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("close_source", ""), ("completed_at__isnull", True)),
                            models.Q(
                                ("completed_at__isnull", False),
                                ("started_at__isnull", False),
                                models.Q(("close_source", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="line_tracking_completed_names_its_close",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(
                                ("close_fair_prob__isnull", True),
                                ("close_source", "MISSING"),
                                models.Q(("close_missing", ""), _negated=True),
                            ),
                            models.Q(
                                models.Q(("close_source", "MISSING"), _negated=True),
                                ("close_missing", ""),
                            ),
                            _connector="OR",
                        ),
                        name="line_tracking_missing_close_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("completed_at__isnull", True),
                            models.Q(("clv_ev__isnull", False), ("clv_missing", "")),
                            models.Q(
                                ("clv_ev__isnull", True),
                                models.Q(("clv_missing", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="line_tracking_missing_value_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("close_last_seen_at__isnull", True),
                            ("close_last_seen_at__lt", models.F("started_at")),
                            _connector="OR",
                        ),
                        name="line_tracking_close_is_before_the_start",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("close_price__isnull", True), ("close_price__gt", 1), _connector="OR"
                        ),
                        name="line_tracking_close_price_exceeds_stake",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="pick",
            index=models.Index(
                condition=models.Q(("status__in", ["PUBLISHED", "SUPERSEDED"])),
                fields=["event"],
                name="pick_that_is_ungraded",
            ),
        ),
        migrations.AddIndex(
            model_name="pick",
            index=models.Index(
                condition=models.Q(("published_at__isnull", False)),
                fields=["published_at"],
                name="pick_by_publication",
            ),
        ),
        migrations.AddConstraint(
            model_name="pick",
            constraint=models.UniqueConstraint(
                fields=("idempotency_key",), name="pick_key_is_used_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="pick",
            constraint=models.UniqueConstraint(
                fields=("event", "market_type", "period", "pick_version"),
                name="pick_version_is_counted_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="pick",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "PROPOSED")),
                fields=("event", "market_type", "period"),
                name="pick_is_proposed_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="pick",
            constraint=models.UniqueConstraint(
                condition=models.Q(("status", "PUBLISHED")),
                fields=("event", "market_type", "period"),
                name="pick_is_published_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="pick",
            constraint=models.UniqueConstraint(
                fields=("supersedes",), name="pick_is_superseded_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="pick",
            constraint=models.UniqueConstraint(
                condition=models.Q(("born_blocked", True)),
                fields=("selection", "block_reason"),
                name="pick_is_blocked_once_for_a_reason",
            ),
        ),
        migrations.AddConstraint(
            model_name="pick",
            constraint=models.CheckConstraint(
                condition=models.Q(("price__gt", 1)), name="pick_price_exceeds_stake"
            ),
        ),
        migrations.AddConstraint(
            model_name="pick",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("market_type", "SPREAD"), ("side__in", ["HOME", "AWAY"])),
                    models.Q(("market_type", "MONEYLINE"), ("side__in", ["HOME", "AWAY"])),
                    models.Q(
                        ("market_type", "MONEYLINE_3WAY"), ("side__in", ["HOME", "AWAY", "DRAW"])
                    ),
                    models.Q(("market_type", "TOTAL"), ("side__in", ["OVER", "UNDER"])),
                    models.Q(("market_type", "TEAM_TOTAL"), ("side__in", ["OVER", "UNDER"])),
                    models.Q(("market_type", "PROP"), ("side__in", ["OVER", "UNDER"])),
                    _connector="OR",
                ),
                name="pick_side_suits_its_market",
            ),
        ),
        migrations.AddConstraint(
            model_name="pick",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status", "BLOCKED"),
                    models.Q(
                        ("market_type__in", ["PROP", "SPREAD", "TEAM_TOTAL", "TOTAL"]),
                        ("line__isnull", False),
                    ),
                    models.Q(
                        models.Q(
                            ("market_type__in", ["PROP", "SPREAD", "TEAM_TOTAL", "TOTAL"]),
                            _negated=True,
                        ),
                        ("line__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="pick_line_suits_its_market",
            ),
        ),
        migrations.AddConstraint(
            model_name="pick",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status", "BLOCKED"),
                    models.Q(
                        ("decision_prob__gt", 0),
                        ("decision_prob__lt", 1),
                        ("fair_prob__gt", 0),
                        ("fair_prob__lt", 1),
                        ("model_prob__gt", 0),
                        ("model_prob__lt", 1),
                    ),
                    _connector="OR",
                ),
                name="pick_probability_is_uncertain",
            ),
        ),
        migrations.AddConstraint(
            model_name="pick",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status", "BLOCKED"),
                    models.Q(("a__gte", 0), ("b__gte", 0), ("v__gte", 0)),
                    _connector="OR",
                ),
                name="pick_shares_are_not_negative",
            ),
        ),
        migrations.AddConstraint(
            model_name="pick",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status", "BLOCKED"),
                    (
                        "a__range",
                        (
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.Value(0.999999999), "-", models.F("b")
                                ),
                                "-",
                                models.F("v"),
                            ),
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.Value(1.000000001), "-", models.F("b")
                                ),
                                "-",
                                models.F("v"),
                            ),
                        ),
                    ),
                    _connector="OR",
                ),
                name="pick_shares_add_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="pick",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status", "BLOCKED"),
                    (
                        "edge_prob__range",
                        (
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.F("decision_prob"), "-", models.F("fair_prob")
                                ),
                                "-",
                                models.Value(1e-09),
                            ),
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.F("decision_prob"), "-", models.F("fair_prob")
                                ),
                                "+",
                                models.Value(1e-09),
                            ),
                        ),
                    ),
                    _connector="OR",
                ),
                name="pick_edge_is_signed_and_of_its_own_selection",
            ),
        ),
        migrations.AddConstraint(
            model_name="pick",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("confidence__isnull", True), ("confidence__range", (0, 1)), _connector="OR"
                ),
                name="pick_confidence_is_a_share",
            ),
        ),
        migrations.AddConstraint(
            model_name="pick",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("block_reason", ""),
                        ("block_reasons", []),
                        models.Q(
                            ("status", "BLOCKED"),
                            ("tier", "BLOCKED"),
                            _connector="OR",
                            _negated=True,
                        ),
                    ),
                    models.Q(
                        ("status", "BLOCKED"),
                        ("block_reasons__0", models.F("block_reason")),
                        ("tier", "BLOCKED"),
                        models.Q(("block_reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="pick_blocked_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="pick",
            constraint=models.CheckConstraint(
                condition=models.Q(("status", "BLOCKED"), ("born_blocked", False), _connector="OR"),
                name="pick_born_blocked_stays_blocked",
            ),
        ),
        migrations.AddConstraint(
            model_name="pick",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "EXPIRED"), models.Q(("expiry_reason", ""), _negated=True)),
                    models.Q(models.Q(("status", "EXPIRED"), _negated=True), ("expiry_reason", "")),
                    _connector="OR",
                ),
                name="pick_expired_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="pick",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("status__in", ["PUBLISHED", "SUPERSEDED", "GRADED"]),
                        ("published_at__isnull", False),
                        ("settlement_ruleset__isnull", False),
                        models.Q(("validity_state", ""), _negated=True),
                    ),
                    models.Q(
                        models.Q(
                            ("status__in", ["PUBLISHED", "SUPERSEDED", "GRADED"]), _negated=True
                        ),
                        ("published_at__isnull", True),
                        ("settlement_ruleset__isnull", True),
                        ("validity_state", ""),
                    ),
                    _connector="OR",
                ),
                name="pick_published_has_time_rules_and_validity",
            ),
        ),
        migrations.AddConstraint(
            model_name="pick",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status__in", ["PUBLISHED", "SUPERSEDED", "GRADED"]), _negated=True),
                    ("ev__gt", 0),
                    _connector="OR",
                ),
                name="pick_published_has_expected_value",
            ),
        ),
        migrations.AddConstraint(
            model_name="pick",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("published_at__isnull", True),
                    ("published_at__lt", models.F("expires_at")),
                    _connector="OR",
                ),
                name="pick_published_before_the_start",
            ),
        ),
        migrations.AddConstraint(
            model_name="pick",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("withdrawn_reason", ""),
                    models.Q(
                        ("validity_state", "INVALIDATED"),
                        models.Q(("published_at__isnull", True), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="pick_withdrawn_is_invalidated",
            ),
        ),
        migrations.AddIndex(
            model_name="delivery",
            index=models.Index(
                condition=models.Q(("status__in", ["PENDING", "RETRY", "LEASED"])),
                fields=["due_at"],
                name="delivery_that_is_owed",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.UniqueConstraint(
                fields=("pick", "channel", "recipient", "kind", "cause"),
                name="delivery_is_owed_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "SENT"), _negated=True),
                    ("sent_at__isnull", False),
                    _connector="OR",
                ),
                name="delivery_sent_has_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("lease_until__isnull", False), ("status", "LEASED")),
                    models.Q(
                        models.Q(("status", "LEASED"), _negated=True), ("lease_until__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="delivery_leased_has_an_end",
            ),
        ),
        migrations.AddConstraint(
            model_name="delivery",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("answers__isnull", True), ("kind", "NEW")),
                    models.Q(models.Q(("kind", "NEW"), _negated=True), ("answers__isnull", False)),
                    _connector="OR",
                ),
                name="delivery_answer_has_a_message",
            ),
        ),
        migrations.AddIndex(
            model_name="pickchange",
            index=models.Index(fields=["pick", "changed_at"], name="pick_change_of_a_pick"),
        ),
        migrations.AddConstraint(
            model_name="pickchange",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("from_status", models.F("to_status")), _negated=True),
                    models.Q(("from_validity", models.F("to_validity")), _negated=True),
                    _connector="OR",
                ),
                name="pick_change_changes_something",
            ),
        ),
        migrations.AddIndex(
            model_name="proposalround",
            index=models.Index(
                fields=["league", "market_config_hash", "model_config_hash", "captured_at"],
                name="proposal_round_first_to_last",
            ),
        ),
    ]
