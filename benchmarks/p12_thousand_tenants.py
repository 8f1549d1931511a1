"""P12: a job for a thousand tenants, and their hundred thousand picks swept in its rhythm.

The limit of a job is the bare walk: switch to a tenant, its one statement in a transaction, commit,
a thousand times; once where the statement finds nothing to do, as in most turns, and once where it
writes a row, so that every commit waits for the disk. Ours switches with the BEGIN, in one round
trip, and adds the turn that is claimed and answered for each tenant, so that nobody does it twice
and what failed is known. The sweep is the stage as two workers do it on two cores, message by
message, while one market in twenty has moved; its promise is the rhythm of the job, two minutes.
"""

import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import datetime
from functools import partial
from itertools import count
from multiprocessing import get_context
from statistics import median
from threading import Thread
from time import perf_counter
from typing import Any

from benchmarks import live
from benchmarks.database import scratch_database
from benchmarks.harness import Row, Target, at_most, interleaved
from benchmarks.tenants import A_MESSAGE, provisioned

TENANTS = 1_000
GAMES = 34  # with three markets each: a hundred picks of every tenant
EVERY = 20
WORKERS = 2
RHYTHM_S = 120
MOST_MESSAGES = 10
SWEEPS = 3


def run() -> list[Row]:
    scratch_database()

    from django.db import connection, transaction

    from apps.core.actor import Actor
    from apps.core.db import execute
    from apps.core.tenancy import entered
    from apps.governance import jobs

    schemas = provisioned(TENANTS, by="benchmarks.p12")
    picks = live.multiply(GAMES, schemas)
    by, at, turns = Actor.system("benchmarks.p12"), live.WATCHED_AT, count()

    def look(**_: Any) -> None:
        execute("UPDATE line_tracking SET best_age_s = 0 WHERE false")

    def write(**_: Any) -> None:
        execute(
            "UPDATE line_tracking SET best_age_s = 0"
            " WHERE pick_id = (SELECT pick_id FROM line_tracking LIMIT 1)"
        )

    def ours(statement: Any) -> None:
        slot = f"turn {next(turns)}"
        for some in _messages(schemas):
            jobs.for_each_tenant("benchmarks.job", slot, some, statement, by=by, at=at)

    def limit(statement: Any) -> None:
        for schema in schemas:
            with entered(schema):
                with connection.cursor():  # which switches
                    pass
                with transaction.atomic():
                    statement()

    samples = interleaved(
        {
            f"{walk.__name__}, {statement.__name__}": partial(walk, statement)
            for statement in (look, write)
            for walk in (ours, limit)
        },
        rounds=7,
        least_seconds=0,
    )
    messages = jobs.fan_out("benchmarks.nothing_tenants", slot="a turn")
    twice = _both_at_once(schemas, look, by, at)
    seconds = [_sweep(schemas, round_) for round_ in range(SWEEPS)]
    connection.close()
    swept = median(seconds)
    return [
        Row(
            f"a job for {len(schemas):,} tenants that finds nothing to do",
            ours=samples.median("ours, look"),
            limit=samples.median("limit, look"),
            targets=(
                at_most(1.5, samples.ratio("ours, look", "limit, look"), "the bare sum"),
                Target(
                    f"<= {MOST_MESSAGES} messages", f"{messages}", 0 < messages <= MOST_MESSAGES
                ),
                Target("no tenant twice in a turn", f"{twice} twice", twice == 0),
            ),
        ),
        Row(
            f"a job that writes a row in each of {len(schemas):,} tenants",
            ours=samples.median("ours, write"),
            limit=samples.median("limit, write"),
            targets=(at_most(1.5, samples.ratio("ours, write", "limit, write"), "the bare sum"),),
        ),
        Row(
            f"sweep {len(schemas):,} tenants of {picks} published picks, {WORKERS} workers",
            ours=swept,
            targets=(Target(f"<= {RHYTHM_S} s, its rhythm", f"{swept:.0f} s", swept <= RHYTHM_S),),
        ),
    ]


def _messages(schemas: Sequence[str]) -> list[Sequence[str]]:
    """A hundred tenants to a message, as the stage rings."""
    return [schemas[start : start + A_MESSAGE] for start in range(0, len(schemas), A_MESSAGE)]


def _both_at_once(schemas: Sequence[str], work: Any, by: Any, at: datetime) -> int:
    """Let two workers answer one turn at the same time; return how many tenants had it twice."""
    from django.db import connection

    from apps.governance import jobs

    done: list[str] = []

    def answer() -> None:
        try:
            walk = jobs.for_each_tenant("benchmarks.twice", "a turn", schemas, work, by=by, at=at)
            done.extend(walk.done)
        finally:
            connection.close()

    workers = [Thread(target=answer) for _ in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    if set(done) != set(schemas):
        raise RuntimeError(f"{len(set(schemas) - set(done))} tenants had no turn at all.")
    return len(done) - len(set(done))


def _sweep(schemas: Sequence[str], round_: int) -> float:
    """Move the market, and let the workers sweep everybody; return the seconds."""
    from django.db import connection

    live.move(EVERY, 1)
    moved = len([n for n in range(1, GAMES + 1) if n % EVERY == 1]) * live.OF_A_GAME
    connection.close()  # nobody's, once there are several
    messages = [(f"sweep {round_}", some) for some in _messages(schemas)]
    # As Celery makes its children: with Django set up, on this database.
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("fork")) as workers:
        list(workers.map(_hello, range(WORKERS)))
        start = perf_counter()
        changed = sum(workers.map(_message, messages))
        seconds = perf_counter() - start
    if changed != moved * len(schemas):
        raise RuntimeError(f"{changed} picks changed; {moved} of each tenant had moved.")
    return seconds


def _hello(_: int) -> int:
    """Connect, as a worker has long before its message comes."""
    from django.db import connection

    connection.close()
    connection.ensure_connection()
    return os.getpid()


def _message(message: tuple[str, Sequence[str]]) -> int:
    """Do what ``picks.watch_tenants`` does; return how many picks changed."""
    from apps.core.actor import Actor
    from apps.governance import jobs
    from apps.picks import actions

    slot, schemas = message
    changed = 0

    def watch(**said: Any) -> Any:
        nonlocal changed
        done = actions.watch_live(**said)
        changed += done.changed
        return done

    by = Actor.job("picks.watch")
    walk = jobs.for_each_tenant("picks.watch", slot, schemas, watch, by=by, at=live.WATCHED_AT)
    if walk.failed or walk.skipped:
        raise RuntimeError(f"{walk.failed or walk.skipped}")
    return changed
