"""The record over HTTP: the board's own figures, in plain values, with nothing left out."""

import pytest
from django.test import Client

from apps.core import clock
from apps.core.tenancy import tenant_scope
from apps.grading.actions import grade_due
from apps.grading.record import record
from apps.grading.tests.factories import DUE_AT, end, finish, published
from apps.picks.tests.factories import KICKOFF, Game
from apps.rulebook.lifecycle import PickStatus, Validity
from apps.rulebook.markets import EventStatus, MarketType, Side

ADDRESS = "/api/v1/record/"


@pytest.fixture
def program(acme, make_key, monkeypatch) -> Client:
    monkeypatch.setattr(clock, "now", lambda: DUE_AT)
    return Client(
        headers={
            "host": "acme.localhost",
            "authorization": f"Bearer {make_key(scopes=['picks:read'])}",
        }
    )


def played(ops) -> None:
    """A withdrawn pick that won, a replaced one that lost, a void game, one that is open."""
    game, void = Game(), Game()
    withdrawn = published(game)
    withdrawn.validity_state = Validity.INVALIDATED
    withdrawn.save(update_fields=["validity_state"])
    replaced = published(game, market_type=MarketType.TOTAL, side=Side.OVER, line="44.5")
    replaced.status = PickStatus.SUPERSEDED
    replaced.save(update_fields=["status"])
    published(void)
    published(Game())
    end(game, 24, 17)
    finish(void, status=EventStatus.CANCELED)
    grade_due(by=ops, at=DUE_AT)


class TestRecord:
    def test_of_nothing_is_nothing_and_no_zero_is_a_claim(self, program):
        found = program.get(ADDRESS).json()

        assert [part["part"] for part in found["parts"]] == ["ALL", "LAST_30_DAYS"]
        whole = found["parts"][0]
        assert (whole["published"], whole["first_game_at"], whole["break_even"]) == (0, None, None)
        assert whole["win_rate"] == {"value": None, "low": None, "high": None, "n": 0}

    def test_counts_every_published_pick(self, program, acme, ops):
        with tenant_scope(acme):
            played(ops)

        found = program.get(ADDRESS).json()

        assert found["stake"] == 1
        assert found["price_basis"] == "1 unit on each pick, at the price that it was published at"
        assert [part["part"] for part in found["parts"]] == ["ALL", "LEAN", "LAST_30_DAYS"]
        whole = found["parts"][0]
        assert whole["published"] == 4
        assert [whole[name] for name in ("bets", "void", "ungradeable", "open")] == [2, 1, 0, 1]
        assert [whole[name] for name in ("won", "lost", "pushed")] == [1, 1, 0]
        kickoff = KICKOFF.isoformat().replace("+00:00", "Z")
        assert (whole["first_game_at"], whole["last_game_at"]) == (kickoff, kickoff)

    def test_gives_every_estimate_its_n_and_its_interval(self, program, acme, ops):
        with tenant_scope(acme):
            played(ops)
            own = record()

        whole = program.get(ADDRESS).json()["parts"][0]

        rate = whole["win_rate"]
        assert (rate["value"], rate["n"]) == (0.5, 2)
        assert rate["low"] < rate["value"] < rate["high"]
        assert whole["profit"]["value"] == float(own.profit)
        assert whole["profit"]["n"] == 2
        assert (whole["clv"]["n"], whole["clv"]["missing"]) == (0, 2)
        assert whole["clv"]["value"] is None

    def test_is_another_as_soon_as_something_is_published_or_graded(self, program, acme, ops):
        before = program.get(ADDRESS)
        again = program.get(ADDRESS, headers={"if-none-match": before["ETag"]})
        with tenant_scope(acme):
            played(ops)
        after = program.get(ADDRESS, headers={"if-none-match": before["ETag"]})

        assert (before.status_code, again.status_code, after.status_code) == (200, 304, 200)
        assert after.json()["parts"][0]["published"] == 4

    def test_shows_no_other_tenants_picks(self, program, rival, ops):
        with tenant_scope(rival):
            played(ops)

        assert program.get(ADDRESS).json()["parts"][0]["published"] == 0

    def test_takes_no_parameter(self, program):
        assert program.get(ADDRESS, {"tier": "EDGE"}).status_code == 400
