from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("catalog", "0006_neutral_ground"),
        ("grading", "0003_parlay_grades"),
    ]

    operations = [
        migrations.RemoveIndex(
            model_name="grade",
            name="grade_that_waits_for_a_result",
        ),
        migrations.AddField(
            model_name="grade",
            name="tag",
            field=models.CharField(
                blank=True,
                default="",
                help_text="Which re-grading wrote it; empty: the stage, or people.",
                max_length=64,
            ),
        ),
        migrations.AddIndex(
            model_name="grade",
            index=models.Index(
                condition=models.Q(("outcome__in", ["UNGRADEABLE", "VOID"])),
                fields=["pick"],
                name="grade_that_may_end_otherwise",
            ),
        ),
        migrations.AddIndex(
            model_name="grade",
            index=models.Index(
                condition=models.Q(("clv_version", "")),
                fields=["pick"],
                name="grade_without_a_close",
            ),
        ),
    ]
