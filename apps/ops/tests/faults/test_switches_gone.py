"""Row 17 of the fault table: switches that are gone or out of reach refuse, and reading goes on."""

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from apps.core import ddl
from apps.core.roles import shared_role
from apps.core.tenancy import tenant_scope
from apps.governance.switches import Halted
from apps.picks import actions
from apps.picks.models import Delivery, Pick, PickChange
from apps.picks.tests.boards import limits, opine
from apps.picks.tests.channels import enter_bot, open_chat
from apps.picks.tests.factories import KICKOFF, NOON_BEFORE, Game, make_pick
from apps.rulebook.lifecycle import PickStatus
from apps.tenants import actions as tenants
from apps.tenants import hosts

ACME = "acme.localhost"
LATER = NOON_BEFORE + timedelta(minutes=2)


@pytest.fixture(scope="module")
def out_of_reach() -> dict[str, Callable[[], None]]:
    """What may become of the table of switches, done by who owns it."""

    def owner(statement: str) -> None:
        with ddl.owner_cursor() as cursor:
            cursor.execute(statement)

    def take_the_right() -> None:
        role = shared_role(connection.settings_dict["NAME"])
        owner(f'REVOKE ALL ON feature_flag FROM "{role}"')

    return {
        "the row is missing": lambda: owner(
            "DELETE FROM feature_flag WHERE (name, scope) = ('PUBLISH', 'league:NFL')"
        ),
        "the right is taken": take_the_right,
        "the table is gone": lambda: owner("ALTER TABLE feature_flag RENAME TO mislaid"),
    }


@pytest.fixture
def program(fresh_database: Any, acme: str, ops: Any) -> Iterator[Client]:
    """A program of acme's; one pick is out, one message is owed, and another pick waits."""
    hosts.forget()
    with tenant_scope(acme):
        enter_bot(acme, NOON_BEFORE)
        open_chat(acme, NOON_BEFORE)
        opine(acme, **limits())
        out = make_pick(Game(), version=1)
        actions.publish_pick(pick_id=out.pk, by=ops, at=NOON_BEFORE)
        make_pick(Game(kickoff=KICKOFF + timedelta(days=7)), version=1)
    key = tenants.create_api_key(schema=acme, name="theirs", by=ops, at=NOON_BEFORE)[1]
    yield Client(headers={"host": ACME, "authorization": f"Bearer {key}"})
    hosts.forget()


@pytest.mark.parametrize(
    ("gone", "says"),
    [
        ("the row is missing", "PUBLISH at league:NFL is MISSING"),
        ("the right is taken", "PUBLISH at league:NFL is UNREADABLE"),
        ("the table is gone", "PUBLISH at league:NFL is UNREADABLE"),
    ],
)
@pytest.mark.slow
class TestRow17:
    def test_nothing_goes_out_and_everything_is_read(
        self, gone, says, out_of_reach, program, acme, ops, settings
    ):
        settings.TELEGRAM_URL = "http://127.0.0.1:9"  # nobody is to be called
        out_of_reach[gone]()

        with tenant_scope(acme):
            waiting = Pick.objects.waiting().get()
            moves = PickChange.objects.count()
            with pytest.raises(Halted, match=says):
                actions.publish_pick(pick_id=waiting.pk, by=ops, at=LATER)
            assert self.swept(ops) == {}
            assert actions.deliver_due(by=ops, at=LATER).outcomes == {}
            waiting.refresh_from_db()
            assert (waiting.status, PickChange.objects.count()) == (PickStatus.PROPOSED, moves)
            assert Delivery.objects.get(channel="TELEGRAM").status == "PENDING"

        picks = program.get("/api/v1/picks/?status=PUBLISHED")
        assert (picks.status_code, len(picks.json()["results"])) == (200, 1)
        assert (
            program.get(f"/api/v1/picks/{picks.json()['results'][0]['pick']}/").status_code == 200
        )
        for page in ("/", f"/picks/{picks.json()['results'][0]['pick']}/", "/record/"):
            assert program.get(page).status_code == 200, page

    def swept(self, ops) -> dict[str, int]:
        """Let the sweep publish what waits; what went out, by what it says of it."""
        try:
            done = actions.publish_ready(by=ops, at=LATER)
        except Halted:
            return {}
        assert done.waiting == {"SWITCH_OFF": 1}
        return {"published": done.published} if done.published else {}
