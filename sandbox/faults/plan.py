"""Which fault strikes which call: a list, read from a file, the command line or a request.

The first fault whose turn it is strikes; a call is struck by one at most. What struck is counted,
so that a test knows that its fault really happened.
"""

import json
import shlex
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from threading import Lock
from typing import Any, Final

from sandbox.faults.kinds import BY_NAME, Kind
from sandbox.faults.reply import Reply
from sandbox.protocol.refusals import Refusal

# What every fault may say, beside the options of its kind.
COMMON: Final = ("fault", "path", "times", "skip", "every", "from", "until")
_PATHS: Final = {False: "/v4/*", True: "/bot*"}
_WHOLE: Final = ("times", "skip", "every", "event", "side", "status", "megabytes", "depth", "count")
_MOST_KEPT: Final = 256  # answers that may be told again


class Unreadable(ValueError):
    """A fault plan that says what nobody understands."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One line of a plan. ``times`` None: every call from its turn on."""

    kind: Kind
    path: str
    times: int | None = None
    skip: int = 0
    every: int = 1
    since: int | None = None
    until: int | None = None
    options: Mapping[str, Any] = field(default_factory=dict)
    said: Mapping[str, Any] = field(default_factory=dict)

    def is_meant(self, path: str, at: int) -> bool:
        return (
            fnmatchcase(path, self.path)
            and (self.since is None or at >= self.since)
            and (self.until is None or at < self.until)
        )

    def strike(self, answer: Reply) -> Reply:
        return self.kind.strike(answer, self.options)


def read_fault(said: Mapping[str, Any]) -> Fault:
    """Read one fault.

    Raises:
        Unreadable: no such fault, or an option that it does not have.
    """
    kind = BY_NAME.get(said.get("fault", ""))
    if kind is None:
        raise Unreadable(f"No fault {said.get('fault')!r}. Known: {', '.join(BY_NAME)}.")
    unknown = sorted(said.keys() - set(COMMON) - set(kind.options))
    if unknown:
        has = ", ".join([*COMMON[1:], *kind.options])
        raise Unreadable(f"{kind.name} has no {', '.join(unknown)}. It has {has}.")
    if "code" in said and said["code"] not in Refusal.__members__:
        raise Unreadable(f"The provider has no code {said['code']!r}.")
    for name in _WHOLE:
        if name in said and (type(said[name]) is not int or said[name] < (name == "every")):
            raise Unreadable(f"{name} is a whole number, and {said[name]!r} is none.")
    return Fault(
        kind=kind,
        path=said.get("path", _PATHS[kind.telegram]),
        times=said.get("times"),
        skip=said.get("skip", 0),
        every=said.get("every", 1),
        since=_instant(said.get("from")),
        until=_instant(said.get("until")),
        options={name: said[name] for name in kind.options if name in said},
        said=dict(said),
    )


def read_line(text: str) -> dict[str, Any]:
    """Read a fault of the command line: its name, then ``name=value`` as often as wanted.

    Raises:
        Unreadable: it is not written so.
    """
    name, *rest = shlex.split(text) or [""]
    said: dict[str, Any] = {"fault": name}
    for part in rest:
        option, equals, value = part.partition("=")
        if not equals:
            raise Unreadable(f"{part!r} is not written name=value.")
        said[option] = _value(value)
    return said


def _value(text: str) -> Any:
    """A number where it is one; else what is written, and a token always is."""
    for read in (int, float):
        try:
            number = read(text)
        except ValueError:
            continue
        if str(number) == text:
            return number
    return text


def _instant(text: str | None) -> int | None:
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except (TypeError, ValueError):
        raise Unreadable(f"{text!r} is no instant.") from None
    if moment.tzinfo is None:
        raise Unreadable(f"An instant says its offset, and {text} does not.")
    return int(moment.astimezone(UTC).timestamp())


class FaultPlan:
    """The faults of one server. Safe for threads."""

    def __init__(self, faults: Iterable[Mapping[str, Any]] = ()) -> None:
        self._lock = Lock()
        self._told: dict[str, Reply] = {}
        self.replace(list(faults))

    def replace(self, faults: Sequence[Mapping[str, Any]]) -> None:
        """Begin another plan, its counts at nothing.

        Raises:
            Unreadable: one of them cannot be read; the plan stays as it was.
        """
        read = [read_fault(said) for said in faults]
        with self._lock:
            self._faults = read
            self._met = [0] * len(read)
            self._struck = [0] * len(read)

    def struck(self, path: str, at: int) -> Fault | None:
        """Return the fault whose turn it is at a call, and count it."""
        with self._lock:
            for place, fault in enumerate(self._faults):
                if not fault.is_meant(path, at):
                    continue
                met = self._met[place]
                self._met[place] += 1
                turn = met >= fault.skip and (met - fault.skip) % fault.every == 0
                if turn and (fault.times is None or self._struck[place] < fault.times):
                    self._struck[place] += 1
                    return fault
        return None

    def remember(self, question: str, answer: Reply) -> None:
        """Keep an answer, so that it can be told again."""
        with self._lock:
            if len(self._told) >= _MOST_KEPT:
                self._told.pop(next(iter(self._told)))
            self._told[question] = answer

    def told_before(self, question: str) -> Reply | None:
        with self._lock:
            return self._told.get(question)

    def state(self) -> dict[str, Any]:
        """Say what is planned, and how often each met a call and struck."""
        with self._lock:
            return {
                "faults": [
                    {**fault.said, "met": met, "struck": struck}
                    for fault, met, struck in zip(
                        self._faults, self._met, self._struck, strict=True
                    )
                ]
            }


def read_plan(text: str) -> list[dict[str, Any]]:
    """Read a plan's file: ``{"faults": [{"fault": "server", "times": 3}]}``.

    Raises:
        Unreadable: it is no plan.
    """
    try:
        faults = json.loads(text)["faults"]
    except (ValueError, KeyError, TypeError):
        raise Unreadable('A plan is {"faults": [{"fault": "server", "times": 3}]}.') from None
    if not isinstance(faults, list) or not all(isinstance(one, dict) for one in faults):
        raise Unreadable("The faults of a plan are a list of objects.")
    return faults


def catalogue() -> str:
    """Every fault with its rows and options, for who asks for help."""
    lines = []
    for kind in BY_NAME.values():
        rows = ", ".join(map(str, kind.rows)) or "-"
        options = f" ({', '.join(kind.options)})" if kind.options else ""
        lines.append(f"  {kind.name:24}{rows:12}{kind.says}{options}")
    return "\n".join(lines)
