"""What the next version of a market's settlement rules would be, and why it may not be that."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pydantic import ValidationError

from apps.catalog.models import League, SettlementRuleset
from apps.rulebook.errors import RuleBroken
from apps.rulebook.markets import MarketType, Period
from apps.rulebook.thresholds import SettlementRules

# What names the rules; the rest is what they say.
NAMED_BY = frozenset({"version", "league", "market_type", "period"})


class RulesInvalid(RuleBroken):
    code = "SETTLEMENT_RULES_INVALID"

    def __init__(self, error: ValidationError) -> None:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "the document"
        super().__init__(f"These are no settlement rules: {where}: {first['msg']}.")


class RulesUnchanged(RuleBroken):
    code = "SETTLEMENT_RULES_UNCHANGED"

    def __init__(self, ruleset: SettlementRuleset) -> None:
        super().__init__(f"{ruleset} says the same.")


class RulesAlreadyInForce(RuleBroken):
    code = "SETTLEMENT_RULES_IN_THE_PAST"

    def __init__(self, since: datetime, earliest: datetime) -> None:
        super().__init__(
            f"Rules cannot hold from {since:%F %T} UTC: picks are published under those before"
            f" them until {earliest:%F %T} UTC."
        )


class RulesNumbered(RuleBroken):
    code = "SETTLEMENT_RULES_NUMBERED"

    def __init__(self) -> None:
        super().__init__("Somebody wrote the next version meanwhile: look at it first.")


def draft_ruleset(
    *,
    league: str,
    market_type: MarketType,
    period: Period,
    says: Mapping[str, Any],
    at: datetime,
    effective_from: datetime | None = None,
    seen: int | None = None,
) -> SettlementRuleset:
    """Return the version that ``add_ruleset`` would store, unsigned and unsaved.

    Raises: what ``add_ruleset`` raises.
    """
    row = League.objects.get(code=league)
    last = SettlementRuleset.objects.of(
        league_id=row.pk, market_type=market_type, period=period
    ).first()
    version = last.version + 1 if last else 1
    if seen is not None and seen != version - 1:
        raise RulesNumbered
    since = effective_from or at
    earliest = max(at, last.effective_from) if last else at
    if since < earliest:
        raise RulesAlreadyInForce(since, earliest)
    named = {"version": version, "league": league, "market_type": market_type, "period": period}
    try:
        rules = SettlementRules.model_validate({**said(says), **named})
    except ValidationError as error:
        raise RulesInvalid(error) from error
    if last is not None and said(last.rules) == said(rules.model_dump(mode="json")):
        raise RulesUnchanged(last)
    return SettlementRuleset(
        version=version,
        league=row,
        market_type=market_type,
        period=period,
        rules=rules.model_dump(mode="json"),
        rules_hash=rules.fingerprint(),
        effective_from=since,
        created_at=at,
    )


def said(rules: Mapping[str, Any]) -> dict[str, Any]:
    """What rules say, without what names them."""
    return {name: value for name, value in rules.items() if name not in NAMED_BY}
