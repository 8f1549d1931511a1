"""What people see of feeds, polls, payloads, quotes and results. Facts: looked at, not changed."""

from apps.snapshots.admin.accounts import ProviderAccountAdmin
from apps.snapshots.admin.feeds import FeedAdmin, ProviderPollAdmin
from apps.snapshots.admin.payloads import (
    PayloadReadingAdmin,
    QuarantinedRowAdmin,
    RawPayloadAdmin,
)
from apps.snapshots.admin.quotes import ConsensusAdmin, LatestQuoteAdmin, ResultSnapshotAdmin

__all__ = [
    "ConsensusAdmin",
    "FeedAdmin",
    "LatestQuoteAdmin",
    "PayloadReadingAdmin",
    "ProviderAccountAdmin",
    "ProviderPollAdmin",
    "QuarantinedRowAdmin",
    "RawPayloadAdmin",
    "ResultSnapshotAdmin",
]
