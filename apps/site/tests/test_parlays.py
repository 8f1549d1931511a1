"""Parlays on the board: only where they are rolled out, with every leg and what it rests on."""

import pytest

from apps.core.local import Place
from apps.core.tenancy import tenant_scope
from apps.governance import rollouts
from apps.governance.tests.test_rollouts import forget
from apps.picks.tests.parlays import SOON, generate, slate
from apps.rulebook.lifecycle import Validity
from apps.site.parlays import read_parlays

pytestmark = pytest.mark.django_db
PLACE = Place.of("America/New_York")


@pytest.fixture(autouse=True)
def asked_anew():
    forget()
    yield
    forget()


@pytest.fixture
def roll_out(acme, ops, django_capture_on_commit_callbacks):
    def turned(on=True):
        with django_capture_on_commit_callbacks(execute=True):
            rollouts.turn(
                rollouts.BOARD_PARLAYS, tenant=acme, on=on, by=ops, at=SOON, reason="To show them."
            )

    return turned


class TestBoard:
    def test_shows_none_before_they_are_rolled_out(self, acme, read, roll_out):
        assert "Parlays" not in read()

        roll_out()
        assert "Parlays picks of this board as one bet at one book" in read()
        assert "No parlay stands now" in read()

        roll_out(on=False)
        assert "Parlays" not in read()

    def test_shows_legs_price_chance_and_method(self, acme, read, roll_out, ops, monkeypatch):
        roll_out()
        with tenant_scope(acme):
            slate(3)
            made = generate(ops)
        monkeypatch.setattr("apps.core.clock.now", lambda: SOON)

        said = read().replace("\N{NO-BREAK SPACE}", " ")

        assert f"3 legs, {made.profile} +596 (6.958)" in said
        assert "Chance that every leg wins" in said
        assert "(independent)" in said
        assert said.count("−3.5 at −110") >= 3
        assert "a parlay loses whole when one leg loses" in said


class TestReading:
    def test_greys_one_whose_leg_is_not_as_it_was(self, acme, ops):
        with tenant_scope(acme):
            picks = slate(3)
            generate(ops)
            [before] = read_parlays(place=PLACE, at=SOON)
            picks[1].validity_state = Validity.MOVED_BUT_OK.value
            picks[1].save(update_fields=["validity_state"])
            [after] = read_parlays(place=PLACE, at=SOON)

        assert before.stands
        assert not after.stands
        assert [leg.stands for leg in after.legs].count(False) == 1
