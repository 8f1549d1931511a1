"""The console writes help as it is: what looks like a mark would be one."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0004_channels_and_links"),
    ]

    operations = [
        migrations.AlterField(
            model_name="user",
            name="login",
            field=models.CharField(
                help_text="The schema, a slash, and the e-mail or tg: with the Telegram id.",
                max_length=150,
                unique=True,
            ),
        ),
    ]
