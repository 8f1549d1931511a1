"""The first shape of feeds, polls, payloads, quotes, consensus and results."""

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

from apps.core.append_only import GuardAppendOnly
from apps.core.partitions import CreatePartitionedModel


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalog", "0001_first_shape"),
    ]

    operations = [
        CreatePartitionedModel(
            column="captured_at",
            name="RawBody",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "payload_id",
                        "captured_at",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "payload_id",
                    models.BigIntegerField(help_text="The raw_payload; no key, days are dropped."),
                ),
                (
                    "captured_at",
                    models.DateTimeField(help_text="UTC, first_captured_at of the payload."),
                ),
                (
                    "body",
                    models.BinaryField(
                        help_text="zstd level 3; compressed here, never by the server."
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "raw bodies",
                "db_table": "raw_body",
            },
        ),
        migrations.CreateModel(
            name="RawPayload",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "sha256",
                    models.CharField(
                        help_text="Hex, of the plain bytes.", max_length=64, unique=True
                    ),
                ),
                ("size", models.PositiveIntegerField(help_text="Bytes as they came.")),
                ("stored_size", models.PositiveIntegerField(help_text="Bytes after zstd level 3.")),
                (
                    "first_captured_at",
                    models.DateTimeField(
                        help_text="UTC, of the first poll with it: the day whose partition holds the body."
                    ),
                ),
            ],
            options={
                "db_table": "raw_payload",
            },
        ),
        migrations.CreateModel(
            name="Feed",
            fields=[
                ("id", models.SmallAutoField(primary_key=True, serialize=False)),
                (
                    "uuid",
                    models.UUIDField(
                        editable=False,
                        help_text="UUIDv5 of provider, kind, league and source.",
                        unique=True,
                    ),
                ),
                (
                    "adapter",
                    models.CharField(
                        help_text="Which implementation of the port answers: recorded, oddsapi.",
                        max_length=32,
                    ),
                ),
                (
                    "provider",
                    models.CharField(
                        help_text="Namespace of the ids it speaks: the_odds_api, nflverse.",
                        max_length=32,
                    ),
                ),
                (
                    "kind",
                    models.CharField(
                        choices=[("ODDS", "Odds"), ("RESULTS", "Results"), ("ARCHIVE", "Archive")],
                        max_length=8,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Which of the adapter's sources, a recording's name; empty: its only one.",
                        max_length=64,
                    ),
                ),
                (
                    "odds_format",
                    models.CharField(
                        choices=[("AMERICAN", "American"), ("DECIMAL", "Decimal")],
                        default="AMERICAN",
                        max_length=8,
                    ),
                ),
                ("rhythm_s", models.PositiveIntegerField(help_text="Seconds between two polls.")),
                (
                    "max_quote_age_s",
                    models.PositiveIntegerField(
                        default=180,
                        help_text="Seconds since last_seen_at after which a quote is stale.",
                    ),
                ),
                (
                    "max_close_age_s",
                    models.PositiveIntegerField(
                        default=600,
                        help_text="Seconds before the start a close may have been seen last.",
                    ),
                ),
                (
                    "options",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="The adapter's own: markets, regions, bookmakers.",
                    ),
                ),
                ("enabled", models.BooleanField(default=True)),
                (
                    "next_due_at",
                    models.DateTimeField(
                        blank=True, help_text="UTC; empty: it has nothing more to give.", null=True
                    ),
                ),
                (
                    "last_captured_at",
                    models.DateTimeField(
                        blank=True, help_text="UTC, captured_at of its newest poll.", null=True
                    ),
                ),
                (
                    "read_through",
                    models.DateTimeField(
                        blank=True,
                        help_text="UTC: every poll captured up to here was read, so they need not be asked.",
                        null=True,
                    ),
                ),
                (
                    "newest_read_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="UTC, captured_at of the newest poll read: an older one never becomes current.",
                        null=True,
                    ),
                ),
                (
                    "league",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="feeds",
                        to="catalog.league",
                    ),
                ),
            ],
            options={
                "db_table": "feed",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="ProviderPoll",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("captured_at", models.DateTimeField(help_text="UTC, when the answer was taken.")),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("OK", "Ok"),
                            ("UNCHANGED", "Unchanged"),
                            ("EMPTY", "Empty"),
                            ("NOT_DUE", "Not due"),
                            ("AUTH", "Auth"),
                            ("OUT_OF_CREDITS", "Out of credits"),
                            ("FREQUENCY", "Frequency"),
                            ("BAD_REQUEST", "Bad request"),
                            ("GONE", "Gone"),
                            ("SERVER", "Server"),
                            ("NETWORK", "Network"),
                            ("UNREADABLE", "Unreadable"),
                        ],
                        max_length=16,
                    ),
                ),
                ("http_status", models.PositiveSmallIntegerField(blank=True, null=True)),
                (
                    "error_code",
                    models.CharField(
                        blank=True, default="", help_text="The provider's own code.", max_length=64
                    ),
                ),
                (
                    "detail",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="What went wrong, without secrets.",
                        max_length=300,
                    ),
                ),
                (
                    "credits_cost",
                    models.IntegerField(blank=True, help_text="Credits of this call.", null=True),
                ),
                (
                    "credits_used",
                    models.IntegerField(blank=True, help_text="Credits since reset.", null=True),
                ),
                (
                    "credits_remaining",
                    models.IntegerField(
                        blank=True, help_text="Credits; was seen negative.", null=True
                    ),
                ),
                (
                    "duration_ms",
                    models.PositiveIntegerField(help_text="Milliseconds of the whole call."),
                ),
                (
                    "feed",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="polls",
                        to="snapshots.feed",
                    ),
                ),
                (
                    "payload",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="polls",
                        to="snapshots.rawpayload",
                    ),
                ),
            ],
            options={
                "db_table": "provider_poll",
                "ordering": ["captured_at", "feed_id"],
            },
        ),
        migrations.CreateModel(
            name="PayloadReading",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "reader_version",
                    models.PositiveSmallIntegerField(help_text="Version of the code that read."),
                ),
                ("read_at", models.DateTimeField(help_text="UTC, business time of the reading.")),
                (
                    "refused_code",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Why nothing in it could be read; empty: it was read.",
                        max_length=32,
                    ),
                ),
                ("events", models.PositiveIntegerField(help_text="Events that were read.")),
                (
                    "prices",
                    models.PositiveIntegerField(
                        help_text="Prices in it; of a results feed, scores."
                    ),
                ),
                (
                    "written",
                    models.PositiveIntegerField(help_text="Prices stored because they were new."),
                ),
                (
                    "unchanged",
                    models.PositiveIntegerField(help_text="Prices seen again as they were."),
                ),
                (
                    "quarantined",
                    models.JSONField(default=dict, help_text="Prices set aside, by code."),
                ),
                ("quarantined_total", models.PositiveIntegerField(help_text="Their sum.")),
                (
                    "withdrawn",
                    models.PositiveIntegerField(
                        help_text="Quotes that left the board: suspended or absent."
                    ),
                ),
                (
                    "poll",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="readings",
                        to="snapshots.providerpoll",
                    ),
                ),
            ],
            options={
                "db_table": "payload_reading",
            },
        ),
        CreatePartitionedModel(
            column="observed_at",
            name="MarketSnapshot",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "selection_id",
                        "book_id",
                        "observed_at",
                        "seq",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "selection",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalog.selection",
                    ),
                ),
                (
                    "observed_at",
                    models.DateTimeField(
                        help_text="UTC, the provider's last_update when this value was first seen; of SUSPENDED and ABSENT the poll's time."
                    ),
                ),
                (
                    "poll",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="snapshots.providerpoll",
                    ),
                ),
                (
                    "price_american",
                    models.IntegerField(
                        help_text="American odds exactly as quoted; empty where quoted in decimal.",
                        null=True,
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
                    "seq",
                    models.SmallIntegerField(
                        help_text="Counts from 0 where one observed_at had several values."
                    ),
                ),
                (
                    "is_main",
                    models.BooleanField(help_text="The market's main line, not an alternate."),
                ),
                (
                    "pre_game",
                    models.BooleanField(help_text="Whether the poll that saw it was pre-game."),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("OPEN", "Open"),
                            ("SUSPENDED", "Suspended"),
                            ("ABSENT", "Absent"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "line",
                    models.DecimalField(
                        decimal_places=2,
                        help_text="Points, as given to the selection; empty: the market has none.",
                        max_digits=6,
                        null=True,
                    ),
                ),
                (
                    "price_decimal",
                    models.DecimalField(
                        decimal_places=6,
                        help_text="Decimal odds, stake included; empty while suspended or absent.",
                        max_digits=12,
                        null=True,
                    ),
                ),
            ],
            options={
                "db_table": "market_snapshot",
            },
        ),
        migrations.CreateModel(
            name="LatestQuote",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("OPEN", "Open"),
                            ("SUSPENDED", "Suspended"),
                            ("ABSENT", "Absent"),
                        ],
                        max_length=9,
                    ),
                ),
                (
                    "status_since",
                    models.DateTimeField(
                        help_text="UTC, captured_at of the poll since which it is on the board, or off it."
                    ),
                ),
                (
                    "checked_at",
                    models.DateTimeField(
                        help_text="UTC, captured_at of the newest poll that told about it, open or not."
                    ),
                ),
                (
                    "pre_game",
                    models.BooleanField(
                        help_text="Whether the quote was seen last before the game; else closing_* has that one."
                    ),
                ),
                (
                    "line",
                    models.DecimalField(
                        decimal_places=2,
                        help_text="Points, as given to the selection.",
                        max_digits=6,
                        null=True,
                    ),
                ),
                (
                    "price_decimal",
                    models.DecimalField(
                        decimal_places=6, help_text="Decimal odds, stake included.", max_digits=12
                    ),
                ),
                (
                    "price_american",
                    models.IntegerField(help_text="American odds as quoted.", null=True),
                ),
                (
                    "observed_at",
                    models.DateTimeField(
                        help_text="UTC, the provider's last_update at first sight."
                    ),
                ),
                (
                    "seq",
                    models.SmallIntegerField(help_text="With observed_at: which snapshot this is."),
                ),
                (
                    "last_seen_at",
                    models.DateTimeField(
                        help_text="UTC, captured_at of the newest poll that contained the quote."
                    ),
                ),
                (
                    "closing_line",
                    models.DecimalField(
                        decimal_places=2, help_text="Points.", max_digits=6, null=True
                    ),
                ),
                (
                    "closing_price_decimal",
                    models.DecimalField(
                        decimal_places=6,
                        help_text="Decimal odds, stake included.",
                        max_digits=12,
                        null=True,
                    ),
                ),
                (
                    "closing_price_american",
                    models.IntegerField(help_text="American odds as quoted.", null=True),
                ),
                ("closing_observed_at", models.DateTimeField(help_text="UTC.", null=True)),
                ("closing_seq", models.SmallIntegerField(null=True)),
                ("closing_last_seen_at", models.DateTimeField(help_text="UTC.", null=True)),
                ("closing_poll_id", models.BigIntegerField(null=True)),
                (
                    "book",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.book",
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quotes",
                        to="catalog.event",
                    ),
                ),
                (
                    "feed",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="snapshots.feed",
                    ),
                ),
                (
                    "selection",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="quotes",
                        to="catalog.selection",
                    ),
                ),
                (
                    "poll",
                    models.ForeignKey(
                        db_index=False,
                        help_text="The poll that saw it first: its payload is the evidence.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="snapshots.providerpoll",
                    ),
                ),
            ],
            options={
                "db_table": "latest_quote",
            },
        ),
        migrations.CreateModel(
            name="Consensus",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
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
                ("captured_at", models.DateTimeField(help_text="UTC, of the poll.")),
                (
                    "line",
                    models.DecimalField(
                        decimal_places=2,
                        help_text="Points, as given to the selection: the modal main line.",
                        max_digits=6,
                        null=True,
                    ),
                ),
                (
                    "gap",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Why the books agree on nothing (TOO_FEW_BOOKS); empty: they do.",
                        max_length=32,
                    ),
                ),
                (
                    "fair_prob",
                    models.FloatField(
                        help_text="0 to 1: margin removed per book, pooled at that line, pushes left out.",
                        null=True,
                    ),
                ),
                (
                    "dispersion",
                    models.FloatField(
                        help_text="Standard deviation of the books' no-vig log-odds at that line.",
                        null=True,
                    ),
                ),
                ("books", models.PositiveSmallIntegerField(help_text="Books at the modal line.")),
                (
                    "books_total",
                    models.PositiveSmallIntegerField(help_text="Books that quote the market."),
                ),
                (
                    "oldest_observed_at",
                    models.DateTimeField(help_text="UTC, of the quotes pooled.", null=True),
                ),
                (
                    "newest_observed_at",
                    models.DateTimeField(help_text="UTC, of the quotes pooled.", null=True),
                ),
                ("method", models.CharField(help_text="How margins were removed.", max_length=16)),
                (
                    "config_hash",
                    models.CharField(
                        help_text="sha256 hex of the market configuration it was made under.",
                        max_length=64,
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalog.event",
                    ),
                ),
                (
                    "selection",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="catalog.selection",
                    ),
                ),
                (
                    "poll",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="snapshots.providerpoll",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "consensus",
                "db_table": "consensus",
            },
        ),
        migrations.CreateModel(
            name="QuarantinedRow",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "reader_version",
                    models.PositiveSmallIntegerField(help_text="Version of the code that read."),
                ),
                (
                    "code",
                    models.CharField(
                        help_text="Stable: apps.snapshots.reading.codes.", max_length=32
                    ),
                ),
                ("place", models.CharField(help_text="Path inside the payload.", max_length=200)),
                ("source_event_id", models.CharField(blank=True, default="", max_length=64)),
                ("book_key", models.CharField(blank=True, default="", max_length=64)),
                ("market_key", models.CharField(blank=True, default="", max_length=64)),
                ("prices", models.PositiveIntegerField(help_text="Prices that went with it.")),
                (
                    "fragment",
                    models.TextField(blank=True, default="", help_text="The piece, cut at 500."),
                ),
                (
                    "poll",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="snapshots.providerpoll",
                    ),
                ),
            ],
            options={
                "db_table": "quarantined_row",
                "ordering": ["id"],
            },
        ),
        migrations.CreateModel(
            name="ResultSnapshot",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("provider", models.CharField(help_text="Who told it.", max_length=32)),
                (
                    "source_event_id",
                    models.CharField(
                        help_text="The provider's exact id that the score came under.",
                        max_length=64,
                    ),
                ),
                ("captured_at", models.DateTimeField(help_text="UTC, of the poll.")),
                (
                    "reported_at",
                    models.DateTimeField(
                        help_text="UTC, the provider's own time of it; empty where it gave none.",
                        null=True,
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("FINAL", "Final"), ("SUSPECT", "Suspect")], max_length=8
                    ),
                ),
                (
                    "suspect_code",
                    models.CharField(
                        blank=True, default="", help_text="Why it is not believed.", max_length=32
                    ),
                ),
                (
                    "home_score",
                    models.SmallIntegerField(help_text="Points; empty: none was given.", null=True),
                ),
                (
                    "away_score",
                    models.SmallIntegerField(help_text="Points; empty: none was given.", null=True),
                ),
                (
                    "periods",
                    models.JSONField(
                        default=list,
                        help_text="Points per period, [home, away] each; empty where not told.",
                    ),
                ),
                ("overtime", models.BooleanField(help_text="Empty: nobody said.", null=True)),
                (
                    "result_sha256",
                    models.CharField(
                        help_text="Hex, over the canonical JSON of event, status and scores.",
                        max_length=64,
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="results",
                        to="catalog.event",
                    ),
                ),
                (
                    "poll",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="snapshots.providerpoll",
                    ),
                ),
            ],
            options={
                "db_table": "result_snapshot",
                "ordering": ["captured_at", "id"],
            },
        ),
        migrations.AddConstraint(
            model_name="feed",
            constraint=models.UniqueConstraint(
                fields=("adapter", "provider", "kind", "league", "source"), name="feed_asks_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="payloadreading",
            constraint=models.UniqueConstraint(
                fields=("poll", "reader_version"), name="payload_reading_happens_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="payloadreading",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "prices",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("written"), "+", models.F("unchanged")
                            ),
                            "+",
                            models.F("quarantined_total"),
                        ),
                    )
                ),
                name="payload_reading_adds_up",
            ),
        ),
        migrations.AddIndex(
            model_name="marketsnapshot",
            index=django.contrib.postgres.indexes.BrinIndex(
                fields=["observed_at"], name="market_snapshot_by_time"
            ),
        ),
        migrations.AddConstraint(
            model_name="marketsnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "OPEN"), ("price_decimal__gt", 1)),
                    models.Q(
                        models.Q(("status", "OPEN"), _negated=True), ("price_decimal__isnull", True)
                    ),
                    _connector="OR",
                ),
                name="market_snapshot_has_a_price_while_open",
            ),
        ),
        migrations.AddConstraint(
            model_name="latestquote",
            constraint=models.UniqueConstraint(
                fields=("selection", "book"), name="latest_quote_is_one_per_book"
            ),
        ),
        migrations.AddConstraint(
            model_name="latestquote",
            constraint=models.CheckConstraint(
                condition=models.Q(("price_decimal__gt", 1)),
                name="latest_quote_price_exceeds_stake",
            ),
        ),
        migrations.AddIndex(
            model_name="consensus",
            index=models.Index(fields=["selection", "-captured_at"], name="consensus_newest_first"),
        ),
        migrations.AddConstraint(
            model_name="consensus",
            constraint=models.UniqueConstraint(
                fields=("selection", "poll"), name="consensus_is_one_per_poll"
            ),
        ),
        migrations.AddConstraint(
            model_name="consensus",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("fair_prob__gt", 0), ("fair_prob__lt", 1), ("gap", "")),
                    models.Q(models.Q(("gap", ""), _negated=True), ("fair_prob__isnull", True)),
                    _connector="OR",
                ),
                name="consensus_has_a_probability_or_a_gap",
            ),
        ),
        migrations.AddIndex(
            model_name="quarantinedrow",
            index=models.Index(fields=["code"], name="quarantined_row_by_code"),
        ),
        migrations.AddIndex(
            model_name="providerpoll",
            index=models.Index(fields=["captured_at"], name="provider_poll_by_time"),
        ),
        migrations.AddConstraint(
            model_name="providerpoll",
            constraint=models.UniqueConstraint(
                fields=("feed", "captured_at"), name="provider_poll_happens_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="providerpoll",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome__in", ["OK", "UNCHANGED", "EMPTY"]), _negated=True),
                    ("payload__isnull", False),
                    _connector="OR",
                ),
                name="provider_poll_that_answered_has_a_payload",
            ),
        ),
        migrations.AddConstraint(
            model_name="resultsnapshot",
            constraint=models.UniqueConstraint(
                fields=("event", "provider", "captured_at"),
                name="result_snapshot_is_told_once_per_poll",
            ),
        ),
        migrations.AddConstraint(
            model_name="resultsnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "FINAL"), _negated=True),
                    models.Q(
                        ("away_score__isnull", False),
                        ("home_score__isnull", False),
                        ("suspect_code", ""),
                    ),
                    _connector="OR",
                ),
                name="result_snapshot_final_has_both_scores",
            ),
        ),
        migrations.AddConstraint(
            model_name="resultsnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "SUSPECT"), _negated=True),
                    models.Q(("suspect_code", ""), _negated=True),
                    _connector="OR",
                ),
                name="result_snapshot_suspect_says_why",
            ),
        ),
        # A history is read from the index alone, and there is one index less.
        migrations.RunSQL(
            sql=[
                "ALTER TABLE market_snapshot DROP CONSTRAINT market_snapshot_pkey",
                "ALTER TABLE market_snapshot ADD CONSTRAINT market_snapshot_pkey"
                " PRIMARY KEY (selection_id, book_id, observed_at, seq)"
                " INCLUDE (line, price_decimal)",
            ],
            reverse_sql=[
                "ALTER TABLE market_snapshot DROP CONSTRAINT market_snapshot_pkey",
                "ALTER TABLE market_snapshot ADD CONSTRAINT market_snapshot_pkey"
                " PRIMARY KEY (selection_id, book_id, observed_at, seq)",
            ],
        ),
        # The bytes are compressed already: the server should not try again.
        migrations.RunSQL(
            sql="ALTER TABLE raw_body ALTER COLUMN body SET STORAGE EXTERNAL",
            reverse_sql="ALTER TABLE raw_body ALTER COLUMN body SET STORAGE EXTENDED",
        ),
        # Every poll updates most rows: half a page is kept for their next versions.
        migrations.RunSQL(
            sql="ALTER TABLE latest_quote SET (fillfactor = 50)",
            reverse_sql="ALTER TABLE latest_quote RESET (fillfactor)",
        ),
        GuardAppendOnly("rawpayload"),
        GuardAppendOnly("rawbody"),
        GuardAppendOnly("providerpoll"),
        GuardAppendOnly("payloadreading"),
        GuardAppendOnly("quarantinedrow"),
        GuardAppendOnly("marketsnapshot"),
        GuardAppendOnly("consensus"),
        GuardAppendOnly("resultsnapshot"),
    ]
