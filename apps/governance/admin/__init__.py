"""Pages of governance: one module per noun, each registering its own."""

from apps.governance.admin import (
    alerts,
    approvals,
    audit,
    configurations,
    receipts,
    rollouts,
    switches,
)

__all__ = ["alerts", "approvals", "audit", "configurations", "receipts", "rollouts", "switches"]
