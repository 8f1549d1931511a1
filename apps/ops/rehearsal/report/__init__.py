"""What a rehearsal came to: a query over stored rows, as JSON and as a table."""

from apps.ops.rehearsal.report.compiled import compile_report
from apps.ops.rehearsal.report.table import show

__all__ = ["compile_report", "show"]
