"""`python -m sandbox --port N --epoch ISO`: run the outside world until it is told to stop."""

import argparse
import signal
import sys
from datetime import datetime
from threading import Event, Thread

from sandbox.protocol.account import CALLS_A_SECOND, CREDITS, Account
from sandbox.server import Sandbox, SandboxServer
from sandbox.world import World

DEFAULT_KEY = "sandbox"
DEFAULT_SEED = 7


def main(arguments: list[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    world = World(seed=asked.seed, epoch=asked.epoch, pace=asked.pace)
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


def _fail(why: str) -> int:
    sys.stderr.write(f"{why}\n")
    return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on")
    parser.add_argument("--port", type=int, required=True, help="0 takes any free one")
    parser.add_argument(
        "--epoch", type=_epoch, required=True, help="when live began, e.g. 2026-11-24T09:00:00Z"
    )
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED, help="another one, another world")
    parser.add_argument("--pace", type=_pace, default=1.0, help="times faster that it lives")
    parser.add_argument("--key", default=DEFAULT_KEY, help="the only API key that is let in")
    parser.add_argument("--credits", type=int, default=CREDITS, help="credits a month")
    parser.add_argument("--calls-a-second", type=int, default=CALLS_A_SECOND)
    return parser


def _epoch(text: str) -> datetime:
    epoch = datetime.fromisoformat(text)
    if epoch.tzinfo is None:
        raise argparse.ArgumentTypeError("an instant says its offset: 2026-11-24T09:00:00Z")
    return epoch


def _pace(text: str) -> float:
    pace = float(text)
    if not 1.0 <= pace <= 60.0:
        raise argparse.ArgumentTypeError("from 1 to 60")
    return pace


if __name__ == "__main__":
    sys.exit(main())
