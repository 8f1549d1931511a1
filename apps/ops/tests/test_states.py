"""Every state that a room can store has been drawn."""

from enum import StrEnum

import pytest

from apps.catalog.models.review import ReviewStatus
from apps.core.shapes import STATES
from apps.governance.models import AlertState, ApprovalState, JobOutcome
from apps.governance.switches import State
from apps.picks.kinds import DeliveryStatus
from apps.rulebook.lifecycle import PickStatus, Validity
from apps.rulebook.markets import EventStatus, QuoteStatus
from apps.rulebook.parlays import ParlayOutcome, ParlayStatus
from apps.rulebook.settlement import Outcome
from apps.rulebook.thresholds import Tier
from apps.simulations.models.model import ModelState
from apps.simulations.models.run import RunStatus
from apps.snapshots.providers.ports import Outcome as PollOutcome
from apps.tenants.kinds import TenantStatus, UserStatus

KINDS: dict[str, type[StrEnum]] = {
    "alert": AlertState,
    "approval": ApprovalState,
    "delivery": DeliveryStatus,
    "event": EventStatus,
    "job": JobOutcome,
    "model": ModelState,
    "outcome": Outcome,
    "parlay": ParlayStatus,
    "parlay_outcome": ParlayOutcome,
    "pick": PickStatus,
    "poll": PollOutcome,
    "quote": QuoteStatus,
    "review": ReviewStatus,
    "run": RunStatus,
    "switch": State,
    "tenant": TenantStatus,
    "tier": Tier,
    "user": UserStatus,
    "validity": Validity,
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_stored_state_is_drawn_and_no_other(kind):
    assert set(STATES[kind]) == {member.value for member in KINDS[kind]}
