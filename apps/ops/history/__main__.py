"""The playing process: `python -m apps.ops.history --seed N --epoch ISO --days N --pace N`.

It has a sandbox to itself, whose clock it moves: the one that people look at shows the present.
"""

import argparse
import contextlib
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from datetime import datetime

import django

from apps.ops.embedded import PROJECT
from apps.ops.embedded.place import free_port
from apps.ops.history.span import PLAYED_DAYS, Span, fingerprint
from apps.ops.outside import PACE, Sandbox, harmless_environment

ANSWERS_WITHIN_S = 30.0
HASTE = 1_000  # calls a second: weeks pass in minutes


class WorldLost(Exception):
    """The sandbox of this player ended: what it would be told now is not of that past."""


def main() -> int:
    """Play, or go on playing; 0 once nothing of the past is left."""
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seed", type=int, required=True)
    arguments.add_argument("--epoch", type=datetime.fromisoformat, required=True)
    arguments.add_argument("--days", type=int, default=PLAYED_DAYS)
    # Its last boards list the first games after the epoch: they start when they will start.
    arguments.add_argument("--pace", type=float, default=PACE)
    asked = arguments.parse_args()
    world = Sandbox(
        seed=asked.seed,
        epoch=asked.epoch,
        key=secrets.token_hex(16),
        port=free_port(),
        pace=asked.pace,
    )
    with running(world) as process:
        os.environ.update(world.environment())
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beatvegas.settings.history")
        django.setup()

        # Only after the set-up may anything that touches a model be imported.
        from apps.ops.history.player import play

        def walk(at: datetime) -> None:
            if process.poll() is not None:
                raise WorldLost
            world.stand_at(at)

        span = Span.before(world.epoch, days=asked.days)
        instants = play(fingerprint(seed=world.seed, epoch=world.epoch), span, walk=walk)
    sys.stdout.write(f"Played {instants} instants up to {world.epoch:%Y-%m-%d %H:%M} UTC.\n")
    return 0


@contextlib.contextmanager
def running(world: Sandbox) -> Iterator[subprocess.Popen[bytes]]:
    """Have the world's server for the block."""
    process = subprocess.Popen(world.command(), cwd=PROJECT, env=harmless_environment())
    try:
        if not world.answers(within=ANSWERS_WITHIN_S):
            raise WorldLost
        yield process
    finally:
        process.kill()
        process.wait()


if __name__ == "__main__":
    sys.exit(main())
