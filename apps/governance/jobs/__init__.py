"""Jobs: whose work a message is, and the receipt that one turn of the clock leaves."""

from apps.governance.jobs.bases import PublicTask, TenantTask
from apps.governance.jobs.header import HEADER, TenantHeaderMissing, TenantHeaderWrong
from apps.governance.jobs.receipts import (
    Counts,
    Walk,
    Work,
    fan_out,
    for_each_tenant,
    run_once,
    slot_of,
)
from apps.governance.jobs.turns import ring_tenants, turn_of

__all__ = [
    "HEADER",
    "Counts",
    "PublicTask",
    "TenantHeaderMissing",
    "TenantHeaderWrong",
    "TenantTask",
    "Walk",
    "Work",
    "fan_out",
    "for_each_tenant",
    "ring_tenants",
    "run_once",
    "slot_of",
    "turn_of",
]
