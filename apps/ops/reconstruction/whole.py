"""The whole of it: read the live database once, play on a scratch one, compare."""

import json
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from apps.catalog.models import League
from apps.core import ddl
from apps.core.days import DAY
from apps.ops.reconstruction import said, steps
from apps.ops.reconstruction.givens import givens_of
from apps.ops.reconstruction.known import Beginning
from apps.ops.reconstruction.people import acts_of
from apps.ops.reconstruction.report import compile_report
from apps.ops.reconstruction.scene import set_scene, tenants_of
from apps.ops.reconstruction.timetable import steps_of
from apps.ops.reconstruction.window import WARM_UP, NothingToReconstruct, Window, newest_instant
from apps.ops.rehearsal.child import run_walled
from apps.ops.rehearsal.scratch import Scratch, scratch_database
from apps.picks.actions.moving import WRITTEN
from apps.rulebook.errors import RuleBroken


class LeagueUnknown(RuleBroken):
    code = "LEAGUE_UNKNOWN"

    def __init__(self, code: str) -> None:
        super().__init__(f"There is no league {code!r}.")


class NotReplayed(Exception):
    """The replaying process did not reach its end."""


def reconstruct(
    *,
    days: int,
    warm_up: int = WARM_UP,
    league: str,
    last: datetime | None,
    at: datetime,
    tell: Callable[[str], None],
    hush: Callable[[], None],
) -> dict[str, Any]:
    """Make ``days`` again that end at ``last`` and return the report.

    All leagues are played, also where one is asked about: a tenant's limits count them all.
    Nothing is written to the live database, and the process that plays reaches nothing else.

    Raises:
        LeagueUnknown: there is no such league.
        window.WindowUnfit, window.NothingToReconstruct: there is nothing to make again.
        NotReplayed: the replaying process failed; it has said why.
    """
    if league and not League.objects.filter(code=league).exists():
        raise LeagueUnknown(league)
    with (
        TemporaryDirectory() as folder,
        scratch_database(keep="", at=at, tell=tell) as scratch,
    ):
        file, replayed = Path(folder, "steps"), Path(folder, "replayed")
        with ddl.owner_snapshot() as live:
            window = Window.ending(last or newest_instant(live, now=at), days=days, warm_up=warm_up)
            schemas = [schema for schema, *_ in tenants_of(live)]
            total, bounded = _prepare(live, scratch, schemas, window, file, at=at, tell=tell)
            tell("What was live")
            was = _facts(live, schemas, window, bounded=bounded)
        hush()
        code = run_walled(
            scratch, "apps.ops.reconstruction", str(file), str(total), str(replayed), told={}
        )
        if code:
            raise NotReplayed("The days were not made again to their end.")
        with ddl.owner_snapshot(scratch.name) as made:
            again = _facts(made, schemas, window, bounded=bounded)
        return compile_report(
            window,
            bounded=bounded,
            league=league,
            tenants=schemas,
            replayed=json.loads(replayed.read_text(encoding="utf-8")),
            live=was,
            again=again,
        )


def _prepare(
    live: Any,
    scratch: Scratch,
    schemas: list[str],
    window: Window,
    file: Path,
    *,
    at: datetime,
    tell: Callable[[str], None],
) -> tuple[int, bool]:
    """Write down what is to be done and fill the scratch database.

    Returns the number of steps, and whether answers from before the warm-up were left out.
    """
    tell("When the stages were called")
    placed = list(steps_of(live, schemas, last=window.last))
    before = [step for _place, step in placed if step.at < window.begins]
    placed = [(place, step) for place, step in placed if step.at >= window.begins]
    polls = [instant_of(step) for _place, step in placed if step.kind is steps.Kind.POLL]
    if not polls:
        raise NothingToReconstruct
    since = min(place[0] for place, _step in placed)
    earlier = [step.told["id"] for step in before if step.kind is steps.Kind.POLL]
    beginning = Beginning(window.begins, since, earlier) if earlier else None
    givens = givens_of(live, since=since, last=window.last)
    placed += givens.steps
    acts = acts_of(live, schemas, since=since, last=window.last)
    placed += [(place, step) for place, step in acts if place[0] >= since]
    ordered = steps.in_order(placed)
    steps.write(ordered, file)
    first = min(polls) if beginning is None else min(*polls, window.begins - DAY)
    set_scene(
        live,
        scratch.name,
        givens,
        first=first,
        last=max(polls),
        beginning=beginning,
        at=at,
        tell=tell,
    )
    return len(ordered), beginning is not None


def instant_of(poll: steps.Step) -> datetime:
    return datetime.fromisoformat(poll.told["captured_at"])


def _facts(
    cursor: Any, schemas: list[str], window: Window, *, bounded: bool
) -> tuple[said.Facts, said.Facts]:
    outcomes = said.outcomes_in(cursor, schemas, window, travelling=[*WRITTEN])
    # While it warms up receipts may differ; without anything before it they may not.
    since = window.first if bounded else None
    return outcomes, said.receipts_in(cursor, schemas, window, since=since)
