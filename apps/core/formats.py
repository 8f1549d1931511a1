"""How a value is written for people: console, board, message and e-mail ask this module.

Every function returns plain text without a character that HTML or a message would have to escape,
so that the same words stand everywhere; ``when``, ``identifier`` and ``column_line`` return safe
HTML besides. None is always the dash of a missing value, never an empty cell and never a zero.
Programs get plain values instead: CSV, JSON and the API do not come here.
"""

from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from enum import StrEnum
from typing import Any, NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.rulebook.markets import LINED_MARKETS, MarketType
from apps.rulebook.odds import american_from_price

MISSING = "—"  # none recorded; a zero is written 0, "not run" in words
MINUS = "−"
_TO = "–"
_ELLIPSIS = "…"

Number = Decimal | float | int

_MINUTE, _HOUR, _DAY = 60, 3_600, 86_400
_DAYS_FROM = 4 * _DAY  # "73 h 18 min" helps, "200 h" does not
_LIMIT_IN_SECONDS = 600
_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Measure(StrEnum):
    """What an interval is of, and therefore how its ends are written."""

    SHARE = "SHARE"  # 0 to 1: a win rate
    RETURN = "RETURN"  # signed, of the stake: EV, CLV
    UNITS = "UNITS"  # signed


# Prices and lines


def american(price_american: int | None) -> str:
    """Write American odds with their sign: ``+164``, and ``+100`` for even."""
    if price_american is None:
        return MISSING
    return _signed(100 if price_american == -100 else price_american, 0)


def decimal_odds(price: Number | None) -> str:
    """Write decimal odds with three places: ``1.926``. They stand beside the American only."""
    return MISSING if price is None else _plain(price, 3)


def odds(price: Decimal | None, price_american: int | None = None) -> str:
    """Write a price in full: ``−108 (1.926)``; one quoted in decimal odds alone is converted."""
    if price is None:
        return american(price_american)
    quoted = american_from_price(Decimal(price)) if price_american is None else price_american
    return f"{american(quoted)} ({decimal_odds(price)})"


def spread(x: Number | None) -> str:
    """Write a handicap as given to its selection: ``+6.5``, ``−3``, and ``PK`` for none at all."""
    if x is None:
        return MISSING
    return f"{'+' if x > 0 else ''}{_points_of(x)}" if x else "PK"


def total(x: Number | None) -> str:
    """Write a total without a sign: ``41.5``."""
    return MISSING if x is None else _points_of(x)


def line(market_type: str, x: Number | None) -> str:
    """Write a line as its market writes lines; empty where the market has none."""
    if market_type not in LINED_MARKETS:
        return ""
    return spread(x) if market_type == MarketType.SPREAD else total(x)


def column_line(market_type: str, x: Number | None) -> SafeString:
    """Write a line for a right-aligned column: a whole one is followed by the room of a ``.5``."""
    text = line(market_type, x)
    if not text or text == MISSING or "." in text:
        return format_html("{}", text)
    return format_html('{}<span class="bv-pad" aria-hidden="true">.0</span>', text)


# Chances and what they are worth


def probability(p: Number | None, places: int = 1) -> str:
    """Write a chance between 0 and 1 in percent: ``55.2%``.

    Raises:
        ValueError: it is outside 0 to 1, and whoever computed it meant something else.
    """
    if p is None:
        return MISSING
    if not 0 <= p <= 1:
        raise ValueError(f"{p} is no probability: it lies between 0 and 1.")
    return f"{_plain(_hundredfold(p), places)}%"


def points(edge: Number | None, places: int = 1) -> str:
    """Write a difference of two chances (0.056) in percentage points: ``+5.6 pp``."""
    return MISSING if edge is None else f"{_signed(_hundredfold(edge), places)} pp"


def points_of_line(x: Number | None) -> str:
    """Write an edge on the line's own scale: ``+0.6 pts``."""
    return MISSING if x is None else f"{_signed(x, 1)} pts"


def points_gained(x: Decimal | None) -> str:
    """Write the difference of two quoted lines, which may be a quarter: ``+0.25 pts``."""
    if x is None:
        return MISSING
    return f"{_signed(x, 1 if x * 2 == round(x * 2) else 2)} pts"


class Compared(NamedTuple):
    """A model's chance beside the market's, and the edge between the two."""

    model: str
    market: str
    edge: str


def compared(model: Number, market: Number) -> Compared:
    """Write three figures that a reader can add up: one more digit where one does not do."""
    for places in (1, 2, 3):
        parts = [_rounded(_hundredfold(p), places) for p in (model, market)]
        difference = _rounded(_hundredfold(_decimal(model) - _decimal(market)), places)
        if parts[0] - parts[1] == difference:
            break
    return Compared(
        probability(model, places),
        probability(market, places),
        f"{_signed(parts[0] - parts[1], places)} pp",
    )


def ev(x: Number | None) -> str:
    """Write an expected value in percent of the stake, for a cell under its name: ``+6.2%``."""
    return MISSING if x is None else f"{_signed(_hundredfold(x), 1)}%"


def clv(x: Number | None) -> str:
    """Write a closing line value in percent of the stake, for a cell under its name: ``+5.9%``."""
    return ev(x)


def named_ev(x: Number | None) -> str:
    """Write an expected value that stands alone: ``EV +6.2%``."""
    return f"EV {ev(x)}"


def named_clv(x: Number | None) -> str:
    """Write a closing line value that stands alone: ``CLV +5.9% EV``."""
    return f"CLV {clv(x)} EV" if x is not None else f"CLV {MISSING}"


def units(x: Number | None, places: int = 2) -> str:
    """Write a profit: two places for one pick (``+0.93 u``), one for a sum (``−4.9 u``)."""
    return MISSING if x is None else f"{_signed(x, places)} u"


def record(won: int, lost: int, pushed: int) -> str:
    """Write won, lost, pushed: ``221–183–8``."""
    return _TO.join(f"{part:,}" for part in (won, lost, pushed))


def bounds(low: Number | None, high: Number | None, measure: str = Measure.SHARE) -> str:
    """Write an interval's ends: ``95% 49.8–59.5``, and ``95% −24.2 to +53.4`` where signed."""
    if low is None or high is None:
        return MISSING
    if measure == Measure.SHARE:
        ends = [_plain(_hundredfold(end), 1) for end in (low, high)]
        return f"95% {_TO.join(ends)}"
    scaled = [_hundredfold(end) if measure == Measure.RETURN else end for end in (low, high)]
    return f"95% {_signed(scaled[0], 1)} to {_signed(scaled[1], 1)}"


def interval(
    value: Number | None,
    low: Number | None,
    high: Number | None,
    *,
    measure: str = Measure.SHARE,
    n: int | None = None,
) -> str:
    """Write an estimate with its 95 % interval and n: ``54.7% (95% 49.8–59.5), n = 404``."""
    if measure == Measure.SHARE:
        level = probability(value)
    else:
        level = ev(value) if measure == Measure.RETURN else units(value, 1)
    reach = "" if low is None or high is None else f" ({bounds(low, high, measure)})"
    return f"{level}{reach}" + ("" if n is None else f", n = {count(n)}")


# Counts


def count(n: int | None) -> str:
    """Write how many: ``61,904``."""
    return MISSING if n is None else _with_minus(f"{n:,}")


def out_of(n: int, whole: int) -> str:
    """Write a part beside its whole: ``14 of 412``."""
    return f"{count(n)} of {count(whole)}"


def missing(n: int) -> str:
    """Count what is not there beside the figure it is not in: ``14 missing``."""
    return f"{count(n)} missing"


def plural(n: int, one: str, many: str = "") -> str:
    """Write a count with its noun: ``1 pick``, ``2 picks``."""
    return f"{count(n)} {one if n == 1 else many or one + 's'}"


# Time


def age(seconds: Number | timedelta | None, limit: Number | timedelta | None = None) -> str:
    """Write a duration: ``41 s``, ``26 min``, ``73 h 18 min``; with its limit where it has one."""
    if seconds is None:
        return MISSING
    text = _duration(_seconds(seconds))
    return text if limit is None else f"{text} ({limit_of(limit)})"


def limit_of(limit: Number | timedelta) -> str:
    """Write the limit of an age: ``limit 180 s``."""
    s = _seconds(limit)
    return f"limit {s:,} s" if s < _LIMIT_IN_SECONDS else f"limit {_duration(s)}"


def milliseconds(ms: Number | None) -> str:
    """Write how long something took: ``2 ms``, ``1.4 s``."""
    if ms is None:
        return MISSING
    return f"{_plain(ms, 0)} ms" if ms < 1_000 else f"{_plain(_decimal(ms) / 1_000, 1)} s"


def instant(at: datetime | None, *, year: bool = False, seconds: bool = True) -> str:
    """Write an instant for the console: ``Sun 22 Nov, 18:42:07 UTC``.

    Raises:
        ValueError: it does not know its zone.
    """
    if at is None:
        return MISSING
    return f"{day(at, year=year)}, {time_of_day(at, seconds=seconds)} UTC"


def day(at: datetime | None, *, year: bool = False) -> str:
    """Write the UTC day of an instant: ``Sun 22 Nov``, with its year where days lie far apart."""
    if at is None:
        return MISSING
    at = _utc(at)
    text = f"{_WEEKDAYS[at.weekday()]} {at.day} {_MONTHS[at.month - 1]}"
    return f"{text} {at.year}" if year else text


def time_of_day(at: datetime | None, *, seconds: bool = True) -> str:
    """Write the time alone, below a day that is named once: ``18:42:07``."""
    return MISSING if at is None else _utc(at).strftime("%H:%M:%S" if seconds else "%H:%M")


def when(at: datetime | None, *, year: bool = False, seconds: bool = True) -> SafeString:
    """Write an instant as HTML that programs can read, too."""
    if at is None:
        return SafeString(MISSING)
    return format_html(
        '<time datetime="{}">{}</time>',
        _utc(at).strftime("%Y-%m-%dT%H:%M:%SZ"),
        instant(at, year=year, seconds=seconds),
    )


# Names


def short_id(x: Any) -> str:
    """Shorten an identifier in its middle: ``4be1…c9d2``; a UUID keeps its first eight."""
    if x is None or x == "":
        return MISSING
    text = str(x)
    if len(text) <= 14:
        return text
    head = 8 if len(text) == 36 and text.count("-") == 4 else 4
    return f"{text[:head]}{_ELLIPSIS}{text[-4:]}"


def identifier(x: Any, href: str = "") -> SafeString:
    """Show an identifier: shortened, whole in its title, and a link to what it names."""
    if x is None or x == "":
        return SafeString(MISSING)
    shown = format_html('<code class="bv-id" title="{}">{}</code>', x, short_id(x))
    return format_html('<a href="{}">{}</a>', href, shown) if href else shown


def words(code: str) -> str:
    """Write a code as words, where no better ones exist: ``QUOTE_MOVED`` is "Quote moved"."""
    return code.replace("_", " ").capitalize()


# How a number is put on paper


def _decimal(x: Number) -> Decimal:
    return x if isinstance(x, Decimal) else Decimal(str(x))


def _hundredfold(x: Number) -> Decimal:
    return _decimal(x) * 100


def _rounded(x: Number, places: int) -> Decimal:
    return _decimal(x).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)


def _plain(x: Number, places: int) -> str:
    rounded = _rounded(x, places)
    return _with_minus(f"{rounded if rounded else abs(rounded):,f}")


def _signed(x: Number, places: int) -> str:
    """Write a number with its sign; what rounds to zero has none."""
    rounded = _rounded(x, places)
    return f"+{rounded:,f}" if rounded > 0 else _plain(rounded, places)


def _points_of(x: Number) -> str:
    """Write points as they are quoted: whole, halves, quarters, without a trailing zero."""
    plain = _decimal(x)
    return _with_minus(format(plain.normalize() if plain else Decimal(0), "f"))


def _with_minus(text: str) -> str:
    return text.replace("-", MINUS)


def _seconds(length: Number | timedelta) -> int:
    return int(length.total_seconds() if isinstance(length, timedelta) else length)


def _duration(seconds: int) -> str:
    if seconds < 0:
        return MINUS + _duration(-seconds)
    if seconds < _MINUTE:
        return f"{seconds} s"
    if seconds < _HOUR:
        return f"{seconds // _MINUTE} min"
    if seconds < _DAYS_FROM:
        return _two(seconds, _HOUR, "h", _MINUTE, "min")
    return _two(seconds, _DAY, "d", _HOUR, "h")


def _two(seconds: int, large: int, large_name: str, small: int, small_name: str) -> str:
    rest = seconds % large // small
    text = f"{seconds // large:,} {large_name}"
    return f"{text} {rest} {small_name}" if rest else text


def _utc(at: datetime) -> datetime:
    if at.tzinfo is None:
        raise ValueError(f"{at} does not know its zone.")
    return at.astimezone(UTC)
