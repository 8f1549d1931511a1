"""A pick's life as a table: from each state, where it may go."""

import pytest

from apps.rulebook.lifecycle import (
    BIRTHS,
    MoveRefused,
    PickStatus,
    Validity,
    may_turn,
    require_move,
)

# + the pick may go there, . it may not.
MOVES = """
from       | PROPOSED BLOCKED EXPIRED PUBLISHED SUPERSEDED GRADED
PROPOSED   | .        +       +       +         .          .
BLOCKED    | .        .       .       .         .          .
EXPIRED    | .        .       .       .         .          .
PUBLISHED  | .        .       .       .         +          +
SUPERSEDED | .        .       .       .         .          +
GRADED     | .        .       .       .         .          .
"""
TURNS = """
from                | VALID MOVED_BUT_OK REFRESH_RECOMMENDED INVALIDATED
VALID               | .     +            +                   +
MOVED_BUT_OK        | +     .            +                   +
REFRESH_RECOMMENDED | +     +            .                   +
INVALIDATED         | .     .            .                   .
"""


def cells(table: str) -> list[tuple[str, str, bool]]:
    head, *rows = [line.split("|") for line in table.strip().splitlines()]
    targets = head[1].split()
    return [
        (current.strip(), target, mark == "+")
        for current, marks in rows
        for target, mark in zip(targets, marks.split(), strict=True)
    ]


class TestMoves:
    @pytest.mark.parametrize(("current", "target", "allowed"), cells(MOVES))
    def test_are_those_of_the_table(self, current, target, allowed):
        if allowed:
            require_move(current, PickStatus(target))
            return
        with pytest.raises(MoveRefused) as refusal:
            require_move(current, PickStatus(target))
        assert refusal.value.code == "PICK_MOVE_REFUSED"
        assert (refusal.value.current, refusal.value.target) == (current, target)
        assert refusal.value.sentence == f"A {current} pick cannot become {target}."

    def test_begin_with_a_pick_that_waits_or_is_blocked(self):
        assert {PickStatus.PROPOSED, PickStatus.BLOCKED} == BIRTHS


class TestValidity:
    @pytest.mark.parametrize(("current", "target", "allowed"), cells(TURNS))
    def test_of_a_published_pick_turns_as_the_table_says(self, current, target, allowed):
        assert may_turn("PUBLISHED", current, Validity(target)) is allowed

    def test_of_every_other_pick_stays_as_it_is(self):
        turning = {
            status
            for status in PickStatus
            for now in Validity
            for to in Validity
            if may_turn(status, now, to)
        }

        assert turning == {PickStatus.PUBLISHED}

    def test_of_a_pick_that_has_none_does_not_turn(self):
        assert not may_turn("PUBLISHED", "", Validity.INVALIDATED)
