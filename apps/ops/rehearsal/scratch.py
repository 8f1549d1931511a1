"""The database a rehearsal plays on: cloned, then dropped or kept."""

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime

from apps.core import ddl
from apps.ops.setup import Told, clone_template, template_name
from apps.rulebook.errors import RuleBroken

SCRATCH, KEPT = "scratch_", "kept_"
_NAME = re.compile(r"^[a-z][a-z0-9_]{0,29}$")


class KeptNameRefused(RuleBroken):
    code = "KEPT_NAME_REFUSED"


class KeptDatabaseOutdated(RuleBroken):
    code = "KEPT_DATABASE_OUTDATED"


class NothingKept(RuleBroken):
    code = "NOTHING_KEPT"


@dataclass(frozen=True, slots=True)
class Scratch:
    """A database to play on, and whether an earlier run already played there."""

    name: str
    resumed: bool


@contextmanager
def scratch_database(*, keep: str, at: datetime, tell: Told) -> Iterator[Scratch]:
    """Yield a database for one rehearsal.

    Without ``keep`` it is a fresh copy of the template, dropped at the end whatever happens.
    With a name it is made once and opened again by the next run.

    Raises:
        KeptNameRefused: the name is not a plain lower-case word.
        KeptDatabaseOutdated: it was made by another version of the code.
    """
    _sweep()
    if not keep:
        name = f"{SCRATCH}{os.getpid()}"
        ddl.drop_database(name)
        clone_template(name, at=at, tell=tell)
        try:
            yield Scratch(name, resumed=False)
        finally:
            ddl.drop_database(name)
        return
    if not _NAME.match(keep):
        raise KeptNameRefused(f"{keep!r} is no name: use a-z, 0-9 and _, at most 30.")
    yield _kept(f"{KEPT}{keep}", at=at, tell=tell)


def _kept(name: str, *, at: datetime, tell: Told) -> Scratch:
    wanted = template_name()
    if ddl.database_exists(name):
        made_from = ddl.comment_on_database(name)
        if made_from == wanted:
            return Scratch(name, resumed=True)
        if made_from:
            raise KeptDatabaseOutdated(
                f"{name} was made by another version of the code. Choose another name, or drop"
                f" it with: manage.py rehearse --drop {name.removeprefix(KEPT)}"
            )
        # A copy that was cut off before it was complete holds nothing yet.
        ddl.drop_database(name)
    clone_template(name, at=at, tell=tell)
    ddl.comment_database(name, wanted)
    return Scratch(name, resumed=False)


def kept_database(keep: str) -> str:
    """Return the database that a rehearsal kept under a name.

    Raises:
        NothingKept: there is none.
    """
    name = f"{KEPT}{keep}"
    if not ddl.database_exists(name):
        raise NothingKept(f"No rehearsal was kept under {keep!r}.")
    return name


def _sweep() -> None:
    """Drop the scratch databases of rehearsals that were killed."""
    for name in ddl.databases_like(SCRATCH):
        pid = name.removeprefix(SCRATCH)
        if pid.isdigit() and not _runs(int(pid)):
            ddl.drop_database(name)


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
