"""What a document is made of: values, groups, tables and choices, read off its model."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from decimal import Decimal
from enum import Enum, StrEnum
from functools import cache
from types import NoneType, UnionType
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic.fields import FieldInfo

from apps.core.formats import count
from apps.rulebook.thresholds import Document, Unit

# A form is made for one subject; whose document it is, is not written in it.
SAID_BY_THE_SUBJECT = frozenset({"league"})


class Writing(StrEnum):
    """How a value is written down."""

    NUMBER = "number"
    WHOLE = "whole"
    TEXT = "text"
    TIME = "time"
    CHOICE = "choice"  # one of a few words
    CHOICES = "choices"  # any of a few words
    NAMES = "names"  # a list of free words


@dataclass(frozen=True, slots=True)
class Value:
    """One value of a document."""

    name: str
    title: str
    says: str
    writing: Writing
    unit: str = ""
    allowed: str = ""
    optional: bool = False
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Group:
    """A document inside the document; an optional one may be left out as a whole."""

    name: str
    title: str
    says: str
    parts: tuple["Part", ...]
    optional: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Documents of one kind in rows; ``key`` names the columns that tell two rows apart."""

    name: str
    title: str
    says: str
    columns: tuple[Value, ...]
    key: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """One of several documents: ``kind`` says which, and each has values of its own."""

    name: str
    title: str
    says: str
    kind: Value
    kinds: Mapping[str, Group]

    @property
    def parts(self) -> tuple["Part", ...]:
        """Return the kind and the values of every kind, as they stand in the stored document."""
        return (self.kind, *(part for group in self.kinds.values() for part in group.parts))


Part = Value | Group | Table | Either


class Undescribed(TypeError):
    """A field of a document that no form can be made of: a mistake in the code."""


@cache
def outline(
    kind: type[Document], without: frozenset[str] = SAID_BY_THE_SUBJECT
) -> tuple[Part, ...]:
    """Return the parts of a document of this kind, in the order in which it states them."""
    return tuple(
        _part(name, field) for name, field in kind.model_fields.items() if name not in without
    )


def _part(name: str, field: FieldInfo) -> Part:
    title, says = field.title or _title(name), field.description or ""
    if isinstance(field.discriminator, str):
        return _either(name, title, says, field.discriminator, get_args(field.annotation))
    bare, inside, optional = _without_none(field.annotation)
    if _is_document(bare):
        return Group(name, title, says or _first_line(bare), outline(bare), optional)
    metadata = (*inside, *field.metadata)
    if get_origin(bare) is tuple:
        return _listed(name, title, says, get_args(bare)[0], metadata)
    unit = next((each.word for each in metadata if isinstance(each, Unit)), "")
    allowed = _allowed(metadata)
    if isinstance(bare, type) and issubclass(bare, Enum):
        words = tuple(member.value for member in bare)
        return Value(name, title, says, Writing.CHOICE, optional=optional, words=words)
    if bare is bool:
        return Value(name, title, says, Writing.CHOICE, optional=optional, words=("yes", "no"))
    return Value(name, title, says, _writing(name, bare), unit, allowed, optional)


def _either(name: str, title: str, says: str, tag: str, kinds: tuple[Any, ...]) -> Either:
    groups = {}
    for kind in kinds:
        (word,) = get_args(kind.model_fields[tag].annotation)
        says_it = _first_line(kind)
        groups[word] = Group(word, word, says_it, outline(kind, frozenset({tag})))
    told = " ".join(f"{word}: {group.says}" for word, group in groups.items())
    which = Value(tag, "Kind", told, Writing.CHOICE, words=tuple(groups))
    return Either(name, title, says, which, groups)


def _listed(name: str, title: str, says: str, of: Any, metadata: tuple[Any, ...]) -> Part:
    if _is_document(of):
        parts = outline(of)
        columns = tuple(part for part in parts if isinstance(part, Value))
        if len(columns) != len(parts):
            raise Undescribed(f"A row of {name} holds more than values.")
        return Table(name, title, says, columns, of.row_key)
    if isinstance(of, type) and issubclass(of, Enum):
        words = tuple(member.value for member in of)
        return Value(name, title, says, Writing.CHOICES, words=words, optional=True)
    if of is str:
        return Value(name, title, says, Writing.NAMES, optional=True)
    raise Undescribed(f"{name} is a list of {of}.")


def _writing(name: str, bare: Any) -> Writing:
    written = {Decimal: Writing.NUMBER, int: Writing.WHOLE, str: Writing.TEXT, time: Writing.TIME}
    try:
        return written[bare]
    except KeyError:
        raise Undescribed(f"{name} is a {bare}.") from None


def _without_none(annotation: Any) -> tuple[Any, tuple[Any, ...], bool]:
    """Take an annotation apart: the type, what stands beside it, whether it may be absent."""
    optional = False
    if get_origin(annotation) in (Union, UnionType):
        (annotation,) = (arg for arg in get_args(annotation) if arg is not NoneType)
        optional = True
    if get_origin(annotation) is Annotated:
        bare, *beside = get_args(annotation)
        return bare, tuple(beside), optional
    return annotation, (), optional


def _is_document(bare: Any) -> bool:
    return isinstance(bare, type) and issubclass(bare, Document)


def _first_line(kind: type[Document]) -> str:
    return (kind.__doc__ or "").strip().partition("\n")[0]


def _title(name: str) -> str:
    return name.replace("_", " ").capitalize()


def _allowed(metadata: tuple[Any, ...]) -> str:
    """Write the bounds of a number: ``0 to 50``, ``above 0, at most 1``, ``at least 1``."""
    low, above, high, below = (
        next((getattr(each, bound) for each in metadata if hasattr(each, bound)), None)
        for bound in ("ge", "gt", "le", "lt")
    )
    if low is not None and high is not None:
        return f"{_number(low)} to {_number(high)}"
    first = f"at least {_number(low)}" if low is not None else ""
    first = f"above {_number(above)}" if above is not None else first
    second = f"at most {_number(high)}" if high is not None else ""
    second = f"below {_number(below)}" if below is not None else second
    return ", ".join(part for part in (first, second) if part)


def _number(bound: Any) -> str:
    return count(bound) if isinstance(bound, int) else str(bound)
