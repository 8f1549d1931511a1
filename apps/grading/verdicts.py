"""What ought to become of a pick: an outcome with its reason, a wait, or nothing yet."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from apps.catalog.models import SettlementRuleset
from apps.governance import configs
from apps.grading.kinds import GradeSource, Wait
from apps.grading.reading import Asked
from apps.rulebook.markets import EventStatus
from apps.rulebook.settlement import Outcome, Problem, Standing, playable_until, settle_many
from apps.rulebook.thresholds import ResultsRhythm, SettlementRules

# What another result may put right, as against a bet that no result can settle.
_OF_THE_SCORE: Final = (
    Problem.SCORES_MISSING.value,
    Problem.SCORE_SUSPECT.value,
    Problem.TIE_IMPOSSIBLE.value,
)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What ought to become of one pick: an outcome with its reason, or a wait; or nothing yet."""

    asked: Asked
    outcome: Outcome | None = None
    reason: str = ""
    wait: Wait | None = None

    @property
    def result_sha256(self) -> str:
        """What the outcome rests on: a void game's score does not count."""
        return "" if self.outcome is Outcome.VOID else self.asked.result_sha256

    @property
    def is_news(self) -> bool:
        """Whether a revision must be written: its key differs from the current revision's.

        An override stands until people write another one.
        """
        asked = self.asked
        if self.outcome is None or asked.grade_source == GradeSource.OPERATOR:
            return False
        return asked.grade_id is None or (
            (self.result_sha256, asked.ruleset_id, asked.clv_version)
            != (asked.grade_result_sha256, asked.grade_ruleset_id, asked.grade_clv_version)
        )

    @property
    def corrects(self) -> bool:
        """Whether this replaces a grade because its game ended otherwise than was told."""
        asked = self.asked
        return asked.grade_id is not None and self.result_sha256 != asked.grade_result_sha256


def judge(rows: Sequence[Asked], at: datetime) -> list[Verdict]:
    """Give every pick its verdict, in the order of ``rows``."""
    if not rows:
        return []
    found = rhythms({row.league for row in rows}, at)
    rules = {
        ruleset_id: ruleset.typed()
        for ruleset_id, ruleset in SettlementRuleset.objects.in_bulk(
            {row.ruleset_id for row in rows}
        ).items()
    }
    verdicts = _Table(rows, at, found, rules).verdicts()
    return [_held(verdict, at, found.get(verdict.asked.league)) for verdict in verdicts]


def _held(verdict: Verdict, at: datetime, rhythm: ResultsRhythm | None) -> Verdict:
    """Leave a grade alone that is too old to be re-checked, or whose game has no result now."""
    asked = verdict.asked
    if asked.grade_id is None or asked.grade_outcome == Outcome.UNGRADEABLE:
        return verdict
    since = None if asked.final_at is None else at - asked.final_at
    if rhythm is None or since is None or since <= timedelta(hours=rhythm.recheck_h):
        return verdict
    return Verdict(asked)


class _Table:
    """The verdicts of many picks, column by column."""

    def __init__(
        self,
        rows: Sequence[Asked],
        at: datetime,
        rhythms: Mapping[str, ResultsRhythm],
        rules: Mapping[int, SettlementRules],
    ) -> None:
        self.rows, self.at, self.rules = rows, at, rules
        self.rhythms = [rhythms.get(row.league) for row in rows]
        status = self._texts("event_status")
        self.final: NDArray[np.bool_] = status == EventStatus.FINAL
        self.canceled: NDArray[np.bool_] = status == EventStatus.CANCELED
        self.final_for_s = np.array([_seconds(row.final_at, at) for row in rows])
        self.begun_for_s = np.array([_seconds(row.begins_at, at) for row in rows])

    def verdicts(self) -> list[Verdict]:
        longest_s = np.array([row.maximum_minutes * 60.0 for row in self.rows])
        configured = np.array([rhythm is not None for rhythm in self.rhythms])
        delay_s = self._rhythm_s(lambda rhythm: rhythm.grade_after_final_min * 60.0)
        recheck_s = self._rhythm_s(lambda rhythm: rhythm.recheck_h * 3600.0)

        too_far = self._moved_too_far()
        void = self.canceled | too_far
        ended = self.final & (self.final_for_s >= 0.0)
        ripe = ended & (self.final_for_s >= delay_s)
        overdue = ~self.final & ~void & (self.begun_for_s >= longest_s)
        due = void | ripe | overdue | (ended & ~configured)

        told = self._texts("result_status")
        outcome, problem = self._settled()
        of_the_score = np.isin(problem, _OF_THE_SCORE)
        waited_s = np.where(self.final, self.final_for_s, self.begun_for_s - longest_s)
        over = waited_s > recheck_s

        suspect = (told == "SUSPECT") | ((told != "") & of_the_score)
        wait = np.select(
            [
                ~self._flags("id_is_known"),
                ~self._flags("id_is_of_this_game"),
                void,
                ~configured,
                suspect,
                overdue,
                told == "",
            ],
            [
                np.str_(Wait.PROVIDER_ID_MISSING),
                np.str_(Wait.MAPPING_DRIFT),
                "",
                np.str_(Wait.CONFIG_MISSING),
                np.str_(Wait.RESULT_SUSPECT),
                np.str_(Wait.RESULT_OVERDUE),
                np.str_(Wait.RESULT_MISSING),
            ],
            default="",
        )
        of_the_result = np.isin(
            wait, [Wait.RESULT_SUSPECT.value, Wait.RESULT_OVERDUE.value, Wait.RESULT_MISSING.value]
        )
        given_up = of_the_result & over
        return [
            self._verdict(
                index,
                due=bool(due[index]),
                wait="" if given_up[index] else str(wait[index]),
                void=bool(void[index]),
                given_up=str(wait[index]) if given_up[index] else "",
                outcome=str(outcome[index]),
                problem=str(problem[index]),
            )
            for index in range(len(self.rows))
        ]

    def _verdict(
        self,
        index: int,
        *,
        due: bool,
        wait: str,
        void: bool,
        given_up: str,
        outcome: str,
        problem: str,
    ) -> Verdict:
        asked = self.rows[index]
        if not due:
            return Verdict(asked)
        if wait:
            return Verdict(asked, wait=Wait(wait))
        if void:
            reason = Standing.CANCELED if self.canceled[index] else Standing.POSTPONED_TOO_FAR
            return Verdict(asked, Outcome.VOID, reason.value)
        if given_up == Wait.RESULT_SUSPECT:
            return Verdict(asked, Outcome.UNGRADEABLE, asked.suspect_code or problem)
        if given_up or problem:
            return Verdict(asked, Outcome.UNGRADEABLE, given_up or problem)
        return Verdict(asked, Outcome(outcome))

    def _settled(self) -> tuple[NDArray[np.str_], NDArray[np.str_]]:
        rules = [self.rules[row.ruleset_id] for row in self.rows]
        settled = settle_many(
            market_type=self._texts("market_type"),
            side=self._texts("side"),
            line=self._numbers("line"),
            home=self._numbers("home_score"),
            away=self._numbers("away_score"),
            tie=np.array([str(one.tie) for one in rules]),
            nil_nil_possible=np.array([one.nil_nil_possible for one in rules]),
        )
        return settled.outcome, settled.problem

    def _moved_too_far(self) -> NDArray[np.bool_]:
        """Games that cannot be played any more by the time that their bets stand for."""
        moved = [
            row.begins_at > row.scheduled or row.event_status == EventStatus.POSTPONED
            for row in self.rows
        ]
        until: dict[tuple[int, datetime, str], datetime] = {}
        found = np.zeros(len(self.rows), dtype=np.bool_)
        for index in np.flatnonzero(moved).tolist():
            row = self.rows[index]
            key = (row.ruleset_id, row.scheduled, row.timezone)
            if key not in until:
                until[key] = playable_until(
                    self.rules[row.ruleset_id], row.scheduled, ZoneInfo(row.timezone)
                )
            latest = until[key]
            late = row.begins_at > latest or row.event_status == EventStatus.POSTPONED
            found[index] = late and self.at > latest
        return found

    def _rhythm_s(self, seconds: Callable[[ResultsRhythm], float]) -> NDArray[np.float64]:
        return np.array([np.inf if rhythm is None else seconds(rhythm) for rhythm in self.rhythms])

    def _texts(self, name: str) -> NDArray[np.str_]:
        return np.array([getattr(row, name) for row in self.rows], dtype=np.str_)

    def _flags(self, name: str) -> NDArray[np.bool_]:
        return np.array([bool(getattr(row, name)) for row in self.rows])

    def _numbers(self, name: str) -> NDArray[np.float64]:
        values = (getattr(row, name) for row in self.rows)
        return np.array([np.nan if value is None else float(value) for value in values])


def _seconds(moment: datetime | None, at: datetime) -> float:
    return float("-inf") if moment is None else (at - moment).total_seconds()


def rhythms(leagues: Iterable[str], at: datetime) -> dict[str, ResultsRhythm]:
    """Resolve when each league's finals are settled; a league that nobody configured is absent."""
    found = {}
    for league in sorted(leagues):
        try:
            config = configs.resolve(configs.MARKET, league=league, at=at)
        except configs.ConfigMissing:
            continue  # its picks wait, and say so
        found[league] = config.document.results
    return found
