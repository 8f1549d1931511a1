"""The six messages. Two lines that say what to do, then figures, one reason, a link, the footer."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal
from hashlib import sha256
from html import escape
from typing import Any, Final

from apps.core import formats, words
from apps.picks.message.subject import Cause, House, Subject, number
from apps.rulebook.markets import LINED_MARKETS, MarketType, Period, Side
from apps.rulebook.odds import american_from_price
from apps.rulebook.settlement import Outcome
from apps.rulebook.statistics import wilson
from apps.rulebook.thresholds import Tier
from apps.rulebook.validity import ValidityReason

TEMPLATE_VERSION: Final = "message/2"
_SIGNS: Final = {Tier.EDGE.value: "◆", Tier.LEAN.value: "◇"}
_ARROW: Final = "→"
STANDINGS: Final[Mapping[Cause, str]] = {
    Cause.VALID: "playable",
    Cause.MOVED_BUT_OK: "moved, still playable",
    Cause.REFRESH_RECOMMENDED: "refresh due",
}
_WHY_REFRESH: Final[Mapping[str, str]] = {
    ValidityReason.INPUTS_CHANGED: "What it was made from has changed since.",
    ValidityReason.QUOTE_STALE: "Its book has not been seen for a while.",
    ValidityReason.VALUE_UNKNOWN: "What the market shows now has not been valued yet.",
}
_RESULTS: Final[Mapping[str, str]] = {
    Outcome.WIN: "✓ WON",
    Outcome.HALF_WIN: "✓ HALF WON",
    Outcome.PUSH: "= PUSH",
    Outcome.HALF_LOSS: "✗ HALF LOST",
    Outcome.LOSS: "✗ LOST",
    Outcome.VOID: "= VOID",
    Outcome.UNGRADEABLE: "UNGRADEABLE",
}
_CHANGES: Final = ("side", "line", "price", "probability", "playable_to")


@dataclass(frozen=True, slots=True)
class Message:
    """A text as it is sent, and as its readers see it."""

    html: str
    plain: str
    version: str = TEMPLATE_VERSION

    @property
    def sha256(self) -> str:
        return sha256(self.html.encode()).hexdigest()


class Text:
    """Lines with the three marks that a message may have; whatever is put in is escaped."""

    def __init__(self) -> None:
        self._html: list[str] = []
        self._plain: list[str] = []

    def line(self, *parts: str | tuple[str, str]) -> None:
        """Add a line of plain parts and (mark, text) pairs."""
        html = plain = ""
        for part in parts:
            mark, text = ("", part) if isinstance(part, str) else part
            written = escape(text, quote=False)
            html += f"<{mark}>{written}</{mark}>" if mark else written
            plain += text
        self._html.append(html)
        self._plain.append(plain)

    def gap(self) -> None:
        self.line("")

    def link(self, href: str, text: str) -> None:
        self._html.append(f'<a href="{escape(href)}">{escape(text, quote=False)}</a>')
        self._plain.append(text)

    def message(self, version: str = TEMPLATE_VERSION) -> Message:
        return Message("\n".join(self._html), "\n".join(self._plain), version)


def compose(subject: Subject) -> Message:
    """Write what there is to say; the same record gives the same text, to the letter."""
    text = Text()
    _WRITERS[subject.cause](text, subject)
    _foot(text, subject)
    return text.message()


def _published(text: Text, said: Subject) -> None:
    text.line(("b", tier_of(said)), f" · {market_of(said)}")
    text.line(("b", offer_of(said)))
    write_game(text, said)
    text.line(f"{said.book}, quote of {moment_of(said, said.quoted_at)}")
    text.gap()
    seen = formats.compared(said.probability, said.fair_probability)
    text.line(f"Model {seen.model}, market {seen.market}")
    text.line(f"Edge {seen.edge}, {formats.named_ev(said.ev)}")
    write_playable(text, said)
    text.gap()
    text.line(_reason(said))
    text.link(said.house.page_of(said.pick_id), "Why, and proof")


def _standing(text: Text, said: Subject) -> None:
    text.line(("b", tier_of(said)), f" · {market_of(said)}, ", ("b", STANDINGS[said.cause]))
    text.line(("b", offer_of(said)))
    write_game(text, said)
    text.gap()
    write_now(text, said)
    if said.cause is Cause.REFRESH_RECOMMENDED:
        text.line(_WHY_REFRESH.get(str(said.facts.get("reason")), "A new look at it is due."))
    write_playable(text, said)
    text.gap()
    seen_then = formats.compared(said.probability, said.fair_probability)
    text.line(
        f"When published at {moment_of(said, said.published_at)}, {said.book}: model"
        f" {seen_then.model}, market {seen_then.market}, edge {seen_then.edge},"
        f" {formats.named_ev(said.ev)}."
    )
    text.link(said.house.page_of(said.pick_id), "Why, and proof")


def _gone(text: Text, said: Subject) -> None:
    text.line(("b", "NO LONGER PLAYABLE"), f" · was {said.tier}, {market_of(said)}")
    text.line(("s", offer_of(said)))
    write_game(text, said)
    text.gap()
    text.line(why_gone(said))
    text.line(
        f"If you took it{_at_which(said)}, nothing changes: it stays in the record and will be"
        " graded."
    )
    text.link(said.house.page_of(said.pick_id), "What happened")


def _replaced(text: Text, said: Subject) -> None:
    newer = int(said.facts["version"])
    text.line(("b", f"REPLACED BY VERSION {newer}"), f" · was {said.tier}, {market_of(said)}")
    text.line(("s", offer_of(said)))
    write_game(text, said)
    text.gap()
    for sentence in _what_changed(said):
        text.line(sentence)
    text.line("Both versions stay in the record.")
    href = said.house.page_of(said.facts.get("pick") or said.pick_id)
    text.link(href, f"Version {newer}")


def _graded(text: Text, said: Subject) -> None:
    facts = said.facts
    text.line(("b", result_of(said)), f" · {said.tier}, {market_of(said)}")
    text.line(("b", offer_of(said)))
    write_end(text, said)
    text.gap()
    if facts.get("corrected"):
        text.line("This corrects the result that was told before.")
    text.line(close_of(said))
    if facts.get("record"):
        text.line(_record(said))
    text.link(said.house.page_of(said.pick_id), "Proof")


_WRITERS: Final[Mapping[Cause, Callable[[Text, Subject], None]]] = {
    Cause.PUBLISHED: _published,
    Cause.VALID: _standing,
    Cause.MOVED_BUT_OK: _standing,
    Cause.REFRESH_RECOMMENDED: _standing,
    Cause.INVALIDATED: _gone,
    Cause.WITHDRAWN: _gone,
    Cause.SUPERSEDED: _replaced,
    Cause.GRADED: _graded,
}


def _foot(text: Text, said: Subject) -> None:
    text.gap()
    write_house(text, said.house)
    text.line(("i", f"Pick {said.code}, version {said.version}"))


def write_house(text: Text, house: House) -> None:
    text.line(("i", f"An estimate, not a promise. {house.age}."))
    text.line(("i", f"Help: {house.help_line}"))


def result_of(said: Subject) -> str:
    outcome = str(said.facts["outcome"])
    if outcome in (Outcome.VOID, Outcome.UNGRADEABLE):
        return _RESULTS[outcome]
    return f"{_RESULTS[outcome]}, {formats.units(number(said.facts['profit']))}"


def tier_of(said: Subject) -> str:
    return f"{_SIGNS.get(said.tier, '')} {said.tier}".strip()


def market_of(said: Subject) -> str:
    market = f"{said.league} {words.market(said.market_type)}"
    whole = (Period.FULL_GAME, Period.REGULATION)
    return market if said.period in whole else f"{market}, {words.period(said.period)}"


def offer_of(said: Subject) -> str:
    return f"{_bet(said)} at {formats.american(said.american)}"


def _bet(said: Subject) -> str:
    if said.line is not None:
        return f"{said.bet_on} {formats.line(said.market_type, said.line)}"
    return said.bet_on if said.side == Side.DRAW else f"{said.bet_on} to win"


def quote_of(said: Subject, line: Decimal | None, american: int | None) -> str:
    price = formats.american(american)
    return f"{formats.line(said.market_type, line)} at {price}" if line is not None else price


def _at_which(said: Subject) -> str:
    return f" at {quote_of(said, said.line, said.american).split(' at ')[0]}"


def write_game(text: Text, said: Subject) -> None:
    text.line(f"{said.away} at {said.home}, {moment_of(said, said.starts_at)}")


def write_now(text: Text, said: Subject) -> None:
    now = said.now
    if now.price is not None:
        seen = f" ({moment_of(said, now.seen_at)})" if now.seen_at else ""
        value = "" if now.ev is None else f", {formats.named_ev(now.ev)}"
        text.line(("b", f"Now {quote_of(said, now.line, now.american)}"), f"{seen}{value}")


def write_end(text: Text, said: Subject) -> None:
    facts = said.facts
    if facts.get("home_score") is not None and facts.get("away_score") is not None:
        scores = sorted(
            [(int(facts["home_score"]), said.home), (int(facts["away_score"]), said.away)],
            key=lambda one: -one[0],
        )
        text.line("Final: " + ", ".join(f"{name} {score}" for score, name in scores))
    else:
        write_game(text, said)


def write_playable(text: Text, said: Subject) -> None:
    if said.playable_to is not None:
        text.line(f"Playable to {quote_of(said, said.line, said.playable_to)}")


def _reason(said: Subject) -> str:
    games = f"{formats.count(said.sims)} simulated games"
    books = _books(said)
    if said.fair_line is None or said.market_type not in LINED_MARKETS:
        return f"{games}.{books}"
    fair = Decimal(str(said.fair_line)).quantize(Decimal("0.1"), ROUND_HALF_UP)
    name = "line" if said.market_type == MarketType.SPREAD else "total"
    return f"{games}: fair {name} {formats.line(said.market_type, fair)}.{books}"


def _books(said: Subject) -> str:
    """How many books stood where the pick was taken; nothing where nobody counted them."""
    number = said.books_at_line
    if not number:
        return ""
    if said.line is None:
        return f" {words.counted(number)} {'books quote' if number > 1 else 'book quotes'} it."
    agree = "books agree" if number > 1 else "book stands"
    return f" {words.counted(number)} {agree} on {formats.line(said.market_type, said.line)}."


def why_gone(said: Subject) -> str:
    if said.cause is Cause.WITHDRAWN:
        because = words.sentence(str(said.facts["reason"]))
        return (
            "Withdrawn by its publisher."
            if because == "manual"
            else (f"Withdrawn by its publisher: {because}.")
        )
    now, reason = said.now, str(said.facts.get("reason"))
    if reason == ValidityReason.MAPPING_DRIFT:
        return "The game is listed otherwise than when this was published."
    if reason in (ValidityReason.MARKET_SUSPENDED, ValidityReason.MARKET_ABSENT):
        return f"{said.book} has taken this market down."
    if now.price is None:
        return "The market is not where it was."
    seen = f" ({moment_of(said, now.seen_at)})" if now.seen_at else ""
    thing = "line" if now.line is not None else "price"
    past = (
        f", past {quote_of(said, said.line, said.playable_to)}"
        if reason == ValidityReason.BEYOND_PLAYABLE and said.playable_to is not None
        else ""
    )
    value = "" if now.ev is None else f" EV there is {formats.ev(now.ev)}."
    return f"The {thing} is {quote_of(said, now.line, now.american)}{seen}{past}.{value}"


def _what_changed(said: Subject) -> list[str]:
    """Say each figure that differs, from what to what, in one sentence."""
    told = said.facts.get("changed") or {}
    parts = [_change(said, name, *told[name]) for name in _CHANGES if name in told]
    when = moment_of(said, said.happened_at)
    since = f"New simulation at {when}: " if said.facts.get("simulated_anew") else f"At {when}: "
    sentences = [since + ", ".join(parts) + "."] if parts else []
    if "side" in told:
        sentences.append("The side has changed: the earlier one is no longer recommended.")
    return sentences or [f"At {moment_of(said, said.happened_at)} it was looked at anew."]


def _change(said: Subject, name: str, before: Any, after: Any) -> str:
    def written(value: Any) -> str:
        if name == "probability":
            return formats.probability(float(value))
        if name == "line":
            return formats.line(said.market_type, number(value))
        if name in ("price", "playable_to"):
            price = number(value)
            return formats.american(None if price is None else american_from_price(price))
        return str(value)

    called = {"probability": "model", "playable_to": "playable to", "side": "bet"}.get(name, name)
    return f"{called} {written(before)} {_ARROW} {written(after)}"


def close_of(said: Subject) -> str:
    facts = said.facts
    line, price = number(facts.get("close_line")), number(facts.get("close_price"))
    if facts.get("close_missing"):
        return f"No close: {words.sentence(str(facts['close_missing']))}."
    sentences = []
    if price is not None:
        sentences.append(f"Close {quote_of(said, line, american_from_price(price))}.")
    elif line is not None:
        sentences.append(f"Close {formats.line(said.market_type, line)}.")
    values = []
    if facts.get("clv_ev") is not None:
        values.append(formats.named_clv(facts["clv_ev"]))
    if facts.get("clv_points") is not None:
        values.append(f"{_signed_points(facts['clv_points'])} points")
    if values:
        sentences.append(", ".join(values) + ".")
    elif facts.get("clv_missing"):
        sentences.append(f"No CLV: {words.sentence(str(facts['clv_missing']))}.")
    return " ".join(sentences) or "The close was not taken yet."


def _signed_points(x: Any) -> str:
    return formats.points_gained(number(x)).removesuffix(" pts")


def _record(said: Subject) -> str:
    record = said.facts["record"]
    won, lost, pushed = (int(record[name]) for name in ("won", "lost", "pushed"))
    since = f" since {since_when(said)}" if record.get("since") else ""
    void = f", {formats.count(int(record['void']))} void" if record.get("void") else ""
    text = f"Record{since}: {formats.record(won, lost, pushed)}{void}"
    if not won + lost:
        return f"{text}."
    rate = wilson(won, won + lost)
    level = formats.interval(won / (won + lost), rate.low, rate.high, n=won + lost)
    return f"{text}, win rate {level}."


def since_when(said: Subject) -> str:
    """Write the day from which the record counts: ``4 Sep 2025``."""
    first = datetime.fromisoformat(said.facts["record"]["since"])
    return said.house.place.short_day(first, year=True).partition(" ")[2]


def moment_of(said: Subject, at: Any) -> str:
    """Write an instant as it looked when the thing happened, so that the text never changes."""
    return said.house.place.moment(at, said.happened_at)
