"""What people see of feeds, polls, payloads, quotes and results. Facts: looked at, not changed."""

from apps.snapshots.admin.accounts import ProviderAccountAdmin
from apps.snapshots.admin.feeds import FeedAdmin, ProviderPollAdmin
from apps.snapshots.admin.injuries import InjuryReportAdmin
from apps.snapshots.admin.payloads import (
    PayloadReadingAdmin,
    QuarantinedRowAdmin,
    RawPayloadAdmin,
)
from apps.snapshots.admin.quotes import ConsensusAdmin, LatestQuoteAdmin
from apps.snapshots.admin.results import ResultSnapshotAdmin

__all__ = [
    "ConsensusAdmin",
    "FeedAdmin",
    "InjuryReportAdmin",
    "LatestQuoteAdmin",
    "PayloadReadingAdmin",
    "ProviderAccountAdmin",
    "ProviderPollAdmin",
    "QuarantinedRowAdmin",
    "RawPayloadAdmin",
    "ResultSnapshotAdmin",
]
