"""The first shape of leagues, teams, books, events, selections, rulesets, review items."""

import django.db.models.deletion
import django.db.models.functions.comparison
import simple_history.models
from django.db import migrations, models

import apps.core.ids
from apps.core.append_only import GuardAppendOnly


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Book",
            fields=[
                ("id", models.SmallAutoField(primary_key=True, serialize=False)),
                (
                    "uuid",
                    models.UUIDField(editable=False, help_text="UUIDv5 of the key.", unique=True),
                ),
                (
                    "key",
                    models.CharField(help_text="As providers name it.", max_length=32, unique=True),
                ),
                ("title", models.CharField(max_length=64)),
                (
                    "group",
                    models.CharField(
                        help_text="Books of one house: hardrockbet_fl belongs to hardrockbet.",
                        max_length=32,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("SPORTSBOOK", "Sportsbook"),
                            ("EXCHANGE", "Exchange"),
                            ("DFS", "Dfs"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("ACTIVE", "Active"), ("RETIRED", "Retired")],
                        default="ACTIVE",
                        max_length=8,
                    ),
                ),
            ],
            options={
                "db_table": "book",
                "ordering": ["key"],
            },
        ),
        migrations.CreateModel(
            name="HistoricalBook",
            fields=[
                ("id", models.IntegerField(blank=True, db_index=True)),
                (
                    "uuid",
                    models.UUIDField(db_index=True, editable=False, help_text="UUIDv5 of the key."),
                ),
                (
                    "key",
                    models.CharField(
                        db_index=True, help_text="As providers name it.", max_length=32
                    ),
                ),
                ("title", models.CharField(max_length=64)),
                (
                    "group",
                    models.CharField(
                        help_text="Books of one house: hardrockbet_fl belongs to hardrockbet.",
                        max_length=32,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("SPORTSBOOK", "Sportsbook"),
                            ("EXCHANGE", "Exchange"),
                            ("DFS", "Dfs"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("ACTIVE", "Active"), ("RETIRED", "Retired")],
                        default="ACTIVE",
                        max_length=8,
                    ),
                ),
                (
                    "history_user_id",
                    models.CharField(
                        help_text="The operator, as the audit names actors: type:id.",
                        max_length=200,
                    ),
                ),
                (
                    "history_change_reason",
                    models.TextField(blank=True, default="", help_text="The operator's own words."),
                ),
                (
                    "history_id",
                    models.UUIDField(
                        default=apps.core.ids.uuid7,
                        editable=False,
                        help_text="UUIDv7.",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
            ],
            options={
                "verbose_name": "historical book",
                "verbose_name_plural": "historical books",
                "db_table": "book_history",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="HistoricalLeague",
            fields=[
                ("id", models.IntegerField(blank=True, db_index=True)),
                (
                    "uuid",
                    models.UUIDField(
                        db_index=True, editable=False, help_text="UUIDv5 of the code."
                    ),
                ),
                (
                    "code",
                    models.CharField(
                        db_index=True, help_text="NFL; part of every scope.", max_length=16
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                (
                    "sport",
                    models.CharField(
                        help_text="Picks the score model: football (American), basketball, ...",
                        max_length=16,
                    ),
                ),
                (
                    "provider_keys",
                    models.JSONField(
                        default=dict,
                        help_text="Provider's name to the key it knows the league under.",
                    ),
                ),
                (
                    "identity_provider",
                    models.CharField(
                        help_text="The one provider whose events become our events.", max_length=32
                    ),
                ),
                (
                    "archive_provider",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Whose past games warm up the ratings; it creates only games that are over.",
                        max_length=32,
                    ),
                ),
                (
                    "timezone",
                    models.CharField(
                        help_text="IANA name; a game belongs to the day it starts on there.",
                        max_length=64,
                    ),
                ),
                (
                    "winner_market",
                    models.CharField(
                        choices=[("MONEYLINE", "Two-way"), ("MONEYLINE_3WAY", "Three-way")],
                        default="MONEYLINE",
                        help_text="What the provider's h2h market means here.",
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
                        default="FULL_GAME",
                        help_text="The period of its main markets: REGULATION where overtime does not count.",
                        max_length=16,
                    ),
                ),
                ("can_tie", models.BooleanField(help_text="Whether a game may end level.")),
                (
                    "can_end_scoreless",
                    models.BooleanField(
                        default=False, help_text="Whether 0-0 is a result; elsewhere it is SUSPECT."
                    ),
                ),
                (
                    "regulation_minutes",
                    models.PositiveSmallIntegerField(help_text="Minutes of play without overtime."),
                ),
                (
                    "maximum_minutes",
                    models.PositiveSmallIntegerField(
                        help_text="Minutes from the start after which a missing result is overdue."
                    ),
                ),
                (
                    "has_scores",
                    models.BooleanField(
                        default=True,
                        help_text="Whether a provider reports scores; without, nothing is published.",
                    ),
                ),
                (
                    "line_ranges",
                    models.JSONField(
                        default=list,
                        help_text="Points: lowest and highest plausible main line before the game, per market.",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("ACTIVE", "Active"), ("RETIRED", "Retired")],
                        default="ACTIVE",
                        max_length=8,
                    ),
                ),
                (
                    "history_user_id",
                    models.CharField(
                        help_text="The operator, as the audit names actors: type:id.",
                        max_length=200,
                    ),
                ),
                (
                    "history_change_reason",
                    models.TextField(blank=True, default="", help_text="The operator's own words."),
                ),
                (
                    "history_id",
                    models.UUIDField(
                        default=apps.core.ids.uuid7,
                        editable=False,
                        help_text="UUIDv7.",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
            ],
            options={
                "verbose_name": "historical league",
                "verbose_name_plural": "historical leagues",
                "db_table": "league_history",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="League",
            fields=[
                ("id", models.SmallAutoField(primary_key=True, serialize=False)),
                (
                    "uuid",
                    models.UUIDField(editable=False, help_text="UUIDv5 of the code.", unique=True),
                ),
                (
                    "code",
                    models.CharField(
                        help_text="NFL; part of every scope.", max_length=16, unique=True
                    ),
                ),
                ("name", models.CharField(max_length=100)),
                (
                    "sport",
                    models.CharField(
                        help_text="Picks the score model: football (American), basketball, ...",
                        max_length=16,
                    ),
                ),
                (
                    "provider_keys",
                    models.JSONField(
                        default=dict,
                        help_text="Provider's name to the key it knows the league under.",
                    ),
                ),
                (
                    "identity_provider",
                    models.CharField(
                        help_text="The one provider whose events become our events.", max_length=32
                    ),
                ),
                (
                    "archive_provider",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Whose past games warm up the ratings; it creates only games that are over.",
                        max_length=32,
                    ),
                ),
                (
                    "timezone",
                    models.CharField(
                        help_text="IANA name; a game belongs to the day it starts on there.",
                        max_length=64,
                    ),
                ),
                (
                    "winner_market",
                    models.CharField(
                        choices=[("MONEYLINE", "Two-way"), ("MONEYLINE_3WAY", "Three-way")],
                        default="MONEYLINE",
                        help_text="What the provider's h2h market means here.",
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
                        default="FULL_GAME",
                        help_text="The period of its main markets: REGULATION where overtime does not count.",
                        max_length=16,
                    ),
                ),
                ("can_tie", models.BooleanField(help_text="Whether a game may end level.")),
                (
                    "can_end_scoreless",
                    models.BooleanField(
                        default=False, help_text="Whether 0-0 is a result; elsewhere it is SUSPECT."
                    ),
                ),
                (
                    "regulation_minutes",
                    models.PositiveSmallIntegerField(help_text="Minutes of play without overtime."),
                ),
                (
                    "maximum_minutes",
                    models.PositiveSmallIntegerField(
                        help_text="Minutes from the start after which a missing result is overdue."
                    ),
                ),
                (
                    "has_scores",
                    models.BooleanField(
                        default=True,
                        help_text="Whether a provider reports scores; without, nothing is published.",
                    ),
                ),
                (
                    "line_ranges",
                    models.JSONField(
                        default=list,
                        help_text="Points: lowest and highest plausible main line before the game, per market.",
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("ACTIVE", "Active"), ("RETIRED", "Retired")],
                        default="ACTIVE",
                        max_length=8,
                    ),
                ),
            ],
            options={
                "db_table": "league",
                "ordering": ["code"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("maximum_minutes__gte", models.F("regulation_minutes"))
                        ),
                        name="league_maximum_covers_regulation",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Team",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        editable=False,
                        help_text="UUIDv5 of league and canonical name.",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="Canonical: part of the id, never edited.", max_length=100
                    ),
                ),
                ("abbreviation", models.CharField(blank=True, default="", max_length=8)),
                (
                    "status",
                    models.CharField(
                        choices=[("ACTIVE", "Active"), ("RETIRED", "Retired")],
                        default="ACTIVE",
                        max_length=8,
                    ),
                ),
                (
                    "league",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="teams",
                        to="catalog.league",
                    ),
                ),
            ],
            options={
                "db_table": "team",
                "ordering": ["name"],
            },
        ),
        migrations.CreateModel(
            name="HistoricalTeamAlias",
            fields=[
                ("id", models.BigIntegerField(blank=True, db_index=True)),
                ("provider", models.CharField(help_text="Whose spelling.", max_length=32)),
                (
                    "spelling",
                    models.CharField(
                        help_text="Exactly as the provider writes it.", max_length=200
                    ),
                ),
                (
                    "normalised",
                    models.CharField(
                        editable=False,
                        help_text="NFKC, case folded: what is looked up.",
                        max_length=200,
                    ),
                ),
                (
                    "history_user_id",
                    models.CharField(
                        help_text="The operator, as the audit names actors: type:id.",
                        max_length=200,
                    ),
                ),
                (
                    "history_change_reason",
                    models.TextField(blank=True, default="", help_text="The operator's own words."),
                ),
                (
                    "history_id",
                    models.UUIDField(
                        default=apps.core.ids.uuid7,
                        editable=False,
                        help_text="UUIDv7.",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("history_date", models.DateTimeField(db_index=True)),
                (
                    "history_type",
                    models.CharField(
                        choices=[("+", "Created"), ("~", "Changed"), ("-", "Deleted")], max_length=1
                    ),
                ),
                (
                    "league",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalog.league",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalog.team",
                    ),
                ),
            ],
            options={
                "verbose_name": "historical team alias",
                "verbose_name_plural": "historical team aliases",
                "db_table": "team_alias_history",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        migrations.CreateModel(
            name="Event",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        editable=False,
                        help_text="UUIDv5 of the creating provider and its event id.",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "neutral",
                    models.BooleanField(
                        blank=True,
                        help_text="Played on neutral ground; empty: nobody said.",
                        null=True,
                    ),
                ),
                (
                    "start_time",
                    models.DateTimeField(
                        help_text="UTC, as last reported by a poll before the game; frozen by the latch."
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("SCHEDULED", "Scheduled"),
                            ("LIVE", "Live"),
                            ("FINAL", "Final"),
                            ("POSTPONED", "Postponed"),
                            ("CANCELED", "Canceled"),
                        ],
                        default="SCHEDULED",
                        max_length=10,
                    ),
                ),
                (
                    "latched_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="UTC, captured_at of the first poll that showed the game in play.",
                        null=True,
                    ),
                ),
                (
                    "begins_at",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.db.models.functions.comparison.Least(
                            models.F("start_time"), models.F("latched_at")
                        ),
                        help_text="UTC, the earlier of start_time and latched_at: no quote after it is pre-game.",
                        output_field=models.DateTimeField(),
                    ),
                ),
                (
                    "final_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="UTC, when the provider called the game final.",
                        null=True,
                    ),
                ),
                (
                    "frozen_code",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Why nothing is built on it until an operator decides: MAPPING_DRIFT.",
                        max_length=32,
                    ),
                ),
                (
                    "merged_into",
                    models.ForeignKey(
                        blank=True,
                        help_text="The event that this one turned out to be, as a person decided.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.event",
                    ),
                ),
                (
                    "league",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.league",
                    ),
                ),
                (
                    "away",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.team",
                    ),
                ),
                (
                    "home",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.team",
                    ),
                ),
            ],
            options={
                "db_table": "event",
                "ordering": ["start_time", "id"],
            },
        ),
        migrations.CreateModel(
            name="TeamAlias",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("provider", models.CharField(help_text="Whose spelling.", max_length=32)),
                (
                    "spelling",
                    models.CharField(
                        help_text="Exactly as the provider writes it.", max_length=200
                    ),
                ),
                (
                    "normalised",
                    models.CharField(
                        editable=False,
                        help_text="NFKC, case folded: what is looked up.",
                        max_length=200,
                    ),
                ),
                (
                    "league",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.league",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="aliases",
                        to="catalog.team",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "team aliases",
                "db_table": "team_alias",
                "ordering": ["provider", "spelling"],
            },
        ),
        migrations.CreateModel(
            name="EventScheduleChange",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("provider", models.CharField(max_length=32)),
                (
                    "captured_at",
                    models.DateTimeField(help_text="UTC, of the poll that reported it."),
                ),
                ("start_time", models.DateTimeField(help_text="UTC, as reported.")),
                (
                    "previous_start",
                    models.DateTimeField(
                        help_text="UTC, as reported before; empty for the first report.", null=True
                    ),
                ),
                (
                    "in_play",
                    models.BooleanField(
                        help_text="Whether the game was latched or in play by then, so that nothing followed it."
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="schedule_changes",
                        to="catalog.event",
                    ),
                ),
            ],
            options={
                "db_table": "event_schedule_change",
                "ordering": ["captured_at", "id"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("event", "provider", "captured_at"),
                        name="event_schedule_change_is_told_once_per_poll",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="EventSource",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("provider", models.CharField(help_text="Namespace of the id.", max_length=32)),
                (
                    "source_event_id",
                    models.CharField(help_text="The provider's own id.", max_length=64),
                ),
                (
                    "reported_start",
                    models.DateTimeField(help_text="UTC, the start it reported last."),
                ),
                (
                    "last_seen_at",
                    models.DateTimeField(help_text="UTC, captured_at of the newest poll with it."),
                ),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="sources",
                        to="catalog.event",
                    ),
                ),
            ],
            options={
                "db_table": "event_source",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("provider", "source_event_id"), name="event_source_names_one_event"
                    ),
                    models.UniqueConstraint(
                        fields=("event", "provider"), name="event_source_is_single_per_provider"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ReviewItem",
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
                    "kind",
                    models.CharField(
                        choices=[
                            ("UNKNOWN_SPELLING", "Unknown spelling"),
                            ("UNKNOWN_BOOK", "Unknown book"),
                            ("MAPPING_DRIFT", "Mapping drift"),
                            ("EVENT_AMBIGUOUS", "Event ambiguous"),
                            ("RESULT_SUSPECT", "Result suspect"),
                        ],
                        max_length=16,
                    ),
                ),
                ("provider", models.CharField(max_length=32)),
                (
                    "subject",
                    models.CharField(
                        help_text="What it is about: the spelling, the book key, the event id.",
                        max_length=300,
                    ),
                ),
                (
                    "evidence",
                    models.JSONField(
                        default=dict, help_text="What was seen, when it was seen first."
                    ),
                ),
                (
                    "suggestions",
                    models.JSONField(default=list, help_text="Candidates, the likeliest first."),
                ),
                ("first_seen_at", models.DateTimeField(help_text="UTC.")),
                ("last_seen_at", models.DateTimeField(help_text="UTC.")),
                (
                    "seen_count",
                    models.PositiveIntegerField(default=1, help_text="Polls that raised it."),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("OPEN", "Open"),
                            ("APPROVED", "Approved"),
                            ("REJECTED", "Rejected"),
                        ],
                        default="OPEN",
                        max_length=8,
                    ),
                ),
                ("decided_at", models.DateTimeField(blank=True, help_text="UTC.", null=True)),
                (
                    "decided_by",
                    models.CharField(blank=True, default="", help_text="type:id.", max_length=200),
                ),
                ("decision", models.JSONField(default=dict, help_text="What was decided.")),
                (
                    "reason",
                    models.TextField(blank=True, default="", help_text="The person's own words."),
                ),
                (
                    "league",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.league",
                    ),
                ),
            ],
            options={
                "db_table": "review_item",
                "ordering": ["-last_seen_at", "id"],
                "permissions": [("decide_reviewitem", "Can decide review items")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("kind", "provider", "league", "subject"),
                        name="review_item_is_asked_once",
                        nulls_distinct=False,
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("decided_at__isnull", True), ("status", "OPEN")),
                            models.Q(
                                models.Q(("status", "OPEN"), _negated=True),
                                ("decided_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="review_item_that_is_decided_has_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Selection",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "uuid",
                    models.UUIDField(
                        editable=False,
                        help_text="UUIDv5 of event, market, period, side, participant.",
                        unique=True,
                    ),
                ),
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
                    "participant",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Player or team of a prop; else empty.",
                        max_length=100,
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="selections",
                        to="catalog.event",
                    ),
                ),
            ],
            options={
                "db_table": "selection",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("event", "market_type", "period", "side", "participant"),
                        name="selection_stands_once_in_its_event",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SettlementRuleset",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("version", models.PositiveSmallIntegerField(help_text="Counts from 1.")),
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
                    "rules",
                    models.JSONField(
                        help_text="rulebook.thresholds.SettlementRules, units as it says."
                    ),
                ),
                (
                    "rules_hash",
                    models.CharField(help_text="sha256 hex of the canonical rules.", max_length=64),
                ),
                (
                    "effective_from",
                    models.DateTimeField(help_text="UTC, business time; inclusive."),
                ),
                (
                    "league",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.league",
                    ),
                ),
            ],
            options={
                "db_table": "settlement_ruleset",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("league", "market_type", "period", "version"),
                        name="settlement_ruleset_version_is_used_once",
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="team",
            constraint=models.UniqueConstraint(
                fields=("league", "name"), name="team_name_is_used_once"
            ),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(fields=["league", "start_time"], name="event_of_a_league_by_start"),
        ),
        migrations.AddIndex(
            model_name="event",
            index=models.Index(
                condition=models.Q(("status__in", ["SCHEDULED", "LIVE"])),
                fields=["league", "begins_at"],
                name="event_that_is_not_over",
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(("home", models.F("away")), _negated=True),
                name="event_sides_differ",
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "FINAL"), _negated=True),
                    ("final_at__isnull", False),
                    _connector="OR",
                ),
                name="event_final_has_a_time",
            ),
        ),
        migrations.AddConstraint(
            model_name="event",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("merged_into__isnull", True),
                    models.Q(("merged_into", models.F("id")), _negated=True),
                    _connector="OR",
                ),
                name="event_is_not_merged_into_itself",
            ),
        ),
        migrations.AddConstraint(
            model_name="teamalias",
            constraint=models.UniqueConstraint(
                fields=("provider", "league", "normalised"), name="team_alias_names_one_team"
            ),
        ),
        GuardAppendOnly("historicalleague"),
        GuardAppendOnly("historicalbook"),
        GuardAppendOnly("historicalteamalias"),
        GuardAppendOnly("eventschedulechange"),
        GuardAppendOnly("settlementruleset"),
    ]
