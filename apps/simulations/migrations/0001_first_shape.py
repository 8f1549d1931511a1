"""The first shape of models, ratings, runs and evaluations."""

import django.contrib.postgres.fields
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
        ("governance", "0001_audit_switches_configs_jobs"),
        ("snapshots", "0001_first_shape"),
    ]

    operations = [
        migrations.CreateModel(
            name="ModelVersion",
            fields=[
                ("id", models.SmallAutoField(primary_key=True, serialize=False)),
                (
                    "code",
                    models.CharField(
                        help_text="As rulebook.forecasting has it.", max_length=64, unique=True
                    ),
                ),
                (
                    "variant",
                    models.CharField(
                        choices=[
                            ("LINE_INFORMED", "Line informed"),
                            ("RESULTS_ONLY", "Results only"),
                        ],
                        max_length=16,
                    ),
                ),
                ("sport", models.CharField(help_text="Whose score model it uses.", max_length=16)),
                (
                    "ratings_version",
                    models.CharField(help_text="Fitted parameters of the ratings.", max_length=64),
                ),
                (
                    "score_version",
                    models.CharField(help_text="Fitted parameters of the scores.", max_length=64),
                ),
                (
                    "artefact_sha256",
                    models.CharField(help_text="Hex, over every fitted number.", max_length=64),
                ),
                (
                    "independent_of_market",
                    models.BooleanField(
                        help_text="Whether no line was ever learned from: only then may a text say so."
                    ),
                ),
                ("registered_at", models.DateTimeField(help_text="UTC.")),
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
                "db_table": "model_version",
                "ordering": ["code"],
            },
        ),
        migrations.CreateModel(
            name="EvaluationBatch",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        editable=False,
                        help_text="UUIDv5 of poll and configurations.",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("captured_at", models.DateTimeField(help_text="UTC, of the poll.")),
                ("evaluated_at", models.DateTimeField(help_text="UTC, business time.")),
                ("market_config_hash", models.CharField(help_text="sha256 hex.", max_length=64)),
                ("model_config_hash", models.CharField(help_text="sha256 hex.", max_length=64)),
                (
                    "runs",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.UUIDField(),
                        default=list,
                        help_text="Runs of the events ahead.",
                        size=None,
                    ),
                ),
                (
                    "looks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(),
                        default=list,
                        help_text="A hash of each market as it was looked at: found again, it is UNCHANGED.",
                        size=None,
                    ),
                ),
                (
                    "overtaken",
                    models.BooleanField(
                        help_text="A newer poll was there already: the board is looked at in that one's batch."
                    ),
                ),
                (
                    "quotes",
                    models.PositiveIntegerField(
                        help_text="Open quotes on games ahead, as it looked."
                    ),
                ),
                ("evaluated", models.PositiveIntegerField(help_text="Rows written.")),
                (
                    "skipped",
                    models.JSONField(default=dict, help_text="Quotes not evaluated, by reason."),
                ),
                ("skipped_total", models.PositiveIntegerField(help_text="Their sum.")),
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
                    "market_config",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="governance.configversion",
                    ),
                ),
                (
                    "model_config",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="governance.configversion",
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
                (
                    "model_version",
                    models.ForeignKey(
                        db_index=False,
                        help_text="Empty: nobody fitted a model for the league.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="simulations.modelversion",
                    ),
                ),
            ],
            options={
                "db_table": "evaluation_batch",
                "verbose_name_plural": "evaluation batches",
                "ordering": ["-captured_at", "id"],
            },
        ),
        migrations.CreateModel(
            name="RatingDay",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("league_day", models.DateField(help_text="In the league's own time zone.")),
                ("revision", models.PositiveIntegerField(help_text="Counts from 1.")),
                ("rated_at", models.DateTimeField(help_text="UTC, business time.")),
                (
                    "games",
                    models.PositiveSmallIntegerField(
                        help_text="Finals learned; 0: they were taken out."
                    ),
                ),
                (
                    "inputs_sha256",
                    models.CharField(
                        help_text="Hex, over fixtures, scores and closing lines of the day.",
                        max_length=64,
                    ),
                ),
                (
                    "state_sha256",
                    models.CharField(
                        help_text="Hex, over all strengths and their covariances after it.",
                        max_length=64,
                    ),
                ),
                (
                    "state",
                    models.BinaryField(help_text="Those strengths: rulebook.ratings.from_bytes."),
                ),
                ("home_advantage", models.FloatField(help_text="Points, after the day.")),
                ("mean_total", models.FloatField(help_text="Points of both teams, after the day.")),
                (
                    "model_version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="simulations.modelversion",
                    ),
                ),
            ],
            options={
                "db_table": "rating_day",
                "ordering": ["model_version", "-league_day", "-revision"],
            },
        ),
        migrations.CreateModel(
            name="RatedGame",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                (
                    "result_sha256",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Hex, of the result; empty: taken out.",
                        max_length=64,
                    ),
                ),
                ("home_score", models.SmallIntegerField(help_text="Points.", null=True)),
                ("away_score", models.SmallIntegerField(help_text="Points.", null=True)),
                (
                    "closing_home_spread",
                    models.DecimalField(
                        decimal_places=2,
                        help_text="Points added to the home score; empty: no close was captured.",
                        max_digits=6,
                        null=True,
                    ),
                ),
                (
                    "closing_total",
                    models.DecimalField(
                        decimal_places=2,
                        help_text="Points; empty: no close was captured.",
                        max_digits=6,
                        null=True,
                    ),
                ),
                (
                    "expected_margin",
                    models.FloatField(help_text="Points, home minus away.", null=True),
                ),
                (
                    "margin_variance",
                    models.FloatField(
                        help_text="Points squared, of the expectation itself.", null=True
                    ),
                ),
                ("margin_sd", models.FloatField(help_text="Points, of the result.", null=True)),
                ("expected_total", models.FloatField(help_text="Points of both teams.", null=True)),
                (
                    "total_variance",
                    models.FloatField(
                        help_text="Points squared, of the expectation itself.", null=True
                    ),
                ),
                ("total_sd", models.FloatField(help_text="Points, of the result.", null=True)),
                (
                    "home_games",
                    models.PositiveSmallIntegerField(
                        help_text="Games of the home team this season, before this one.", null=True
                    ),
                ),
                (
                    "away_games",
                    models.PositiveSmallIntegerField(
                        help_text="Games of the away team this season, before this one.", null=True
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.event",
                    ),
                ),
                (
                    "rating_day",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="rated_games",
                        to="simulations.ratingday",
                    ),
                ),
            ],
            options={
                "db_table": "rated_game",
            },
        ),
        migrations.CreateModel(
            name="SimulationRun",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        editable=False,
                        help_text="UUIDv5 of event, model version, data version and configuration.",
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "data_version",
                    models.CharField(help_text="sha256 hex of ``inputs``.", max_length=64),
                ),
                (
                    "inputs",
                    models.JSONField(
                        help_text="Every input: fixture, day, ratings, what they expect."
                    ),
                ),
                (
                    "sim_config_hash",
                    models.CharField(
                        help_text="sha256 hex of the simulation's configuration and its sampler.",
                        max_length=64,
                    ),
                ),
                ("simulated_at", models.DateTimeField(help_text="UTC, business time.")),
                (
                    "status",
                    models.CharField(
                        choices=[("DONE", "Done"), ("BLOCKED", "Blocked"), ("FAILED", "Failed")],
                        max_length=8,
                    ),
                ),
                (
                    "reason",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Why it is not DONE: a stable code.",
                        max_length=32,
                    ),
                ),
                (
                    "seed",
                    models.DecimalField(
                        decimal_places=0,
                        help_text="64 bits, of the run's identity.",
                        max_digits=20,
                        null=True,
                    ),
                ),
                ("sim_count", models.PositiveIntegerField(default=0, help_text="Games simulated.")),
                (
                    "outputs",
                    models.JSONField(
                        default=dict,
                        help_text="Points and probabilities read from the distribution.",
                    ),
                ),
                (
                    "worst_gap",
                    models.FloatField(
                        help_text="Probability: largest difference from the exact one on any line.",
                        null=True,
                    ),
                ),
                (
                    "gap_bound",
                    models.FloatField(help_text="Probability: SIM_FAIL above it.", null=True),
                ),
                (
                    "distribution",
                    models.BinaryField(
                        help_text="Counts of final scores: rulebook.scoring.ScoreDistribution.",
                        null=True,
                    ),
                ),
                (
                    "distribution_sha256",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Hex, of the counts before compression.",
                        max_length=64,
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.event",
                    ),
                ),
                (
                    "model_version",
                    models.ForeignKey(
                        help_text="Empty only where nobody fitted a model for the league.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="simulations.modelversion",
                    ),
                ),
                (
                    "rating_day",
                    models.ForeignKey(
                        db_index=False,
                        help_text="The strengths it was made from; empty: there were none.",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="simulations.ratingday",
                    ),
                ),
            ],
            options={
                "db_table": "simulation_run",
                "ordering": ["-simulated_at", "id"],
            },
        ),
        CreatePartitionedModel(
            column="observed_at",
            name="MarketEvaluation",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "batch_id",
                        "selection_id",
                        "book_id",
                        "observed_at",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("observed_at", models.DateTimeField(help_text="UTC, of the quote's snapshot.")),
                (
                    "last_seen_at",
                    models.DateTimeField(help_text="UTC, of the quote, as the batch looked."),
                ),
                (
                    "a",
                    models.FloatField(
                        help_text="0 to 1: E[(1 - void factor) won], as it is judged."
                    ),
                ),
                (
                    "b",
                    models.FloatField(
                        help_text="0 to 1: E[(1 - void factor)(1 - won)], as it is judged."
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
                        help_text="0 to 1: how far the model pulls away from the market."
                    ),
                ),
                ("decision_prob", models.FloatField(help_text="0 to 1: what it is judged by.")),
                (
                    "edge_prob",
                    models.FloatField(
                        help_text="Probability points, signed: decision_prob minus fair_prob."
                    ),
                ),
                ("ev", models.FloatField(help_text="Expected profit per unit staked: .05 is 5 %.")),
                (
                    "edge_points",
                    models.FloatField(
                        help_text="Points by which the line is better than the fair one; moneyline: none.",
                        null=True,
                    ),
                ),
                (
                    "fair_line",
                    models.FloatField(
                        help_text="Points, as given to the selection: where the model's probability is fair_prob; of a moneyline the side's own even spread; of a draw there is none.",
                        null=True,
                    ),
                ),
                (
                    "overround",
                    models.FloatField(help_text="Sum of the book's implied probabilities."),
                ),
                (
                    "seq",
                    models.SmallIntegerField(
                        help_text="With observed_at: which snapshot of the quote."
                    ),
                ),
                (
                    "books",
                    models.SmallIntegerField(
                        help_text="Fresh books that quote both sides of the market."
                    ),
                ),
                (
                    "risk_flags",
                    models.IntegerField(
                        help_text="What is not known well enough for EDGE: bits of rulebook.evaluation.RiskFlag."
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
                        decimal_places=6, help_text="Decimal odds, stake included.", max_digits=12
                    ),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="simulations.evaluationbatch",
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
                    "run",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="simulations.simulationrun",
                    ),
                ),
            ],
            options={
                "db_table": "market_evaluation",
            },
        ),
        migrations.CreateModel(
            name="TeamRating",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("offence", models.FloatField(help_text="Points a game scored above the average.")),
                (
                    "defence",
                    models.FloatField(help_text="Points a game prevented above the average."),
                ),
                ("margin", models.FloatField(help_text="Points: offence plus defence.")),
                ("total", models.FloatField(help_text="Points: offence minus defence.")),
                (
                    "margin_sd",
                    models.FloatField(help_text="Points, uncertainty of the margin strength."),
                ),
                (
                    "total_sd",
                    models.FloatField(help_text="Points, uncertainty of the total strength."),
                ),
                ("games", models.PositiveIntegerField(help_text="Games learned from.")),
                (
                    "season_games",
                    models.PositiveSmallIntegerField(help_text="Of them this season."),
                ),
                (
                    "rating_day",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="team_ratings",
                        to="simulations.ratingday",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.team",
                    ),
                ),
            ],
            options={
                "db_table": "team_rating",
            },
        ),
        migrations.CreateModel(
            name="ModelReport",
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
                    "state",
                    models.CharField(
                        choices=[("UNMEASURED", "Unmeasured"), ("MEASURED", "Measured")],
                        max_length=10,
                    ),
                ),
                (
                    "games",
                    models.PositiveIntegerField(help_text="Games out of sample behind the report."),
                ),
                (
                    "report",
                    models.JSONField(
                        help_text="Brier, log loss, slope, ECE with its p-value; intervals."
                    ),
                ),
                ("reported_at", models.DateTimeField(help_text="UTC; in force from then on.")),
                (
                    "reason",
                    models.TextField(help_text="Why the state was given, in a person's words."),
                ),
                (
                    "model_version",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="reports",
                        to="simulations.modelversion",
                    ),
                ),
            ],
            options={
                "db_table": "model_report",
                "ordering": ["model_version", "market_type", "-reported_at"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("model_version", "market_type", "reported_at"),
                        name="model_report_is_given_once_at_a_time",
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="evaluationbatch",
            index=models.Index(
                fields=["league", "-captured_at"], name="evaluation_batch_newest_first"
            ),
        ),
        migrations.AddConstraint(
            model_name="evaluationbatch",
            constraint=models.UniqueConstraint(
                fields=("poll", "market_config_hash", "model_config_hash"),
                name="evaluation_batch_is_made_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="evaluationbatch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "quotes",
                        django.db.models.expressions.CombinedExpression(
                            models.F("evaluated"), "+", models.F("skipped_total")
                        ),
                    )
                ),
                name="evaluation_batch_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="ratingday",
            constraint=models.UniqueConstraint(
                fields=("model_version", "league_day", "revision"),
                name="rating_day_revision_is_used_once",
            ),
        ),
        migrations.AddIndex(
            model_name="ratedgame",
            index=models.Index(fields=["event", "-rating_day"], name="rated_game_newest_first"),
        ),
        migrations.AddConstraint(
            model_name="ratedgame",
            constraint=models.UniqueConstraint(
                fields=("rating_day", "event"), name="rated_game_stands_once_in_its_day"
            ),
        ),
        migrations.AddConstraint(
            model_name="ratedgame",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("away_score__isnull", True),
                        ("home_score__isnull", True),
                        ("result_sha256", ""),
                    ),
                    models.Q(
                        models.Q(("result_sha256", ""), _negated=True),
                        ("away_score__isnull", False),
                        ("home_score__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="rated_game_has_scores_unless_taken_out",
            ),
        ),
        migrations.AddIndex(
            model_name="simulationrun",
            index=models.Index(
                fields=["event", "-simulated_at"], name="simulation_run_newest_first"
            ),
        ),
        migrations.AddConstraint(
            model_name="simulationrun",
            constraint=models.UniqueConstraint(
                fields=("event", "model_version", "data_version", "sim_config_hash"),
                name="simulation_run_is_made_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="simulationrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("reason", ""), ("status", "DONE")),
                    models.Q(
                        models.Q(("status", "DONE"), _negated=True),
                        models.Q(("reason", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="simulation_run_not_done_says_why",
            ),
        ),
        migrations.AddConstraint(
            model_name="simulationrun",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("status", "DONE"), _negated=True),
                    models.Q(
                        ("distribution__isnull", False),
                        ("model_version__isnull", False),
                        ("seed__isnull", False),
                        ("sim_count__gt", 0),
                    ),
                    _connector="OR",
                ),
                name="simulation_run_done_has_its_distribution",
            ),
        ),
        migrations.AddIndex(
            model_name="marketevaluation",
            index=django.contrib.postgres.indexes.BrinIndex(
                fields=["observed_at"], name="market_evaluation_by_time"
            ),
        ),
        migrations.AddIndex(
            model_name="marketevaluation",
            index=models.Index(
                fields=["selection", "book", "observed_at"], name="market_evaluation_of_a_quote"
            ),
        ),
        migrations.AddConstraint(
            model_name="marketevaluation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("decision_prob__gt", 0),
                    ("decision_prob__lt", 1),
                    ("fair_prob__gt", 0),
                    ("fair_prob__lt", 1),
                    ("model_prob__gt", 0),
                    ("model_prob__lt", 1),
                ),
                name="market_evaluation_is_uncertain",
            ),
        ),
        migrations.AddConstraint(
            model_name="marketevaluation",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "a__gt",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.Value(1), "-", models.F("b")
                                ),
                                "-",
                                models.F("v"),
                            ),
                            "-",
                            models.Value(1e-09),
                        ),
                    ),
                    (
                        "a__lt",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                django.db.models.expressions.CombinedExpression(
                                    models.Value(1), "-", models.F("b")
                                ),
                                "-",
                                models.F("v"),
                            ),
                            "+",
                            models.Value(1e-09),
                        ),
                    ),
                ),
                name="market_evaluation_adds_up",
            ),
        ),
        migrations.AddConstraint(
            model_name="teamrating",
            constraint=models.UniqueConstraint(
                fields=("rating_day", "team"), name="team_rating_is_one_a_day"
            ),
        ),
        # Both are compressed before they come here: the server would try again in vain.
        migrations.RunSQL(
            sql="ALTER TABLE rating_day ALTER COLUMN state SET STORAGE EXTERNAL",
            reverse_sql="ALTER TABLE rating_day ALTER COLUMN state SET STORAGE EXTENDED",
        ),
        migrations.RunSQL(
            sql="ALTER TABLE simulation_run ALTER COLUMN distribution SET STORAGE EXTERNAL",
            reverse_sql="ALTER TABLE simulation_run ALTER COLUMN distribution SET STORAGE EXTENDED",
        ),
        GuardAppendOnly("modelversion"),
        GuardAppendOnly("modelreport"),
        GuardAppendOnly("ratingday"),
        GuardAppendOnly("ratedgame"),
        GuardAppendOnly("teamrating"),
        GuardAppendOnly("simulationrun"),
        GuardAppendOnly("evaluationbatch"),
        GuardAppendOnly("marketevaluation"),
    ]
