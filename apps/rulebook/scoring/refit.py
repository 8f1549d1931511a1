"""Margin weights re-estimated on the latest seasons: the yearly fit of every score model.

How teams play the end of a game changes: hockey sides pull their goalkeeper earlier than they
did, and weights of ten years ago fail a chi-square of today's margins. A refit is a new version
of the parameters, never an edited one. Source: docs/model.md section 2.
"""

from collections.abc import Callable
from typing import Final

import numpy as np

from apps.rulebook.scoring.axis import Floats

_PASSES: Final = 3


def refitted_weights(
    observed: Floats, expect: Callable[[Floats], Floats], *, prior_games: float
) -> Floats:
    """Return the weights under which the model expects the margins that were observed.

    ``observed`` counts games by margin, in the order of the weights; ``expect`` says how many
    games of each a model with given weights would have expected on those same days. Every
    margin is given ``prior_games`` that came out as expected, so that a rare one cannot run
    away. The weights start at 1. Source: docs/model.md section 2.
    """
    weights = np.ones(len(observed))
    for _ in range(_PASSES):
        weights = weights * (observed + prior_games) / (expect(weights) + prior_games)
    return weights
