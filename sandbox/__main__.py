"""`python -m sandbox --port N --epoch ISO`: run the outside world until it is told to stop.

With `--state FILE` instead of an epoch, live begins at the first start, and the file keeps when
that was: the next start goes on in the same world.
"""

import argparse
import json
import os
import signal
import sys
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from time import time

from sandbox.protocol.account import CALLS_A_SECOND, CREDITS, Account
from sandbox.server import Sandbox, SandboxServer
from sandbox.world import World

DEFAULT_KEY = "sandbox"
DEFAULT_SEED = 7


def main(arguments: list[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    try:
        seed, epoch = begun(asked.state, asked.seed) if asked.state else (asked.seed, asked.epoch)
    except (OSError, ValueError, KeyError, TypeError) as trouble:
        return _fail(f"The sandbox cannot keep its beginning in {asked.state}: {trouble}.")
    world = World(seed=seed, epoch=epoch, pace=asked.pace)
    account = Account(asked.key, credits=asked.credits, calls_a_second=asked.calls_a_second)
    ended = Event()
    for request in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(request, lambda *_: ended.set())
    try:
        server = SandboxServer((asked.host, asked.port), Sandbox(world, account))
    except OSError as trouble:
        return _fail(f"The sandbox cannot listen on {asked.host}:{asked.port}: {trouble.strerror}.")
    with server:
        serving = Thread(target=server.serve_forever, daemon=True)
        serving.start()
        host, port = server.server_address[:2]
        sys.stdout.write(f"Sandbox: http://{host!s}:{port}/sandbox/\n")
        sys.stdout.flush()
        ended.wait()
        server.shutdown()
        serving.join()
    return 0


def begun(file: Path, seed: int) -> tuple[int, datetime]:
    """Return seed and epoch as the file has them; the first time, live begins now.

    Raises:
        OSError, ValueError, KeyError: the file cannot be written, or is none of ours.
    """
    if not file.exists():
        now = datetime.fromtimestamp(int(time()), UTC)
        fresh = file.with_name(f"{file.name}.new")
        fresh.write_text(json.dumps({"seed": seed, "epoch": now.isoformat()}) + "\n")
        os.replace(fresh, file)
    kept = json.loads(file.read_text())
    return int(kept["seed"]), _epoch(kept["epoch"])


def _fail(why: str) -> int:
    sys.stderr.write(f"{why}\n")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, required=True, help="0 takes any free one")
    begins = parser.add_mutually_exclusive_group(required=True)
    begins.add_argument("--epoch", type=_epoch, help="when live began: 2026-11-24T09:00:00Z")
    begins.add_argument("--state", type=Path, help="file that keeps when live began, and the seed")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="another one, another world")
    parser.add_argument("--pace", type=_pace, default=1.0, help="times faster that it lives")
    parser.add_argument("--key", default=DEFAULT_KEY, help="the only API key that is let in")
    parser.add_argument("--credits", type=int, default=CREDITS, help="credits a month")
    parser.add_argument("--calls-a-second", type=int, default=CALLS_A_SECOND)
    return parser


def _epoch(text: str) -> datetime:
    epoch = datetime.fromisoformat(text)
    if epoch.tzinfo is None:
        raise ValueError(f"an instant says its offset, and {text} does not")
    return epoch


def _pace(text: str) -> float:
    pace = float(text)
    if not 1.0 <= pace <= 60.0:
        raise argparse.ArgumentTypeError("from 1 to 60")
    return pace


if __name__ == "__main__":
    sys.exit(main())
