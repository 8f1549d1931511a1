"""The Odds API's shapes, and how a body becomes them: whole where it is sound, else in pieces.

A sound body is decoded in one typed pass. A body with a flaw is taken apart, event by event,
book by book, market by market, outcome by outcome; what does not fit is laid aside with a code
and the rest goes on. A body that is no JSON at all, or only the beginning of one, is refused:
half a board would read as a board from which books have gone.

Numbers with a fraction travel as floats no further than this: a float gives back the digits it
was read from (up to fifteen), and ``reading.odds`` turns them into decimals at once. A text that
looks like a number is none, which a Decimal type would not notice.
"""

import json
from collections.abc import Callable
from datetime import datetime
from math import isfinite
from typing import Annotated, Any, Generic, TypeVar

import msgspec

from apps.rulebook.errors import RuleBroken
from apps.snapshots.reading.codes import Quarantined, Refused
from apps.snapshots.reading.tray import Tray

LARGEST = 10 * 1024 * 1024  # bytes; a league's whole board is a twentieth of it
LONGEST_NUMBER = 18  # digits of a whole number; beyond it is nobody's price

Instant = Annotated[datetime, msgspec.Meta(tz=True)]
Text = Annotated[str, msgspec.Meta(max_length=200)]
Key = Annotated[str, msgspec.Meta(min_length=1, max_length=64)]

Price = TypeVar("Price", int, float)


class Outcome(msgspec.Struct, Generic[Price], gc=False):
    name: Text
    price: Price
    point: float | None = None
    description: Text | None = None


class Market(msgspec.Struct, Generic[Price], gc=False):
    key: Key
    outcomes: list[Outcome[Price]]
    last_update: Instant | None = None


class Bookmaker(msgspec.Struct, Generic[Price], gc=False):
    key: Key
    markets: list[Market[Price]]
    title: Text = ""
    last_update: Instant | None = None


class Event(msgspec.Struct, Generic[Price], gc=False):
    id: Key
    commence_time: Instant
    home_team: Text | None = None
    away_team: Text | None = None
    bookmakers: list[Bookmaker[Price]] = []


AmericanEvent = Event[int]
DecimalEvent = Event[float]
AnyEvent = AmericanEvent | DecimalEvent


class PayloadRefused(RuleBroken):
    code = "PAYLOAD_REFUSED"

    def __init__(self, refused: Refused, sentence: str) -> None:
        super().__init__(sentence)
        self.refused = refused


def whole_text(body: bytes) -> bytes:
    """Return the body without its byte order mark, once it is sure to be worth parsing.

    Raises:
        PayloadRefused: too large, not UTF-8, or a page for people.
    """
    if len(body) > LARGEST:
        raise PayloadRefused(Refused.TOO_LARGE, f"{len(body)} bytes; {LARGEST} are read.")
    if body.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise PayloadRefused(Refused.NOT_UTF8, "The body is UTF-16.")
    text = body.removeprefix(b"\xef\xbb\xbf")
    if text.lstrip()[:1] == b"<":
        raise PayloadRefused(Refused.HTML, "The body is a page, not data.")
    return text


def parse_loosely(text: bytes) -> Any:
    """Parse JSON that may hold what JSON forbids: NaN, infinities, numbers without bound.

    Raises:
        PayloadRefused: it is no JSON, not UTF-8, cut short or nested too deeply.
    """
    try:
        return json.loads(text.decode("utf-8"), parse_int=_whole)
    except UnicodeDecodeError:
        raise PayloadRefused(Refused.NOT_UTF8, "The body is not UTF-8.") from None
    except RecursionError:
        raise PayloadRefused(Refused.TOO_DEEP, "The body is nested too deeply.") from None
    except json.JSONDecodeError as error:
        if _is_cut_short(error.doc, error.pos):
            raise PayloadRefused(Refused.TRUNCATED, "The body ends before it is over.") from None
        raise PayloadRefused(Refused.NOT_JSON, f"The body is no JSON: {error.msg}.") from None


def decode_events(text: bytes, kind: type[Any], tray: Tray) -> tuple[list[Any], int]:
    """Return the events of a body and how many prices it holds, those laid aside included.

    Raises:
        PayloadRefused: nothing in it can be read.
    """
    try:
        events: list[Any] = _decoder(kind).decode(text)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return _in_pieces(parse_loosely(text), kind, tray)
    except RecursionError:
        raise PayloadRefused(Refused.TOO_DEEP, "The body is nested too deeply.") from None
    prices = sum(
        len(market.outcomes)
        for event in events
        for book in event.bookmakers
        for market in book.markets
    )
    return events, prices


def _is_cut_short(text: str, stopped_at: int) -> bool:
    """Whether it began as JSON and only its end is missing."""
    if not text.lstrip().startswith(("[", "{")):
        return not text.strip()
    return not text[stopped_at:].strip() or not text.rstrip().endswith(("]", "}"))


_DECODERS: dict[type[Any], msgspec.json.Decoder[Any]] = {}


def _decoder(kind: type[Any]) -> msgspec.json.Decoder[Any]:
    if kind not in _DECODERS:
        _DECODERS[kind] = msgspec.json.Decoder(list[kind])  # type: ignore[valid-type]
    return _DECODERS[kind]


def _whole(digits: str) -> int | float:
    return int(digits) if len(digits) <= LONGEST_NUMBER else float(digits)


# In pieces.


def _in_pieces(parsed: Any, kind: type[Any], tray: Tray) -> tuple[list[Any], int]:
    if not isinstance(parsed, list):
        raise PayloadRefused(Refused.SHAPE, "The body is not a list of events.")
    price = int if kind is AmericanEvent else float
    salvage = _Salvage(price, tray)
    events = [
        event
        for index, item in enumerate(parsed)
        if (event := salvage.event(item, f"[{index}]")) is not None
    ]
    return events, _prices_in(parsed)


class _Salvage:
    """Takes a flawed body apart, level by level, and keeps every piece that fits."""

    def __init__(self, price: type[int] | type[float], tray: Tray) -> None:
        self.tray = tray
        self.outcome_kind = Outcome[price]  # type: ignore[valid-type]
        self.market_kind = Market[price]  # type: ignore[valid-type]
        self.book_kind = Bookmaker[price]  # type: ignore[valid-type]
        self.event_kind = Event[price]  # type: ignore[valid-type]
        self.where: dict[str, str] = {}

    def event(self, item: Any, place: str) -> Any:
        self.where = {"source_event_id": _text_of(item, "id")}
        return self._level(
            item, place, self.event_kind, "bookmakers", self.book, Quarantined.EVENT_SHAPE
        )

    def book(self, item: Any, place: str) -> Any:
        self.where = {**self._only("source_event_id"), "book_key": _text_of(item, "key")}
        return self._level(
            item, place, self.book_kind, "markets", self.market, Quarantined.BOOK_SHAPE
        )

    def market(self, item: Any, place: str) -> Any:
        self.where = {
            **self._only("source_event_id", "book_key"),
            "market_key": _text_of(item, "key"),
        }
        return self._level(
            item, place, self.market_kind, "outcomes", self.outcome, Quarantined.MARKET_SHAPE
        )

    def outcome(self, item: Any, place: str) -> Any:
        if isinstance(item, dict) and isinstance(item.get("price"), float):
            item = {**item, "price": _as_written(item["price"])}
        try:
            return msgspec.convert(item, self.outcome_kind)
        except msgspec.ValidationError:
            self._lay(self._flaw_of_outcome(item), place, item, prices=1)
            return None

    def _level(
        self,
        item: Any,
        place: str,
        kind: type[Any],
        inner: str,
        take_apart: Callable[[Any, str], Any],
        shape: Quarantined,
    ) -> Any:
        try:
            return msgspec.convert(item, kind)
        except msgspec.ValidationError:
            pass
        parts = item.get(inner) if isinstance(item, dict) else None
        prices = _prices_in(item, _LEVELS.index(inner))
        if not isinstance(parts, list):
            self._lay(shape, place, item, prices=prices)
            return None
        try:
            head = msgspec.convert({**item, inner: []}, kind)
        except msgspec.ValidationError as error:
            self._lay(_flaw_of_head(item, str(error), shape), place, item, prices=prices)
            return None
        kept = []
        outer = self.where
        for index, part in enumerate(parts):
            taken = take_apart(part, f"{place}.{inner}[{index}]")
            self.where = outer
            if taken is not None:
                kept.append(taken)
        setattr(head, inner, kept)
        return head

    def _flaw_of_outcome(self, item: Any) -> Quarantined:
        if not isinstance(item, dict) or not isinstance(item.get("name"), str):
            return Quarantined.OUTCOME_SHAPE
        if item.get("price") is None:
            return Quarantined.PRICE_NULL
        if not _is_number(item["price"]):
            return Quarantined.PRICE_NOT_A_NUMBER
        if item.get("point") is not None and not _is_number(item["point"]):
            return Quarantined.LINE_NOT_A_NUMBER
        if isinstance(item["price"], float):  # where whole numbers are quoted
            return Quarantined.PRICE_NOT_ODDS
        return Quarantined.OUTCOME_SHAPE

    def _only(self, *names: str) -> dict[str, str]:
        return {name: self.where[name] for name in names if name in self.where}

    def _lay(self, code: Quarantined, place: str, item: Any, *, prices: int) -> None:
        self.tray.lay(code, place, prices=prices, fragment=item, **self.where)


def _flaw_of_head(item: dict[str, Any], problem: str, shape: Quarantined) -> Quarantined:
    if "`id`" in problem or "$.id" in problem:
        return Quarantined.EVENT_ID_MISSING
    for name in ("commence_time", "last_update"):
        if f"$.{name}" in problem or f"`{name}`" in problem:
            return flaw_of_time(item.get(name))
    return shape


def flaw_of_time(value: Any) -> Quarantined:
    """Say what is wrong with something that should be an instant."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            return Quarantined.TIME_UNREADABLE
        if moment.tzinfo is None:
            return Quarantined.TIME_NAIVE
    return Quarantined.TIME_UNREADABLE


def _is_number(value: Any) -> bool:
    """Whether it is a finite number; a text is none, however it looks, and true is none."""
    return isinstance(value, int | float) and not isinstance(value, bool) and isfinite(value)


def _as_written(price: float) -> int | float:
    """-110.0 is the whole number -110."""
    return int(price) if price.is_integer() and abs(price) < 10**LONGEST_NUMBER else price


def _text_of(item: Any, name: str) -> str:
    value = item.get(name) if isinstance(item, dict) else None
    return value if isinstance(value, str) else ""


def _prices_in(item: Any, level: int = 0) -> int:
    """Count the outcomes of a body (level 0), an event, a book or a market (3)."""
    parts = item if level == 0 else item.get(_LEVELS[level]) if isinstance(item, dict) else None
    if not isinstance(parts, list):
        return 0
    if level == len(_LEVELS) - 1:
        return len(parts)
    return sum(_prices_in(part, level + 1) for part in parts)


_LEVELS = ("", "bookmakers", "markets", "outcomes")
