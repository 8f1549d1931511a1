"""The installer and the health check of beat, as containers start them."""

import os
import re
import subprocess
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from django_celery_beat.models import PeriodicTask

from apps.core import clock, ddl, schemas
from apps.core.db import execute, fetch_all
from apps.core.tenancy import tenant_scope
from apps.governance import configs
from apps.governance.models import AuditEntry, FeatureFlag
from apps.ops import embedded
from apps.ops.schedule import install_schedule
from apps.picks.models import Pick
from apps.rulebook.thresholds import opinion_config
from apps.snapshots.models import Feed
from apps.tenants.models import Tenant
from apps.tenants.tests.factories import OperatorFactory, StaffFactory


def test_installing_again_changes_nothing(fresh_database, capsys):
    call_command("install")
    first = (Tenant.objects.count(), PeriodicTask.objects.count())
    call_command("install")

    assert (Tenant.objects.count(), PeriodicTask.objects.count()) == first
    assert "0 new entries" in capsys.readouterr().out


@pytest.mark.parametrize(("feeds", "league"), [("real", "NFL"), ("sandbox", "SFL")])
def test_the_feeds_of_a_world_are_there_when_asked_for(feeds, league, fresh_database):
    assert not Feed.objects.filter(league__code=league, enabled=True).exists()

    call_command("install", feeds=feeds)

    asked = set(Feed.objects.enabled().values_list("league__code", "kind", "adapter"))
    assert asked == {(league, "ODDS", "oddsapi"), (league, "RESULTS", "oddsapi")}


@pytest.mark.slow
class TestBackup:
    """The commands of docs/deploy.md section 5, as they stand there, against a real server."""

    def commands(self, begins: str) -> list[str]:
        page = (embedded.PROJECT / "docs" / "deploy.md").read_text()
        blocks = re.findall(r"```sh\n(.*?)```", page, re.DOTALL)
        lines = [line for block in blocks for line in block.replace("\\\n", " ").splitlines()]
        return [line for line in lines if line.startswith(begins)]

    def run(self, line: str, folder: Path, url: str) -> None:
        program = Path(schemas._pg_dump() or "").parent
        subprocess.run(
            line,
            shell=True,
            check=True,
            cwd=folder,
            env={"PATH": f"{program}:{os.environ['PATH']}", "DATABASE_OWNER_URL": url},
        )

    @pytest.fixture
    def restored(self, fresh_database, tmp_path, ops) -> Iterator[str]:
        configs.create_version(
            opinion_config("NFL").model_copy(update={"books_min": 7}),
            by=ops,
            at=clock.now(),
            reason="To be found again.",
            tenant="acme",
        )
        (dump,) = self.commands("pg_dump --format=custom")
        self.run(dump, tmp_path, fresh_database.owner_url)
        name = f"{fresh_database.name}_restored"
        ddl.drop_database(name)
        ddl.create_database(name)
        try:
            (restore,) = self.commands("pg_restore --no-owner")
            self.run(restore, tmp_path, fresh_database.owner_url.replace(fresh_database.name, name))
            yield name
        finally:
            connection.close()
            ddl.drop_database(name)

    def test_is_restored_and_serves_its_tenants_again(self, restored):
        with ddl.on_database(restored):
            call_command("install")
            with tenant_scope("acme"):
                found = configs.resolve(
                    configs.OPINION, league="NFL", tenant="acme", at=clock.now()
                )
                assert found.document.books_min == 7
                assert Pick.objects.count() == 0
                with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                    execute("SELECT 1 FROM rival.pick")
                owners = fetch_all("SELECT DISTINCT tenant_schema FROM config_version ORDER BY 1")
            with pytest.raises(DatabaseError), transaction.atomic():
                execute("DELETE FROM config_version")

        assert owners == [("acme",), ("public",)], "row security is there again"

    def test_of_one_tenant_is_its_schema_alone(self, fresh_database, tmp_path):
        (dump,) = self.commands("pg_dump --schema=acme")
        self.run(dump, tmp_path, fresh_database.owner_url)

        (file,) = tmp_path.iterdir()
        program = Path(schemas._pg_dump() or "").with_name("pg_restore")
        listed = subprocess.run(
            [program, "--list", file], capture_output=True, text=True, check=True
        )
        assert " acme pick " in listed.stdout
        assert " public " not in listed.stdout
        assert " rival " not in listed.stdout


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


@pytest.mark.django_db
class TestStop:
    def test_turns_the_switch_off_in_somebodys_name(self, capsys):
        operator = OperatorFactory(email="olivia@beatvegas.test")

        call_command("stop", "Olivia@beatvegas.test", reason="Lines look wrong.")

        flag = FeatureFlag.objects.get(name="PUBLISH", scope="GLOBAL")
        assert (flag.enabled, flag.reason) == (False, "Lines look wrong.")
        entry = AuditEntry.across_tenants.get(action="switch.turned_off")
        assert (entry.actor_id, entry.auth_method) == (operator.login, "shell")
        assert "PUBLISH at GLOBAL: stopped after" in capsys.readouterr().out

    def test_turns_off_no_more_than_it_is_told(self):
        OperatorFactory(email="olivia@beatvegas.test")

        call_command("stop", "olivia@beatvegas.test", reason="Why.", scope="league:NFL")

        off = FeatureFlag.objects.closed().values_list("name", "scope")
        assert list(off) == [("PUBLISH", "league:NFL")]

    def test_is_done_by_nobody_who_is_no_operator(self):
        StaffFactory(email="ana@acme.localhost")

        with pytest.raises(CommandError, match="no operator"):
            call_command("stop", "ana@acme.localhost", reason="Why.")

    def test_says_that_there_is_no_such_scope(self):
        OperatorFactory(email="olivia@beatvegas.test")

        with pytest.raises(CommandError, match=r"SCOPE_UNKNOWN|SWITCH_MISSING"):
            call_command("stop", "olivia@beatvegas.test", reason="Why.", scope="league:CURLING")
