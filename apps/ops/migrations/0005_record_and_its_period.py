"""A tenant's record says from which game to which, and where its profit may lie."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("ops", "0004_archived_day"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenantstanding",
            name="profit_low",
            field=models.FloatField(help_text="Lower end of its 95 % interval, units.", null=True),
        ),
        migrations.AddField(
            model_name="tenantstanding",
            name="profit_high",
            field=models.FloatField(help_text="Upper end of its 95 % interval, units.", null=True),
        ),
        migrations.AddField(
            model_name="tenantstanding",
            name="first_game_at",
            field=models.DateTimeField(help_text="UTC, of the games in the record.", null=True),
        ),
        migrations.AddField(
            model_name="tenantstanding",
            name="last_game_at",
            field=models.DateTimeField(help_text="UTC, of the games in the record.", null=True),
        ),
    ]
