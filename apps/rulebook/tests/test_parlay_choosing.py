"""Choosing legs: equal to trying every combination, and deterministic."""

from collections import Counter
from decimal import Decimal
from itertools import combinations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.rulebook.parlays import Bench, LegReason, Limits, against, choose

OPEN = Limits(per_game=1, per_team=2, totals=3)


def leg(
    key: str,
    weight: str = "0.5",
    *,
    game: str = "",
    teams: tuple[str, ...] = (),
    total: bool = False,
) -> Bench:
    return Bench(key, Decimal(weight), game or key, teams or (key + "h", key + "a"), total)


@st.composite
def slates(draw) -> list[Bench]:
    """Small slates in which games, teams, totals and equal weights all meet."""
    count = draw(st.integers(0, 9))
    found = []
    for number in range(count):
        game = draw(st.integers(0, 5))
        teams = (f"team{game % 3}", f"team{draw(st.integers(3, 5))}")
        weight = Decimal(draw(st.integers(0, 6))) / 10
        found.append(Bench(f"{number:02}", weight, game, teams, draw(st.booleans())))
    return found


limits = st.builds(
    Limits, per_game=st.integers(1, 3), per_team=st.integers(1, 3), totals=st.integers(0, 3)
)


def allowed(legs: tuple[Bench, ...], limits: Limits) -> bool:
    """The limits said the other way round: counted over the whole combination."""
    games = Counter(one.game for one in legs)
    teams = Counter(team for one in legs for team in set(one.teams))
    return (
        max(games.values()) <= limits.per_game
        and max(teams.values()) <= limits.per_team
        and sum(one.is_total for one in legs) <= limits.totals
    )


def by_brute_force(bench, count, limits, worth, best):
    in_order = sorted(bench, key=lambda one: (-one.weight, one.key))
    found = [
        (sum(one.weight for one in legs), legs)
        for legs in combinations(in_order, count)
        if allowed(legs, limits) and worth(legs) is not None
    ]
    found.sort(key=lambda pair: -pair[0])
    return [legs for _weight, legs in found[:best]]


class TestChoosing:
    @settings(max_examples=250)
    @given(bench=slates(), count=st.integers(1, 5), limits=limits, best=st.integers(1, 4))
    def test_finds_what_trying_everything_finds(self, bench, count, limits, best):
        # Some combinations may not be made, whatever they weigh.
        def worth(legs):
            return None if sum(int(one.key) for one in legs) % 4 == 3 else len(legs)

        found = choose(bench, count=count, limits=limits, worth=worth, best=best)

        assert [one.legs for one in found] == by_brute_force(bench, count, limits, worth, best)
        assert all(one.worth == count for one in found)

    @given(bench=slates(), shuffled=st.randoms(use_true_random=False))
    def test_does_not_depend_on_the_order_in_which_legs_come(self, bench, shuffled):
        again = list(bench)
        shuffled.shuffle(again)

        first, second = (
            choose(legs, count=3, limits=OPEN, worth=lambda _legs: 1, best=3)
            for legs in (bench, again)
        )

        assert first == second

    @given(bench=slates(), count=st.integers(1, 5))
    def test_never_makes_a_part_of_what_was_asked_for(self, bench, count):
        found = choose(bench, count=count, limits=OPEN, worth=lambda _legs: 1)

        assert all(len(one.legs) == count for one in found)

    def test_of_equal_weight_the_first_keys_stand(self):
        bench = [leg(key) for key in "edcba"]

        [found] = choose(bench, count=3, limits=OPEN, worth=lambda _legs: 1)

        assert [one.key for one in found.legs] == ["a", "b", "c"]

    def test_a_slate_of_two_hundred_is_searched_at_once(self):
        bench = [leg(f"{n:03}", str(Decimal(n) / 1000), total=n % 2 == 0) for n in range(200)]
        asked: list[int] = []

        def worth(legs):
            asked.append(1)
            return 1

        [found] = choose(bench, count=6, limits=OPEN, worth=worth)

        assert [one.key for one in found.legs] == ["199", "198", "197", "196", "195", "194"]
        assert len(asked) == 1  # every other branch was given up before it was whole

    def test_nothing_is_tried_where_the_games_cannot_be_enough(self):
        bench = [leg(f"{n:03}", game=f"game{n % 2}") for n in range(100)]

        def worth(legs):
            raise AssertionError("Two games have no room for three legs.")

        assert choose(bench, count=3, limits=OPEN, worth=worth) == []


class TestLimits:
    @pytest.mark.parametrize(
        ("chosen", "asked", "reason"),
        [
            ([leg("a", game="g")], leg("b", game="g"), LegReason.SAME_GAME),
            (
                [leg("a", teams=("x", "1")), leg("b", teams=("2", "x"))],
                leg("c", teams=("x", "3")),
                LegReason.TEAM_LIMIT,
            ),
            (
                [leg("a", total=True), leg("b", total=True), leg("c", total=True)],
                leg("d", total=True),
                LegReason.TOTALS_LIMIT,
            ),
            ([leg("a"), leg("b")], leg("c", total=True), None),
        ],
    )
    def test_says_which_one_is_in_the_way(self, chosen, asked, reason):
        assert against(asked, chosen, OPEN) is reason
