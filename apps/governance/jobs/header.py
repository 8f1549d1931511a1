"""The message header that says for whom a task runs: stamped on every message, never guessed.

The publisher may be Celery itself: the second link of a chain and the call-back of a chord are
sent by a worker after the first task is over and its tenant has been left. Then the header of
the task that was running is handed on.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any

from celery import current_app

from apps.core.tenancy import PUBLIC, current_schema
from apps.rulebook.errors import RuleBroken

HEADER = "tenant_schema"


class TaskScope(StrEnum):
    """Declared by a task: what its body may touch."""

    PUBLIC = "public"  # the platform and the facts; tenants only in turn
    TENANT = "tenant"  # one tenant, the header's


class TenantHeaderMissing(RuleBroken):
    code = "TENANT_HEADER_MISSING"

    def __init__(self, task: str) -> None:
        super().__init__(f"Nobody says for whom {task} runs: it does not run.")


class TenantHeaderWrong(RuleBroken):
    code = "TENANT_HEADER_WRONG"

    def __init__(self, task: str, scope: str, schema: str) -> None:
        super().__init__(f"{task} is declared {scope} and was rung for {schema!r}.")


def stamped(task: str, headers: Mapping[str, Any] | None) -> dict[str, Any]:
    """Return the headers of a message for ``task`` with its tenant among them.

    A task declared public is public whoever rings. Else an explicit header wins, then the
    schema in scope, then, in public, the header of the task that is running.
    """
    given = dict(headers or {})
    if _declared_scope(task) is TaskScope.PUBLIC:
        given[HEADER] = PUBLIC
    elif not given.get(HEADER):
        here = current_schema()
        given[HEADER] = here if here != PUBLIC else _header_of_running_task() or PUBLIC
    return given


def stamp_message(sender: str, headers: dict[str, Any], **_: Any) -> None:
    """Receiver of ``before_task_publish``: no message leaves this process without a tenant."""
    headers.update(stamped(sender, headers))


def header_of(task: Any) -> str:
    """Read for whom the message in hand runs.

    Raises:
        TenantHeaderMissing: it does not say.
    """
    schema = (task.request.headers or {}).get(HEADER)
    if not schema:
        raise TenantHeaderMissing(task.name)
    return str(schema)


def _declared_scope(task: str) -> TaskScope | None:
    return getattr(current_app.tasks.get(task), "scope", None)


def _header_of_running_task() -> str | None:
    running = current_app.current_task
    if running is None:
        return None
    return (running.request.headers or {}).get(HEADER)
