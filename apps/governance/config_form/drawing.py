"""The form of one document: what is shown, what was typed, and what is wrong with it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from django.http import QueryDict
from pydantic import ValidationError

from apps.governance.config_form.outline import Either, Group, Part, Table, Value, Writing
from apps.governance.config_form.writing import (
    REMOVE,
    Draft,
    indexes_of,
    read,
    sentence,
    texts,
)
from apps.rulebook.thresholds import Document

REASON, EFFECTIVE_FROM, SEEN = "reason", "effective_from", "seen"
SPARE_ROWS = 2
_SINCE = Value(
    EFFECTIVE_FROM,
    "In force from",
    "UTC, as 2026-09-01T12:00. Empty: at once. Never in the past.",
    Writing.TEXT,
    unit="UTC",
    optional=True,
)
_REASON = Value(
    REASON, "Reason", "Your own words. Kept with the version and in the audit.", Writing.TEXT
)


@dataclass(frozen=True)
class Control:
    """One value as the page draws it."""

    value: Value
    name: str
    text: Any
    words: tuple[str, ...]
    problems: list[str]

    @property
    def id(self) -> str:
        return "c-" + self.name.replace(".", "-")

    @property
    def described_by(self) -> str:
        return f"{self.id}-says" + (f" {self.id}-wrong" if self.problems else "")


@dataclass(frozen=True)
class Row:
    name: str
    controls: list[Control]
    problems: list[str]
    spare: bool
    number: int

    @property
    def label(self) -> str:
        return f"Row {self.number}"

    @property
    def remove(self) -> str:
        return f"{self.name}.{REMOVE}"


@dataclass(frozen=True)
class Shown:
    """A part as the page draws it: a control, a group of parts, or a table of rows."""

    part: Part
    name: str
    problems: list[str]
    control: Control | None = None
    inside: list["Shown"] = field(default_factory=list)
    rows: list[Row] = field(default_factory=list)

    @property
    def id(self) -> str:
        return "c-" + self.name.replace(".", "-")


class DocumentForm:
    """Made anew for each request; a subclass asks whether the document may be stored.

    ``named`` is what the document says and nobody types, ``number`` the version it comes after,
    ``words`` what may be chosen where that is not written beside the type.
    """

    def __init__(
        self,
        kind: type[Document],
        parts: Sequence[Part],
        *,
        before: Mapping[str, Any],
        number: int,
        named: Mapping[str, Any],
        typed: QueryDict | None,
        judged: bool,
        words: Mapping[str, tuple[str, ...]] | None = None,
    ) -> None:
        self.parts = parts
        self.before = before
        self.number = number
        self.words = words or {}
        self.typed = typed
        self.problems: dict[str, list[str]] = defaultdict(list)
        self.typed_document: Document | None = None
        self.since: datetime | None = None
        self.reason = "" if typed is None else str(typed.get(REASON, "")).strip()
        if typed is not None and judged:
            self._judge(kind, named, typed)

    @property
    def is_valid(self) -> bool:
        return self.typed_document is not None and not self.problems

    @property
    def seen(self) -> int | None:
        """The version that the preview was compared with, where one was shown."""
        text = "" if self.typed is None else str(self.typed.get(SEEN, ""))
        return int(text) if text.isdecimal() else None

    def _judge(self, kind: type[Document], named: Mapping[str, Any], typed: QueryDict) -> None:
        """Find everything that is wrong at once, each where it stands."""
        if not self.reason:
            self.problems[REASON].append("This is needed.")
        self.since = self._read_since(str(typed.get(EFFECTIVE_FROM, "")).strip())
        draft = read(self.parts, typed, self.before)
        try:
            self.typed_document = kind.model_validate({**draft.document, **named})
        except ValidationError as error:
            for problem in error.errors(include_url=False, include_input=False):
                self.problems[self._place(draft, problem["loc"])].append(sentence(problem))

    def _read_since(self, text: str) -> datetime | None:
        if not text:
            return None
        try:
            since = datetime.fromisoformat(text)
        except ValueError:
            self.problems[EFFECTIVE_FROM].append("A day and a time such as 2026-09-01T12:00.")
            return None
        return since.replace(tzinfo=UTC) if since.tzinfo is None else since.astimezone(UTC)

    def _place(self, draft: Draft, location: Sequence[Any]) -> str:
        """Find the part of the form that stands nearest to a place in the document."""
        known = {shown.name for shown in _walk(self.shown_of(self.parts, self._texts()))}
        for length in range(len(location), 0, -1):
            path = draft.path(location[:length])
            if path in known:
                return path
        return ""

    # What the page draws

    @property
    def shown(self) -> list[Shown]:
        return self.shown_of(self.parts, self._texts())

    @property
    def plain(self) -> list[Shown]:
        """The values that stand in the document itself."""
        return [each for each in self.shown if each.control is not None]

    @property
    def compound(self) -> list[Shown]:
        """The groups and tables."""
        return [each for each in self.shown if each.control is None]

    @property
    def reason_control(self) -> Control:
        return Control(_REASON, REASON, self.reason, (), self.problems.get(REASON, []))

    @property
    def since_control(self) -> Control:
        text = "" if self.typed is None else str(self.typed.get(EFFECTIVE_FROM, ""))
        return Control(_SINCE, EFFECTIVE_FROM, text, (), self.problems.get(EFFECTIVE_FROM, []))

    @property
    def wrong(self) -> list[tuple[str, str, str]]:
        """Every problem for the head of the page: the control's id, its title, what is wrong."""
        titles = {REASON: _REASON.title, EFFECTIVE_FROM: _SINCE.title, "": ""}
        titles |= {each.name: each.part.title for each in _walk(self.shown)}
        return [
            ("c-" + name.replace(".", "-") if name else "", titles.get(name, ""), said)
            for name, sentences in self.problems.items()
            for said in sentences
        ]

    @property
    def sent(self) -> list[tuple[str, str]]:
        """Everything that was typed, for the page that shows the difference to send again."""
        if self.typed is None:
            return []
        return [
            (name, text)
            for name in self.typed
            if _is_ours(name, self.parts)
            for text in self.typed.getlist(name)
        ]

    def _texts(self) -> Mapping[str, Any]:
        if self.typed is None:
            return texts(self.parts, self.before)
        many = {name for name, part in _values(self.parts) if part.writing is Writing.CHOICES}
        return {
            name: self.typed.getlist(name) if name in many else self.typed.get(name, "")
            for name in {*self.typed, *many}
        }

    def shown_of(
        self, parts: Iterable[Part], written: Mapping[str, Any], prefix: str = ""
    ) -> list[Shown]:
        drawn = []
        for part in parts:
            name = prefix + part.name
            problems = self.problems.get(name, [])
            if isinstance(part, Value):
                drawn.append(Shown(part, name, problems, self._control(part, name, written)))
            elif isinstance(part, Group):
                inside = self.shown_of(part.parts, written, f"{name}.")
                drawn.append(Shown(part, name, problems, inside=inside))
            elif isinstance(part, Either):
                kinds = [kind for kind in part.kinds.values() if kind.parts]
                inside = self.shown_of([part.kind, *kinds], written, f"{name}.")
                drawn.append(Shown(part, name, problems, inside=inside))
            else:
                rows = self._rows(part, name, written)
                drawn.append(Shown(part, name, problems, rows=rows))
        return drawn

    def _rows(self, table: Table, name: str, written: Mapping[str, Any]) -> list[Row]:
        there = indexes_of(name, written)
        spare = there[-1] + 1 if there else 0
        filled = [
            index
            for index in there
            if any(str(written.get(f"{name}.{index}.{c.name}", "")) for c in table.columns)
        ]
        empty = [index for index in there if index not in filled]
        empty += range(spare, spare + max(SPARE_ROWS - len(empty), 0))
        return [
            Row(
                f"{name}.{index}",
                [self._control(c, f"{name}.{index}.{c.name}", written) for c in table.columns],
                self.problems.get(f"{name}.{index}", []),
                spare=index in empty,
                number=number,
            )
            for number, index in enumerate([*filled, *empty], start=1)
        ]

    def _control(self, value: Value, name: str, written: Mapping[str, Any]) -> Control:
        words = self.words.get(value.name, value.words)
        text = written.get(name, [] if value.writing is Writing.CHOICES else "")
        return Control(value, name, text, words, self.problems.get(name, []))


def _walk(drawn: Iterable[Shown]) -> Iterable[Any]:
    for each in drawn:
        yield each
        yield from _walk(each.inside)
        for row in each.rows:
            yield Shown(each.part, row.name, row.problems)
            for control in row.controls:
                yield Shown(control.value, control.name, control.problems, control)


def _values(parts: Iterable[Part], prefix: str = "") -> Iterable[tuple[str, Value]]:
    for part in parts:
        if isinstance(part, Value):
            yield prefix + part.name, part
        elif isinstance(part, Group):
            yield from _values(part.parts, f"{prefix}{part.name}.")


def _is_ours(name: str, parts: Iterable[Part]) -> bool:
    head = name.partition(".")[0]
    return name in (REASON, EFFECTIVE_FROM) or head in {part.name for part in parts}
