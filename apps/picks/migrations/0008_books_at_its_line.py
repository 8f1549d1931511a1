"""A pick keeps how many books stood at its line as it went out, frozen like the rest of it."""

from importlib import import_module

from django.db import migrations, models

guards = import_module("apps.picks.migrations.0002_guards")
changed = import_module("apps.picks.migrations.0004_what_changed")

BEFORE = f"{guards.SETTLED}, changed"


class Migration(migrations.Migration):
    dependencies = [("picks", "0007_slate_messages")]

    operations = [
        migrations.AlterModelOptions(
            name="slatemessage",
            options={"verbose_name": "day's message", "verbose_name_plural": "day messages"},
        ),
        migrations.AddField(
            model_name="pick",
            name="books_at_line",
            field=models.PositiveSmallIntegerField(
                blank=True,
                help_text="Books that offered its market at this line, fresh and whole, as it went"
                " out.",
                null=True,
            ),
        ),
        migrations.RunSQL(
            changed.content(f"{BEFORE}, books_at_line"),
            changed.content(BEFORE),
        ),
    ]
