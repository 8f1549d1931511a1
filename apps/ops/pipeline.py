"""The twelve stages in pipeline order, as operators speak of them."""

from collections.abc import Mapping
from dataclasses import dataclass

from apps.governance.switches import GRADE, INGEST, PUBLISH, SIMULATE

_MINUTE, _HOUR = 60, 3_600


@dataclass(frozen=True, slots=True)
class Step:
    """One stage: what operators call it, what rings for it, what stops it, when it is late.

    ``busy_s`` and ``late_s`` are ages of the oldest unit that waits: up to the first it waits its
    turn, up to the second it is being worked off, beyond it somebody should look.
    """

    stage: str
    title: str
    job: str = ""
    switch: str = ""
    busy_s: int = 2 * _MINUTE
    late_s: int = 10 * _MINUTE
    built: bool = True


PIPELINE: tuple[Step, ...] = (
    Step("fetch", "Fetch", "snapshots.fetch", INGEST),
    Step("read", "Read", "snapshots.read", INGEST),
    Step("rate", "Rate", "simulations.rate", SIMULATE, 10 * _MINUTE, _HOUR),
    Step("simulate", "Simulate", "simulations.simulate", SIMULATE, 5 * _MINUTE, 30 * _MINUTE),
    Step("evaluate", "Evaluate", "simulations.evaluate", SIMULATE),
    Step("propose", "Propose", "picks.propose"),
    # A proposal may wait for its day's limit all day; what the job missed, its receipts say.
    Step("publish", "Publish", "picks.publish", PUBLISH, 5 * _MINUTE, 24 * _HOUR),
    Step("deliver", "Deliver", "picks.sweep_deliveries", PUBLISH),
    Step("watch", "Watch", "picks.watch", "", 5 * _MINUTE, 15 * _MINUTE),
    Step("close", "Close", "picks.close"),
    Step("grade", "Grade", "grading.grade", GRADE, 45 * _MINUTE, 2 * _HOUR),
    Step("roll_up", "Roll up", built=False),
)
STEPS: Mapping[str, Step] = {step.stage: step for step in PIPELINE}
