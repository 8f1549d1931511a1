"""What was set aside for a spelling is read again when somebody has explained it."""

import django.db.models.deletion
import django.db.models.expressions
from django.db import migrations, models

from apps.core.append_only import GuardAppendOnly


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0005_spellings_are_replayed"),
        ("snapshots", "0004_injuries"),
    ]

    operations = [
        migrations.CreateModel(
            name="PayloadRereading",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("read_at", models.DateTimeField(help_text="UTC, business time of the reading.")),
                (
                    "refused_code",
                    models.CharField(
                        blank=True,
                        default="",
                        help_text="Why its body could not be read any more.",
                        max_length=32,
                    ),
                ),
                ("events", models.PositiveIntegerField(help_text="Events that were read.")),
                (
                    "prices",
                    models.PositiveIntegerField(
                        help_text="Prices of theirs; of a results feed, scores."
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
                    models.JSONField(default=dict, help_text="Prices set aside again, by code."),
                ),
                ("quarantined_total", models.PositiveIntegerField(help_text="Their sum.")),
                (
                    "poll",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="snapshots.providerpoll",
                    ),
                ),
                (
                    "review_item",
                    models.ForeignKey(
                        db_index=False,
                        help_text="The question whose answer made it readable.",
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.reviewitem",
                    ),
                ),
            ],
            options={
                "db_table": "payload_rereading",
                "constraints": [
                    models.UniqueConstraint(
                        fields=("review_item", "poll"), name="payload_rereading_happens_once"
                    ),
                    models.CheckConstraint(
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
                        name="payload_rereading_adds_up",
                    ),
                ],
            },
        ),
        GuardAppendOnly("payloadrereading"),
    ]
