"""Several picks as one bet: generated once for each question, settled with its legs."""

from apps.picks.actions.parlays.asking import ParlayMisasked
from apps.picks.actions.parlays.generate import ParlayKeyReused, generate_parlay
from apps.picks.actions.parlays.settled import close_graded_parlays

__all__ = ["ParlayKeyReused", "ParlayMisasked", "close_graded_parlays", "generate_parlay"]
