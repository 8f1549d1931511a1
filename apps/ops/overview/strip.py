"""The pipeline strip: twelve stages, what waits, since when, and what was done in a day."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.safestring import SafeString

from apps.core import charts, formats
from apps.core.stages import HOURS
from apps.governance.models import FeatureFlag, JobRun
from apps.governance.switches import GLOBAL
from apps.ops.models import StageStanding, TenantStanding
from apps.ops.overview import links
from apps.ops.pipeline import PIPELINE, Step

# Counts older than this say nothing about now: the job that takes stock does not run.
OLD_AFTER = timedelta(minutes=5)

# Where the rows of a stage are listed; a tenant's stages lead to what each tenant has waiting.
_ROWS = {
    "fetch": "snapshots_providerpoll",
    "read": "snapshots_payloadreading",
    "rate": "simulations_ratingday",
    "simulate": "simulations_simulationrun",
    "evaluate": "simulations_evaluationbatch",
}


@dataclass(frozen=True, slots=True)
class Cell:
    """One stage as the strip shows it, over all tenants."""

    title: str
    href: str
    state: str
    word: str
    waiting: int | None
    oldest_s: float | None
    done_24h: int | None
    bars: SafeString
    trouble: str  # a sentence; empty: there is none

    @property
    def tone(self) -> str:
        return {"LATE": "warn", "STOPPED": "crit"}.get(self.state, "")


@dataclass(frozen=True, slots=True)
class Strip:
    cells: list[Cell]
    taken_at: datetime | None
    age_s: float | None
    not_built: list[str]

    @property
    def is_old(self) -> bool:
        return self.age_s is not None and self.age_s > OLD_AFTER.total_seconds()

    @property
    def troubles(self) -> list[str]:
        return [cell.trouble for cell in self.cells if cell.trouble]


def strip(schemas: Iterable[str], *, may_see: Callable[[str], bool], at: datetime) -> Strip:
    """Read how far the stages had got, for these tenants, when stock was taken last."""
    rows = list(StageStanding.objects.of(schemas))
    stopped = {
        flag.name: flag
        for flag in FeatureFlag.objects.at_scopes([GLOBAL]).closed()
        if flag.name in {step.switch for step in PIPELINE if step.switch}
    }
    cells = [
        _cell(
            step,
            [row for row in rows if row.stage == step.stage],
            stopped.get(step.switch),
            _rows_of(step, may_see),
        )
        for step in PIPELINE
    ]
    taken = min((row.taken_at for row in rows), default=None)
    return Strip(
        cells=cells,
        taken_at=taken,
        age_s=None if taken is None else (at - taken).total_seconds(),
        not_built=[step.title for step in PIPELINE if not step.built],
    )


def _rows_of(step: Step, may_see: Callable[[str], bool]) -> str:
    """Where the rows of a stage are, or else what each tenant has waiting there."""
    table = _ROWS.get(step.stage, "")
    if table and may_see(table):
        return links.listed(table)
    return links.listed("ops_stagestanding", stage=step.stage)


def _cell(
    step: Step, rows: Sequence[StageStanding], stopped: FeatureFlag | None, href: str
) -> Cell:
    if not step.built or not rows:
        return Cell(
            title=step.title,
            href="",
            state="NOT_DUE" if step.built else "NOT_BUILT",
            word="Unknown" if step.built else "",
            waiting=None,
            oldest_s=None,
            done_24h=None,
            bars=SafeString(""),
            trouble="",
        )
    waiting = sum(row.waiting for row in rows)
    ages = [row.taken_at - row.oldest_waiting_at for row in rows if row.oldest_waiting_at]
    oldest_s = max(ages).total_seconds() if ages else None
    hours = [sum(row.by_hour[hour] for row in rows) for hour in range(HOURS)]
    done = sum(row.done_24h for row in rows)
    due = sum(row.due for row in rows)
    state = state_of(step, waiting, oldest_s, due=due, is_stopped=stopped is not None)
    return Cell(
        title=step.title,
        href=href,
        state=state,
        word="",
        waiting=waiting,
        oldest_s=oldest_s,
        done_24h=done,
        bars=charts.HourBars(
            hours,
            label=f"{step.title}: {formats.count(done)} done in 24 hours,"
            f" {formats.count(hours[-1])} of them in the last.",
        )(0),
        trouble=_trouble(step, state, waiting, oldest_s, stopped),
    )


def state_of(
    step: Step, waiting: int, oldest_s: float | None, *, due: int, is_stopped: bool
) -> str:
    """Say how a stage stands, by the age of what waits longest."""
    if is_stopped:
        return "STOPPED"
    if not waiting:
        return "OK" if due else "NOT_DUE"
    if oldest_s is None or oldest_s <= step.busy_s:
        return "OK"
    return "BUSY" if oldest_s <= step.late_s else "LATE"


def _trouble(
    step: Step, state: str, waiting: int, oldest_s: float | None, stopped: FeatureFlag | None
) -> str:
    if stopped is not None:
        return (
            f"{step.title}: stopped everywhere since {formats.instant(stopped.at)}. What is due"
            f" ({formats.count(waiting)}) waits until it is turned on again."
        )
    if state != "LATE":
        return ""
    ran = (
        JobRun.across_tenants.filter(job=step.job)
        .order_by("-slot")
        .values_list("started_at", flat=True)
        .first()
    )
    waits_for = _reasons() if step.stage == "grade" else ""
    return (
        f"{step.title}: {formats.count(waiting)} due, the oldest for {formats.age(oldest_s)}"
        f" ({formats.limit_of(step.late_s)}).{waits_for}"
        f" Its job ran {f'last at {formats.instant(ran)}' if ran else 'never'}."
    )


def _reasons() -> str:
    """What the picks without a grade wait for, over all tenants."""
    found: dict[str, int] = {}
    for ungraded in TenantStanding.objects.values_list("ungraded", flat=True):
        for reason, n in ungraded.items():
            found[reason] = found.get(reason, 0) + n
    said = ", ".join(f"{formats.words(reason).lower()} {n}" for reason, n in sorted(found.items()))
    return f" They wait for: {said}." if said else ""
