"""A game ahead with its run: what most evaluations are about."""

import pytest

from apps.catalog.models import Event
from apps.core.actor import Actor
from apps.simulations import actions
from apps.simulations.tests.factories import CHIEFS, EAGLES, FRIDAY, event, season

INSTALLER = Actor.system("tests.installer")


@pytest.fixture(scope="module")
def simulated(ground) -> int:
    """The id of a game ahead with its run, which stands for all tests of a module."""
    with ground():
        season()
        row = event(CHIEFS, EAGLES)
        actions.rate_results(by=INSTALLER, at=FRIDAY)
        actions.simulate_due(by=INSTALLER, at=FRIDAY)
    return row.pk


@pytest.fixture
def game(simulated, acme) -> Event:
    """A game ahead with its run."""
    return Event.objects.get(pk=simulated)
