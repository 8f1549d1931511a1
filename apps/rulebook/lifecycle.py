"""Which state a pick may move to next, and which validity a published pick may have.

Pure: no database, no clock, no Django. The tables below are the whole truth; the database's
trigger repeats them and a test holds the two equal.
"""

from collections.abc import Mapping
from enum import StrEnum

from apps.rulebook.errors import RuleBroken


class PickStatus(StrEnum):
    PROPOSED = "PROPOSED"  # evaluated and stored, nobody outside has seen it
    BLOCKED = "BLOCKED"  # failed a check, kept with its reasons; final
    EXPIRED = "EXPIRED"  # never published: replaced, moved, stale or begun; final
    PUBLISHED = "PUBLISHED"  # visible to subscribers; validity is being watched
    SUPERSEDED = "SUPERSEDED"  # replaced by a newer version; still graded
    GRADED = "GRADED"  # settled; later revisions are grades, not moves


class ExpiryReason(StrEnum):
    REPLACED = "REPLACED"
    QUOTE_MOVED = "QUOTE_MOVED"
    QUOTE_STALE = "QUOTE_STALE"
    EVENT_STARTED = "EVENT_STARTED"


class Validity(StrEnum):
    VALID = "VALID"
    MOVED_BUT_OK = "MOVED_BUT_OK"
    REFRESH_RECOMMENDED = "REFRESH_RECOMMENDED"
    INVALIDATED = "INVALIDATED"  # final for that version


MOVES: Mapping[PickStatus, frozenset[PickStatus]] = {
    PickStatus.PROPOSED: frozenset({PickStatus.PUBLISHED, PickStatus.BLOCKED, PickStatus.EXPIRED}),
    PickStatus.PUBLISHED: frozenset({PickStatus.SUPERSEDED, PickStatus.GRADED}),
    PickStatus.SUPERSEDED: frozenset({PickStatus.GRADED}),
    PickStatus.BLOCKED: frozenset(),
    PickStatus.EXPIRED: frozenset(),
    PickStatus.GRADED: frozenset(),
}

# Which validity may follow which, of a published pick; every other pick's stays as it is.
TURNS: Mapping[Validity, frozenset[Validity]] = {
    state: frozenset(Validity) - {state} if state is not Validity.INVALIDATED else frozenset()
    for state in Validity
}

# A pick may be born in these states only: everything else is reached by a move.
BIRTHS = frozenset({PickStatus.PROPOSED, PickStatus.BLOCKED})


class MoveRefused(RuleBroken):
    code = "PICK_MOVE_REFUSED"

    def __init__(self, current: PickStatus, target: PickStatus) -> None:
        super().__init__(f"A {current} pick cannot become {target}.")
        self.current = current
        self.target = target


def require_move(current: str, target: PickStatus) -> None:
    """Refuse a move that the table does not have. Source: docs/domain.md section 5.

    Raises:
        MoveRefused: it is none of MOVES.
    """
    state = PickStatus(current)
    if target not in MOVES[state]:
        raise MoveRefused(state, target)


def may_turn(status: str, current: str, target: Validity) -> bool:
    """Say whether a pick's validity may become ``target``. Source: docs/domain.md section 5."""
    return status == PickStatus.PUBLISHED and current != "" and target in TURNS[Validity(current)]
