"""Teams have a colour, and a league may play without a clock."""

import django.core.validators
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0002_newest_first"),
    ]

    operations = [
        migrations.AddField(
            model_name="team",
            name="colour",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Its first one, #RRGGBB; empty: nobody said.",
                max_length=7,
                validators=[
                    django.core.validators.RegexValidator(
                        "^#[0-9A-F]{6}$", "Write a colour as #00338D."
                    )
                ],
            ),
        ),
        migrations.AlterField(
            model_name="historicalleague",
            name="regulation_minutes",
            field=models.PositiveSmallIntegerField(
                help_text="Minutes of play without overtime; 0 where no clock runs."
            ),
        ),
        migrations.AlterField(
            model_name="league",
            name="regulation_minutes",
            field=models.PositiveSmallIntegerField(
                help_text="Minutes of play without overtime; 0 where no clock runs."
            ),
        ),
        migrations.AddConstraint(
            model_name="team",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("colour", ""), ("colour__regex", "^#[0-9A-F]{6}$"), _connector="OR"
                ),
                name="team_colour_is_empty_or_a_colour",
            ),
        ),
    ]
