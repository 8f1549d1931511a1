"""Where a worker of a test dies, once: it includes this, and is told by its environment."""

import os
import signal
from pathlib import Path
from typing import Any

from apps.picks.actions import publish

TOLD_BY = "DIES_WHERE"  # names the file that says where; it is gone when the worker is
BEFORE_THE_COMMIT = "before the commit of a publication"

_settle = publish.settle


def settle(*told: Any, **named: Any) -> None:
    _settle(*told, **named)
    die_at(BEFORE_THE_COMMIT)


def die_at(here: str) -> None:
    told = Path(os.environ[TOLD_BY])
    if told.exists() and told.read_text() == here:
        told.unlink()
        os.kill(os.getpid(), signal.SIGKILL)


if TOLD_BY in os.environ:
    publish.settle = settle
