"""When a quote was seen last is said once per game and feed, not once per quote."""

import django.db.models.deletion
from django.db import migrations, models

# What was seen when its game was shown last goes along with the game from now on.
TOLD_BY_GAME = """
INSERT INTO sighting (feed_id, event_id, seen_at)
SELECT feed_id, event_id, max(last_seen_at) FROM latest_quote GROUP BY feed_id, event_id;
UPDATE latest_quote AS quote SET seen_until = quote.last_seen_at FROM sighting
WHERE (sighting.feed_id, sighting.event_id) = (quote.feed_id, quote.event_id)
  AND quote.last_seen_at <> sighting.seen_at;
SET CONSTRAINTS ALL IMMEDIATE;
"""
TOLD_BY_QUOTE = """
UPDATE latest_quote AS quote SET last_seen_at = coalesce(quote.seen_until, sighting.seen_at)
FROM sighting
WHERE (sighting.feed_id, sighting.event_id) = (quote.feed_id, quote.event_id);
SET CONSTRAINTS ALL IMMEDIATE;
"""
OF_A_SIGHTING = """
ALTER TABLE latest_quote ADD CONSTRAINT latest_quote_goes_along_with_a_sighting
FOREIGN KEY (feed_id, event_id) REFERENCES sighting (feed_id, event_id)
DEFERRABLE INITIALLY DEFERRED
"""
OF_NONE = "ALTER TABLE latest_quote DROP CONSTRAINT latest_quote_goes_along_with_a_sighting"


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0006_neutral_ground"),
        ("snapshots", "0006_cut_short"),
    ]

    operations = [
        migrations.CreateModel(
            name="Sighting",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "feed",
                        "event",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                (
                    "seen_at",
                    models.DateTimeField(
                        help_text="UTC, captured_at of the feed's newest poll that showed quotes"
                        " on the game."
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalog.event",
                    ),
                ),
                (
                    "feed",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="snapshots.feed",
                    ),
                ),
            ],
            options={
                "db_table": "sighting",
            },
        ),
        migrations.AddField(
            model_name="latestquote",
            name="seen_until",
            field=models.DateTimeField(
                help_text="UTC, captured_at of the newest poll that contained the quote, where the"
                " feed has shown its game without it since; empty: whenever the feed showed the"
                " game last.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="latestquote",
            name="last_seen_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.RunSQL(TOLD_BY_GAME, TOLD_BY_QUOTE),
        migrations.RemoveField(model_name="latestquote", name="last_seen_at"),
        migrations.AlterField(
            model_name="latestquote",
            name="checked_at",
            field=models.DateTimeField(
                help_text="UTC, captured_at of the newest poll that told something new about it."
            ),
        ),
        migrations.AddField(
            model_name="latestquote",
            name="sighting",
            field=models.ForeignObject(
                default=None,
                from_fields=["feed", "event"],
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="+",
                to="snapshots.sighting",
                to_fields=["feed", "event"],
            ),
            preserve_default=False,
        ),
        migrations.RunSQL(OF_A_SIGHTING, OF_NONE),
    ]
