"""Whether a waiting pick may go out now: everything is read again, and nothing is assumed."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from apps.catalog.models import Event, EventSource, SettlementRuleset
from apps.core.tenancy import TenantInactive, current_schema
from apps.governance import configs
from apps.governance.models import ConfigVersion
from apps.picks.actions.rechecking import Markets, Runs, what_is_wrong
from apps.picks.limits import Allowance, Bound, Held, Hold
from apps.picks.models import Pick
from apps.picks.querysets import GAME
from apps.rulebook import keys
from apps.rulebook.degrade import Mode, lets_through
from apps.rulebook.evaluation import (
    PLACES,
    RiskFlag,
    Violation,
    classify,
    publishable,
)
from apps.rulebook.lifecycle import ExpiryReason
from apps.rulebook.markets import EventStatus, MarketType, QuoteStatus
from apps.rulebook.odds import expected_value
from apps.rulebook.thresholds import MarketConfig, OpinionConfig, Tier
from apps.snapshots.models import LatestQuote
from apps.tenants.models import Tenant

MAPPING_DRIFT = "MAPPING_DRIFT"


class Outcome(StrEnum):
    PUBLISH = "PUBLISH"
    EXPIRE = "EXPIRE"
    BLOCK = "BLOCK"
    HOLD = "HOLD"


@dataclass(frozen=True, slots=True)
class Weighed:
    """What is to become of a waiting pick, and why; of a blocked one everything that is wrong."""

    pick: Pick
    outcome: Outcome
    reasons: tuple[str, ...] = ()
    quote: LatestQuote | None = None
    ruleset_id: int | None = None
    ev_min: float = 0.0
    held: Held | None = None

    @classmethod
    def waits(cls, pick: Pick, held: Held, quote: LatestQuote) -> "Weighed":
        return cls(pick, Outcome.HOLD, (held.hold,), quote, held=held)

    @property
    def reason(self) -> str:
        return self.reasons[0] if self.reasons else ""


class Scales:
    """Everything that publication re-reads, in a handful of queries for any number of picks.

    Picks are weighed one after the other, best first: each one published counts for the next.
    """

    def __init__(
        self, picks: Sequence[Pick], *, at: datetime, replaced: Iterable[UUID] = ()
    ) -> None:
        self.at = at
        self.replaced = set(replaced)
        tenant = active_tenant()
        self.events = Event.objects.select_related("league").in_bulk(
            {pick.event_id for pick in picks}
        )
        self.markets = Markets(picks, at=at)
        self.runs = Runs(picks)
        self.rulesets = {
            (ruleset.league_id, ruleset.market_type, ruleset.period): ruleset.pk
            for ruleset in SettlementRuleset.objects.in_force(at)
        }
        self.sources = {
            (source.provider, source.source_event_id): source.event_id
            for source in EventSource.objects.filter(event_id__in=self.events)
        }
        self.live = set(
            Pick.objects.live()
            .about(self.events)
            .exclude(pk__in=self.replaced)
            .values_list(GAME, "market_type", "period")
        )
        self.judged_under = {
            version.pk: OpinionConfig.model_validate(version.document)
            for version in ConfigVersion.objects.filter(
                pk__in={pick.config_version_id for pick in picks}
            )
        }
        self.in_force = {
            league: found
            for league in sorted({pick.league for pick in picks})
            if (found := _configured(league, tenant.schema_name, at)) is not None
        }
        self.bounds = {league: _bounds(league, tenant.schema_name, at) for league in self.in_force}
        self.allowance = Allowance.read(
            self.events.values(), timezone=tenant.timezone, at=at, replaced=self.replaced
        )

    def weigh(self, pick: Pick, *, mode: Mode) -> Weighed:
        """Decide about one pick, and bring its quote up to date where it goes out.

        Order: what ends the pick comes before what makes it wait. ``mode`` is how much the gate
        lets out, asked of the tier that the pick has at its price now.
        """
        event = self.events[pick.event_id]
        quote = self.markets.quote(pick)
        ended = self._expiry(pick, event, quote)
        if ended is ExpiryReason.EVENT_STARTED:
            return Weighed(pick, Outcome.EXPIRE, (ended,), quote)
        ruleset_id = self.rulesets.get((event.league_id, pick.market_type, pick.period))
        gradeable = ruleset_id is not None and event.league.has_scores
        drift = (MAPPING_DRIFT,) if self._has_drifted(pick, event) else ()
        if ended is not None or quote is None or pick.league not in self.in_force:
            wrong = drift + self._wrong_with_its_subject(pick, gradeable=gradeable)
            if wrong:
                return Weighed(pick, Outcome.BLOCK, wrong, quote)
            return Weighed(pick, Outcome.EXPIRE, (ended or ExpiryReason.QUOTE_STALE,), quote)
        opinion, market = self.in_force[pick.league]
        judged_under = self.judged_under[pick.config_version_id]
        renewed = Renewed.of(pick, quote, judged_under)
        wrong = drift + what_is_wrong(
            pick,
            quote,
            event=event,
            markets=self.markets,
            runs=self.runs,
            gradeable=gradeable,
            claim=renewed.claim(pick, quote),
            opinion=opinion,
            market=market,
            at=self.at,
        )
        if wrong:
            return Weighed(pick, Outcome.BLOCK, wrong, quote)
        if pick.tier not in opinion.published_tiers:
            return Weighed.waits(pick, Held(Hold.TIER_NOT_PUBLISHED), quote)
        if not publishable(opinion, renewed.tier, renewed.ev):
            return Weighed(pick, Outcome.EXPIRE, (ExpiryReason.QUOTE_MOVED,), quote)
        if not lets_through(mode, renewed.tier):
            return Weighed.waits(pick, Held(Hold.ALERT_OPEN), quote)
        held = self.allowance.hold(pick, self.bounds[pick.league], event.league)
        if held is not None:
            return Weighed.waits(pick, held, quote)
        renewed.write(pick, quote)
        pick.books_at_line = self.markets.books_at_line(pick)
        self.allowance.spend(pick)
        self.live.add((pick.event_id, pick.market_type, pick.period))
        return Weighed(
            pick,
            Outcome.PUBLISH,
            quote=quote,
            ruleset_id=ruleset_id,
            ev_min=float(judged_under.threshold(renewed.tier).ev_min),
        )

    def _expiry(self, pick: Pick, event: Event, quote: LatestQuote | None) -> ExpiryReason | None:
        if min(event.begins_at, pick.expires_at) <= self.at:
            return ExpiryReason.EVENT_STARTED
        if (pick.event_id, pick.market_type, pick.period) in self.live:
            return ExpiryReason.REPLACED
        if event.status != EventStatus.SCHEDULED or quote is None:
            return ExpiryReason.QUOTE_STALE
        age_s = (self.at - quote.last_seen_at).total_seconds()
        if quote.status != QuoteStatus.OPEN or not 0 <= age_s <= quote.feed.max_quote_age_s:
            return ExpiryReason.QUOTE_STALE
        worst = pick.playable_to_price
        if quote.line != pick.line or worst is None or quote.price_decimal < worst:
            return ExpiryReason.QUOTE_MOVED
        return None

    def _wrong_with_its_subject(self, pick: Pick, *, gradeable: bool) -> tuple[str, ...]:
        """What no quote could mend: nobody's opinion, or nothing to settle it by."""
        found = {
            Violation.CONFIG_VERSION_MISSING: pick.league not in self.in_force,
            Violation.MARKET_NOT_GRADEABLE: not gradeable,
        }
        return tuple(code for code, holds in found.items() if holds)

    def _has_drifted(self, pick: Pick, event: Event) -> bool:
        """Whether the game is no longer the one that the pick was made on."""
        return drifted(pick, event, self.sources.get((pick.provider, pick.source_event_id)))


def drifted(pick: Pick, event: Event, known: UUID | None) -> bool:
    """Whether a game is no longer what a pick was made on; ``known``: what its id means now."""
    return (
        known != event.pk
        or (event.home_id, event.away_id) != (pick.home_team_id, pick.away_team_id)
        or bool(event.frozen_code)
        or event.merged_into_id is not None
    )


@dataclass(frozen=True, slots=True)
class Renewed:
    """What a pick is worth at the price that its book quotes now, at the same line.

    Probabilities stay what the run and the market said; price, value and tier follow the quote,
    so that nobody is recommended a price that is gone.
    """

    ev: float
    tier: Tier
    flags: tuple[RiskFlag, ...]

    @classmethod
    def of(cls, pick: Pick, quote: LatestQuote, opinion: OpinionConfig) -> "Renewed":
        ev = round(expected_value(pick.a, pick.b, float(quote.price_decimal)), PLACES)
        classified = classify(
            opinion,
            market_type=MarketType(pick.market_type),
            edge_prob=pick.edge_prob,
            ev=ev,
            edge_points=math.nan if pick.edge_points is None else pick.edge_points,
            flags=[RiskFlag(flag) for flag in pick.risk_flags],
            violations=(),
        )
        return cls(ev, classified.tier, classified.flags)

    def claim(self, pick: Pick, quote: LatestQuote) -> tuple[Tier, float]:
        """The tier and value with which it would go out: its own where its quote is the same."""
        return (Tier(pick.tier), pick.ev) if _is_of(pick, quote) else (self.tier, self.ev)

    def write(self, pick: Pick, quote: LatestQuote) -> None:
        pick.last_seen_at = quote.last_seen_at
        if _is_of(pick, quote):
            return
        pick.observed_at, pick.snapshot_seq = quote.observed_at, quote.seq
        pick.price, pick.price_american = quote.price_decimal, quote.price_american
        pick.payload_sha256 = quote.poll.payload.sha256 if quote.poll.payload else ""
        pick.snapshot_id = snapshot_id(quote)
        pick.ev, pick.tier = self.ev, self.tier.value
        pick.risk_flags = [str(flag) for flag in self.flags]


def _is_of(pick: Pick, quote: LatestQuote) -> bool:
    return (quote.observed_at, quote.seq) == (pick.observed_at, pick.snapshot_seq)


def snapshot_id(quote: LatestQuote) -> UUID:
    """Compute the public id of the snapshot that a quote is."""
    return keys.snapshot_id(
        quote.selection.uuid,
        quote.feed.provider,
        quote.book.key,
        quote.observed_at,
        quote.line,
        quote.price_decimal,
        QuoteStatus.OPEN,
    )


def _configured(
    league: str, schema: str, at: datetime
) -> tuple[OpinionConfig, MarketConfig] | None:
    """How the tenant looks at a league now; None where nothing is in force for it."""
    try:
        opinion = configs.resolve(configs.OPINION, league=league, tenant=schema, at=at).document
        profile = opinion.market_profile
        market = configs.resolve(configs.MARKET, league=league, profile=profile, at=at).document
    except configs.ConfigMissing:
        return None
    return opinion, market


def _bounds(league: str, schema: str, at: datetime) -> list[Bound]:
    """Whose limits hold for a league's picks: what counts all of the tenant's comes first."""
    of_all, of_league = configs.opinions_that_bind(league=league, tenant=schema, at=at)
    bounds = [Bound(of_all)] if of_all else []
    return bounds + ([Bound(of_league, league)] if of_league else [])


def active_tenant() -> Any:
    """Read the tenant again: it may have been suspended while the gate was waited for."""
    schema = current_schema()
    tenant = Tenant.objects.get(pk=schema)
    if tenant.status != "ACTIVE":
        raise TenantInactive(schema, tenant.status)
    return tenant
