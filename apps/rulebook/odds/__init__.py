"""Odds: conversion, margin removal, pooling, value and stakes. docs/domain.md section 3."""

from apps.rulebook.odds.kelly import kelly_share, kelly_shares, suggested_share
from apps.rulebook.odds.margin import (
    BoolArray,
    FloatArray,
    MarginNotRemovable,
    evaluable,
    fair_probabilities,
    insider_shares,
    overrounds,
    remove_margin,
)
from apps.rulebook.odds.prices import (
    HIGHEST_PRICE,
    NOT_OFFERED_UP_TO,
    PRICE_STEP,
    NotOdds,
    NotOffered,
    american_from_price,
    price_from_american,
    price_from_decimal,
)
from apps.rulebook.odds.value import expected_value, model_prob, pool
from apps.rulebook.thresholds.market import MarginMethod, OverroundLimits

__all__ = [
    "HIGHEST_PRICE",
    "NOT_OFFERED_UP_TO",
    "PRICE_STEP",
    "BoolArray",
    "FloatArray",
    "MarginMethod",
    "MarginNotRemovable",
    "NotOdds",
    "NotOffered",
    "OverroundLimits",
    "american_from_price",
    "evaluable",
    "expected_value",
    "fair_probabilities",
    "insider_shares",
    "kelly_share",
    "kelly_shares",
    "model_prob",
    "overrounds",
    "pool",
    "price_from_american",
    "price_from_decimal",
    "remove_margin",
    "suggested_share",
]
