"""What models were found to be worth, as figures: the reports that an installation stores."""

from collections.abc import Mapping
from typing import Any, Final

from apps.simulations.measuring import Protocol

# As a fresh installation learns from the sandbox's past, and picks in its last two weeks.
SANDBOX_PROTOCOL: Final = Protocol(lines_from_day=0, counted_from_day=42)

SANDBOX_REASON: Final = (
    "Measured on 16800 games in 200 seasons that the sandbox made up, each a world of its own, by"
    " scripts/measure_sandbox.py."
)

# Brier scores and log losses at the close, the slope with its error, the calibration error with
# its p-value, and how much of the model is worth having beside the market.
SANDBOX_REPORTS: Final[Mapping[str, Mapping[str, Any]]] = {
    "MONEYLINE": {
        "games": 16793,
        "forecasts": 16793,
        "brier": {"model": 0.21935, "close": 0.21496, "decision": 0.21433},
        "decision_minus_close": [-0.00063, -0.0009, -0.00036],
        "log_loss": {"model": 0.62805, "close": 0.61813, "decision": 0.61664},
        "slope": [0.97707, 0.02417],
        "ece": [0.00855, 0.32913],
        "weights": {
            "open": {
                "estimate": "0.411",
                "standard_error": "0.034",
                "weight": "0.34",
                "games": 16793,
            },
            "close": {
                "estimate": "0.277",
                "standard_error": "0.037",
                "weight": "0.20",
                "games": 16793,
            },
        },
    },
    "SPREAD": {
        "games": 16480,
        "forecasts": 16480,
        "brier": {"model": 0.25471, "close": 0.24997, "decision": 0.249},
        "decision_minus_close": [-0.00097, -0.00133, -0.00061],
        "log_loss": {"model": 0.70346, "close": 0.69308, "decision": 0.69114},
        "slope": [0.29189, 0.03465],
        "ece": [0.06531, 0.0002],
        "weights": {
            "open": {
                "estimate": "0.390",
                "standard_error": "0.032",
                "weight": "0.32",
                "games": 16462,
            },
            "close": {
                "estimate": "0.286",
                "standard_error": "0.035",
                "weight": "0.21",
                "games": 16480,
            },
        },
    },
    "TOTAL": {
        "games": 16673,
        "forecasts": 16673,
        "brier": {"model": 0.25364, "close": 0.24997, "decision": 0.24926},
        "decision_minus_close": [-0.00071, -0.001, -0.00041],
        "log_loss": {"model": 0.70109, "close": 0.69308, "decision": 0.69167},
        "slope": [0.27683, 0.03968],
        "ece": [0.05199, 0.0002],
        "weights": {
            "open": {
                "estimate": "0.397",
                "standard_error": "0.037",
                "weight": "0.32",
                "games": 16640,
            },
            "close": {
                "estimate": "0.284",
                "standard_error": "0.040",
                "weight": "0.20",
                "games": 16673,
            },
        },
    },
}
