"""The life of a pick as a timeline: every entry says what changed, when, and why."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, NamedTuple

from django.urls import reverse
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.catalog.models import SettlementRuleset
from apps.core import formats, words
from apps.core.listing import address, linked
from apps.core.shapes import Tone, look, shape
from apps.grading.kinds import GradeSource
from apps.grading.models import Grade
from apps.picks.models import Delivery, LineTracking, Pick, PickChange
from apps.picks.versions import in_words
from apps.rulebook.clv import CloseSource
from apps.rulebook.lifecycle import PickStatus
from apps.rulebook.markets import MarketType, Side
from apps.rulebook.settlement import Outcome
from apps.snapshots.models import RawPayload

# Of entries of one instant, what happened first.
_MOVES, _TOLD, _CLOSED, _FINAL, _GRADED = range(5)
# What a reason that is nothing but the rule's own word would say twice.
_SAID_BY_THE_STATE = ("AS_GOOD", "REPLACED")


class Entry(NamedTuple):
    at: datetime
    order: int
    shape: SafeString
    title: str
    text: Any


class Day(NamedTuple):
    name: str
    entries: list[Entry]


def life(pick: Pick, grades: list[Grade], site: Any) -> list[Day]:
    """Everything that is recorded of a pick, oldest first, grouped by UTC day."""
    entries = sorted(
        [
            *_moves(pick, grades),
            *_told(pick),
            *_closed(pick),
            *_ended(pick, grades, site),
        ],
        key=lambda entry: (entry.at, entry.order),
    )
    days: list[Day] = []
    for entry in entries:
        name = formats.day(entry.at, year=not days)
        if not days or days[-1].name.split()[:3] != name.split()[:3]:
            days.append(Day(name, []))
        days[-1].entries.append(entry)
    return days


def _moves(pick: Pick, grades: list[Grade]) -> Iterator[Entry]:
    changes = pick.changes.order_by("changed_at", "id")  # type: ignore[attr-defined]
    for change in changes:
        if change.to_status == PickStatus.GRADED and change.from_status != change.to_status:
            continue  # the grade itself says it, and more
        yield Entry(change.changed_at, _MOVES, *_move(pick, change))


def _move(pick: Pick, change: PickChange) -> tuple[SafeString, str, Any]:
    if change.from_status == change.to_status:
        seen = look("validity", change.to_validity)
        return shape(seen.shape, seen.tone), seen.word, _market_then(pick, change)
    seen = look("pick", change.to_status)
    drawn = shape(seen.shape, seen.tone)
    if change.to_status == PickStatus.PROPOSED:
        checks = f"All integrity checks passed. Edge {formats.points(pick.edge_prob)}, "
        return drawn, seen.word, f"{checks}{formats.named_ev(change.ev or pick.ev)}."
    if change.to_status == PickStatus.PUBLISHED:
        tier = look("tier", pick.tier)
        early = (pick.expires_at - change.changed_at).total_seconds()
        text = f"Before the start by {formats.age(early)}. {_by(change)}".strip()
        if pick.supersedes is not None:
            there = reverse("admin:picks_pick_change", args=[pick.supersedes_id])
            older = linked(there, f"version {pick.supersedes.pick_version}")
            text = format_html("{} It takes the place of {}: {}.", text, older, _changed(pick))
        return shape(tier.shape, tier.tone), f"Published as {tier.word}", text
    if change.to_status == PickStatus.SUPERSEDED:
        newer = pick.superseded_by.first()  # type: ignore[attr-defined]
        if newer is None:
            return drawn, seen.word, _reason(change)
        there = reverse("admin:picks_pick_change", args=[newer.pk])
        link = linked(there, f"version {newer.pick_version}")
        text = "Replaced by {}: {}. It is graded all the same."
        return drawn, seen.word, format_html(text, link, _changed(newer))
    return drawn, seen.word, f"{_reason(change)} {_market_then(pick, change)}".strip()


def _changed(newer: Pick) -> str:
    return in_words(newer.market_type, newer.changed) or "nothing changed"


def _market_then(pick: Pick, change: PickChange) -> str:
    """What the market showed, what the pick was worth in it, and why that decided."""
    parts = []
    if change.price is not None:
        line = formats.line(pick.market_type, change.line)
        parts.append(f"{line} at {formats.odds(change.price)}".strip().removeprefix("at "))
    if change.ev is not None:
        parts.append(f"EV now {formats.ev(change.ev)}")
    if change.reason and change.reason not in _SAID_BY_THE_STATE:
        parts.append(formats.words(change.reason))
    parts.append(_by(change).removesuffix("."))
    return ". ".join(part for part in parts if part) + "."


def _reason(change: PickChange) -> str:
    return f"{formats.words(change.reason)}." if change.reason else ""


def _by(change: PickChange) -> str:
    """Name who moved it where that was a person: jobs do it all the time."""
    kind, _, name = change.by.partition(":")
    return f"By {name or kind}." if "@" in change.by else ""


def _told(pick: Pick) -> Iterator[Entry]:
    deliveries = pick.deliveries.order_by("due_at", "id")  # type: ignore[attr-defined]
    for delivery in deliveries:
        seen = look("delivery", delivery.status)
        at = delivery.sent_at or delivery.due_at
        title = f"{formats.words(delivery.channel)}: {seen.word.lower()}"
        yield Entry(at, _TOLD, shape(seen.shape, seen.tone), title, _message(delivery))


def _message(delivery: Delivery) -> str:
    kinds = {"NEW": "A new message", "EDIT": "An edit", "REPLY": "A new message in reply"}
    text = f"{kinds[delivery.kind]}, because: {words.sentence(delivery.cause)}."
    if delivery.message_id:
        text += f" Message {delivery.message_id}."
    if delivery.attempts > 1:
        text += f" {formats.plural(delivery.attempts, 'attempt')}."
    return text + (f" {formats.words(delivery.error_code)}." if delivery.error_code else "")


def _closed(pick: Pick) -> Iterator[Entry]:
    tracking: LineTracking | None = getattr(pick, "tracking", None)
    if tracking is None or tracking.completed_at is None or tracking.started_at is None:
        return
    if tracking.close_source == CloseSource.MISSING:
        text = f"No close: {words.sentence(tracking.close_missing)}. It is graded all the same."
        yield Entry(tracking.started_at, _CLOSED, shape("triangle", Tone.WARN), "Started", text)
        return
    line = formats.line(pick.market_type, tracking.close_line)
    price = "" if tracking.close_price is None else formats.odds(tracking.close_price)
    text = " at ".join(part for part in (line, price) if part)
    fair = formats.probability(tracking.close_fair_prob)
    text = f"{text}, no-vig {fair}. Source: {words.sentence(tracking.close_source)}."
    yield Entry(
        tracking.started_at, _CLOSED, shape("bar"), "Started; close taken", text.lstrip(", ")
    )
    if tracking.filled_at is not None:
        text = f"It was missing at first: {words.sentence(tracking.missed)}."
        yield Entry(tracking.filled_at, _CLOSED, shape("bar"), "Close filled", text)


def _ended(pick: Pick, grades: list[Grade], site: Any) -> Iterator[Entry]:
    for grade in sorted(grades, key=lambda one: one.revision_no):
        if grade.revision_no == 1 and grade.final_at:
            yield Entry(
                grade.final_at,
                _FINAL,
                shape("bar"),
                f"Final, {_score(pick, grade)}",
                _payload(grade, site),
            )
        seen = look("outcome", grade.outcome)
        told = formats.units(grade.profit)
        title = f"Graded: {seen.word.lower()}, {told}"
        if grade.revision_no > 1:
            title = f"Revision {grade.revision_no}: {seen.word.lower()}, {told}"
        why = _why(pick, grade, site)
        yield Entry(grade.graded_at, _GRADED, shape(seen.shape, seen.tone), title, why)


def _score(pick: Pick, grade: Grade) -> str:
    if grade.home_score is None or grade.away_score is None:
        return "no score"
    home = pick.event.home.abbreviation or pick.event.home.name
    away = pick.event.away.abbreviation or pick.event.away.name
    return f"{away} {grade.away_score}, {home} {grade.home_score}"


def _payload(grade: Grade, site: Any) -> Any:
    if not grade.payload_sha256:
        return ""
    payload = RawPayload.objects.filter(sha256=grade.payload_sha256).first()
    there = address(site, RawPayload, payload.pk) if payload else ""
    return format_html("Scores payload {}.", formats.identifier(grade.payload_sha256, there))


def _why(pick: Pick, grade: Grade, site: Any) -> SafeString:
    """The sum that decided, the rules, and how long after the final."""
    parts: list[Any] = [_sum(pick, grade), _rules(grade, site)]
    if grade.source == GradeSource.OPERATOR:
        two = f"by {grade.override_by}, agreed by {grade.override_approved_by}"
        parts = [f"Decided {two}: {grade.override_reason}"]
    elif grade.reason:
        parts.append(formats.words(grade.reason))
    if grade.final_at and grade.revision_no == 1:
        late = (grade.graded_at - grade.final_at).total_seconds()
        parts.append(f"{formats.age(late)} after the final")
    return format_html_join("", "{}. ", ([part] for part in parts if part))


def _rules(grade: Grade, site: Any) -> SafeString:
    rules = grade.settlement_ruleset
    there = address(site, SettlementRuleset, rules.pk)
    method = f", CLV method {grade.clv_version}" if grade.clv_version else ""
    return format_html("{}{}", linked(there, f"Rules version {rules.version}"), method)


def _sum(pick: Pick, grade: Grade) -> str:
    """``7 + (−2.5) = +4.5``, ``47 against 49.5``: what a reader can check in the head."""
    if grade.home_score is None or grade.away_score is None or grade.outcome == Outcome.VOID:
        return ""
    if pick.market_type == MarketType.SPREAD and pick.line is not None:
        margin = grade.home_score - grade.away_score
        margin = margin if pick.side == Side.HOME else -margin
        shown = formats.total(margin)
        return f"{shown} + ({formats.spread(pick.line)}) = {_signed(margin + pick.line)}"
    if pick.market_type == MarketType.TOTAL and pick.line is not None:
        return f"{grade.home_score + grade.away_score} points against {formats.total(pick.line)}"
    return ""


def _signed(x: Any) -> str:
    return formats.spread(x) if x else "0"
