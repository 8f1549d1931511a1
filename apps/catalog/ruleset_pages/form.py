"""The form of one market's settlement rules; what was typed may be their next version, or not."""

from datetime import datetime

from django.http import QueryDict

from apps.catalog import drafting
from apps.catalog.models import SettlementRuleset
from apps.catalog.ruleset_pages.markets import Market
from apps.governance.config_form.drawing import EFFECTIVE_FROM, DocumentForm
from apps.governance.config_form.outline import outline
from apps.rulebook.thresholds import Document, SettlementRules

PARTS = outline(SettlementRules, drafting.NAMED_BY)


class RulesForm(DocumentForm):
    """Made anew for each request; ``ruleset`` is what would be stored once it is valid."""

    def __init__(
        self,
        market: Market,
        *,
        at: datetime,
        typed: QueryDict | None = None,
        judged: bool = True,
    ) -> None:
        self.market = market
        self.at = at
        self.newest = market.newest()
        self.ruleset: SettlementRuleset | None = None
        number = self.newest.version if self.newest else 0
        super().__init__(
            SettlementRules,
            PARTS,
            before=drafting.said(self.newest.rules) if self.newest else {},
            number=number,
            named={
                "version": number + 1,
                "league": market.league.code,
                "market_type": market.market_type,
                "period": market.period,
            },
            typed=typed,
            judged=judged,
            words={"tie": market.ties},
        )
        if self.typed_document is not None:
            self._ask(self.typed_document)

    def _ask(self, rules: Document) -> None:
        try:
            self.ruleset = drafting.draft_ruleset(
                league=self.market.league.code,
                market_type=self.market.market_type,
                period=self.market.period,
                says=rules.model_dump(mode="json"),
                effective_from=self.since,
                at=self.at,
                seen=self.seen,
            )
        except drafting.RulesAlreadyInForce as refusal:
            self.problems[EFFECTIVE_FROM].append(refusal.sentence)
        except (drafting.RulesUnchanged, drafting.RulesNumbered) as refusal:
            self.problems[""].append(f"{refusal.sentence} ({refusal.code})")
