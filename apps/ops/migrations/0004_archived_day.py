from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ops", "0003_names_of_the_standings"),
    ]

    operations = [
        migrations.CreateModel(
            name="ArchivedDay",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "table_name",
                    models.CharField(help_text="Which table: market_snapshot.", max_length=63),
                ),
                ("day", models.DateField(help_text="UTC, the day of its partition.")),
                (
                    "object_name",
                    models.CharField(
                        help_text="In the archive; of bodies where each lies under its hash.",
                        max_length=200,
                    ),
                ),
                ("rows", models.BigIntegerField(help_text="Rows in it.")),
                ("size", models.BigIntegerField(help_text="Bytes, plain.")),
                ("stored_size", models.BigIntegerField(help_text="Bytes, packed.")),
                (
                    "sha256",
                    models.CharField(
                        help_text="Hex, of the plain bytes; of bodies over their hashes in order.",
                        max_length=64,
                    ),
                ),
                ("archived_at", models.DateTimeField(help_text="UTC.")),
                (
                    "dropped_at",
                    models.DateTimeField(
                        blank=True,
                        help_text="UTC, when the database let go of it; empty: it has it.",
                        null=True,
                    ),
                ),
            ],
            options={
                "db_table": "archived_day",
                "ordering": ["-day", "table_name", "-archived_at"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("table_name", "day", "sha256"), name="archived_day_is_put_away_once"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("rows__gt", 0)), name="archived_day_holds_something"
                    ),
                ],
            },
        ),
    ]
