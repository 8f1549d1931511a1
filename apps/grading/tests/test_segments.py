"""The record part by part: all picks, each tier, the last thirty days."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.grading.actions import grade_due
from apps.grading.record import published as every
from apps.grading.segments import segments
from apps.grading.tests.factories import DUE_AT, end, finish, published
from apps.picks.tests.factories import KICKOFF, Game
from apps.rulebook.markets import EventStatus
from apps.rulebook.thresholds import Tier

pytestmark = pytest.mark.usefixtures("in_acme")

WON, LOST = (24, 17), (24, 23)  # home -3.5 at -110


def graded(ops, *scores: tuple[int, int], **columns: object) -> None:
    for score in scores:
        game = Game()
        published(game, **columns)
        end(game, *score)
    grade_due(by=ops, at=DUE_AT)


def parts(at=DUE_AT):
    return {part.name: part for part in segments(every(), at=at)}


class TestSegments:
    def test_of_nothing_say_so_and_invent_no_tier(self):
        found = parts()

        assert list(found) == ["All picks", "Last 30 days"]
        assert (found["All picks"].bets, found["All picks"].win_rate) == (0, None)
        assert found["All picks"].profit_reach is None

    def test_add_up_tier_by_tier(self, ops):
        graded(ops, WON, WON, LOST, tier=Tier.EDGE)
        graded(ops, WON, LOST, LOST)

        found = parts()

        assert list(found) == ["All picks", "EDGE", "LEAN", "Last 30 days"]
        assert [(part.won, part.lost) for part in found.values()] == [
            (3, 3),
            (2, 1),
            (1, 2),
            (3, 3),
        ]
        assert found["All picks"].profit == found["EDGE"].profit + found["LEAN"].profit
        assert found["EDGE"].profit == Decimal("0.81818200")

    def test_give_every_estimate_its_interval_and_its_n(self, ops):
        graded(ops, WON, WON, LOST, WON)

        part = parts()["All picks"]

        assert part.win_rate.n == 4
        assert part.win_rate.low < 0.75 < part.win_rate.high
        low, high = part.profit_reach
        assert low < float(part.profit) < high
        assert part.break_even == pytest.approx(1 / 1.909091, abs=1e-6)

    def test_leave_old_games_out_of_the_last_thirty_days_only(self, ops):
        graded(ops, WON)

        found = parts(KICKOFF + timedelta(days=31))

        assert found["All picks"].bets == 1
        assert found["Last 30 days"].bets == 0

    def test_count_a_void_game_beside_the_bets(self, ops):
        game = Game()
        published(game)
        finish(game, status=EventStatus.CANCELED)
        grade_due(by=ops, at=DUE_AT)

        part = parts()["All picks"]

        assert (part.bets, part.void) == (0, 1)
