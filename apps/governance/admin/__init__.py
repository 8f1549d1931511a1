"""Pages of governance: one module per noun, each registering its own."""

from apps.governance.admin import audit, configurations, receipts, switches

__all__ = ["audit", "configurations", "receipts", "switches"]
