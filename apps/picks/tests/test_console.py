"""Picks as an operator's browser sees them, and the buttons that call actions."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from apps.core import clock
from apps.core.tenancy import tenant_scope
from apps.governance.models import AuditEntry
from apps.picks import actions
from apps.picks.models import Pick
from apps.picks.tests.boards import board, evaluate, run
from apps.picks.tests.factories import NOON_BEFORE, Game, make_pick
from apps.tenants.tests.factories import OPERATORS_HOST, PASSWORD, OperatorFactory, StaffFactory

PICKS = "/t/acme/admin/picks"
HOST = {"host": OPERATORS_HOST}
AT_HOME = {"host": "acme.localhost"}


@pytest.fixture(autouse=True)
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON_BEFORE)


@pytest.fixture
def console(acme: str, client: Client) -> Client:
    return signed_in(client, OperatorFactory(email="olivia@beatvegas.test"), HOST, "/admin/login/")


def signed_in(client: Client, person: Any, headers: dict[str, str], path: str) -> Client:
    answer = client.post(path, {"username": person.email, "password": PASSWORD}, headers=headers)
    assert answer.status_code == 302
    return client


@pytest.fixture
def pick(acme: str, ops) -> Pick:
    with tenant_scope(acme):
        return make_pick(Game())


def press(
    client: Client, action: str, pick: Pick, path: str = PICKS, headers: Any = None, **said: str
) -> str:
    answer = client.post(
        f"{path}/pick/",
        {"action": action, "_selected_action": [str(pick.pk)], **said},
        headers=headers or HOST,
        follow=True,
    )
    assert answer.status_code == 200
    return answer.content.decode()


class TestConsole:
    @pytest.mark.parametrize(
        "model", ["pick", "pickchange", "proposalround", "linetracking", "delivery"]
    )
    def test_lists_every_table(self, model, console, pick, ops):
        with tenant_scope("acme"):
            actions.publish_pick(pick_id=pick.pk, by=ops, at=NOON_BEFORE)

        answer = console.get(f"{PICKS}/{model}/", headers=HOST)

        assert answer.status_code == 200

    def test_shows_a_pick_as_people_would_say_it(self, console, pick):
        shown = console.get(f"{PICKS}/pick/", headers=HOST).content.decode()

        assert "Buffalo Bills at Kansas City Chiefs" in shown
        assert "Kansas City Chiefs −3.5" in shown
        assert "−110 (1.909)" in shown
        assert "+5.0 pp" in shown

    def test_shows_how_far_everything_got_and_why_no_further(self, console, acme, ops):
        with tenant_scope(acme):
            game = Game()
            run(game)
            board(game)
            evaluate(game, books=2)
            actions.propose_due(by=ops, at=NOON_BEFORE)

        shown = console.get(f"{PICKS}/pick/", headers=HOST).content.decode()

        gates = shown.partition("why the others stopped there")[2].partition("</table>")[0]
        words = " ".join(re.sub(r"<[^>]+>", " ", gates).split())
        assert "Every check holds 6 6 books below minimum" in words
        assert "It is published 0 none" in words

    def test_publishes_by_the_action_as_the_operator(self, console, pick):
        press(console, "publish", pick)

        with tenant_scope("acme"):
            pick.refresh_from_db()
            entry = AuditEntry.objects.get(action="pick.published")
        assert pick.status == "PUBLISHED"
        assert entry.actor_id == "public/olivia@beatvegas.test"

    def test_shows_a_refusal_as_a_sentence_with_its_code(self, console, pick, ops):
        with tenant_scope("acme"):
            actions.publish_pick(pick_id=pick.pk, by=ops, at=NOON_BEFORE)

        shown = press(console, "publish", pick)

        assert "PICK_MOVE_REFUSED" in shown

    def test_withdraws_by_the_action(self, console, pick, ops):
        with tenant_scope("acme"):
            actions.publish_pick(pick_id=pick.pk, by=ops, at=NOON_BEFORE)

        asked = press(console, "withdraw", pick)
        with tenant_scope("acme"):
            pick.refresh_from_db()
        assert (pick.validity_state, pick.withdrawn_reason) == ("VALID", "")
        assert "Withdraw Kansas City Chiefs −3.5?" in asked

        press(
            console,
            *("withdraw", pick),
            answered="1",
            because="INJURY_UPDATE",
            note="Their quarterback is out.",
        )

        with tenant_scope("acme"):
            pick.refresh_from_db()
            entry = AuditEntry.objects.get(action="pick.withdrawn")
        assert (pick.validity_state, pick.withdrawn_reason) == ("INVALIDATED", "INJURY_UPDATE")
        assert entry.reason == "Their quarterback is out."

    def test_withdraws_from_the_picks_own_page(self, console, pick, ops):
        with tenant_scope("acme"):
            actions.publish_pick(pick_id=pick.pk, by=ops, at=NOON_BEFORE)
        page = console.get(f"{PICKS}/pick/{pick.pk}/change/", headers=HOST).content.decode()

        console.post(
            f"{PICKS}/pick/{pick.pk}/withdraw/",
            {"because": "LINEUP_CHANGE", "note": ""},
            headers=HOST,
        )

        assert f"{PICKS}/pick/{pick.pk}/withdraw/" in page
        with tenant_scope("acme"):
            pick.refresh_from_db()
        assert pick.withdrawn_reason == "LINEUP_CHANGE"

    @pytest.mark.parametrize("verb", ["add", "{}/delete"])
    def test_changes_nothing_by_hand(self, verb, console, pick):
        answer = console.get(f"{PICKS}/pick/{verb.format(pick.pk)}/", headers=HOST)

        assert answer.status_code == 403


class TestStaffOfATenant:
    @pytest.fixture
    def clerk(self, acme: str, client: Client) -> Client:
        """May look at picks and publish them, and nothing else."""
        person = StaffFactory(email="clerk@acme.test")
        held = Permission.objects.filter(
            content_type__app_label="picks", codename__in=["view_pick", "publish_pick"]
        )
        person.user_permissions.set(held)
        return signed_in(client, person, AT_HOME, "/admin/login/")

    def test_presses_the_one_button_that_it_may(self, clerk, pick):
        press(clerk, "publish", pick, path="/admin/picks", headers=AT_HOME)

        with tenant_scope("acme"):
            pick.refresh_from_db()
            entry = AuditEntry.objects.get(action="pick.published")
        assert (pick.status, entry.actor_id) == ("PUBLISHED", "acme/clerk@acme.test")

    def test_is_not_offered_any_other(self, clerk, pick):
        shown = clerk.get("/admin/picks/pick/", headers=AT_HOME).content.decode()
        press(clerk, "withdraw", pick, path="/admin/picks", headers=AT_HOME)

        assert "Publish selected picks" in shown
        assert "Withdraw selected picks" not in shown
        with tenant_scope("acme"):
            pick.refresh_from_db()
            assert (pick.status, pick.withdrawn_reason) == ("PROPOSED", "")

    @pytest.mark.parametrize("model", ["delivery", "linetracking", "proposalround"])
    def test_does_not_see_the_other_tables(self, model, clerk, pick):
        assert clerk.get(f"/admin/picks/{model}/", headers=AT_HOME).status_code == 403
