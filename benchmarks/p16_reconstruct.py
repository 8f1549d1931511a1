"""P16: seven days made again from stored bytes, twice.

A week of real odds is lived through first: recorded polls every ten minutes and quicker near
games, with the ratings that stand before it, picks, closes and grades. Then it is reconstructed as
the command does, the scratch database included. What is made again costs by the poll: the row
says how many this week had.
"""

import json
from time import perf_counter
from typing import Any

from benchmarks.database import scratch_database
from benchmarks.harness import CannotRun, Row, Target, at_least, shared_data

DAYS = 7
FIRST, LAST = "2025-10-14T12:00:00Z", "2025-10-21T12:00:00Z"
TIMES_REAL_TIME = 200
SECONDS = DAYS * 86_400


def run() -> list[Row]:
    scratch_database()
    week = _recording()
    _live_through(week)
    took, reports = [], []
    for _ in range(2):
        started = perf_counter()
        reports.append(_reconstruct())
        took.append(perf_counter() - started)
    slower = max(took)
    first = reports[0]
    alike = json.dumps(first) == json.dumps(reports[1])
    polls = first["replayed"]["read"]
    compared = {name: counts["live"] for name, counts in first["compared"].items()}
    if not all(compared.values()):
        raise CannotRun(f"the week has nothing to compare: {compared}")
    said = ", ".join(f"{n:,} {name}" for name, n in compared.items())
    return [
        Row(
            f"make a week of real polls again ({polls:,} polls: {said})",
            ours=slower,
            targets=(
                at_least(TIMES_REAL_TIME, SECONDS / slower, "real time"),
                Target("twice the same bytes", "the same" if alike else "others", alike),
                Target(
                    "equal to what was live",
                    f"{len(first['differences'])} differences",
                    first["equal"],
                ),
            ),
        ),
    ]


def _recording() -> Any:
    from apps.ops.rehearsal.recording import Recording

    games = shared_data("games")
    return Recording(
        changelogs=(str(games / "intraday_nfl_2025w07.csv"),),
        bodies=(),
        events=str(games / "intraday_events.csv"),
        histories=(str(games / "nfl_results_2024_to_2025w04.csv"),),
        results=(str(games / "nfl_2025_w05_w07_results.csv"),),
        tenant="acme",
        profile="raw",
        start=FIRST,
        end=LAST,
    )


def _live_through(week: Any) -> None:
    from django.test import override_settings

    from apps.ops.rehearsal.feeds import register_feeds
    from apps.ops.rehearsal.player import play
    from beatvegas.settings.rehearsal import recordings

    told = recordings(json.loads(week.to_json()))
    with override_settings(RECORDINGS=told, DOORBELLS=False):
        play(week, first=register_feeds(week).first, tell=lambda _at: None)


def _reconstruct() -> dict[str, Any]:
    from apps.core import clock
    from apps.ops.reconstruction.whole import reconstruct

    return reconstruct(
        days=DAYS,
        league="",
        last=None,
        at=clock.now(),
        tell=lambda _step: None,
        hush=lambda: None,
    )
