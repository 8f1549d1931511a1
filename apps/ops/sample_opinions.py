"""What the three sample tenants think of the sandbox's league: one market, three opinions."""

from decimal import Decimal as D
from typing import Final, NamedTuple

from apps.rulebook.thresholds import (
    OpinionConfig,
    PublishLimits,
    Tier,
    TierThreshold,
    opinion_config,
)


class SampleOpinion(NamedTuple):
    document: OpinionConfig
    reason: str


_PLATFORMS = opinion_config("SFL")


def _like_the_platforms(**but: object) -> OpinionConfig:
    return OpinionConfig.model_validate({**dict(_PLATFORMS), **but})


# What is worth a lean at whichever book pays best, two markets of a game.
_ACME = SampleOpinion(
    _like_the_platforms(
        edge=TierThreshold(edge_prob_min=D("0.040"), ev_min=D("0.010")),
        lean=TierThreshold(edge_prob_min=D("0.015"), ev_min=D("0.005")),
        limits=PublishLimits(
            per_day=90,
            spreads_per_day=40,
            totals_per_day=30,
            moneylines_per_day=20,
            per_event=2,
            per_team=36,
        ),
    ),
    "A consumer brand: up to two markets of a game, at the book that pays best.",
)

# Lives on its partners' books, and tells its readers about the smallest leans as well.
_NORTHSTAR = SampleOpinion(
    _like_the_platforms(
        books=("cobblestone", "harborline", "ironbridge", "saltmarsh", "wintergreen"),
        edge=TierThreshold(edge_prob_min=D("0.040"), ev_min=D("0.010")),
        lean=TierThreshold(edge_prob_min=D("0.010"), ev_min=D("0")),
        limits=PublishLimits(
            per_day=150,
            spreads_per_day=60,
            totals_per_day=40,
            moneylines_per_day=40,
            per_event=3,
            per_team=48,
        ),
    ),
    "An affiliate: partners' books only, small leans too, every market of a game.",
)

# Buys certainty: a clear edge that most books stand behind, and few moneylines.
_HARBOR = SampleOpinion(
    _like_the_platforms(
        edge=TierThreshold(edge_prob_min=D("0.030"), ev_min=D("0.010")),
        lean=TierThreshold(edge_prob_min=D("0.030"), ev_min=D("0.010")),
        published_tiers=(Tier.EDGE,),
        books_min=5,
        limits=PublishLimits(
            per_day=48,
            spreads_per_day=32,
            totals_per_day=32,
            moneylines_per_day=8,
            per_event=2,
            per_team=24,
        ),
    ),
    "A data customer: EDGE only, where at least five books quote, and few moneylines.",
)

SAMPLE_OPINIONS: Final = {"acme": _ACME, "northstar": _NORTHSTAR, "harbor": _HARBOR}
