"""What ought to become of the picks of a game: an outcome, a wait with its reason, or nothing."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID
from zoneinfo import ZoneInfo

from apps.catalog.models import SettlementRuleset
from apps.governance import configs
from apps.grading.kinds import Wait
from apps.grading.reading import Asked, open_games, read, read_ungraded
from apps.rulebook.markets import EventStatus
from apps.rulebook.settlement import (
    FinalScore,
    NotSettled,
    Outcome,
    Play,
    Standing,
    long_enough,
    may_hold_extra_time,
    playable_until,
    require_score,
)
from apps.rulebook.thresholds import ResultsRhythm, SettlementRules

_RULES: dict[str, SettlementRules] = {}  # by their hash
_OF_THE_RESULT = (Wait.RESULT_SUSPECT, Wait.EXTRA_TIME, Wait.RESULT_OVERDUE, Wait.RESULT_MISSING)


@dataclass(slots=True)
class Rhythms:
    """When the finals of each league are settled, as the platform had it configured ``at``.

    A walk through many tenants asks once for each league, whoever's picks they are.
    """

    at: datetime
    _known: dict[str, ResultsRhythm | None] = field(default_factory=dict)

    def of(self, league: str) -> ResultsRhythm | None:
        """Return the rhythm of a league; None: nobody configured it, so its picks wait."""
        if league not in self._known:
            try:
                config = configs.resolve(configs.MARKET, league=league, at=self.at)
            except configs.ConfigMissing:
                self._known[league] = None
            else:
                self._known[league] = config.document.results
        return self._known[league]


@dataclass(frozen=True, slots=True)
class Verdict:
    """What ought to become of picks that stand alike.

    ``outcome`` is the whole answer for VOID and UNGRADEABLE. Where the game counts, ``settles`` is
    set and each pick's own side, line and price decide (``apps.grading.settling``).
    """

    asked: Asked
    outcome: Outcome | None = None
    reason: str = ""
    wait: Wait | None = None
    standing: Standing | None = None  # of a game whose score settles
    regraded: bool = False  # by other rules than those of the current grade, as people asked

    @property
    def is_due(self) -> bool:
        return self.settles or self.outcome is not None or self.wait is not None

    @property
    def settles(self) -> bool:
        return self.standing is not None

    @property
    def rules(self) -> SettlementRules:
        return typed_rules(self.asked)

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
        if not (self.settles or self.outcome) or asked.is_overridden:
            return False
        return not asked.is_graded or asked.close_is_new or self.corrects or self.regraded

    @property
    def why_revised(self) -> str:
        if not self.asked.is_graded:
            return ""
        if self.regraded:
            return "REGRADED"
        return "RESULT_CORRECTED" if self.corrects else "CLOSE_TAKEN"

    @property
    def corrects(self) -> bool:
        """Whether this replaces a grade because its game ended otherwise than was told."""
        return self.asked.is_graded and self.result_sha256 != self.asked.grade_result_sha256


def judged(at: datetime, rhythms: Rhythms) -> list[Verdict]:
    """Give their verdict to all picks that are due, and to those that may settle otherwise now."""
    return judge(read(at, _ripe(at, rhythms)), at, rhythms)


def judged_ungraded(at: datetime) -> list[Verdict]:
    """Give their verdict to all picks that are due and have no grade."""
    rhythms = Rhythms(at)
    return judge(read_ungraded(at, _ripe(at, rhythms)), at, rhythms)


def judge(rows: Sequence[Asked], at: datetime, rhythms: Rhythms | None = None) -> list[Verdict]:
    """Give picks that stand alike their verdict, in the order of ``rows``."""
    known = rhythms or Rhythms(at)
    return [_held(_judged(row, known.of(row.league), at), known.of(row.league), at) for row in rows]


def judge_again(
    rows: Sequence[Asked], at: datetime, targets: Mapping[int, SettlementRuleset]
) -> list[Verdict]:
    """Give graded picks their verdict by other rules, however long ago their game was final.

    ``targets`` maps the rules of their grades to those that they are settled by now.
    """
    known = Rhythms(at)
    verdicts = []
    for row in rows:
        target = targets[row.ruleset_id]
        by_them = row._replace(
            ruleset_id=target.pk, rules_hash=target.rules_hash, rules=json.dumps(target.rules)
        )
        verdict = _judged(by_them, known.of(row.league), at)
        verdicts.append(replace(verdict, regraded=target.pk != row.ruleset_id))
    return verdicts


def _ripe(at: datetime, rhythms: Rhythms) -> list[UUID]:
    """The games whose picks have to be read: a final waits as long as its league settles."""
    ripe = []
    for game in open_games(at):
        rhythm = rhythms.of(game.league) if game.is_final else None
        if rhythm is None or _since(game.final_at, at) >= _minutes(rhythm.grade_after_final_min):
            ripe.append(game.event_id)
    return ripe


def _judged(asked: Asked, rhythm: ResultsRhythm | None, at: datetime) -> Verdict:
    """The first of these that applies decides."""
    away = _not_played(asked, at)
    ended = asked.event_status == EventStatus.FINAL and _since(asked.final_at, at) >= timedelta(0)
    longest = timedelta(minutes=asked.maximum_minutes)
    # What was put off without a day is awaited as long as its bets stand, and then void.
    awaited = asked.event_status not in (EventStatus.FINAL, EventStatus.POSTPONED)
    overdue = awaited and at - asked.begins_at >= longest
    if away is None and not ended and not overdue:
        return Verdict(asked)
    if ended and rhythm and _since(asked.final_at, at) < _minutes(rhythm.grade_after_final_min):
        return Verdict(asked)
    if not asked.id_is_known:
        return Verdict(asked, wait=Wait.PROVIDER_ID_MISSING)
    if not asked.id_is_of_this_game:
        return Verdict(asked, wait=Wait.MAPPING_DRIFT)
    if away is not None:
        return Verdict(asked, Outcome.VOID, away.value)
    if rhythm is None:
        return Verdict(asked, wait=Wait.CONFIG_MISSING)
    settled = _on_its_score(asked)
    if settled.wait is Wait.RESULT_MISSING and overdue:
        settled = replace(settled, wait=Wait.RESULT_OVERDUE, reason=Wait.RESULT_OVERDUE.value)
    elif settled.wait is None and overdue:
        settled = Verdict(asked, wait=Wait.RESULT_OVERDUE, reason=Wait.RESULT_OVERDUE.value)
    waited = _since(asked.final_at, at) if ended else at - asked.begins_at - longest
    if settled.wait in _OF_THE_RESULT and waited > timedelta(hours=rhythm.recheck_h):
        return Verdict(asked, Outcome.UNGRADEABLE, settled.reason)
    return settled if settled.wait is None else Verdict(asked, wait=settled.wait)


def _not_played(asked: Asked, at: datetime) -> Standing | None:
    """Why a game cannot be played any more by the time that bets on it stand for."""
    if asked.event_status == EventStatus.CANCELED:
        return Standing.CANCELED
    postponed = asked.event_status == EventStatus.POSTPONED
    if not postponed and asked.begins_at <= asked.scheduled:
        return None
    latest = playable_until(typed_rules(asked), asked.scheduled, ZoneInfo(asked.timezone))
    if (postponed or asked.begins_at > latest) and at > latest:
        return Standing.POSTPONED_TOO_FAR
    return None


def _on_its_score(asked: Asked) -> Verdict:
    """Look whether the score that was told may be settled on, and how the game stands."""
    if asked.result_status == "SUSPECT":
        return Verdict(asked, wait=Wait.RESULT_SUSPECT, reason=asked.suspect_code)
    if not asked.result_status:
        return Verdict(asked, wait=Wait.RESULT_MISSING, reason=Wait.RESULT_MISSING.value)
    rules, score = typed_rules(asked), FinalScore(asked.home_score, asked.away_score)
    if not rules.overtime_counts and _may_hold_extra_time(asked):
        return Verdict(asked, wait=Wait.EXTRA_TIME, reason=Wait.EXTRA_TIME.value)
    play = _play(asked)
    try:
        if not long_enough(rules, play):
            return Verdict(asked, standing=Standing.CUT_SHORT)
        require_score(rules, score)
    except NotSettled as refusal:
        return Verdict(asked, wait=Wait.RESULT_SUSPECT, reason=refusal.problem.value)
    return Verdict(asked, standing=Standing.STANDS)


def _may_hold_extra_time(asked: Asked) -> bool:
    lasted = _since(asked.begins_at, asked.final_at or asked.begins_at)
    longest = timedelta(minutes=asked.maximum_minutes)
    return may_hold_extra_time(overtime=asked.overtime, lasted=lasted, longest=longest)


def _play(asked: Asked) -> Play:
    """How much of the game was played, where somebody said that it was cut short."""
    if asked.played is None:
        return Play(completed=True)
    played = json.loads(asked.played)
    innings, minutes = played.get("innings"), played.get("minutes")
    leads = (asked.home_score or 0) > (asked.away_score or 0)
    return Play(
        completed=False,
        minutes=None if minutes is None else Decimal(str(minutes)),
        innings=None if innings is None else Decimal(str(innings)),
        home_leads=leads,
    )


def _held(verdict: Verdict, rhythm: ResultsRhythm | None, at: datetime) -> Verdict:
    """Leave a grade alone that is too old to be re-checked, but for a close that came so late."""
    asked = verdict.asked
    if not asked.is_graded or asked.given_up or asked.final_at is None:
        return verdict
    if rhythm is None or at - asked.final_at <= timedelta(hours=rhythm.recheck_h):
        return verdict
    if asked.close_is_new and not verdict.corrects:
        return verdict
    return Verdict(asked)


def typed_rules(asked: Asked) -> SettlementRules:
    """Read the rules that picks settle by; what one hash names is read once."""
    if asked.rules_hash not in _RULES:
        _RULES[asked.rules_hash] = SettlementRules.model_validate(json.loads(asked.rules))
    return _RULES[asked.rules_hash]


def _since(moment: datetime | None, at: datetime) -> timedelta:
    return timedelta.min if moment is None else at - moment


def _minutes(number: float | Decimal) -> timedelta:
    return timedelta(minutes=float(number))
