"""New versions of settlement rules. What is graded stays as it is, until people grade it again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Max
from pydantic import ValidationError

from apps.catalog.models import League, SettlementRuleset
from apps.core.actor import Actor
from apps.core.db import refusing
from apps.governance import audit
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

    def __init__(self) -> None:
        super().__init__("Rules begin to hold now or later: picks are published under them.")


class RulesNumbered(RuleBroken):
    code = "SETTLEMENT_RULES_NUMBERED"

    def __init__(self) -> None:
        super().__init__("Somebody wrote the next version meanwhile: look at it first.")


@transaction.atomic
def add_ruleset(
    *,
    league: str,
    market_type: MarketType,
    period: Period,
    says: Mapping[str, Any],
    effective_from: datetime,
    by: Actor,
    at: datetime,
    reason: str,
) -> SettlementRuleset:
    """Write the next version of a market's rules. Picks published from then on carry it.

    ``says`` is every rule, without what names them. What was published before keeps the version
    that it carries, and its grades.

    Raises:
        RulesInvalid: a rule is missing, unknown or out of range.
        RulesUnchanged: the version before says the same.
        RulesAlreadyInForce: it would have begun in the past.
        RulesNumbered: two people wrote the same version.
    """
    if effective_from < at:
        raise RulesAlreadyInForce
    row = League.objects.get(code=league)
    known = SettlementRuleset.objects.filter(league=row, market_type=market_type, period=period)
    last = known.order_by("-version").first()
    version = (known.aggregate(last=Max("version"))["last"] or 0) + 1
    named = {"version": version, "league": league, "market_type": market_type, "period": period}
    try:
        rules = SettlementRules.model_validate({**said(says), **named})
    except ValidationError as error:
        raise RulesInvalid(error) from error
    if last is not None and said(last.rules) == said(rules.model_dump(mode="json")):
        raise RulesUnchanged(last)
    ruleset = SettlementRuleset(
        version=version,
        league=row,
        market_type=market_type,
        period=period,
        rules=rules.model_dump(mode="json"),
        rules_hash=rules.fingerprint(),
        effective_from=effective_from,
    )
    with refusing({"settlement_ruleset_version_is_used_once": RulesNumbered()}):
        ruleset.save(force_insert=True)
    audit.record("settlement_ruleset.created", ruleset, by=by, at=at, reason=reason)
    return ruleset


def said(rules: Mapping[str, Any]) -> dict[str, Any]:
    """What rules say, without what names them."""
    return {name: value for name, value in rules.items() if name not in NAMED_BY}
