"""Parlays as an operator's browser sees them, and the button that asks for one."""

import re

import pytest
from django.contrib.auth.models import Permission
from django.test import Client

from apps.core import clock
from apps.core.tenancy import tenant_scope
from apps.governance.models import AuditEntry
from apps.picks.models import Parlay
from apps.picks.tests.factories import make_pick
from apps.picks.tests.parlays import SOON, game, generate, slate
from apps.picks.tests.test_console import AT_HOME, HOST, signed_in
from apps.tenants.tests.factories import OperatorFactory, StaffFactory

LIST = "/t/acme/admin/picks/parlay/"


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: SOON)


@pytest.fixture
def console(acme: str, client: Client) -> Client:
    return signed_in(client, OperatorFactory(email="olivia@beatvegas.test"), HOST, "/admin/login/")


@pytest.fixture
def made(acme, ops) -> Parlay:
    with tenant_scope(acme):
        slate(4)
        make_pick(game(5))
        return generate(ops)


def read(client: Client, path: str, headers=HOST) -> str:
    answer = client.get(path, headers=headers)
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", answer.content.decode())


class TestPages:
    def test_a_list_shows_every_answer(self, console, made, acme, ops):
        with tenant_scope(acme):
            generate(ops, "b", profile="premium", legs=4)

        page = read(console, LIST)

        assert "Kansas City Chiefs" in page
        assert "No valid parlay" in page
        assert "Playable" in page

    def test_a_page_says_why_and_what_each_leg_weighs(self, console, made):
        page = read(console, f"{LIST}{made.pk}/change/")

        assert "The heaviest combination of 3 legs among 5 picks" in page
        assert "All 3 win with a chance of" in page
        assert "tier 0.50, confidence unknown, EV" in page
        assert "DraftKings" in page
        assert page.count("Kansas City Chiefs -3.5") >= 1
        assert "Outweighed" in page
        assert "No play" in page

    def test_a_page_of_none_says_what_was_missing(self, console, acme, ops):
        with tenant_scope(acme):
            none = generate(ops)

        page = read(console, f"{LIST}{none.pk}/change/")

        assert "There is no valid parlay." in page
        assert "0 of 0 picks may stand together" in page

    def test_a_parlay_is_found_by_its_key_and_by_a_pick(self, console, made, acme):
        with tenant_scope(acme):
            leg = made.legs.first().pick_id

        for term in (made.key, str(made.pk), str(leg)):
            assert str(made.pk)[:8] in read(console, f"{LIST}?q={term}"), term
        assert str(made.pk)[:8] not in read(console, f"{LIST}?q=nothing-of-the-kind")


class TestTheButton:
    def test_asks_first_and_says_what_came_of_it(self, console, acme):
        with tenant_scope(acme):
            slate(4)
        asked = read(console, f"{LIST}generate/")
        assert "Put together a parlay?" in asked
        assert all(name in asked for name in ("premium", "balanced", "speculative"))
        key = re.search(r'name="key" value="([^"]+)"', asked).group(1)

        answer = console.post(
            f"{LIST}generate/",
            {"profile": "balanced", "legs": "", "games": "no", "seed": "0", "key": key},
            headers=HOST,
            follow=True,
        )

        assert "Generate: 3 legs, balanced @ 6.96" in answer.content.decode()
        with tenant_scope(acme):
            parlay = Parlay.objects.get()
            entry = AuditEntry.objects.get(action="parlay.generated")
        assert (parlay.key, parlay.asked_by) == (key, "ADMIN:public/olivia@beatvegas.test")
        assert entry.actor_id.endswith("olivia@beatvegas.test")

    def test_of_the_picks_makes_a_pair_of_those_that_are_chosen(self, console, acme):
        with tenant_scope(acme):
            picks = slate(3)
        pressed = {"action": "parlay", "_selected_action": [str(one.pk) for one in picks[1:]]}
        asked = console.post("/t/acme/admin/picks/pick/", pressed, headers=HOST)
        assert "Put together a parlay of 2 picks?" in asked.content.decode()

        answer = console.post(
            "/t/acme/admin/picks/pick/",
            {**pressed, "answered": "1", "profile": "balanced", "games": "no", "key": "pair"},
            headers=HOST,
            follow=True,
        )

        assert answer.status_code == 200
        with tenant_scope(acme):
            parlay = Parlay.objects.get()
            assert (parlay.legs_asked, parlay.status) == (2, "MADE")
            assert set(parlay.named_picks) == {one.pk for one in picks[1:]}

    def test_shows_a_refusal_as_one(self, console, acme, made):
        answer = console.post(
            f"{LIST}generate/",
            {"profile": "balanced", "legs": "6", "games": "no", "seed": "0", "key": "x"},
            headers=HOST,
            follow=True,
        )

        assert "PARLAY_MISASKED" in answer.content.decode()

    @pytest.mark.parametrize("may_generate", [True, False])
    def test_is_for_whoever_may(self, may_generate, client, acme):
        person = StaffFactory()
        may = ["view_parlay", *(["generate_parlay"] if may_generate else [])]
        person.user_permissions.set(Permission.objects.filter(codename__in=may))
        signed_in(client, person, AT_HOME, "/admin/login/")

        answer = client.get("/admin/picks/parlay/generate/", headers=AT_HOME)

        assert answer.status_code == (200 if may_generate else 403)
