"""Generating a parlay: one answer to each question, through the gate, written down either way."""

from collections.abc import Sequence
from datetime import datetime
from functools import cache
from typing import Any
from uuid import UUID

from django.db import transaction

from apps.catalog.models import Book
from apps.core.actor import Actor
from apps.core.tenancy import current_schema
from apps.governance import audit, configs, history, switches
from apps.picks.actions.locks import hold_question, hold_sweep
from apps.picks.actions.parlays.answering import Answer, Leg, answer
from apps.picks.actions.parlays.asking import Asked, ParlayMisasked, require_sound
from apps.picks.actions.parlays.slate import Slate, considered, read_slate
from apps.picks.actions.publish import SWITCHES
from apps.picks.actions.refusals import PickUnknown
from apps.picks.actions.weighing import active_tenant, snapshot_id
from apps.picks.kinds import publish_scopes
from apps.picks.models import Parlay, ParlayLeg, Pick
from apps.rulebook import keys
from apps.rulebook.errors import RuleBroken
from apps.rulebook.parlays import METHOD_VERSION, ParlayStatus, Rejection
from apps.rulebook.scoring import ScoreDistribution
from apps.rulebook.thresholds import ParlayConfig, Tier
from apps.simulations.models import SimulationRun


class ParlayKeyReused(RuleBroken):
    code = "PARLAY_KEY_REUSED"

    def __init__(self, key: str) -> None:
        super().__init__(f"Key {key} has been used to ask for something else.")


@transaction.atomic
def generate_parlay(
    *,
    key: str,
    profile: str,
    by: Actor,
    at: datetime,
    legs: int | None = None,
    picks: Sequence[UUID] = (),
    same_game: bool = False,
    seed: int = 0,
) -> Parlay:
    """Put together the parlay that somebody asks for, or write down what was missing for it.

    ``key`` names the question: asked again it has the answer that it had. ``picks`` names the
    legs, two of them for a pair; without them the profile's heaviest are chosen. The answer is a
    row in any case, MADE or NO_VALID_PARLAY, with every pick that is no leg and why; never fewer
    legs than asked for, and never a filler. What a generation costs is charged by whoever calls.

    Raises:
        ParlayMisasked: the profile, the number of legs, the picks, the key or the seed.
        ParlayKeyReused: the key asked for something else before.
        PickUnknown: a pick that was named is not this tenant's.
        switches.Halted: publishing is closed for everybody or for the tenant, or nobody watches.
        TenantInactive: the tenant has been suspended.
    """
    schema = current_schema()
    try:
        resolved = configs.resolve_parlay(profile, tenant=schema, at=at)
    except configs.ConfigMissing as missing:
        known = ", ".join(configs.parlay_profiles(tenant=schema, at=at))
        raise ParlayMisasked(f"There is no profile {profile!r}; there are {known}.") from missing
    config = resolved.document
    asked = require_sound(
        config,
        key=key,
        profile=profile,
        legs=legs,
        picks=tuple(picks),
        same_game=same_game,
        seed=seed,
    )
    scopes = _scopes(asked, config, schema, at)
    held = switches.hold(SWITCHES, scopes)
    if closed := held.at(_everywhere(schema)).closes(Tier.EDGE):
        raise switches.Halted(closed)
    hold_question(key)
    before = Parlay.objects.filter(key=key).first()
    if before is not None:
        if before.request_sha256 != asked.sha256:
            raise ParlayKeyReused(key)
        return before
    active_tenant()
    slate = _read(asked, config, held, at)
    found = answer(slate, asked, scores=_scores())
    return _write(asked, slate, found, version=resolved.version_id, by=by, at=at)


def _scopes(asked: Asked, config: ParlayConfig, schema: str, at: datetime) -> list[str]:
    """Every scope that a leg may need open, before anything is locked."""
    markets = considered(asked, config, at).values_list("league", "market_type").distinct()
    found = {
        scope
        for league, market_type in markets
        for scope in publish_scopes(schema, league, market_type)
    }
    return sorted(found.union(_everywhere(schema)))


def _everywhere(schema: str) -> list[str]:
    """Where publishing is asked about whatever the legs are."""
    return [switches.GLOBAL, f"tenant:{schema}"]


def _read(asked: Asked, config: ParlayConfig, held: switches.Held, at: datetime) -> Slate:
    """Read the picks as they stay until this commits: nobody sweeps or withdraws them meanwhile."""
    hold_sweep()
    list(considered(asked, config, at).locked().values_list("pk", flat=True))
    picks: list[Pick] = list(considered(asked, config, at).select_related("event", "book"))
    unknown = sorted(set(asked.picks) - {pick.pk for pick in picks})
    if unknown:
        raise PickUnknown(unknown[0])
    return read_slate(picks, config=config, held=held, at=at)


def _scores() -> Any:
    """Read the scores of a run once, however many combinations ask for them."""

    @cache
    def read(run_id: UUID) -> ScoreDistribution | None:
        run = SimulationRun.objects.done().filter(pk=run_id).first()
        return None if run is None else run.scores()

    return read


def _write(
    asked: Asked, slate: Slate, found: Answer, *, version: UUID, by: Actor, at: datetime
) -> Parlay:
    seen = {one.pick.pk for one in slate.candidates if one.pick.published_at is not None}
    parlay = Parlay(
        id=keys.parlay_id(current_schema(), asked.key),
        key=asked.key,
        request_sha256=asked.sha256,
        profile=asked.profile,
        legs_asked=asked.legs,
        named_picks=list(asked.picks),
        same_game=asked.same_game,
        seed=asked.seed,
        asked_by=history.operator(by),
        config_version_id=version,
        inputs_sha256=slate.sha256,
        generated_at=at,
        slate_until=slate.until,
        considered=len(slate.candidates),
        rejections=[_rejected(one, one.pick in seen) for one in found.rejections],
        missing=found.missing,
        status=(ParlayStatus.NO_VALID_PARLAY if found.missing else ParlayStatus.MADE).value,
    )
    if found.priced is not None:
        priced = found.priced
        parlay.book = Book.objects.get(key=found.book)
        parlay.price, parlay.break_even_price = priced.price, priced.break_even_price
        parlay.joint_prob, parlay.independent_prob = priced.joint_prob, priced.independent_prob
        parlay.ev, parlay.method = priced.ev, priced.method.value
        parlay.method_version, parlay.joint_runs = METHOD_VERSION, list(found.joint_runs)
        parlay.choice_no, parlay.choices = found.choice_no, found.choices
        parlay.starts_at = min(
            min(leg.pick.event.begins_at, leg.pick.expires_at) for leg in found.legs
        )
    parlay.save(force_insert=True)
    rows = [_leg(parlay, number, leg) for number, leg in enumerate(found.legs, start=1)]
    ParlayLeg.objects.bulk_create(rows)
    audit.record_set(
        [
            audit.Row(
                action="parlay.refused" if found.missing else "parlay.generated",
                object_type="Parlay",
                object_id=str(parlay.pk),
                before=None,
                after={
                    **parlay.audit_state(),
                    "legs": [[row.pick_id, row.line, row.price] for row in rows],
                },
                reason=found.missing,
                config_version=version,
            )
        ],
        by=by,
        at=at,
    )
    return parlay


def _leg(parlay: Parlay, position: int, leg: Leg) -> ParlayLeg:
    quote, weighed = leg.quoted.quote, leg.quoted.weighed
    return ParlayLeg(
        parlay=parlay,
        position=position,
        pick=leg.pick,
        snapshot_id=snapshot_id(quote),
        snapshot_seq=quote.seq,
        observed_at=quote.observed_at,
        last_seen_at=quote.last_seen_at,
        line=quote.line,
        price=quote.price_decimal,
        price_american=quote.price_american,
        win_prob=leg.win_prob,
        ev=leg.quoted.ev,
        tier=leg.quoted.tier.value,
        weight=weighed.weight,
        tier_part=weighed.tier,
        confidence_part=weighed.confidence,
        ev_part=weighed.ev,
        volatility_part=weighed.volatility,
    )


def _rejected(rejection: Rejection, published: bool) -> dict[str, Any]:
    return {
        "pick": str(rejection.pick),
        "published": published,
        "reasons": [reason.value for reason in rejection.reasons],
        "details": list(rejection.details),
    }
