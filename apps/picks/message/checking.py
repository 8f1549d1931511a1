"""Holding a written message against the record it was made from, before anybody reads it.

Nothing here asks the writer how it came to its text: the text is read as a reader would, and
each number in it must be a value of the record, rounded to the places that are shown.
"""

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final

from apps.core.words import COUNTS
from apps.picks.message.composing import Message, since_when
from apps.picks.message.lexicon import forbidden_in
from apps.picks.message.slate import SlateSubject
from apps.picks.message.subject import House, Subject, number
from apps.rulebook.errors import RuleBroken
from apps.rulebook.odds import american_from_price
from apps.rulebook.statistics import wilson

LONGEST: Final = 1_000  # UTF-16 units, as Telegram counts: a pick is read at a glance
LONGEST_SLATE: Final = 4_096  # Telegram takes no more
_MINUS: Final = "−"
_NUMBER: Final = re.compile(
    rf"(?P<sign>[+{_MINUS}-])?(?P<digits>\d[\d,]*(?:\.\d+)?)"
    r"(?P<unit>%| pp\b| u\b| points?\b| books?\b)?"
)
# A count that is written as a word is a number all the same.
_SPELLED: Final = re.compile(rf"\b({'|'.join(COUNTS)})(?= books?\b)", re.IGNORECASE)
_CONFIDENCE: Final = Decimal(95)


class MessageRefused(RuleBroken):
    """A text that does not go out. The subclasses say why."""

    code = "MESSAGE_REFUSED"


class NumberUnknown(MessageRefused):
    code = "MESSAGE_NUMBER_UNKNOWN"

    def __init__(self, found: list[str]) -> None:
        super().__init__(f"The record has no such figure: {', '.join(found)}.")


class WordForbidden(MessageRefused):
    code = "MESSAGE_WORD_FORBIDDEN"

    def __init__(self, found: list[str]) -> None:
        super().__init__(f"No message says this: {', '.join(found)}.")


class MessageTooLong(MessageRefused):
    code = "MESSAGE_TOO_LONG"

    def __init__(self, length: int, longest: int = LONGEST) -> None:
        super().__init__(f"The message has {length} characters (limit {longest}).")


class FooterMissing(MessageRefused):
    code = "MESSAGE_FOOTER_MISSING"

    def __init__(self) -> None:
        super().__init__("The message does not say from which age on, or where there is help.")


class SlateMisshapen(MessageRefused):
    code = "MESSAGE_SLATE_MISSHAPEN"

    def __init__(self, entries: int, picks: int) -> None:
        super().__init__(f"The message has {entries} entries for {picks} picks.")


def require_true(message: Message, subject: Subject) -> None:
    """Let a message through that says what its record says, and no more.

    Raises:
        NumberUnknown: a figure that is none of the record's.
        WordForbidden: a word that no message has.
        MessageTooLong: nobody would read it.
        FooterMissing: age or help line is not there.
    """
    _require_short(message.plain, LONGEST)
    _require_footer(message.plain, subject.house)
    if words := forbidden_in(message.plain, names=_names(subject)):
        raise WordForbidden(words)
    if strangers := unknown_numbers(message.plain, subject):
        raise NumberUnknown(strangers)


def require_slate_true(message: Message, slate: SlateSubject) -> None:
    """Let a day's message through whose every entry says what the record of its pick says.

    An entry is held against its own pick and no other: a figure of the neighbour is a wrong one.

    Raises:
        NumberUnknown, WordForbidden, MessageTooLong, FooterMissing: as for a message of one pick.
        SlateMisshapen: there are more entries than picks, or fewer.
    """
    _require_short(message.plain, LONGEST_SLATE)
    heading, *entries, foot = message.plain.split("\n\n")
    _require_footer(foot, slate.house)
    if len(entries) != len(slate.picks):
        raise SlateMisshapen(len(entries), len(slate.picks))
    for entry, subject in zip(entries, slate.picks, strict=True):
        if words := forbidden_in(entry, names=_names(subject)):
            raise WordForbidden(words)
        if strangers := unknown_numbers(entry, subject):
            raise NumberUnknown(strangers)
    if words := forbidden_in(f"{heading}\n{foot}"):
        raise WordForbidden(words)
    part = {str(slate.part)} if slate.part > 1 else set()
    head = _without(heading, [slate.called, slate.league])
    rest = _without(foot, [slate.house.age, slate.house.help_line])
    if strangers := [
        *(found[0] for found in _NUMBER.finditer(head) if found[0] not in part),
        *(found[0] for found in _NUMBER.finditer(rest)),
    ]:
        raise NumberUnknown(strangers)


def _require_short(text: str, longest: int) -> None:
    length = len(text.encode("utf-16-le")) // 2
    if length > longest:
        raise MessageTooLong(length, longest)


def _require_footer(text: str, house: House) -> None:
    if house.age not in text or house.help_line not in text:
        raise FooterMissing


def unknown_numbers(text: str, subject: Subject) -> list[str]:
    """Find the numbers in a text that are no value of its record, as they are written."""
    text = _without(text, {*_names(subject), *_said_as_they_are(subject)})
    text = _SPELLED.sub(lambda found: str(COUNTS.index(found[0].lower())), text)
    values = _values(subject)
    return [
        found[0].strip()
        for found in _NUMBER.finditer(text)
        if not _is_one_of(found, values[(found["unit"] or "").strip()])
    ]


def _without(text: str, known: Iterable[str]) -> str:
    for one in sorted(known, key=len, reverse=True):
        text = re.sub(rf"(?<!\w){re.escape(one)}(?!\w)", " ", text)
    return text


def _is_one_of(found: re.Match[str], known: "_Known") -> bool:
    digits = found["digits"].replace(",", "")
    shown = Decimal(digits) * (-1 if found["sign"] in (_MINUS, "-") else 1)
    shown_to = len(digits.partition(".")[2])
    if shown in known.exact:
        return True
    places = Decimal(1).scaleb(-shown_to)
    return any(
        shown_to >= least and value.quantize(places, ROUND_HALF_UP) == shown
        for value, least in known.rounded
    )


@dataclass(frozen=True, slots=True)
class _Known:
    """Values of one unit: those that are written whole, and those with the least of places."""

    exact: frozenset[Decimal] = frozenset()
    rounded: frozenset[tuple[Decimal, int]] = frozenset()


def _names(subject: Subject) -> Iterator[str]:
    """What others are called: a name may have digits, and says nothing of ours."""
    yield from (subject.home, subject.away, subject.book, subject.league)
    for side in (subject.facts.get("changed") or {}).get("side", ()):
        yield str(side)


def _said_as_they_are(subject: Subject) -> Iterator[str]:
    """Times, days, the footer and the pick's own code."""
    house, facts = subject.house, subject.facts
    yield from (house.age, house.help_line, subject.code)
    instants = (
        *(subject.starts_at, subject.published_at, subject.quoted_at, subject.happened_at),
        subject.now.seen_at,
    )
    for at in instants:
        if at is not None:
            yield house.place.moment(at, subject.happened_at)
    if (facts.get("record") or {}).get("since"):
        yield since_when(subject)


def _values(subject: Subject) -> Mapping[str, _Known]:
    """Every figure of the record by the unit that it is written with, in that unit."""
    facts, now = subject.facts, subject.now
    record: Mapping[str, Any] = facts.get("record") or {}
    changed: Mapping[str, Any] = facts.get("changed") or {}
    shares = [subject.probability, subject.fair_probability, subject.ev, now.ev]
    shares += [facts.get("clv_ev"), *(changed.get("probability") or ())]
    plain: list[Any] = [
        *(subject.line, subject.american, subject.playable_to),
        *(subject.sims, subject.version, now.line, now.american, facts.get("version")),
        *(facts.get("home_score"), facts.get("away_score"), facts.get("close_line")),
        *(record.get("won"), record.get("lost"), record.get("pushed"), record.get("void")),
        *(changed.get("line") or ()),
    ]
    prices = [facts.get("close_price"), *(changed.get("price") or ())]
    prices += changed.get("playable_to") or ()
    plain += [american_from_price(price) for price in map(number, prices) if price is not None]
    bounds: list[float] = []
    won, lost = int(record.get("won") or 0), int(record.get("lost") or 0)
    if won + lost:
        plain.append(won + lost)
        rate = wilson(won, won + lost)
        shares.append(won / (won + lost))
        bounds = [100 * rate.low, 100 * rate.high]
    points = _Known(exact=frozenset(_decimals([facts.get("clv_points")])))
    books = _Known(exact=frozenset(_decimals([subject.books_at_line])))
    return {
        "%": _Known(
            frozenset({_CONFIDENCE}), _rounded([100 * share for share in _decimals(shares)], 1)
        ),
        "pp": _Known(rounded=_rounded(_edges(subject), 1)),
        "u": _Known(rounded=_rounded(_decimals([facts.get("profit")]), 2)),
        "points": points,
        "point": points,
        "books": books,
        "book": books,
        "": _Known(
            frozenset(Decimal(100) if value == -100 else value for value in _decimals(plain))
            | _tenths([subject.fair_line]),
            _rounded(_decimals(bounds), 1),
        ),
    }


def _rounded(values: Iterable[Decimal], least: int) -> frozenset[tuple[Decimal, int]]:
    return frozenset((value, least) for value in values)


def _tenths(values: Iterable[Any]) -> frozenset[Decimal]:
    """Lines that are computed are written to a tenth, and without it where it is none: -7."""
    return frozenset(value.quantize(Decimal("0.1"), ROUND_HALF_UP) for value in _decimals(values))


def _edges(subject: Subject) -> set[Decimal]:
    """The edge, and the difference of the two shares as they are shown beside it."""
    model, market = _decimals([subject.probability, subject.fair_probability])
    shown = {
        (100 * model).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        - (100 * market).quantize(Decimal(1).scaleb(-places), ROUND_HALF_UP)
        for places in (1, 2, 3)
    }
    return {100 * value for value in _decimals([subject.edge])} | shown


def _decimals(values: Iterable[Any]) -> list[Decimal]:
    return [Decimal(str(value)) for value in values if value is not None]
