"""The life of a pick for the people who follow it: what happened, when, and what it meant."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import NamedTuple

from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.core import formats, words
from apps.core.local import Place
from apps.core.shapes import Tone, look, shape
from apps.grading.kinds import GradeSource
from apps.grading.models import Grade
from apps.picks.kinds import Channel, DeliveryKind, DeliveryStatus
from apps.picks.models import LineTracking, Pick, PickChange
from apps.picks.versions import in_words
from apps.rulebook.clv import CloseSource
from apps.rulebook.lifecycle import PickStatus, Validity
from apps.rulebook.validity import ValidityReason
from apps.site.cards import is_ahead
from apps.site.changes import quoted

# Of entries of one instant, what happened first.
_MOVES, _TOLD, _STARTED, _GRADED, _AHEAD = range(5)
_MEANT = {
    ValidityReason.MAPPING_DRIFT: "Its game is listed otherwise by now.",
    ValidityReason.MARKET_SUSPENDED: "Its book suspended the market.",
    ValidityReason.MARKET_ABSENT: "Its book took the market down.",
    ValidityReason.NO_VALUE: "No value was left.",
    ValidityReason.BEYOND_PLAYABLE: "Past what it was playable to.",
    ValidityReason.INPUTS_CHANGED: "What the estimate was made from changed.",
    ValidityReason.QUOTE_STALE: "Its book's price was not seen again.",
    ValidityReason.VALUE_UNKNOWN: "The new price had not been weighed yet.",
    ValidityReason.LESS_VALUE: "Less value than a new pick would need.",
}


class Entry(NamedTuple):
    at: datetime
    order: int
    shape: SafeString
    title: str
    text: str
    time: SafeString = SafeString("")


class Day(NamedTuple):
    name: str
    entries: list[Entry]


def life(pick: Pick, grades: Sequence[Grade], *, place: Place, at: datetime) -> list[Day]:
    """Everything that its followers could see happen to a pick, day by day in their zone."""
    entries = sorted(
        [*_moves(pick), *_told(pick), *_start(pick, at), *_graded(pick, grades)],
        key=lambda entry: (entry.at, entry.order),
    )
    days: list[Day] = []
    for entry in entries:
        name = place.day(entry.at)
        if not days or days[-1].name != name:
            days.append(Day(name, []))
        days[-1].entries.append(entry._replace(time=_time(entry, place)))
    return days


def _time(entry: Entry, place: Place) -> SafeString:
    seconds = entry.order not in (_STARTED, _AHEAD)
    return format_html(
        '<time datetime="{}">{}</time>',
        f"{entry.at:%Y-%m-%dT%H:%M:%SZ}",
        place.time(entry.at, seconds=seconds, zone=False),
    )


def _moves(pick: Pick) -> Iterator[Entry]:
    for change in pick.changes.order_by("changed_at", "id"):  # type: ignore[attr-defined]
        if change.from_status == change.to_status:
            yield _validity(pick, change)
        elif change.to_status == PickStatus.PUBLISHED:
            tier = look("tier", pick.tier)
            early = formats.age((pick.expires_at - change.changed_at).total_seconds())
            yield Entry(
                change.changed_at,
                _MOVES,
                shape(tier.shape, tier.tone),
                f"Published as {tier.word}",
                f"{early} before the start.",
            )
        elif change.to_status == PickStatus.SUPERSEDED:
            seen = look("pick", change.to_status)
            newer = pick.superseded_by.first()  # type: ignore[attr-defined]
            by = f" by version {newer.pick_version}" if newer else ""
            drawn = shape(seen.shape, seen.tone)
            said = in_words(pick.market_type, newer.changed) if newer else ""
            text = f"{said[:1].upper()}{said[1:]}. " if said else ""
            text += "Both versions stay in the record and are graded."
            yield Entry(change.changed_at, _MOVES, drawn, f"Replaced{by}", text)


def _validity(pick: Pick, change: PickChange) -> Entry:
    seen = look("validity", change.to_validity)
    if pick.withdrawn_reason and change.reason == pick.withdrawn_reason:
        title, parts = "Withdrawn", [f"{formats.words(change.reason)}."]
    else:
        title = "Playable again" if change.to_validity == Validity.VALID else seen.word
        there = quoted(pick, change) if change.price is not None else ""
        meant = next((said for reason, said in _MEANT.items() if reason == change.reason), "")
        parts = [f"{there[:1].upper()}{there[1:]}." if there else "", meant]
    return Entry(
        change.changed_at,
        _MOVES,
        shape(seen.shape, seen.tone),
        title,
        " ".join(filter(None, parts)),
    )


def _told(pick: Pick) -> Iterator[Entry]:
    """Say where it was shown first; what was sent later belongs to what it tells of."""
    sent = pick.deliveries.filter(  # type: ignore[attr-defined]
        status=DeliveryStatus.SENT, kind=DeliveryKind.NEW, sent_at__isnull=False
    ).order_by("sent_at", "id")
    where: dict[datetime, list[str]] = {}
    for delivery in sent:
        where.setdefault(delivery.sent_at or delivery.due_at, []).append(
            _CHANNELS[Channel(delivery.channel)]
        )
    seen = look("delivery", DeliveryStatus.SENT)
    for instant, channels in where.items():
        text = f"{' and '.join(dict.fromkeys(channels))}, once each."
        yield Entry(instant, _TOLD, shape(seen.shape, seen.tone), "Sent", text)


_CHANNELS = {Channel.APP: "App", Channel.TELEGRAM: "Telegram", Channel.WEBHOOK: "Webhook"}


def _start(pick: Pick, at: datetime) -> Iterator[Entry]:
    if is_ahead(pick, at):
        text = "The closing line is taken here."
        yield Entry(pick.event.start_time, _AHEAD, shape("ring"), "Start", text)
        return
    tracking: LineTracking | None = getattr(pick, "tracking", None)
    if tracking is None or tracking.started_at is None:
        return
    if tracking.close_source == CloseSource.MISSING:
        text = f"There is no closing line: {words.sentence(tracking.close_missing)}."
        drawn = shape("triangle", Tone.WARN)
    else:
        text, drawn = f"The market closed at {closed(pick, tracking)}.", shape("bar")
    yield Entry(tracking.started_at, _STARTED, drawn, "Start", text)


def closed(pick: Pick, tracking: LineTracking) -> str:
    """Where the market closed: ``−3 at −112``, and the chance that it gave the pick there."""
    line = formats.line(pick.market_type, tracking.close_line)
    price = "" if tracking.close_price is None else formats.odds(tracking.close_price)
    there = " at ".join(part for part in (line, price) if part)
    fair = f"market chance {formats.probability(tracking.close_fair_prob)}"
    return f"{there}, {fair}" if there else fair


def _graded(pick: Pick, grades: Sequence[Grade]) -> Iterator[Entry]:
    for grade in grades:
        seen = look("outcome", grade.outcome)
        told = f"{seen.word}, {formats.units(grade.profit)}"
        again = grade.revision_no > 1
        parts = [score(pick, grade)]
        if grade.source == GradeSource.OPERATOR:
            parts.append(f"Decided by two people: {grade.override_reason.rstrip('.')}")
        elif again or grade.reason:
            parts.append(formats.words(grade.reason) if grade.reason else "The result changed")
        yield Entry(
            grade.graded_at,
            _GRADED,
            shape(seen.shape, seen.tone),
            f"{'Graded again' if again else 'Graded'}: {told[0].lower()}{told[1:]}",
            " ".join(f"{part}." for part in parts if part),
        )


def score(pick: Pick, grade: Grade) -> str:
    """Write the final score, the away team first as in the game's name."""
    if grade.home_score is None or grade.away_score is None:
        return ""
    return f"{pick.event.away.name} {grade.away_score}, {pick.event.home.name} {grade.home_score}"
