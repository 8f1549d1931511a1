"""The installer and the health check of beat, as containers start them."""

from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django_celery_beat.models import PeriodicTask

from apps.core import clock
from apps.ops.schedule import install_schedule
from apps.tenants.models import Tenant


def test_installing_again_changes_nothing(fresh_database, capsys):
    call_command("install")
    first = (Tenant.objects.count(), PeriodicTask.objects.count())
    call_command("install")

    assert (Tenant.objects.count(), PeriodicTask.objects.count()) == first
    assert "0 new entries" in capsys.readouterr().out


@pytest.mark.django_db
class TestBeatAlive:
    def ring(self, **ago: int) -> None:
        install_schedule()
        PeriodicTask.objects.filter(task="snapshots.fetch").update(
            last_run_at=clock.now() - timedelta(**ago)
        )

    def test_is_content_while_something_was_rung_for(self, capsys):
        self.ring(minutes=4)

        call_command("beat_alive")

        assert "Beat rang last" in capsys.readouterr().out

    @pytest.mark.parametrize("ago", [{"minutes": 11}, {"days": 400}])
    def test_fails_after_ten_minutes_of_silence(self, ago):
        self.ring(**ago)

        with pytest.raises(CommandError, match="ten minutes"):
            call_command("beat_alive")

    def test_fails_where_it_never_rang(self):
        with pytest.raises(CommandError, match="ten minutes"):
            call_command("beat_alive")
