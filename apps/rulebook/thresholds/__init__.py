"""What is configured: typed, validated, versioned documents, and their first version.

Sections ``market`` and ``model`` belong to the platform, ``opinion`` and ``parlay`` to the
tenant; settlement rules are versioned beside them. A document is complete and immutable: a change
is a new one.
"""

from apps.rulebook.thresholds.document import Document, Number, Unit
from apps.rulebook.thresholds.first import (
    LEAGUES,
    MEASURED,
    PROFILES,
    RAW,
    candidate_config,
    default_method,
    line_ranges,
    main_markets,
    main_period,
    market_config,
    model_config,
    opinion_config,
)
from apps.rulebook.thresholds.first_parlay import PARLAY_PROFILES, parlay_config
from apps.rulebook.thresholds.first_settlement import (
    FIRST_SETTLEMENT_RULES,
    NoSettlementRules,
    settlement_rules,
)
from apps.rulebook.thresholds.market import (
    LineRange,
    MarginMethod,
    MarketConfig,
    MarketRule,
    OverroundLimits,
    ResultsRhythm,
)
from apps.rulebook.thresholds.model import (
    CANDIDATE,
    BlendBasis,
    BlendWeight,
    EdgeGate,
    ModelConfig,
    ModelVariant,
    SimulationConfig,
)
from apps.rulebook.thresholds.opinion import (
    OpinionConfig,
    PointsThreshold,
    PublishLimits,
    QuietHours,
    StakePlan,
    Tier,
    TierThreshold,
)
from apps.rulebook.thresholds.parlay import (
    FEWEST_LEGS,
    MOST_LEGS,
    LegCounts,
    LegWeights,
    ParlayConfig,
    ParlayLimits,
)
from apps.rulebook.thresholds.settlement import (
    TIES,
    InningsPlayed,
    MinutesPlayed,
    SameLocalDate,
    SettlementRules,
    TieRule,
    UntilWeekday,
    WithinHours,
)

__all__ = [
    "CANDIDATE",
    "FEWEST_LEGS",
    "FIRST_SETTLEMENT_RULES",
    "LEAGUES",
    "MEASURED",
    "MOST_LEGS",
    "PARLAY_PROFILES",
    "PROFILES",
    "RAW",
    "TIES",
    "BlendBasis",
    "BlendWeight",
    "Document",
    "EdgeGate",
    "InningsPlayed",
    "LegCounts",
    "LegWeights",
    "LineRange",
    "MarginMethod",
    "MarketConfig",
    "MarketRule",
    "MinutesPlayed",
    "ModelConfig",
    "ModelVariant",
    "NoSettlementRules",
    "Number",
    "OpinionConfig",
    "OverroundLimits",
    "ParlayConfig",
    "ParlayLimits",
    "PointsThreshold",
    "PublishLimits",
    "QuietHours",
    "ResultsRhythm",
    "SameLocalDate",
    "SettlementRules",
    "SimulationConfig",
    "StakePlan",
    "TieRule",
    "Tier",
    "TierThreshold",
    "Unit",
    "UntilWeekday",
    "WithinHours",
    "candidate_config",
    "default_method",
    "line_ranges",
    "main_markets",
    "main_period",
    "market_config",
    "model_config",
    "opinion_config",
    "parlay_config",
    "settlement_rules",
]
