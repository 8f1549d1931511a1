"""Which tenants published something on an event: read tenant by tenant, because each is walled."""

from collections.abc import Iterator
from dataclasses import dataclass

from django.contrib.admin import AdminSite
from django.http import HttpRequest

from apps.catalog.models import Event
from apps.core.listing import address
from apps.core.tenancy import PUBLIC, active_schemas, current_schema, tenants_in_turn
from apps.picks.models import Pick
from apps.tenants.models import Tenant

TENANTS_AT_MOST = 60  # walked for one page; a console of many more shows them one by one


@dataclass(frozen=True, slots=True)
class Shown:
    """One published pick, whose it is, and where its page stands."""

    pick: Pick
    tenant: str
    href: str


@dataclass(frozen=True, slots=True)
class Published:
    picks: list[Shown]
    tenants_left_out: int = 0


def published_on(event: Event, site: AdminSite, request: HttpRequest) -> Published:
    """Every pick on the event that was ever published, oldest first, as far as may be seen."""
    if not request.user.has_perm("picks.view_pick"):
        return Published([])
    here = current_schema()
    if here != PUBLIC:
        name = request.tenant.name  # type: ignore[attr-defined]
        shown = [Shown(pick, name, address(site, Pick, pick.pk)) for pick in _of(event)]
        return Published(shown)
    schemas = active_schemas()
    names = dict(Tenant.objects.values_list("schema_name", "name"))
    found = [
        Shown(pick, names[schema], f"/t/{schema}/admin/picks/pick/{pick.pk}/change/")
        for schema in tenants_in_turn(schemas[:TENANTS_AT_MOST])
        for pick in _of(event)
    ]
    found.sort(key=lambda one: (one.pick.published_at, str(one.pick.pk)))
    return Published(found, max(0, len(schemas) - TENANTS_AT_MOST))


def _of(event: Event) -> Iterator[Pick]:
    picks = Pick.objects.seen().filter(event=event).with_outcome()
    yield from picks.select_related("book", "event__home", "event__away").order_by("published_at")
