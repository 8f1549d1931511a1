"""A fourth section: how parlays are put together, per profile of a tenant or of the platform."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0005_alert_of_partitions"),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="configversion",
            name="config_version_belongs_to_its_section",
        ),
        migrations.RemoveConstraint(
            model_name="configversion",
            name="config_version_of_the_platform_names_a_league",
        ),
        migrations.AlterField(
            model_name="configversion",
            name="section",
            field=models.CharField(
                choices=[
                    ("market", "Market"),
                    ("model", "Model"),
                    ("opinion", "Opinion"),
                    ("parlay", "Parlay"),
                ],
                max_length=8,
            ),
        ),
        migrations.AddConstraint(
            model_name="configversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("profile", ""), ("section", "opinion")),
                    models.Q(
                        ("section__in", ["market", "model"]),
                        ("tenant_schema", "public"),
                        models.Q(("profile", ""), _negated=True),
                        models.Q(("league", ""), _negated=True),
                    ),
                    models.Q(
                        ("league", ""),
                        ("section", "parlay"),
                        models.Q(("profile", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="config_version_belongs_to_its_section",
            ),
        ),
        migrations.AddConstraint(
            model_name="configversion",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("tenant_schema", "public"), _negated=True),
                    models.Q(("league", ""), _negated=True),
                    ("section", "parlay"),
                    _connector="OR",
                ),
                name="config_version_of_the_platform_names_a_league",
            ),
        ),
    ]
