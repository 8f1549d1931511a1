"""The answer to somebody who asks for a parlay: the best legs at one book, or what was missing.

A parlay is one bet at one book, so each book's quotes are a bench of their own, and the heaviest
combination of all benches is the best. Nothing here depends on the clock or on chance: the same
slate and seed give the same answer.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from uuid import UUID

from apps.picks.actions.parlays.asking import Asked
from apps.picks.actions.parlays.slate import Candidate, Quoted, Slate, opponents
from apps.picks.models import Pick
from apps.rulebook.markets import MarketType, Side
from apps.rulebook.parlays import (
    Bench,
    Choice,
    JointLeg,
    LegReason,
    Limits,
    NoJoint,
    PricedGame,
    PricedParlay,
    Rejection,
    against,
    choose,
    joint_of_game,
    leg_alone,
    price_parlay,
    sentence_of,
)
from apps.rulebook.scoring import ScoreDistribution

Scores = Callable[[UUID], ScoreDistribution | None]  # of a simulation run; None: it is gone


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg of the answer."""

    pick: Pick
    quoted: Quoted
    win_prob: float


@dataclass(frozen=True, slots=True)
class Answer:
    """What is written down: legs and their worth, or what was missing; and all rejections."""

    rejections: Sequence[Rejection]
    missing: str = ""
    book: str = ""
    legs: Sequence[Leg] = ()
    priced: PricedParlay | None = None
    joint_runs: Sequence[UUID] = ()
    choice_no: int = 0
    choices: int = 0


@dataclass(frozen=True, slots=True)
class _Worth:
    priced: PricedParlay
    runs: tuple[UUID, ...]


@dataclass(frozen=True)
class _Table:
    """One book's bench: its legs, and what combinations of them are worth."""

    book: str
    candidates: dict[str, Candidate]
    scores: Scores
    games: dict[tuple[str, ...], tuple[PricedGame, UUID | None] | None] = field(
        default_factory=dict
    )

    @property
    def bench(self) -> list[Bench]:
        return [
            Bench(
                key=key,
                weight=one.at_book[self.book].weighed.weight,
                game=one.pick.event_id,
                teams=opponents(one.pick),
                is_total=one.is_total,
            )
            for key, one in self.candidates.items()
        ]

    def worth(self, legs: Sequence[Bench]) -> _Worth | None:
        """Price a combination; None where it cannot be, or is not worth its stake."""
        by_game: dict[object, list[str]] = {}
        for leg in legs:
            by_game.setdefault(leg.game, []).append(leg.key)
        found = [self._game(tuple(keys)) for keys in by_game.values()]
        if any(one is None for one in found):
            return None
        games = [one for one in found if one is not None]
        priced = price_parlay([game for game, _run in games])
        if not (0.0 < priced.joint_prob < 1.0 and priced.ev > 0.0):
            return None
        return _Worth(priced, tuple(run for _game, run in games if run is not None))

    def _game(self, keys: tuple[str, ...]) -> tuple[PricedGame, UUID | None] | None:
        if keys not in self.games:
            self.games[keys] = self._priced(keys)
        return self.games[keys]

    def _priced(self, keys: tuple[str, ...]) -> tuple[PricedGame, UUID | None] | None:
        picks = [self.candidates[key].pick for key in keys]
        prices = tuple(self.candidates[key].at_book[self.book].quote.price_decimal for key in keys)
        legs = [joint_leg(pick) for pick in picks]
        if len(picks) == 1:
            return PricedGame(leg_alone(legs[0]), prices), None
        # The newest run any of them was made from: what the scores are believed to be now.
        newest = max(picks, key=lambda pick: (pick.proposed_at, pick.pk))
        scores = None if newest.run_id is None else self.scores(newest.run_id)
        if scores is None or len({pick.period for pick in picks}) > 1:
            return None
        try:
            return PricedGame(joint_of_game(scores, legs), prices), newest.run_id
        except NoJoint:
            return None


def answer(slate: Slate, asked: Asked, *, scores: Scores) -> Answer:
    """Choose, price and explain; or say what was missing, with every pick's reasons."""
    limits = Limits(
        per_game=slate.config.limits.per_game if asked.same_game else 1,
        per_team=slate.config.limits.per_team,
        totals=slate.config.limits.totals,
    )
    tables = _tables(slate, scores)
    if not asked.picks or len(slate.eligible) == asked.legs:
        found = _best(tables, asked.legs, limits, best=slate.config.choices)
        if found:
            which = _drawn(slate.sha256, asked.seed, len(found))
            table, choice = found[which]
            return _made(slate, table, choice, limits, which=which, among=len(found))
    return _missing(slate, asked, tables, limits)


def joint_leg(pick: Pick) -> JointLeg:
    """A pick as the rulebook prices it: judged as it was published."""
    return JointLeg(
        MarketType(pick.market_type), Side(pick.side), pick.line, a=pick.a, b=pick.b, v=pick.v
    )


def _tables(slate: Slate, scores: Scores) -> list[_Table]:
    books = sorted({book for one in slate.eligible for book in one.at_book})
    return [
        _Table(
            book,
            {str(one.pick.pk): one for one in slate.eligible if book in one.at_book},
            scores,
        )
        for book in books
    ]


def _best(
    tables: Sequence[_Table], count: int, limits: Limits, *, best: int
) -> list[tuple[_Table, Choice[_Worth]]]:
    """The best combinations of all books, each set of picks once, at the book that suits it."""
    found = [
        (table, choice)
        for table in tables
        for choice in choose(table.bench, count=count, limits=limits, worth=table.worth, best=best)
    ]
    found.sort(
        key=lambda one: (
            -one[1].weight,
            [(-leg.weight, leg.key) for leg in one[1].legs],
            -one[1].worth.priced.price,
            one[0].book,
        )
    )
    kept: dict[frozenset[str], tuple[_Table, Choice[_Worth]]] = {}
    for table, choice in found:
        kept.setdefault(frozenset(leg.key for leg in choice.legs), (table, choice))
    return list(kept.values())[:best]


def _drawn(inputs: str, seed: int, among: int) -> int:
    """Seed 0 takes the best; any other draws one of the best few, always the same one."""
    if seed == 0:
        return 0
    return int.from_bytes(sha256(f"{inputs}|{seed}".encode()).digest()[:8], "big") % among


def _made(
    slate: Slate,
    table: _Table,
    choice: Choice[_Worth],
    limits: Limits,
    *,
    which: int,
    among: int,
) -> Answer:
    legs = []
    for leg in choice.legs:
        one = table.candidates[leg.key]
        alone = PricedGame(leg_alone(joint_leg(one.pick)), (one.pick.price,))
        legs.append(Leg(one.pick, one.at_book[table.book], alone.all_win))
    return Answer(
        rejections=_rejections(slate, table, choice.legs, limits),
        book=table.book,
        legs=legs,
        priced=choice.worth.priced,
        joint_runs=choice.worth.runs,
        choice_no=which + 1,
        choices=among,
    )


def _missing(slate: Slate, asked: Asked, tables: Sequence[_Table], limits: Limits) -> Answer:
    """Find the most that could have stood together, and name what kept the others out."""
    most: tuple[_Table, Choice[_Worth]] | None = None
    for count in range(asked.legs, 0, -1):
        found = _best(tables, count, limits, best=1)
        if found:
            most = found[0]
            break
    if most is None:
        rejections = _gate_rejections(slate)
        rejections += [Rejection(one.pick.pk, (LegReason.NOT_PRICEABLE,)) for one in slate.eligible]
        together = 0
    else:
        table, choice = most
        rejections = _rejections(
            slate, table, choice.legs, limits, otherwise=LegReason.NOT_PRICEABLE
        )
        together = len(choice.legs)
    return Answer(
        rejections=rejections,
        missing=sentence_of(asked=asked.legs, found=together, rejections=rejections),
    )


def _gate_rejections(slate: Slate) -> list[Rejection]:
    return [
        Rejection(one.pick.pk, one.reasons, one.details) for one in slate.candidates if one.reasons
    ]


def _rejections(
    slate: Slate,
    table: _Table,
    chosen: Sequence[Bench],
    limits: Limits,
    *,
    otherwise: LegReason = LegReason.OUTWEIGHED,
) -> list[Rejection]:
    """Say of every pick that is no leg why it is none."""
    keys = {leg.key for leg in chosen}
    found = _gate_rejections(slate)
    for one in slate.eligible:
        key = str(one.pick.pk)
        if key in keys:
            continue
        if key not in table.candidates:
            found.append(Rejection(one.pick.pk, (LegReason.NOT_AT_THIS_BOOK,), (table.book,)))
            continue
        leg = next(leg for leg in table.bench if leg.key == key)
        found.append(Rejection(one.pick.pk, (against(leg, chosen, limits) or otherwise,)))
    return sorted(found, key=lambda rejection: rejection.pick)
