"""The picks that somebody may mean, each with what speaks against it and what books show of it.

A leg is judged as its pick was published, and priced at what a book shows now at the very line:
a price that is worth it still, from a book that the tenant recommends, seen a moment ago.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from apps.catalog.models import EventSource
from apps.core.canonical import fingerprint
from apps.core.tenancy import current_schema
from apps.governance import configs
from apps.governance.models import ConfigVersion
from apps.governance.switches import Held
from apps.picks.actions.parlays.asking import Asked
from apps.picks.actions.weighing import MAPPING_DRIFT, Renewed, drifted
from apps.picks.kinds import publish_scopes
from apps.picks.models import Pick
from apps.rulebook.evaluation import advise, publishable
from apps.rulebook.lifecycle import PickStatus, Validity
from apps.rulebook.markets import BookKind, EventStatus, MarketType, QuoteStatus
from apps.rulebook.parlays import LegReason, LegWeight, reasons_against, weigh_leg
from apps.rulebook.thresholds import OpinionConfig, ParlayConfig, Tier
from apps.snapshots.models import LatestQuote

_LOOKED_AT = (PickStatus.PROPOSED, PickStatus.PUBLISHED, PickStatus.BLOCKED)
_TOTALS = (MarketType.TOTAL, MarketType.TEAM_TOTAL)


@dataclass(frozen=True, slots=True)
class Quoted:
    """A pick at the price that one book shows now, and what a leg at that price weighs."""

    quote: LatestQuote
    ev: float
    tier: Tier
    weighed: LegWeight


@dataclass(slots=True)
class Candidate:
    """One pick that may be a leg, or everything that speaks against it."""

    pick: Pick
    reasons: tuple[LegReason, ...] = ()
    details: tuple[str, ...] = ()
    at_book: dict[str, Quoted] = field(default_factory=dict)  # by the book's key

    @property
    def is_total(self) -> bool:
        return self.pick.market_type in _TOTALS


@dataclass(frozen=True, slots=True)
class Slate:
    """Everything a parlay is chosen from."""

    candidates: Sequence[Candidate]
    until: datetime
    config: ParlayConfig
    sha256: str

    @property
    def eligible(self) -> list[Candidate]:
        return [one for one in self.candidates if not one.reasons]


def considered(asked: Asked, config: ParlayConfig, at: datetime) -> Any:
    """The picks that are looked at: those named, else all on games of the slate."""
    if asked.picks:
        return Pick.objects.filter(pk__in=asked.picks)
    until = at + timedelta(hours=config.slate_h)
    return Pick.objects.filter(
        status__in=_LOOKED_AT, event__begins_at__gt=at, event__begins_at__lte=until
    )


def read_slate(
    picks: Iterable[Pick],
    *,
    config: ParlayConfig,
    held: Held,
    at: datetime,
) -> Slate:
    """Ask every pick the gate's questions, and the books what they show of the others."""
    candidates = [Candidate(pick) for pick in sorted(picks, key=lambda pick: pick.pk)]
    _ask_gate(candidates, held, at)
    _ask_books([one for one in candidates if not one.reasons], config, held, at)
    return Slate(
        candidates=candidates,
        until=at + timedelta(hours=config.slate_h),
        config=config,
        sha256=fingerprint([config.fingerprint(), [_told(one) for one in candidates]]),
    )


def _ask_gate(candidates: Sequence[Candidate], held: Held, at: datetime) -> None:
    schema = current_schema()
    sources = {
        (source.provider, source.source_event_id): source.event_id
        for source in EventSource.objects.filter(
            event_id__in={one.pick.event_id for one in candidates}
        )
    }
    for one in candidates:
        pick = one.pick
        violations = [*pick.block_reasons]
        if drifted(pick, pick.event, sources.get((pick.provider, pick.source_event_id))):
            violations.append(MAPPING_DRIFT)
        validity = Validity(pick.validity_state) if pick.validity_state else None
        advice = advise(
            asked=pick.selection_id,
            recommended=pick.selection_id,
            tier=Tier(pick.tier),
            status=PickStatus(pick.status),
            validity=validity,
        )
        reasons = reasons_against(
            violations=violations, action=advice.action, tier=Tier(pick.tier), validity=validity
        )
        begun = min(pick.event.begins_at, pick.expires_at) <= at
        if begun or pick.event.status != EventStatus.SCHEDULED:
            reasons += (LegReason.EVENT_STARTED,)
        if not held.at(publish_scopes(schema, pick.league, pick.market_type)).lets(pick.tier):
            reasons += (LegReason.SWITCH_OFF,)
        one.reasons = reasons
        told = {
            LegReason.INTEGRITY_VIOLATION: violations,
            LegReason.NO_PLAY: [advice.reason.value],
            LegReason.NOT_VALID: [validity.value] if validity else [],
        }
        one.details = tuple(word for reason in reasons for word in told.get(reason, ()))


def _ask_books(
    candidates: Sequence[Candidate], config: ParlayConfig, held: Held, at: datetime
) -> None:
    schema = current_schema()
    quotes = _quotes(candidates, at)
    judged_under = {
        version.pk: OpinionConfig.model_validate(version.document)
        for version in ConfigVersion.objects.filter(
            pk__in={one.pick.config_version_id for one in candidates}
        )
    }
    ours = {
        league: frozenset(
            configs.resolve(configs.OPINION, league=league, tenant=schema, at=at).document.books
        )
        for league in sorted({one.pick.league for one in candidates})
    }
    for one in candidates:
        opinion, books = judged_under[one.pick.config_version_id], ours[one.pick.league]
        worth_it = [
            quoted
            for quote in quotes.get(one.pick.selection_id, ())
            if (not books or quote.book.key in books)
            and (quoted := _quoted(one.pick, quote, config, opinion)) is not None
            # At this price its tier may be a lower one.
            and held.at(publish_scopes(schema, one.pick.league, one.pick.market_type)).lets(
                quoted.tier
            )
        ]
        one.at_book = {
            quoted.quote.book.key: quoted
            for quoted in worth_it
            if quoted.weighed.weight >= config.leg_weight_min
        }
        if not one.at_book:
            one.reasons = (LegReason.BELOW_PROFILE if worth_it else LegReason.NO_QUOTE,)
            one.details = tuple(
                f"{quoted.quote.book.key} {quoted.weighed.weight}" for quoted in worth_it
            )


def _quotes(candidates: Sequence[Candidate], at: datetime) -> Mapping[int, Sequence[LatestQuote]]:
    """What sportsbooks show now on the picks' selections, seen a moment ago, books in order."""
    found: dict[int, list[LatestQuote]] = {}
    rows = (
        LatestQuote.objects.filter(
            selection_id__in=[one.pick.selection_id for one in candidates],
            status=QuoteStatus.OPEN,
            book__kind=BookKind.SPORTSBOOK,
            book__status="ACTIVE",
        )
        .select_related("selection", "book", "feed")
        .order_by("selection_id", "book__key")
    )
    for quote in rows:
        age_s = (at - quote.last_seen_at).total_seconds()
        if 0 <= age_s <= quote.feed.max_quote_age_s:
            found.setdefault(quote.selection_id, []).append(quote)
    return found


def _quoted(
    pick: Pick, quote: LatestQuote, config: ParlayConfig, opinion: OpinionConfig
) -> Quoted | None:
    """Judge a pick at what a book shows; None where that is another line or not worth it."""
    worst = pick.playable_to_price
    if quote.line != pick.line or worst is None or quote.price_decimal < worst:
        return None
    renewed = Renewed.of(pick, quote, opinion)
    if not publishable(opinion, renewed.tier, renewed.ev):
        return None
    weighed = weigh_leg(
        config.weights,
        tier=renewed.tier,
        confidence=pick.confidence,
        ev=renewed.ev,
        volatility=pick.volatility,
    )
    return Quoted(quote, renewed.ev, renewed.tier, weighed)


def _told(candidate: Candidate) -> list[Any]:
    """What of a candidate decides the answer; how old a quote is does not, while it is fresh."""
    pick = candidate.pick
    return [
        pick.pk,
        [str(reason) for reason in candidate.reasons],
        [
            [key, at.quote.observed_at, at.quote.seq, at.quote.line, at.quote.price_decimal]
            for key, at in sorted(candidate.at_book.items())
        ],
    ]


def opponents(pick: Pick) -> tuple[UUID, UUID]:
    return pick.home_team_id, pick.away_team_id
