"""An operator's button computes a pick again from stored facts and shows that it is the same."""

from typing import Any

import pytest
from django.test import Client

from apps.catalog.models import Event
from apps.core import clock
from apps.core.tenancy import tenant_scope
from apps.picks import actions as picks
from apps.picks.models import Pick
from apps.picks.tests.boards import limits, opine
from apps.picks.tests.factories import Game, make_pick
from apps.simulations import actions as simulations
from apps.simulations.models import SimulationRun
from apps.simulations.tests.factories import (
    CHIEFS,
    EAGLES,
    FRIDAY,
    board,
    choose,
    event,
    season,
    two_sided,
)
from apps.simulations.tests.test_recomputing import keep_snapshots
from apps.tenants import hosts
from apps.tenants.tests.factories import OPERATORS_HOST, PASSWORD, OperatorFactory

HOST = {"host": OPERATORS_HOST}


@pytest.fixture
def olivia(acme: str, monkeypatch: pytest.MonkeyPatch) -> Client:
    operator, browser = OperatorFactory(email="olivia@beatvegas.test"), Client(headers=HOST)
    said = {"username": operator.email, "password": PASSWORD}
    assert browser.post("/admin/login/", said).status_code == 302
    monkeypatch.setattr(clock, "now", lambda: FRIDAY)
    return browser


@pytest.fixture
def pick(acme: str, ops: Any) -> Pick:
    """A pick that came of results, ratings, a run, quotes and an evaluation, each in earnest."""
    season()
    game: Event = event(CHIEFS, EAGLES)
    simulations.rate_results(by=ops, at=FRIDAY)
    simulations.simulate_due(by=ops, at=FRIDAY)
    choose(acme, model_profile="raw", at=FRIDAY)
    board(game)
    two_sided(game, "SPREAD", line="-3.5", prices=("1.95", "1.87"), book="fanduel")
    keep_snapshots()
    simulations.evaluate_due(by=ops, at=FRIDAY)
    with tenant_scope(acme):
        opine(acme, at=FRIDAY, lean={"edge_prob_min": "0.001", "ev_min": "0"}, **limits())
        picks.propose_due(by=ops, at=FRIDAY)
        assert picks.publish_ready(by=ops, at=FRIDAY).published
        return Pick.objects.select_related("selection").first()


def recomputed(browser: Client, pick: Pick) -> str:
    answer = browser.get(f"/t/acme/admin/picks/pick/{pick.pk}/recompute")
    if answer.status_code == 301:
        answer = browser.get(answer["Location"])
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.django_db
class TestRecompute:
    def test_shows_that_everything_comes_out_equal(self, olivia, pick):
        shown = recomputed(olivia, pick)

        assert "equal, 29 of 29 fields." in shown
        assert f"0x{int(SimulationRun.objects.get().seed):x}" in shown
        assert SimulationRun.objects.get().distribution_sha256 in shown
        for name in ("Margin of the book", "Market, no-vig", "EV", "Tier", "Playable to, price"):
            assert name in shown
        assert ">No<" not in shown

    def test_shows_what_differs_where_a_number_is_not_what_comes_out(self, olivia, pick):
        with tenant_scope("acme"):
            wrong = make_pick(
                Game(),
                at=FRIDAY,
                quoted=False,
                **{
                    name: getattr(pick, name)
                    for name in ("run_id", "batch_id", "selection_id", "book_id", "line", "price")
                },
            )

        shown = recomputed(olivia, wrong)

        assert "fields are equal." in shown
        assert ">No<" in shown

    def test_says_what_is_not_kept_any_more(self, olivia, acme):
        with tenant_scope(acme):
            bare = make_pick(Game(), at=FRIDAY, run_id=None)

        shown = recomputed(olivia, bare)

        assert "The run is not kept: nothing can be simulated again." in shown

    def test_is_offered_on_both_pages_to_operators_and_to_nobody_else(self, olivia, pick, client):
        there = f"/t/acme/admin/picks/pick/{pick.pk}/recompute"
        hosts.forget()

        assert (
            f'href="{there}'
            in olivia.get(f"/t/acme/admin/picks/pick/{pick.pk}/change/").content.decode()
        )
        assert f'href="{there}' in olivia.get(f"/t/acme/picks/{pick.pk}/").content.decode()
        stranger = client.get(f"/picks/{pick.pk}/", headers={"host": "acme.localhost"})
        assert b"Compute it again" not in stranger.content
        refused = client.get(there.removeprefix("/t/acme"), headers={"host": "acme.localhost"})
        assert refused.status_code in (301, 302, 403)
