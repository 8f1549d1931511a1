"""Who may see and do what in the console: one table, installed as groups of permissions.

The only writer of groups. A person has one role (``tenants.actions.give_role``) and is in its
group; what the group may is this table and nothing else, however somebody has edited it. What is
listed is what the pages ask for: whoever adds a page adds its line, and a test asks for it.
"""

from collections.abc import Mapping
from datetime import datetime
from enum import StrEnum

from django.contrib.auth.models import Group, Permission
from django.db import transaction

from apps.core.actor import Actor
from apps.governance import audit
from apps.governance.models import Strength
from apps.rulebook.errors import RuleBroken


class Role(StrEnum):
    ADMIN = "ADMIN"  # the platform's: tenants, people, keys, and everything that OPS may
    OPS = "OPS"  # the platform's: keeps the pipeline running and publishing right
    FINANCE = "FINANCE"  # the platform's: looks at what was done and what it was worth
    TENANT_STAFF = "TENANT_STAFF"  # a tenant's own: its picks, its configuration, on its own host


PLATFORM_ROLES = (Role.ADMIN, Role.OPS, Role.FINANCE)

Deeds = frozenset[str]


class RoleUninstallable(RuleBroken):
    code = "ROLE_UNINSTALLABLE"

    def __init__(self, names: list[str]) -> None:
        super().__init__(f"No page has these permissions: {', '.join(names)}.")


def _may(
    *, admin: str = "", ops: str = "", finance: str = "", staff: str = ""
) -> Mapping[Role, Deeds]:
    said = {Role.ADMIN: admin, Role.OPS: ops, Role.FINANCE: finance, Role.TENANT_STAFF: staff}
    return {role: frozenset(deeds.split()) for role, deeds in said.items()}


_ALL_LOOK = _may(admin="view", ops="view", finance="view", staff="view")
_PLATFORM_LOOKS = _may(admin="view", ops="view", finance="view")
_OPERATORS_LOOK = _may(admin="view", ops="view")
_OPERATORS_EDIT = _may(admin="view add change", ops="view add change")

# Page -> what each role may do there: look (view) and press the buttons, by their names.
PAGES: Mapping[str, Mapping[Role, Deeds]] = {
    # Facts
    "catalog.league": _may(
        admin="view add change", ops="view add change", finance="view", staff="view"
    ),
    "catalog.team": _may(
        admin="view add change", ops="view add change", finance="view", staff="view"
    ),
    "catalog.teamalias": _OPERATORS_EDIT,
    "catalog.book": _may(
        admin="view add change", ops="view add change", finance="view", staff="view"
    ),
    "catalog.event": _may(
        admin="view call_off merge", ops="view call_off merge", finance="view", staff="view"
    ),
    "catalog.eventsource": _OPERATORS_LOOK,
    "catalog.selection": _ALL_LOOK,
    "catalog.settlementruleset": _may(
        admin="view add", ops="view add", finance="view", staff="view"
    ),
    "catalog.reviewitem": _may(admin="view decide", ops="view decide"),
    "snapshots.provideraccount": _may(admin="view change", ops="view change", finance="view"),
    "snapshots.feed": _may(admin="view add change", ops="view add change", finance="view"),
    "snapshots.providerpoll": _PLATFORM_LOOKS,
    "snapshots.rawpayload": _OPERATORS_LOOK,
    "snapshots.payloadreading": _OPERATORS_LOOK,
    "snapshots.quarantinedrow": _OPERATORS_LOOK,
    "snapshots.latestquote": _ALL_LOOK,
    "snapshots.consensus": _ALL_LOOK,
    "snapshots.resultsnapshot": _may(
        admin="view add", ops="view add", finance="view", staff="view"
    ),
    "snapshots.injuryreport": _may(admin="view add", ops="view add", finance="view", staff="view"),
    "simulations.modelversion": _ALL_LOOK,
    "simulations.modelreport": _ALL_LOOK,
    "simulations.ratingday": _OPERATORS_LOOK,
    "simulations.ratedgame": _OPERATORS_LOOK,
    "simulations.teamrating": _ALL_LOOK,
    "simulations.simulationrun": _ALL_LOOK,
    "simulations.evaluationbatch": _ALL_LOOK,
    # Opinions
    "picks.pick": _may(
        admin="view publish withdraw",
        ops="view publish withdraw",
        finance="view",
        staff="view publish withdraw",
    ),
    "picks.pickchange": _ALL_LOOK,
    "picks.proposalround": _ALL_LOOK,
    "picks.linetracking": _ALL_LOOK,
    "picks.delivery": _may(
        admin="view resolve", ops="view resolve", finance="view", staff="view resolve"
    ),
    "picks.slatemessage": _ALL_LOOK,
    "picks.parlay": _may(
        admin="view generate", ops="view generate", finance="view", staff="view generate"
    ),
    "grading.parlaygrade": _ALL_LOOK,
    "grading.grade": _may(admin="view override", ops="view override", finance="view", staff="view"),
    # Proof
    "governance.featureflag": _may(admin="view turn break", ops="view turn", finance="view"),
    "governance.rollout": _may(admin="view turn", ops="view"),
    "governance.opsalert": _may(admin="view handle", ops="view handle", finance="view handle"),
    "governance.approval": _may(admin="view decide", ops="view decide", finance="view"),
    "governance.configversion": _may(
        admin="view add", ops="view add", finance="view", staff="view add"
    ),
    "governance.jobrun": _PLATFORM_LOOKS,
    "governance.auditline": _PLATFORM_LOOKS,
    "ops.stagestanding": _PLATFORM_LOOKS,
    "ops.tenantstanding": _PLATFORM_LOOKS,
    # Platform
    "tenants.tenant": _may(admin="view add change suspend", ops="view suspend", finance="view"),
    "tenants.domain": _may(admin="view add delete", ops="view", finance="view"),
    "tenants.user": _may(admin="view add change", ops="view", finance="view", staff="view"),
    "tenants.bot": _may(admin="view add change", ops="view", finance="view"),
    "tenants.channel": _may(admin="view add change", ops="view add change", finance="view"),
    "tenants.apikey": _may(admin="view add change", ops="view change", finance="view"),
    "tenants.tenantmigrationstate": _OPERATORS_LOOK,
    "tenants.schemaartefact": _OPERATORS_LOOK,
    "django_celery_beat.periodictask": _OPERATORS_LOOK,
}


def permissions_of(role: Role) -> set[str]:
    """Name everything a role may, as the pages ask for it: ``picks.publish_pick``."""
    found = set()
    for page, roles in PAGES.items():
        app, model = page.split(".")
        found |= {f"{app}.{deed}_{model}" for deed in roles[role]}
    return found


@transaction.atomic
def install_roles(*, by: Actor, at: datetime) -> list[Role]:
    """Make the groups what the table says; return the roles whose group was another one.

    Done at every start: what somebody added to a group or took from it is put right, and told.

    Raises:
        RoleUninstallable: the table names a permission that no page has.
    """
    known = {
        f"{app}.{codename}": key
        for key, app, codename in Permission.objects.values_list(
            "pk", "content_type__app_label", "codename"
        )
    }
    changed = []
    for role in Role:
        wanted = permissions_of(role)
        if strangers := sorted(wanted - known.keys()):
            raise RoleUninstallable(strangers)
        group, _ = Group.objects.select_for_update().get_or_create(name=role.value)
        before = {
            f"{app}.{codename}"
            for app, codename in group.permissions.values_list(
                "content_type__app_label", "codename"
            )
        }
        if before == wanted:
            continue
        group.permissions.set([known[name] for name in wanted])
        audit.record_set(
            [
                audit.Row(
                    action="role.installed",
                    object_type=Role.__name__,
                    object_id=role.value,
                    before={"permissions": sorted(before)},
                    after={"permissions": sorted(wanted)},
                    reason="The table of roles is what a group may.",
                )
            ],
            by=by,
            at=at,
            strength=Strength.SYNC,
        )
        changed.append(role)
    return changed
