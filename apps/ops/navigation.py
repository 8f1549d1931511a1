"""The sidebar in the order of the pipeline: what is looked at daily first, the rest below."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib.admin import AdminSite
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from unfold.dataclasses import SearchResult

from apps.catalog.models import ReviewItem
from apps.core import clock
from apps.governance.models import Approval, OpsAlert


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the sidebar: a table, or a page of its own about one, or a page about none."""

    title: str
    icon: str
    table: str = ""
    view: str = ""


_OPERATIONS = (
    Entry("Overview", "dashboard", view="admin:index"),
    Entry("Alerts", "notifications", "governance.opsalert"),
    Entry("Approvals", "how_to_reg", "governance.approval"),
    Entry("Publishing", "power_settings_new", "governance.featureflag"),
)
_FACTS = (
    Entry("Providers", "hub", "snapshots.provideraccount"),
    Entry("Feeds", "cell_tower", "snapshots.feed"),
    Entry("Polls", "history", "snapshots.providerpoll"),
    Entry("Payloads", "inventory_2", "snapshots.rawpayload"),
    Entry("Events", "sports_football", "catalog.event"),
    Entry("Quotes", "show_chart", "snapshots.latestquote"),
    Entry("Snapshots", "stacked_line_chart", "snapshots.marketsnapshot"),
    Entry("Results", "scoreboard", "snapshots.resultsnapshot"),
    Entry("Injuries", "personal_injury", "snapshots.injuryreport"),
    Entry("Ratings", "leaderboard", "simulations.ratingday"),
    Entry("Simulations", "casino", "simulations.simulationrun"),
    Entry("Evaluations", "balance", "simulations.marketevaluation"),
    Entry("Questions", "contact_support", "catalog.reviewitem"),
)
_OPINIONS = (
    Entry("Picks", "track_changes", "picks.pick"),
    Entry("Proposal rounds", "filter_alt", "picks.proposalround"),
    Entry("Changes", "published_with_changes", "picks.pickchange"),
    Entry("Closing lines", "flag", "picks.linetracking"),
    Entry("Deliveries", "outbox", "picks.delivery"),
    Entry("Day messages", "event_note", "picks.slatemessage"),
    Entry("Parlays", "link", "picks.parlay"),
    Entry("Grades", "fact_check", "grading.grade"),
    Entry("Parlay grades", "checklist", "grading.parlaygrade"),
    Entry("Channels", "campaign", "tenants.channel"),
    Entry("Bots", "smart_toy", "tenants.bot"),
    Entry("Tenants", "domain", "tenants.tenant"),
    Entry(
        "Configuration",
        "tune",
        "governance.configversion",
        view="admin:governance_configversion_overview",
    ),
    Entry(
        "Settlement rules",
        "gavel",
        "catalog.settlementruleset",
        view="admin:catalog_settlementruleset_overview",
    ),
    Entry("Roll-outs", "deployed_code", "governance.rollout"),
)
_PROOF = (
    Entry("Audit", "policy", "governance.auditline"),
    Entry("Records", "monitoring", "ops.tenantstanding"),
    Entry("Job runs", "sync", "governance.jobrun"),
    Entry("Schedule", "schedule", "django_celery_beat.periodictask"),
    Entry("People", "group", "tenants.user"),
)
GROUPS: tuple[tuple[str, tuple[Entry, ...]], ...] = (
    ("", _OPERATIONS),
    ("Facts", _FACTS),
    ("Opinions", _OPINIONS),
    ("Proof", _PROOF),
)
REST = "Everything else"

# What the command search looks through besides names of tables: whatever it finds, at most so
# many of each, and only once enough was typed to mean something.
SEARCHED = ("catalog.event", "catalog.team", "tenants.tenant", "picks.pick")
MOST_FOUND = 20
SHORTEST_SEARCH = 3


def groups(app_list: Iterable[Mapping[str, Any]], request: HttpRequest) -> list[dict[str, Any]]:
    """Build the sidebar from what this person may open on this site."""
    tables = {
        f"{app['app_label']}.{model['object_name'].lower()}": model
        for app in app_list
        for model in app["models"]
        if model["admin_url"]
    }
    counted = badges() if request.tenant.is_platform else {}  # type: ignore[attr-defined]
    shown, used = [], set()
    for title, entries in GROUPS:
        items = [
            _item(entry.title, address, entry.icon, request, counted.get(entry.table, 0))
            for entry in entries
            if (address := _address(entry, tables))
        ]
        used |= {entry.table for entry in entries}
        if items:
            shown.append({"title": title, "items": items, "separator": bool(title)})
    rest = [
        _item(model["name"], model["admin_url"], "table_rows", request)
        for table, model in sorted(tables.items(), key=lambda pair: pair[1]["name"])
        if table not in used
    ]
    if rest:
        shown.append({"title": REST, "items": rest, "separator": True, "collapsible": True})
    return shown


def searched(request: HttpRequest) -> list[str]:
    return list(SEARCHED)


def found(
    site: AdminSite, request: HttpRequest, app_list: Iterable[Mapping[str, Any]], term: str
) -> list[SearchResult]:
    """Search the rows of the tables that this person may open."""
    if len(term) < SHORTEST_SEARCH:
        return []
    results = []
    for model in (model["model"] for app in app_list for model in app["models"]):
        if model._meta.label_lower not in SEARCHED:
            continue
        page = site._registry[model]
        rows, _ = page.get_search_results(request, page.get_queryset(request), term)
        name = f"{site.name}:{model._meta.app_label}_{model._meta.model_name}_change"
        results += [
            SearchResult(
                title=str(row),
                description=str(model._meta.verbose_name).capitalize(),
                link=reverse(name, args=[row.pk]),
                icon="data_object",
            )
            for row in rows[:MOST_FOUND]
        ]
    return results


def badges() -> dict[str, int]:
    """Count what waits for a person, per table."""
    at = clock.now()
    return {
        "governance.opsalert": OpsAlert.across_tenants.unseen(at).count(),
        "governance.approval": Approval.across_tenants.waiting(at).count(),
        "catalog.reviewitem": ReviewItem.objects.open().count(),
    }


def environment(request: HttpRequest) -> list[str] | None:
    """Say at the top of every page what kind of data this is."""
    kind: list[str] | None = settings.CONSOLE_MARK
    return kind


def _address(entry: Entry, tables: Mapping[str, Mapping[str, Any]]) -> str:
    if entry.table and entry.table not in tables:
        return ""
    if not entry.view:
        return str(tables[entry.table]["admin_url"])
    try:
        return reverse(entry.view)
    except NoReverseMatch:
        return ""


def _item(
    title: str, address: str, icon: str, request: HttpRequest, waiting: int = 0
) -> dict[str, Any]:
    home = reverse("admin:index")
    here = request.path == address or (address != home and request.path.startswith(address))
    item: dict[str, Any] = {"title": title, "icon": icon, "link": address, "active": here}
    return {**item, "badge": str(waiting), "badge_variant": "danger"} if waiting else item
