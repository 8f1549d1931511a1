"""New versions of settlement rules. What is graded stays as it is, until people grade it again."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.catalog.drafting import RulesNumbered, draft_ruleset
from apps.catalog.models import SettlementRuleset
from apps.core.actor import Actor
from apps.core.db import refusing
from apps.governance import audit, history
from apps.rulebook.markets import MarketType, Period


@transaction.atomic
def add_ruleset(
    *,
    league: str,
    market_type: MarketType,
    period: Period,
    says: Mapping[str, Any],
    by: Actor,
    at: datetime,
    reason: str,
    effective_from: datetime | None = None,
    seen: int | None = None,
) -> SettlementRuleset:
    """Write the next version of a market's rules, in force from ``effective_from`` (else ``at``).

    ``says`` is every rule, without what names them. Picks published from then on carry it. What
    was published before keeps the version that it carries, and its grades. Who looked at the
    newest version first says its number (``seen``, 0 where there was none).

    Raises:
        RulesInvalid: a rule is missing, unknown, out of range, or not the market's.
        RulesUnchanged: the version before says the same.
        RulesAlreadyInForce: it would begin in the past, or before the version before it.
        RulesNumbered: two people wrote the same version.
    """
    ruleset = draft_ruleset(
        league=league,
        market_type=market_type,
        period=period,
        says=says,
        effective_from=effective_from,
        at=at,
        seen=seen,
    )
    ruleset.author, ruleset.reason = history.operator(by), reason
    with refusing({"settlement_ruleset_version_is_used_once": RulesNumbered()}):
        ruleset.save(force_insert=True)
    audit.record("settlement_ruleset.created", ruleset, by=by, at=at, reason=reason)
    return ruleset
