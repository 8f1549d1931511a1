"""One worker of a soak: what is due is fetched and read, until somebody kills it.

``python -m benchmarks.soak.worker ADDRESS KEY``: what time it is, the sandbox's clock says.
"""

import sys
import time
from datetime import datetime, timedelta

import django
import requests

_LOOKS_EVERY = timedelta(minutes=5)  # of the sandbox's time
_IDLE_S = 0.05


def main(address: str, key: str) -> None:
    django.setup()
    from django.conf import settings

    # It pulls; nobody has to be woken.
    settings.DOORBELLS = False
    settings.ODDS_API_URL, settings.ODDS_API_KEY = address, key

    from apps.core.actor import Actor
    from apps.snapshots import actions

    by = Actor.job("soak.worker")
    looked_at: datetime | None = None
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    with requests.Session() as line:
        while True:
            at = _clock(line, address)
            fetched = actions.fetch_due(by=by, at=at)
            read = actions.read_unread(by=by, at=at)
            if looked_at is None or at - looked_at >= _LOOKS_EVERY:
                actions.check_facts(by=by, at=at)
                looked_at = at
            if not fetched.polls and not read.polls:
                time.sleep(_IDLE_S)


def _clock(line: requests.Session, address: str) -> datetime:
    told = line.get(f"{address}/sandbox/clock", timeout=10).json()
    return datetime.fromisoformat(told["now"])


if __name__ == "__main__":
    main(*sys.argv[1:])
