"""Lists of picks and rounds begin with the newest: an index says which those are."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("picks", "0002_guards")]

    operations = [
        migrations.AddIndex(
            model_name="pick",
            index=models.Index(fields=["-proposed_at", "-id"], name="pick_newest_first"),
        ),
        migrations.AddIndex(
            model_name="proposalround",
            index=models.Index(fields=["-decided_at", "-id"], name="proposal_round_newest_first"),
        ),
    ]
