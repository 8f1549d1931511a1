"""What is being rolled out, for whom it is on, and who said so.

Asked at the door, before a tenant is entered: a tenant's role may not read who else has what. Never
asked on the way to a publication, where a cache could answer what is no longer so; the switches
are (docs/adr/README.md). The only writer of ``rollout``.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from django.db import transaction
from waffle import get_waffle_flag_model

from apps.core.actor import Actor
from apps.core.tenancy import PUBLIC, current_schema
from apps.governance import audit
from apps.governance.models import Rollout, Strength
from apps.rulebook.errors import RuleBroken

SLATE_MESSAGE: Final = "slate_message"
BOARD_PARLAYS: Final = "board_parlays"
CANDIDATE_MODEL: Final = "candidate_model"


@dataclass(frozen=True, slots=True)
class Planned:
    """What a roll-out is about, and the day by which it is kept for everybody or dropped."""

    what: str
    expires_on: date


ROLLOUTS: Final[Mapping[str, Planned]] = {
    SLATE_MESSAGE: Planned(
        "One message for a day's slate, edited as picks come and go.", date(2027, 5, 31)
    ),
    BOARD_PARLAYS: Planned("Parlays on the tenant's board.", date(2027, 5, 31)),
    CANDIDATE_MODEL: Planned(
        "A second model beside the first: it runs and is valued, and nothing of it is published.",
        date(2027, 8, 31),
    ),
}


class RolloutUnknown(RuleBroken):
    code = "ROLLOUT_UNKNOWN"

    def __init__(self, name: str) -> None:
        super().__init__(f"Nothing named {name!r} is being rolled out.")


class RolloutOver(RuleBroken):
    code = "ROLLOUT_OVER"

    def __init__(self, rollout: Rollout) -> None:
        super().__init__(
            f"{rollout.name} ended on {rollout.expires_on}: what it decided is decided."
        )


class RolloutUnchanged(RuleBroken):
    code = "ROLLOUT_UNCHANGED"

    def __init__(self, rollout: Rollout, schema: str, on: bool) -> None:
        super().__init__(f"{rollout.name} is {'on' if on else 'off'} for {schema} already.")


def on_for(schema: str, *, at: datetime) -> frozenset[str]:
    """Name what is on for a tenant, from the shared cache: one look for all roll-outs."""
    return frozenset(
        rollout.name for rollout in _all() if rollout.is_active_for_tenant(schema, on=at.date())
    )


def tenants_with(name: str, *, at: datetime) -> Collection[str]:
    """The tenants for whom one roll-out is on."""
    if name not in ROLLOUTS:
        raise RolloutUnknown(name)
    return next(
        (
            frozenset(rollout.tenants)
            for rollout in _all()
            if rollout.name == name and at.date() < rollout.expires_on
        ),
        frozenset(),
    )


def _all() -> list[Rollout]:
    if current_schema() != PUBLIC:
        raise RuntimeError("Roll-outs are asked at the door, before a tenant is entered.")
    found = get_waffle_flag_model().get_all()
    return [row for row in found if isinstance(row, Rollout) and row.name in ROLLOUTS]


@transaction.atomic
def install_rollouts(*, by: Actor, at: datetime) -> list[str]:
    """Have a row for everything that is planned, off for everybody; return those made now.

    The day on which one ends is the code's: a later plan is put right at every start.
    """
    made = []
    for name, planned in ROLLOUTS.items():
        row = Rollout.objects.select_for_update().filter(name=name).first()
        if row is None:
            row = Rollout(name=name, note=planned.what, expires_on=planned.expires_on)
            row.superusers = False
            row.save()
            audit.record("rollout.planned", row, by=by, at=at)
            made.append(name)
        elif row.expires_on != planned.expires_on:
            with audit.recording("rollout.planned", row, by=by, at=at):
                row.expires_on = planned.expires_on
                row.save(update_fields=["expires_on", "modified"])
    return made


@transaction.atomic
def turn(name: str, *, tenant: str, on: bool, by: Actor, at: datetime, reason: str) -> Rollout:
    """Turn a roll-out on or off for one tenant.

    Raises:
        RolloutUnknown: nothing of that name is being rolled out.
        RolloutOver: its day has come.
        RolloutUnchanged: it stands so already.
    """
    row = Rollout.objects.select_for_update().filter(name=name).first()
    if row is None or name not in ROLLOUTS:
        raise RolloutUnknown(name)
    if on and at.date() >= row.expires_on:
        raise RolloutOver(row)
    if (tenant in row.tenants) == on:
        raise RolloutUnchanged(row, tenant, on)
    with audit.recording(
        "rollout.turned", row, by=by, at=at, reason=reason, strength=Strength.SYNC
    ):
        kept = [schema for schema in row.tenants if schema != tenant]
        row.tenants = sorted([*kept, tenant] if on else kept)
        row.save(update_fields=["tenants", "modified"])
    return row
