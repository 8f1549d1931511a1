"""A game ahead with its run: what most evaluations are about."""

import pytest

from apps.catalog.models import Event
from apps.simulations import actions
from apps.simulations.tests.factories import CHIEFS, EAGLES, FRIDAY, event, season


@pytest.fixture
def game(acme, ops) -> Event:
    """A game ahead with its run."""
    season()
    row = event(CHIEFS, EAGLES)
    actions.rate_results(by=ops, at=FRIDAY)
    actions.simulate_due(by=ops, at=FRIDAY)
    return row
