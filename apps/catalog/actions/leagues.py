"""A league is added and changed by hand: no line of code knows which leagues there are."""

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.db import transaction
from pydantic import ValidationError

from apps.catalog.actions.changing import assign, refuse_fixed
from apps.catalog.actions.install import install_rulesets, open_switches, record_created
from apps.catalog.models import League, SettlementRuleset
from apps.core.actor import Actor
from apps.core.db import refusing
from apps.governance import audit, configs, history
from apps.rulebook import keys
from apps.rulebook.errors import RuleBroken
from apps.rulebook.thresholds import LEAGUES as CONFIGURED
from apps.rulebook.thresholds import PROFILES, BlendBasis, LineRange, ModelConfig

_FIXED = frozenset({"id", "uuid", "code", "identity_provider"})
# What settlement rules and market configuration are made for.
_OF_ITS_KIND = ("winner_market", "period", "can_tie", "can_end_scoreless")
_CODE = re.compile(r"[A-Z][A-Z0-9_]{1,15}")


class LeagueCodeTaken(RuleBroken):
    code = "LEAGUE_CODE_TAKEN"

    def __init__(self, code: str) -> None:
        super().__init__(f"There is a league {code} already.")


class LeagueInvalid(RuleBroken):
    code = "LEAGUE_INVALID"


class LeagueKeyTaken(RuleBroken):
    code = "LEAGUE_KEY_TAKEN"

    def __init__(self, provider: str, key: str, league: str) -> None:
        super().__init__(f"{provider} knows {league} under {key!r}: a key names one league.")


class NotPlayedAlike(RuleBroken):
    code = "LEAGUE_NOT_PLAYED_ALIKE"

    def __init__(self, league: str, like: str, columns: list[str]) -> None:
        super().__init__(f"{league} is not played like {like}: {', '.join(columns)} differ.")


@transaction.atomic
def add_league(
    values: Mapping[str, Any],
    *,
    like: str = "",
    by: Actor,
    at: datetime,
    reason: str,
) -> League:
    """Create a league with its switches, its settlement rules and its first configuration.

    A league that ships has its own. Any other takes those in force for the league that is
    played ``like`` it, without what was measured there: no weight against the market, no
    steady variance, so nothing of it is EDGE. Without either it is read and stored, and
    nothing of it is published until somebody has written them: missing rows refuse.

    Raises:
        LeagueCodeTaken: the code is another league's.
        LeagueKeyTaken: a provider knows another league under the key.
        LeagueInvalid: a column says what none can.
        NotPlayedAlike: the two differ in what settlement rules are made for.
    """
    league = League(**values, uuid=keys.league_id(values["code"]))
    example = League.objects.get(code=like) if like else None
    if example is not None:
        _require_alike(league, example)
        league.line_ranges = league.line_ranges or example.line_ranges
    _require_valid(league)
    taken = LeagueCodeTaken(league.code)
    with (
        refusing({"league_code_key": taken, "league_uuid_key": taken}),
        history.signed(league, by=by, at=at, reason=reason),
    ):
        league.save(force_insert=True)
    audit.record("league.created", league, by=by, at=at, reason=reason)
    open_switches(league, by=by, at=at)
    if league.code in CONFIGURED:
        install_rulesets(league, by=by, at=at)
        configs.install_first_configuration(league.code, by=by, at=at)
    elif example is not None:
        _copy_rulesets(league, example, by=by, at=at)
        _copy_configuration(league, example, by=by, at=at)
    return league


@transaction.atomic
def change_league(
    *, league_id: int, changes: Mapping[str, Any], by: Actor, at: datetime, reason: str
) -> League:
    """Change a league's hand-edited columns.

    Raises:
        Unchangeable: code and identity provider, which event and team ids are made of.
        LeagueKeyTaken: a provider knows another league under the key.
        LeagueInvalid: a column says what none can.
    """
    league = League.objects.locked().get(pk=league_id)
    refuse_fixed("league", changes, _FIXED)
    with audit.recording("league.changed", league, by=by, at=at, reason=reason):
        assign(league, changes)
        _require_valid(league)
        league.save(update_fields=[*changes])
    return league


def _require_valid(league: League) -> None:
    if not _CODE.fullmatch(league.code):
        raise LeagueInvalid(f"{league.code!r} is no code: use A-Z, 0-9 and _, at most 16.")
    try:
        ZoneInfo(league.timezone)
    except (ZoneInfoNotFoundError, ValueError):
        raise LeagueInvalid(f"There is no time zone {league.timezone!r}.") from None
    try:
        for entry in league.line_ranges:
            LineRange.model_validate(entry)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]["msg"]
        raise LeagueInvalid(f"A line range is not one: {problem}.") from error
    if not _is_named(league.provider_keys):
        raise LeagueInvalid("Provider keys are names of providers with the key each knows.")
    for provider, key in league.provider_keys.items():
        others = League.objects.exclude(code=league.code)
        other = others.filter(provider_keys__contains={provider: key}).first()
        if other is not None:
            raise LeagueKeyTaken(provider, key, other.code)


def _is_named(provider_keys: Any) -> bool:
    return isinstance(provider_keys, dict) and all(
        isinstance(key, str) and key for key in provider_keys.values()
    )


def _require_alike(league: League, example: League) -> None:
    different = [name for name in _OF_ITS_KIND if getattr(league, name) != getattr(example, name)]
    if different:
        raise NotPlayedAlike(league.code, example.code, different)


def _copy_rulesets(league: League, example: League, *, by: Actor, at: datetime) -> None:
    rows = []
    for ruleset in SettlementRuleset.objects.filter(league=example).in_force(at):
        rules = ruleset.typed().model_copy(update={"league": league.code, "version": 1})
        rows.append(
            SettlementRuleset(
                version=1,
                league=league,
                market_type=ruleset.market_type,
                period=ruleset.period,
                rules=rules.model_dump(mode="json"),
                rules_hash=rules.fingerprint(),
                effective_from=at,
                author=history.operator(by),
                reason=f"As {example.code} has it.",
                created_at=at,
            )
        )
    created = SettlementRuleset.objects.bulk_create(rows)
    record_created("settlement_ruleset.created", created, by=by, at=at)


def _copy_configuration(league: League, example: League, *, by: Actor, at: datetime) -> None:
    signed: dict[str, Any] = {"by": by, "at": at, "reason": f"As {example.code} has it."}
    own = {"league": league.code}
    for profile in PROFILES:
        market = configs.resolve(configs.MARKET, league=example.code, at=at, profile=profile)
        model = configs.resolve(configs.MODEL, league=example.code, at=at, profile=profile)
        market_of_its_own = market.document.model_copy(update=own)
        configs.create_version(market_of_its_own, profile=profile, **signed)
        unmeasured = _unmeasured(model.document).model_copy(update=own)
        configs.create_version(unmeasured, profile=profile, **signed)
    opinion = configs.resolve(configs.OPINION, league=example.code, at=at)
    configs.create_version(opinion.document.model_copy(update=own), **signed)


def _unmeasured(model: ModelConfig) -> ModelConfig:
    """Leave out what was measured: it proves nothing about another league."""
    gate = model.edge_gate.model_copy(update={"margin_variance_steady": None})
    weights = model.weights if model.basis is BlendBasis.RAW else ()
    return model.model_copy(update={"edge_gate": gate, "weights": weights})
