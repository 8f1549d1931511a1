"""The parameters of a call, read as strictly as the provider reads them."""

import re
from collections.abc import Container, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sandbox.protocol.refusals import Refusal, Refused
from sandbox.world.league import BOOKS
from sandbox.world.market import FEATURED, H2H

REGIONS: Final = ("us", "us2", "us_dfs", "us_ex", "uk", "eu", "fr", "se", "au")
UPCOMING: Final = "upcoming"
BOOKMAKERS_A_REGION: Final = 10

_OUTRIGHTS: Final = frozenset({"outrights", "outrights_lay"})
# Markets that the provider has for single events. They may be asked for; no book here has them.
_OF_EVENTS: Final = re.compile(
    r"(alternate_)?(spreads|totals|team_totals)(_[hqp]\d)?|h2h(_3_way)?(_[hqp]\d)?"
    r"|btts|draw_no_bet|double_chance|(player|batter|pitcher)_[a-z0-9_]+"
)
# What may be asked for beside the prices. No book here has any of it, as many real ones have not.
_INCLUDES: Final = {
    "includeLinks": Refusal.INVALID_INCLUDE_LINKS,
    "includeSids": Refusal.INVALID_INCLUDE_SIDS,
    "includeBetLimits": Refusal.INVALID_INCLUDE_BET_LIMITS,
    "includeMultipliers": Refusal.INVALID_INCLUDE_MULTIPLIERS,
    "includeRotationNumbers": Refusal.INVALID_INCLUDE_ROTATION_NUMBERS,
}
_SPORT: Final = re.compile(r"[a-z0-9]+(_[a-z0-9]+)*")
_EVENT_ID: Final = re.compile(r"[0-9a-f]{32}")
_PARTICIPANT_ID: Final = re.compile(r"par_[0-9a-z]{26}")
_STATUSES: Final = frozenset({"pre", "live"})
_OTHER_MARKETS_SINCE: Final = int(datetime(2023, 5, 3, 5, 30, tzinfo=UTC).timestamp())
_INSTANT: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")

Parameters = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Form:
    """How prices and instants are written."""

    american: bool
    iso: bool


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which events of the board: every one where nothing is said."""

    ids: frozenset[str] | None = None
    since: int | None = None
    until: int | None = None
    statuses: frozenset[str] = _STATUSES
    participants: frozenset[str] | None = None

    def takes(
        self, event_id: str, commence: int, *, in_play: bool, participants: Iterable[str]
    ) -> bool:
        return (
            (self.ids is None or event_id in self.ids)
            and ("live" if in_play else "pre") in self.statuses
            and (self.participants is None or not self.participants.isdisjoint(participants))
            and (self.since is None or commence >= self.since)
            and (self.until is None or commence <= self.until)
        )


@dataclass(frozen=True, slots=True)
class Board:
    """Whose quotes are asked for, and of which markets."""

    markets: tuple[str, ...]
    books: frozenset[str]
    regions: int  # what it is charged as

    @property
    def cost(self) -> int:
        return len(self.markets) * self.regions


def sport(key: str, played: Container[str]) -> str:
    """Accept a sport.

    Raises:
        Refused: it is no sport's key, or is not played here.
    """
    if not _SPORT.fullmatch(key):
        raise Refused(Refusal.INVALID_SPORT)
    if key not in played and key != UPCOMING:
        raise Refused(Refusal.UNKNOWN_SPORT)
    return key


def form(asked: Parameters) -> Form:
    """Raises: Refused, where a format has no name here, or an extra is neither true nor false."""
    for name, refusal in _INCLUDES.items():
        _one_of(asked, name, ("false", "true"), refusal)
    return Form(
        american=_one_of(asked, "oddsFormat", ("decimal", "american"), Refusal.INVALID_ODDS_FORMAT)
        == "american",
        iso=_one_of(asked, "dateFormat", ("iso", "unix"), Refusal.INVALID_DATE_FORMAT) == "iso",
    )


def all_sports(asked: Parameters) -> None:
    """Raises: Refused, where ``all`` is neither true nor false."""
    _one_of(asked, "all", ("false", "true"), Refusal.INVALID_ALL_SPORTS_PARAM)


def board(asked: Parameters) -> Board:
    """Raises: Refused, where markets, regions or bookmakers make no sense."""
    markets = _markets(asked)
    if not set(markets) <= set(FEATURED):
        raise Refused(Refusal.INVALID_MARKET)
    return _of_books(asked, markets)


def event_board(asked: Parameters) -> Board:
    """The same for one event, where more markets may be asked for than books have.

    Raises:
        Refused: markets, regions or bookmakers make no sense.
    """
    markets = _markets(asked)
    if not all(map(_OF_EVENTS.fullmatch, markets)):
        raise Refused(Refusal.INVALID_MARKET)
    return _of_books(asked, markets)


def any_board(asked: Parameters) -> Board:
    """Whatever the books have. Raises: Refused, where regions or bookmakers make no sense."""
    return _of_books(asked, FEATURED)


def _of_books(asked: Parameters, markets: tuple[str, ...]) -> Board:
    names = _listed(asked, "bookmakers")
    if names:
        if not set(names) <= {book.key for book in BOOKS}:
            raise Refused(Refusal.INVALID_BOOKMAKERS)
        return Board(markets, frozenset(names), -(-len(set(names)) // BOOKMAKERS_A_REGION))
    regions = _listed(asked, "regions")
    if not regions:
        raise Refused(Refusal.MISSING_REGION)
    if not set(regions) <= set(REGIONS):
        raise Refused(Refusal.INVALID_REGION)
    books = frozenset(book.key for book in BOOKS if book.region in regions)
    return Board(markets, books, len(set(regions)))


def wanted(asked: Parameters) -> Wanted:
    """Raises: Refused, where ids or instants cannot be read."""
    ids = _listed(asked, "eventIds")
    if "eventIds" in asked and (not ids or not all(map(_EVENT_ID.fullmatch, ids))):
        raise Refused(Refusal.INVALID_EVENT_IDS)
    since = _instant(asked, "commenceTimeFrom", Refusal.INVALID_COMMENCE_TIME_FROM)
    until = _instant(asked, "commenceTimeTo", Refusal.INVALID_COMMENCE_TIME_TO)
    if since is not None and until is not None and since > until:
        raise Refused(Refusal.INVALID_COMMENCE_TIME_RANGE)
    statuses = _listed(asked, "status")
    if "status" in asked and (not statuses or not set(statuses) <= _STATUSES):
        raise Refused(Refusal.INVALID_STATUS)
    people = _listed(asked, "participantIds")
    if "participantIds" in asked and (
        not people or not all(map(_PARTICIPANT_ID.fullmatch, people))
    ):
        raise Refused(Refusal.INVALID_PARTICIPANT_ID)
    return Wanted(
        ids=frozenset(ids) if ids else None,
        since=since,
        until=until,
        statuses=frozenset(statuses) or _STATUSES,
        participants=frozenset(people) or None,
    )


def kept_then(asked: Parameters, date: int) -> None:
    """Raises: Refused, where markets are asked for of a time when only the featured were kept."""
    if date < _OTHER_MARKETS_SINCE and not set(_markets(asked)) <= set(FEATURED):
        raise Refused(Refusal.HISTORICAL_MARKETS_UNAVAILABLE_AT_DATE)


def event_id(text: str) -> str:
    """Raises: Refused, where it is no event's id."""
    if not _EVENT_ID.fullmatch(text):
        raise Refused(Refusal.INVALID_EVENT_ID)
    return text


def days_from(asked: Parameters) -> int:
    """Return how many days of finals are asked for: 0 for none.

    Raises:
        Refused: it is not 1, 2 or 3.
    """
    text = asked.get("daysFrom")
    if text is None:
        return 0
    if text not in ("1", "2", "3"):
        raise Refused(Refusal.INVALID_SCORES_DAYS_FROM)
    return int(text)


def date(asked: Parameters) -> int:
    """Return the instant whose history is asked for.

    Raises:
        Refused: it is missing or cannot be read.
    """
    instant = _instant(asked, "date", Refusal.INVALID_HISTORICAL_TIMESTAMP)
    if instant is None:
        raise Refused(Refusal.MISSING_HISTORICAL_TIMESTAMP)
    return instant


def _markets(asked: Parameters) -> tuple[str, ...]:
    if "markets" not in asked:
        return (H2H,)
    markets = tuple(dict.fromkeys(_listed(asked, "markets")))
    if not markets:
        raise Refused(Refusal.MISSING_MARKET)
    if _OUTRIGHTS & set(markets) and set(markets) - _OUTRIGHTS:
        raise Refused(Refusal.INVALID_MARKET_COMBO)
    return markets


def _listed(asked: Parameters, name: str) -> list[str]:
    return [part.strip() for part in asked.get(name, "").split(",") if part.strip()]


def _one_of(asked: Parameters, name: str, known: tuple[str, ...], refusal: Refusal) -> str:
    """The first one is what it is where nothing was said."""
    value = asked.get(name, known[0])
    if value not in known:
        raise Refused(refusal)
    return value


def _instant(asked: Parameters, name: str, refusal: Refusal) -> int | None:
    text = asked.get(name)
    if text is None:
        return None
    if not _INSTANT.fullmatch(text):
        raise Refused(refusal)
    try:
        return int(datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC).timestamp())
    except ValueError:
        raise Refused(refusal) from None
