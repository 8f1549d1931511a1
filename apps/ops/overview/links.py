"""Where a figure's rows are found: the console's own addresses."""

from typing import Any
from urllib.parse import urlencode

from django.urls import NoReverseMatch, reverse


def listed(model: str, **query: Any) -> str:
    """Return the address of a table (``governance_jobrun``), filtered; empty if it is not shown."""
    return _to(f"admin:{model}_changelist", [], query)


def shown(model: str, key: Any) -> str:
    """Return the address of one row."""
    return _to(f"admin:{model}_change", [key], {})


def done_to(action: str, key: Any) -> str:
    """Return the address of a page that asks before it does something to one row."""
    return _to(f"admin:{action}", [key], {})


def of_tenant(schema: str, model: str, **query: Any) -> str:
    """Return the address of a table on a tenant's console, as operators reach it."""
    if not model:
        return f"/t/{schema}/admin/"
    app, _, name = model.partition("_")
    tail = f"?{urlencode(query)}" if query else ""
    return f"/t/{schema}/admin/{app}/{name}/{tail}"


def _to(name: str, arguments: list[Any], query: dict[str, Any]) -> str:
    try:
        address = reverse(name, args=arguments)
    except NoReverseMatch:
        return ""
    return f"{address}?{urlencode(query)}" if query else address
