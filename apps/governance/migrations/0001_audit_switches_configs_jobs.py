"""The first shape of audit, switches, configurations and job receipts."""

import django.db.models.deletion
import simple_history.models
from django.db import migrations, models

import apps.core.ids
import apps.governance.fields
from apps.core.append_only import GuardAppendOnly
from apps.core.partitions import CreatePartitionedModel

# The admin cannot show a table whose key has two columns. The view runs as whoever asks, so row
# security holds in it.
AUDIT_LINE = """
CREATE VIEW audit_line WITH (security_invoker = true) AS
SELECT id, tenant_schema, occurred_at, recorded_at, actor_type, actor_id, on_behalf_of, action,
    object_type, object_id, diff, reason, cause, app_version, class AS strength
FROM audit_entry
"""


class Migration(migrations.Migration):
    initial = True

    dependencies = [("core", "0001_refuse_change")]

    operations = [
        migrations.CreateModel(
            name="HistoricalFeatureFlag",
            fields=[
                (
                    "id",
                    models.BigIntegerField(
                        auto_created=True, blank=True, db_index=True, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="As apps.governance.switches names it.", max_length=32
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        help_text="GLOBAL, tenant:<schema>, league:<code> or market:<type>.",
                        max_length=64,
                    ),
                ),
                ("enabled", models.BooleanField(help_text="Off refuses; on refuses nothing.")),
                (
                    "live_from",
                    models.DateTimeField(
                        blank=True,
                        help_text="UTC, compared with the database's clock: before it the switch is still off.",
                        null=True,
                    ),
                ),
                (
                    "lock_key",
                    models.IntegerField(
                        editable=False, help_text="Half of the advisory lock that the gate holds."
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(default=1, help_text="Counts changes, from 1."),
                ),
                (
                    "reason",
                    models.TextField(blank=True, default="", help_text="Of the last change."),
                ),
                (
                    "cause",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Alert or approval behind it.",
                        max_length=100,
                    ),
                ),
                ("by", models.CharField(help_text="Who changed it last, type:id.", max_length=150)),
                ("at", models.DateTimeField(help_text="UTC, business time of the last change.")),
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
                "verbose_name": "historical switch",
                "verbose_name_plural": "historical switches",
                "db_table": "feature_flag_history",
                "ordering": ("-history_date", "-history_id"),
                "get_latest_by": ("history_date", "history_id"),
            },
            bases=(simple_history.models.HistoricalChanges, models.Model),
        ),
        CreatePartitionedModel(
            column="recorded_at",
            name="AuditEntry",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "id",
                        "recorded_at",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("id", models.UUIDField(editable=False, help_text="UUIDv7.")),
                (
                    "tenant_schema",
                    models.CharField(
                        help_text="Whose change: a tenant, or public for the platform.",
                        max_length=30,
                    ),
                ),
                (
                    "occurred_at",
                    models.DateTimeField(help_text="UTC, business time of the change."),
                ),
                (
                    "recorded_at",
                    models.DateTimeField(
                        db_default=apps.governance.fields.ServerClock(),
                        editable=False,
                        help_text="UTC, the database's clock.",
                    ),
                ),
                (
                    "actor_type",
                    models.CharField(help_text="SYSTEM, JOB, USER, ADMIN, OPS, API.", max_length=8),
                ),
                (
                    "actor_id",
                    models.CharField(help_text="Login, job name or system part.", max_length=150),
                ),
                ("on_behalf_of", models.CharField(blank=True, default="", max_length=150)),
                ("auth_method", models.CharField(blank=True, default="", max_length=32)),
                ("ip", models.GenericIPAddressField(blank=True, null=True)),
                ("user_agent", models.CharField(blank=True, default="", max_length=256)),
                ("request_id", models.CharField(blank=True, default="", max_length=64)),
                ("task_id", models.CharField(blank=True, default="", max_length=64)),
                (
                    "action",
                    models.CharField(help_text="What happened: pick.published.", max_length=64),
                ),
                ("object_type", models.CharField(help_text="Name of the model.", max_length=64)),
                ("object_id", models.CharField(help_text="Primary key, as text.", max_length=64)),
                (
                    "before_hash",
                    models.CharField(
                        help_text="sha256 hex of the object's audited state before; empty at its creation.",
                        max_length=64,
                        null=True,
                    ),
                ),
                (
                    "after_hash",
                    models.CharField(
                        help_text="sha256 hex of the object's audited state after.", max_length=64
                    ),
                ),
                (
                    "diff",
                    models.JSONField(help_text="Per changed field: value before, value after."),
                ),
                (
                    "reason",
                    models.TextField(blank=True, default="", help_text="The actor's own words."),
                ),
                (
                    "cause",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="What led to it: an alert, an approval.",
                        max_length=100,
                    ),
                ),
                (
                    "config_version",
                    models.UUIDField(
                        blank=True,
                        help_text="The configuration the change was decided under.",
                        null=True,
                    ),
                ),
                (
                    "app_version",
                    models.CharField(help_text="Version of the code that wrote it.", max_length=64),
                ),
                (
                    "strength",
                    models.CharField(
                        choices=[("SYNC", "Sync"), ("SEALED", "Sealed")],
                        db_column="class",
                        help_text="SYNC entries are linked at once, SEALED ones in blocks.",
                        max_length=6,
                    ),
                ),
                (
                    "transaction_id",
                    apps.governance.fields.TransactionIdField(
                        db_column="xid8",
                        db_default=apps.governance.fields.ServerTransactionId(),
                        editable=False,
                        help_text="The writing transaction, so that a sealer never skips a late committer.",
                    ),
                ),
                ("row_bytes", models.BinaryField(help_text="The entry as canonical JSON, UTF-8.")),
                (
                    "row_hash",
                    models.GeneratedField(
                        db_persist=True,
                        expression=models.Func(models.F("row_bytes"), function="sha256"),
                        help_text="sha256 of row_bytes, computed by the database.",
                        output_field=models.BinaryField(),
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "audit entries",
                "db_table": "audit_entry",
                "indexes": [
                    models.Index(
                        fields=["object_type", "object_id"], name="audit_entry_of_an_object"
                    ),
                    models.Index(
                        fields=["tenant_schema", "-occurred_at"], name="audit_entry_of_a_tenant"
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("strength__in", ["SYNC", "SEALED"])),
                        name="audit_entry_has_a_known_class",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("tenant_schema", ""), _negated=True),
                        name="audit_entry_belongs_to_somebody",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="FeatureFlag",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "name",
                    models.CharField(
                        help_text="As apps.governance.switches names it.", max_length=32
                    ),
                ),
                (
                    "scope",
                    models.CharField(
                        help_text="GLOBAL, tenant:<schema>, league:<code> or market:<type>.",
                        max_length=64,
                    ),
                ),
                ("enabled", models.BooleanField(help_text="Off refuses; on refuses nothing.")),
                (
                    "live_from",
                    models.DateTimeField(
                        blank=True,
                        help_text="UTC, compared with the database's clock: before it the switch is still off.",
                        null=True,
                    ),
                ),
                (
                    "lock_key",
                    models.IntegerField(
                        editable=False, help_text="Half of the advisory lock that the gate holds."
                    ),
                ),
                (
                    "version",
                    models.PositiveIntegerField(default=1, help_text="Counts changes, from 1."),
                ),
                (
                    "reason",
                    models.TextField(blank=True, default="", help_text="Of the last change."),
                ),
                (
                    "cause",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Alert or approval behind it.",
                        max_length=100,
                    ),
                ),
                ("by", models.CharField(help_text="Who changed it last, type:id.", max_length=150)),
                ("at", models.DateTimeField(help_text="UTC, business time of the last change.")),
            ],
            options={
                "verbose_name": "switch",
                "verbose_name_plural": "switches",
                "db_table": "feature_flag",
                "ordering": ["scope", "name"],
                "permissions": [("turn_featureflag", "Can turn switches")],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("name", "scope"), name="feature_flag_stands_once_per_scope"
                    ),
                    models.UniqueConstraint(
                        fields=("lock_key",), name="feature_flag_lock_is_shared_with_no_other"
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="JobRun",
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
                ("job", models.CharField(help_text="Name of the task.", max_length=100)),
                (
                    "slot",
                    models.CharField(
                        help_text="The turn of the clock it answers to.", max_length=64
                    ),
                ),
                (
                    "tenant_schema",
                    models.CharField(
                        help_text="Whose run: a tenant, or public for the platform.", max_length=30
                    ),
                ),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("RUNNING", "Running"),
                            ("DONE", "Done"),
                            ("FAILED", "Failed"),
                            ("DROPPED", "Dropped"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "attempt",
                    models.PositiveSmallIntegerField(default=1, help_text="Counts from 1."),
                ),
                (
                    "at",
                    models.DateTimeField(help_text="UTC, business time the job was called with."),
                ),
                ("started_at", models.DateTimeField(help_text="UTC, the database's clock.")),
                (
                    "finished_at",
                    models.DateTimeField(help_text="UTC, the database's clock.", null=True),
                ),
                ("counts", models.JSONField(default=dict, help_text="What it did, rows per kind.")),
                (
                    "error",
                    models.TextField(
                        blank=True, default="", help_text="Why it failed or was dropped."
                    ),
                ),
                ("actor", models.CharField(help_text="Who ran it, type:id.", max_length=150)),
            ],
            options={
                "db_table": "job_run",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("job", "slot", "tenant_schema"),
                        name="job_run_happens_once_per_slot",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("finished_at__isnull", True), ("outcome", "RUNNING")),
                            models.Q(
                                models.Q(("outcome", "RUNNING"), _negated=True),
                                ("finished_at__isnull", False),
                            ),
                            _connector="OR",
                        ),
                        name="job_run_that_ended_has_a_time",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ConfigVersion",
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
                    "section",
                    models.CharField(
                        choices=[("market", "Market"), ("model", "Model"), ("opinion", "Opinion")],
                        max_length=8,
                    ),
                ),
                (
                    "tenant_schema",
                    models.CharField(
                        help_text="Whose: a tenant, or public for the platform.", max_length=30
                    ),
                ),
                (
                    "league",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="League code; empty: every league.",
                        max_length=16,
                    ),
                ),
                (
                    "profile",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Named profile; empty for an opinion.",
                        max_length=32,
                    ),
                ),
                (
                    "number",
                    models.PositiveIntegerField(
                        help_text="Counts from 1 for each section, owner, league and profile."
                    ),
                ),
                (
                    "document",
                    models.JSONField(help_text="The whole configuration; units as its fields say."),
                ),
                (
                    "document_hash",
                    models.CharField(
                        help_text="sha256 hex of the document's canonical JSON.", max_length=64
                    ),
                ),
                (
                    "effective_from",
                    models.DateTimeField(help_text="UTC, business time; inclusive."),
                ),
                (
                    "author",
                    models.CharField(
                        help_text="Who wrote it, as the audit names actors.", max_length=150
                    ),
                ),
                ("reason", models.TextField(help_text="The author's own words.")),
                (
                    "created_at",
                    models.DateTimeField(help_text="UTC, business time of the writing."),
                ),
                (
                    "predecessor",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        to="governance.configversion",
                    ),
                ),
            ],
            options={
                "db_table": "config_version",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("section", "tenant_schema", "league", "profile", "number"),
                        name="config_version_number_is_used_once",
                    ),
                    models.UniqueConstraint(
                        fields=("predecessor",), name="config_version_has_one_successor"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("number", 1), ("predecessor__isnull", True)),
                            models.Q(("number__gt", 1), ("predecessor__isnull", False)),
                            _connector="OR",
                        ),
                        name="config_version_follows_a_predecessor",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("profile", ""), ("section", "opinion")),
                            models.Q(
                                ("section__in", ["market", "model"]),
                                ("tenant_schema", "public"),
                                models.Q(("profile", ""), _negated=True),
                                models.Q(("league", ""), _negated=True),
                            ),
                            _connector="OR",
                        ),
                        name="config_version_belongs_to_its_section",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("tenant_schema", "public"), _negated=True),
                            models.Q(("league", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="config_version_of_the_platform_names_a_league",
                    ),
                ],
            },
        ),
        GuardAppendOnly("historicalfeatureflag"),
        GuardAppendOnly("auditentry"),
        GuardAppendOnly("configversion"),
        migrations.CreateModel(
            name="AuditLine",
            fields=[
                ("id", models.UUIDField(primary_key=True, serialize=False)),
                ("tenant_schema", models.CharField(max_length=30)),
                ("occurred_at", models.DateTimeField()),
                ("recorded_at", models.DateTimeField()),
                ("actor_type", models.CharField(max_length=8)),
                ("actor_id", models.CharField(max_length=150)),
                ("on_behalf_of", models.CharField(max_length=150)),
                ("action", models.CharField(max_length=64)),
                ("object_type", models.CharField(max_length=64)),
                ("object_id", models.CharField(max_length=64)),
                ("diff", models.JSONField()),
                ("reason", models.TextField()),
                ("cause", models.CharField(max_length=100)),
                ("app_version", models.CharField(max_length=64)),
                (
                    "strength",
                    models.CharField(
                        choices=[("SYNC", "Sync"), ("SEALED", "Sealed")], max_length=6
                    ),
                ),
            ],
            options={"db_table": "audit_line", "managed": False},
        ),
        migrations.RunSQL(AUDIT_LINE, "DROP VIEW audit_line"),
    ]
