"""PostgreSQL and Valkey from Python wheels, started, re-used and stopped by the project.

For development, demonstrations and tests; production sets DATABASE_URL and REDIS_URL. Knows
nothing of Django, so that `manage.py` and the test plugin can call it before settings exist.

Two kinds live side by side, each with its data, ports and passwords in `<project>/.stack/<kind>`:
`dev` keeps what it is told through a crash, `test` is fast and forgetful. Any process may ask for
the servers; the first starts them, the others find them. `hold` stops them when the last holder
leaves, `ensure` leaves them running until `stop`.
"""

import contextlib
import os
from collections.abc import Iterator, MutableMapping
from dataclasses import dataclass
from pathlib import Path

from apps.ops.embedded.place import Place
from apps.ops.embedded.postgres import Postgres
from apps.ops.embedded.trouble import StackTrouble
from apps.ops.embedded.valkey import Valkey

__all__ = [
    "HOME",
    "PROJECT",
    "Addresses",
    "StackTrouble",
    "addresses",
    "ensure",
    "export_environment",
    "hold",
    "in_use",
    "live_in_memory",
    "revive",
    "status",
    "stop",
    "stop_if_unused",
]

PROJECT = Path(__file__).resolve().parents[3]
# Where `.stack` lies; elsewhere only where the project's own folder cannot be written to.
HOME = Path(os.environ.get("BEATVEGAS_HOME") or PROJECT).resolve()


@dataclass(frozen=True)
class Addresses:
    """Where the servers answer: the working log-in, the owner, and Valkey."""

    database_url: str
    owner_url: str
    redis_url: str


def addresses(kind: str = "dev", *, project: Path = HOME) -> Addresses:
    """The addresses that the servers have, or will have: chosen and remembered, not started."""
    place = Place(project, kind)
    with place.locked():
        for server in (Postgres(place), Valkey(place)):
            if server.process() is None:
                server.choose_port()
        return _addresses(place)


def ensure(kind: str = "dev", *, project: Path = HOME) -> Addresses:
    """Have both servers running, and leave them so.

    Raises: StackTrouble, with a sentence that says what to do.
    """
    place = Place(project, kind)
    with place.locked():
        for server in (Postgres(place), Valkey(place)):
            if not server.answers():
                server.start()
        return _addresses(place)


def live_in_memory(kind: str, *, project: Path = HOME) -> None:
    """Let servers whose data is thrown away begin anew in memory, where there is room for them.

    Nothing changes while somebody uses them, nor where they are in memory already.
    """
    place = Place(project, kind)
    if place.folder.is_symlink():
        return
    with place.if_unused() as unused:
        if unused:
            stop(kind, project=project)
            with place.locked():
                place.move_to_memory()


def revive(kind: str = "dev", *, project: Path = HOME) -> list[str]:
    """Start the servers that have died, and name them; quick while both live.

    Raises: StackTrouble, also where a server comes back elsewhere: who runs knows the old address.
    """
    place = Place(project, kind)
    servers = (Postgres(place), Valkey(place))
    if all(server.process() for server in servers):
        return []
    with place.locked():
        before = _addresses(place)
        revived = [server for server in servers if not server.answers()]
        for server in revived:
            server.start()
        if _addresses(place) != before:
            raise StackTrouble(
                "Another program took the port of a server that had died. Start again:"
                " the next `make up` uses another port."
            )
    return [server.name for server in revived]


@contextlib.contextmanager
def in_use(kind: str = "dev", *, project: Path = HOME) -> Iterator[None]:
    """Keep `stop_if_unused` of other processes from stopping the servers during the block."""
    with Place(project, kind).in_use():
        yield


@contextlib.contextmanager
def hold(kind: str = "dev", *, project: Path = HOME) -> Iterator[Addresses]:
    """Have both servers running during the block; the last holder to leave stops them."""
    place = Place(project, kind)
    try:
        with place.in_use():
            yield ensure(kind, project=project)
    finally:
        stop_if_unused(kind, project=project)


def stop(kind: str = "dev", *, project: Path = HOME) -> None:
    """Stop both servers, whoever uses them. Stopping what does not run is no error."""
    place = Place(project, kind)
    if not place.folder.exists():
        return
    with place.locked():
        for server in (Valkey(place), Postgres(place)):
            server.stop()


def stop_if_unused(kind: str = "dev", *, project: Path = HOME) -> bool:
    """Stop both servers unless somebody holds them; tells whether it did."""
    place = Place(project, kind)
    with place.if_unused() as unused:
        if unused:
            stop(kind, project=project)
        return unused


def status(kind: str = "dev", *, project: Path = HOME) -> dict[str, int | None]:
    """The pid of each server, None where it does not run."""
    place = Place(project, kind)
    found = {server.name: server.process() for server in (Postgres(place), Valkey(place))}
    return {name: process.pid if process else None for name, process in found.items()}


def export_environment(
    kind: str = "dev",
    *,
    project: Path = HOME,
    environment: MutableMapping[str, str] = os.environ,
) -> None:
    """Tell the settings where the servers are. What is set already was set on purpose."""
    where = addresses(kind, project=project)
    if not environment.get("DATABASE_URL"):
        environment["DATABASE_URL"] = where.database_url
        environment["DATABASE_OWNER_URL"] = where.owner_url
    if not environment.get("REDIS_URL"):
        environment["REDIS_URL"] = where.redis_url


def _addresses(place: Place) -> Addresses:
    state = place.read()
    postgres = Postgres(place)
    return Addresses(
        database_url=postgres.login_url(state),
        owner_url=postgres.owner_url(state),
        redis_url=Valkey(place).url(state),
    )
