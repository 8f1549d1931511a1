"""By what a board is judged: the rules of a league and feed, and judges that remember."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from apps.rulebook.markets import MarketType, Period
from apps.rulebook.thresholds import LineRange, OverroundLimits
from apps.snapshots.reading.market import Judge, Memory, Names
from apps.snapshots.reading.numbers import Numbers

WINNER = "h2h"
BENCHES_KEPT = 64  # leagues times formats
PAIRS_KEPT = 512  # of a league: more games than any board shows


@dataclass(frozen=True, slots=True)
class ReadingRules:
    """What of a league and its market configuration an odds body is read by."""

    american: bool  # how the feed writes prices: pinned, never guessed
    winner_market: MarketType
    period: Period
    ranges: Mapping[MarketType, LineRange]
    overround: OverroundLimits
    offered_above: Decimal

    def fingerprint(self) -> str:
        """The rules as one text: equal rules, equal verdicts."""
        spans = sorted(span.model_dump_json() for span in self.ranges.values())
        limits = self.overround.model_dump_json()
        return f"{self.american} {self.winner_market} {self.offered_above} {limits} {spans}"

    def kinds(self) -> dict[str, MarketType]:
        """Which of our markets a provider's key means."""
        return {
            WINNER: self.winner_market,
            "spreads": MarketType.SPREAD,
            "totals": MarketType.TOTAL,
        }


class Bench:
    """The judges of a league's markets, by the provider's key. Kept: verdicts repeat."""

    def __init__(self, rules: ReadingRules) -> None:
        self.numbers = Numbers(american=rules.american, offered_above=rules.offered_above)
        self.in_play = {
            key: Judge(kind, self.numbers, rules.overround, None)
            for key, kind in rules.kinds().items()
        }
        self.ahead = {
            key: Judge(kind, self.numbers, rules.overround, rules.ranges.get(kind))
            for key, kind in rules.kinds().items()
        }
        self._memories: dict[tuple[str, str, bool], Memory] = {}

    def memory_of(self, home: str, away: str, *, ahead: bool) -> Memory:
        """Return what is remembered of a pair of teams, before their game or in it."""
        key = home, away, ahead
        memory = self._memories.get(key)
        if memory is None:
            if len(self._memories) >= PAIRS_KEPT:
                self._memories.clear()
            memory = self._memories[key] = Memory(Names(home, away))
        return memory


_BENCHES: dict[str, Bench] = {}


def bench_for(rules: ReadingRules) -> Bench:
    """Return the judges of these very rules; a changed configuration gets judges of its own."""
    key = rules.fingerprint()
    if key not in _BENCHES:
        if len(_BENCHES) >= BENCHES_KEPT:
            _BENCHES.clear()
        _BENCHES[key] = Bench(rules)
    return _BENCHES[key]
