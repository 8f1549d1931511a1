"""P15: how fast publishing stops while twelve publishers are at it without a pause.

The limit is the bare change of the row, committed while nobody else is there. Ours is the whole
kill against saturated publishers: lock, change, history, audit, commit. There is no peer to run
beside it: flag services are polled every 15 to 60 s, and a cached flag stayed on for 300 s.
"""

from statistics import median, quantiles
from time import perf_counter
from typing import Any

from benchmarks.database import scratch_database
from benchmarks.harness import Row, Target

COMMIT_MS = 50
BARE_COMMITS = 50
# Between its question and its row: short, so that the publishers fill both cores; and as long as
# a real publication takes.
SATURATED_S, USUAL_S = 0.004, 0.03


def run() -> list[Row]:
    scratch_database()

    from apps.governance.tests import racing

    racing.open_everything()
    limit = median(_bare_commit() for _ in range(BARE_COMMITS))
    return [
        _row(
            "200 kills, 12 publishers that fill the machine",
            racing.race(racing.right_gate, in_flight_s=SATURATED_S),
            limit,
        ),
        _row(
            "200 kills, 12 publishers of 15 ms each",
            racing.race(racing.right_gate, in_flight_s=USUAL_S),
            limit,
        ),
    ]


def _row(label: str, race: Any, limit: float) -> Row:
    commits = [stopped.stopped_ms for stopped in race.stops]
    drains = [
        float("inf") if stopped.drained_ms is None else stopped.drained_ms - stopped.stopped_ms
        for stopped in race.stops
    ]
    p99 = quantiles(commits, n=100)[98]
    return Row(
        label,
        ours=median(commits) / 1000,
        limit=limit,
        targets=(
            Target(f"commit p99 <= {COMMIT_MS} ms", f"{p99:.1f} ms", p99 <= COMMIT_MS),
            Target("none late", f"{race.late} of {race.publications:,}", race.late == 0),
            Target(
                f"drained in <= {race.longest_ms:.0f} ms, the longest in flight",
                f"{max(drains):.0f} ms",
                max(drains) <= race.longest_ms,
            ),
        ),
    )


def _bare_commit() -> float:
    from django.db import transaction

    from apps.core.db import execute

    began = perf_counter()
    with transaction.atomic():
        execute("UPDATE feature_flag SET version = version + 1 WHERE scope = 'league:RACE'")
    return perf_counter() - began
