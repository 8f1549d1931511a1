"""The console writes help as it is: what looks like a mark would be one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("governance", "0009_rollouts"),
    ]

    operations = [
        migrations.AlterField(
            model_name="featureflag",
            name="scope",
            field=models.CharField(
                help_text="GLOBAL, or whose it is: tenant:acme, league:NFL, market:SPREAD.",
                max_length=64,
            ),
        ),
        migrations.AlterField(
            model_name="historicalfeatureflag",
            name="scope",
            field=models.CharField(
                help_text="GLOBAL, or whose it is: tenant:acme, league:NFL, market:SPREAD.",
                max_length=64,
            ),
        ),
        migrations.AlterField(
            model_name="opsalert",
            name="scope",
            field=models.CharField(
                help_text="GLOBAL, or whose it is: tenant:acme, league:NFL, market:SPREAD.",
                max_length=64,
            ),
        ),
    ]
