"""What is kept about every change: who, when, why, under which switches and configuration."""

from apps.governance.models.alert import AlertState, OpsAlert
from apps.governance.models.approval import Approval, ApprovalState
from apps.governance.models.audit import AuditEntry, AuditLine, Strength
from apps.governance.models.config import PLATFORM, ConfigVersion, Section
from apps.governance.models.heartbeat import Heartbeat
from apps.governance.models.job import JobOutcome, JobRun
from apps.governance.models.rollout import Rollout
from apps.governance.models.switch import FeatureFlag

__all__ = [
    "PLATFORM",
    "AlertState",
    "Approval",
    "ApprovalState",
    "AuditEntry",
    "AuditLine",
    "ConfigVersion",
    "FeatureFlag",
    "Heartbeat",
    "JobOutcome",
    "JobRun",
    "OpsAlert",
    "Rollout",
    "Section",
    "Strength",
]
