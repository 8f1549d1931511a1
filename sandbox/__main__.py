"""`python -m sandbox --port N --epoch ISO`: run the outside world until it is told to stop.

It speaks The Odds API v4 at /v4/ and the Telegram Bot API at /bot<token>/, of leagues, books and
people that are made up. With `--state FILE` instead of an epoch, live begins at the first start,
and the file keeps when that was: the next start goes on in the same world.

/sandbox/ is a page for people; beside it, for tests and operators:
  GET /sandbox/clock, PUT {"at": "2026-11-20T18:00:00Z"} makes it stand, "speed": 60 lets it run
      from there sixty times faster than real time, {"at": null} in real time
  GET /sandbox/faults, PUT {"faults": [{"fault": "server", "status": 503, "times": 3}]}
  GET /sandbox/telegram, every message that was accepted; POST {"user": 2000000001,
      "text": "/start"}, {"user": ..., "blocks": true} or {"user": ..., "joins": chat}
  GET /sandbox/injuries, who will not play
  GET /sandbox/health
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

from sandbox.faults import FaultPlan, Unreadable
from sandbox.faults.plan import catalogue, read_line, read_plan
from sandbox.protocol.account import CALLS_A_SECOND, CREDITS, Account
from sandbox.server import Sandbox, SandboxServer
from sandbox.telegram.bot import MESSAGES_A_MINUTE, MESSAGES_A_SECOND, TOKEN, Bot
from sandbox.world import World
from sandbox.world.league import League
from sandbox.world.leagues import LEAGUES, chosen

DEFAULT_KEY = "sandbox"
DEFAULT_SEED = 7


def main(arguments: list[str] | None = None) -> int:
    asked = _parser().parse_args(arguments)
    try:
        seed, epoch = begun(asked.state, asked.seed) if asked.state else (asked.seed, asked.epoch)
    except (OSError, ValueError, KeyError, TypeError) as trouble:
        return _fail(f"The sandbox cannot keep its beginning in {asked.state}: {trouble}.")
    leagues = chosen((each.sport.title for each in asked.leagues), eventful=asked.eventful)
    worlds = [World(seed=seed, epoch=epoch, pace=asked.pace, league=each) for each in leagues]
    account = Account(
        asked.key,
        credits=asked.credits,
        calls_a_second=asked.calls_a_second,
        history=not asked.free_plan,
    )
    bot = Bot(
        asked.bot_token,
        a_second=asked.messages_a_second,
        a_minute=asked.messages_a_minute,
        # A restart forgets what was sent: no new message has the number of an old one.
        first_message=int(time()),
    )
    try:
        plan = read_plan(asked.faults.read_text()) if asked.faults else []
        faults = FaultPlan([*plan, *map(read_line, asked.fault)])
    except (OSError, Unreadable) as trouble:
        return _fail(f"The sandbox cannot read what is to go wrong: {trouble}")
    sandbox = Sandbox(worlds, account, bot=bot, faults=faults)
    ended = Event()
    for request in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(request, lambda *_: ended.set())
    try:
        server = SandboxServer((asked.host, asked.port), sandbox)
    except OSError as trouble:
        return _fail(f"The sandbox cannot listen on {asked.host}:{asked.port}: {trouble.strerror}.")
    with server:
        ends_soon = {"poll_interval": 0.05}
        serving = Thread(target=server.serve_forever, kwargs=ends_soon, daemon=True)
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
        epilog=_EPILOG,
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
    parser.add_argument(
        "--calls-a-second", type=int, default=CALLS_A_SECOND, help="above which it answers 429"
    )
    parser.add_argument("--free-plan", action="store_true", help="the key's plan has no history")
    parser.add_argument(
        "--leagues",
        type=_leagues,
        default=_leagues("SFL"),
        help=f"which are played: {','.join(LEAGUES)}, or all; first SFL alone",
    )
    parser.add_argument(
        "--eventful", action="store_true", help="the unusual happens in SFL too: another world"
    )
    parser.add_argument("--bot-token", default=TOKEN, help="the only one that Telegram knows")
    parser.add_argument(
        "--messages-a-second", type=int, default=MESSAGES_A_SECOND, help="of the bot, then 429"
    )
    parser.add_argument(
        "--messages-a-minute", type=int, default=MESSAGES_A_MINUTE, help="to one group, then 429"
    )
    parser.add_argument("--faults", type=Path, help="file that says what goes wrong, as JSON")
    parser.add_argument(
        "--fault", action="append", default=[], help='one more: "server status=502 times=3"'
    )
    return parser


_EPILOG = f"""
faults, the rows of the fault table that each plays, what it does, and its options:
{catalogue()}

Every fault also takes path (a pattern of the address, */scores), times (how often it strikes),
skip (calls that it lets pass first), every (only each so many-th), from and until (instants of
the sandbox's clock). In a file: {{"faults": [{{"fault": "number", "token": "NaN", "times": 1}}]}}.

first steps:
  python -m sandbox --port 8900 --epoch 2026-11-24T09:00:00Z --leagues SFL,SBA,SPL
  curl 'http://127.0.0.1:8900/v4/sports/basketball_sba/odds?apiKey=sandbox&regions=us'
  curl 'http://127.0.0.1:8900/bot{TOKEN}/sendMessage' \\
       -d chat_id=@sandbox_picks -d text=Hello
"""


def _leagues(text: str) -> list[League]:
    titles = list(LEAGUES) if text == "all" else [part.strip() for part in text.split(",")]
    unknown = [title for title in titles if title not in LEAGUES]
    if unknown:
        raise argparse.ArgumentTypeError(f"no league {', '.join(unknown)}: {', '.join(LEAGUES)}")
    return chosen(dict.fromkeys(titles))


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
