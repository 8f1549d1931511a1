"""The list of runs begins with the newest: an index says which those are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("simulations", "0001_first_shape")]

    operations = [
        migrations.AddIndex(
            model_name="simulationrun",
            index=models.Index(fields=["-simulated_at", "-id"], name="simulation_run_by_time"),
        ),
    ]
