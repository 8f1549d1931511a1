"""The two kinds of task. Each refuses to run for anybody it was not declared for."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Any

from celery import Task
from structlog.contextvars import bound_contextvars

from apps.core import clock
from apps.core.actor import Actor
from apps.core.tenancy import PUBLIC, TenantInactive, current_schema, tenant_scope
from apps.governance import alerts, rollouts
from apps.governance.jobs.header import HEADER, TaskScope, TenantHeaderWrong, header_of, stamped
from apps.governance.jobs.receipts import record_dropped
from apps.rulebook.errors import RuleBroken


@contextmanager
def door(task: Task) -> Iterator[None]:
    """Open the alert of a refusal that leaves the task, when everything is rolled back.

    What is logged on the way says whose work it was.
    """
    schema = (task.request.headers or {}).get(HEADER) or PUBLIC
    try:
        with bound_contextvars(tenant=schema):
            yield
    except RuleBroken as refusal:
        by = Actor.job(task.name, task_id=task.request.id or "")
        scope = "" if schema == PUBLIC else f"tenant:{schema}"
        alerts.at_door(refusal, by=by, at=clock.now(), scope=scope)
        raise


class PublicTask(Task):
    """Works on the platform and the facts, or walks tenants in turn."""

    abstract = True
    scope = TaskScope.PUBLIC
    throws = (RuleBroken,)  # a refusal is no error of the code

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
        options["headers"] = stamped(self.name, options.get("headers"))
        return super().apply_async(args, kwargs, **options)

    def apply(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
        options["headers"] = stamped(self.name, options.get("headers"))
        return super().apply(args, kwargs, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with door(self):
            return self._enter(*args, **kwargs)

    def _enter(self, *args: Any, **kwargs: Any) -> Any:
        schema = header_of(self)
        if schema != PUBLIC or current_schema() != PUBLIC:
            raise TenantHeaderWrong(
                self.name, self.scope, schema if schema != PUBLIC else current_schema()
            )
        return self.run(*args, **kwargs)


class TenantTask(Task):
    """Works inside the tenant that its message names, under that tenant's database role.

    The message of a tenant that is not active is dropped, with a receipt: whatever it was
    about is a row, and waits. A task that asks for roll-outs is given those of its tenant as
    ``rolled_out``, looked up before the tenant is entered.
    """

    abstract = True
    scope = TaskScope.TENANT
    asks_rollouts = False
    throws = (RuleBroken,)

    def apply_async(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
        options["headers"] = stamped(self.name, options.get("headers"))
        return super().apply_async(args, kwargs, **options)

    def apply(self, args: Any = None, kwargs: Any = None, **options: Any) -> Any:
        options["headers"] = stamped(self.name, options.get("headers"))
        return super().apply(args, kwargs, **options)

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        with door(self):
            return self._enter(*args, **kwargs)

    def _enter(self, *args: Any, **kwargs: Any) -> Any:
        schema = header_of(self)
        if schema == PUBLIC:
            raise TenantHeaderWrong(self.name, self.scope, schema)
        if self.asks_rollouts:
            kwargs["rolled_out"] = rollouts.on_for(schema, at=clock.now())
        with ExitStack() as scope:
            try:
                scope.enter_context(tenant_scope(schema))
            except TenantInactive as refusal:
                record_dropped(
                    self.name,
                    slot=self.request.id,
                    schema=schema,
                    why=refusal,
                    by=Actor.job(self.name, task_id=self.request.id),
                    at=clock.now(),
                )
                return None
            return self.run(*args, **kwargs)
