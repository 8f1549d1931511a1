"""A tournament has no home ground, unless somebody says so."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0005_spellings_are_replayed"),
    ]

    operations = [
        migrations.AddField(
            model_name="historicalleague",
            name="neutral_ground",
            field=models.BooleanField(
                default=False,
                help_text="Whether its games are played on neutral ground where nobody says otherwise: a tournament's.",
            ),
        ),
        migrations.AddField(
            model_name="league",
            name="neutral_ground",
            field=models.BooleanField(
                default=False,
                help_text="Whether its games are played on neutral ground where nobody says otherwise: a tournament's.",
            ),
        ),
    ]
