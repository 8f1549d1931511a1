"""A question about a spelling says when what had waited for its answer was read again."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0004_calling_off"),
    ]

    operations = [
        migrations.AddField(
            model_name="reviewitem",
            name="replayed_at",
            field=models.DateTimeField(
                blank=True,
                help_text="UTC, when all that had been set aside for an explained spelling was read again.",
                null=True,
            ),
        ),
    ]
