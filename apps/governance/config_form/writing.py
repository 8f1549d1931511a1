"""From what was typed to a document, and back: text in, text out, judged by the model alone."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict

from apps.governance.config_form.outline import Either, Group, Part, Table, Value, Writing

MINUS = "\u2212"
REMOVE = "remove"  # ticked in a row that goes


@dataclass
class Draft:
    """A document as it was typed, and which row of the form each row of a table came from."""

    document: dict[str, Any] = field(default_factory=dict)
    rows: dict[str, list[int]] = field(default_factory=dict)

    def path(self, place: Sequence[Any]) -> str:
        """Turn a place in the document into the form's name of it."""
        parts: list[str] = []
        for step in place:
            rows = self.rows.get(".".join(parts))
            parts.append(str(rows[step] if rows is not None and isinstance(step, int) else step))
        return ".".join(parts)


def read(parts: Iterable[Part], typed: QueryDict, before: Mapping[str, Any]) -> Draft:
    """Read what was typed for these parts.

    What was left empty is absent where it may be, and missing where it is needed. Words that
    ``before`` had keep their order, so that ticking none and one again is no change.
    """
    draft = Draft()
    draft.document = _read(parts, typed, before, "", draft)
    return draft


def _read(
    parts: Iterable[Part], typed: QueryDict, before: Mapping[str, Any], prefix: str, draft: Draft
) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for part in parts:
        name = prefix + part.name
        if isinstance(part, Table):
            found[part.name] = _read_rows(part, typed, name, draft)
        elif isinstance(part, Group):
            inside = _read(part.parts, typed, before.get(part.name) or {}, f"{name}.", draft)
            empty = part.optional and not any(inside.values())
            found[part.name] = None if empty else inside
        elif isinstance(part, Either):
            found[part.name] = _read_either(part, typed, name, draft)
        else:
            found.update(_read_value(part, typed, name, before.get(part.name)))
    return found


def _read_either(either: Either, typed: QueryDict, name: str, draft: Draft) -> dict[str, Any]:
    """Read the kind that was chosen and its values alone; the other kinds' fields are not asked."""
    found = _read_value(either.kind, typed, f"{name}.{either.kind.name}", None)
    chosen = either.kinds.get(found.get(either.kind.name, ""))
    if chosen is not None:
        found |= _read(chosen.parts, typed, {}, f"{name}.{chosen.name}.", draft)
    return found


def _read_rows(table: Table, typed: QueryDict, name: str, draft: Draft) -> list[dict[str, Any]]:
    rows, draft.rows[name] = [], []
    for index in indexes_of(name, typed):
        prefix = f"{name}.{index}."
        blank = not any(
            str(typed.get(prefix + column.name, "")).strip() for column in table.columns
        )
        if blank or typed.get(prefix + REMOVE):
            continue
        rows.append(_read(table.columns, typed, {}, prefix, draft))
        draft.rows[name].append(index)
    return rows


def indexes_of(name: str, typed: Iterable[str]) -> list[int]:
    """Return the numbers of the rows that were sent for a table."""
    row = re.compile(rf"{re.escape(name)}\.(\d{{1,4}})\.")
    return sorted({int(found[1]) for key in typed if (found := row.match(key))})


def _read_value(value: Value, typed: QueryDict, name: str, before: Any) -> dict[str, Any]:
    if value.writing is Writing.CHOICES:
        ticked = [word for word in typed.getlist(name) if word]
        kept = [word for word in before or () if word in ticked]
        return {value.name: kept + [word for word in ticked if word not in kept]}
    text = str(typed.get(name, "")).strip()
    if value.writing is Writing.NAMES:
        return {value.name: [word for word in re.split(r"[,\s]+", text) if word]}
    if not text and value.writing is not Writing.TEXT:
        return {value.name: None} if value.optional else {}
    if value.writing is Writing.NUMBER:
        text = text.replace(MINUS, "-")
    if value.writing is Writing.WHOLE:
        text = re.sub(r"[,\s]", "", text)  # as counts are shown
    return {value.name: text}


def texts(parts: Iterable[Part], document: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Write a stored document as the form's names and what stands in each field."""
    written: dict[str, Any] = {}
    for part in parts:
        name, there = prefix + part.name, document.get(part.name)
        if isinstance(part, Table):
            for index, row in enumerate(there or ()):
                written |= texts(part.columns, row, f"{name}.{index}.")
        elif isinstance(part, Group):
            written |= texts(part.parts, there or {}, f"{name}.")
        elif isinstance(part, Either):
            written |= texts([part.kind], there or {}, f"{name}.")
            for word, group in part.kinds.items():
                ours = there if there and there.get(part.kind.name) == word else {}
                written |= texts(group.parts, ours, f"{name}.{word}.")
        elif part.writing is Writing.CHOICES:
            written[name] = list(there or ())
        else:
            written[name] = _text(part, there)
    return written


def _text(value: Value, there: Any) -> str:
    if there is None:
        return ""
    if isinstance(there, bool):
        return "yes" if there else "no"
    if value.writing is Writing.NAMES:
        return ", ".join(there)
    if value.writing is Writing.TIME:
        return str(there).removesuffix(":00") if len(str(there)) > len("23:00") else str(there)
    return str(there)


def sentence(problem: Mapping[str, Any]) -> str:
    """Say what is wrong with a value: the rule, and what would be right."""
    context = problem.get("ctx", {})
    bound = {
        "greater_than_equal": "At least {ge}.",
        "greater_than": "More than {gt}.",
        "less_than_equal": "At most {le}.",
        "less_than": "Less than {lt}.",
        "missing": "This is needed.",
        "union_tag_not_found": "Choose one of those offered.",
        "union_tag_invalid": "Choose one of those offered.",
        "bool_parsing": "Choose one of those offered.",
        "enum": "Choose one of those offered.",
        "int_parsing": "A whole number.",
        "int_from_float": "A whole number.",
        "decimal_parsing": "A number, with a point for decimals.",
        "decimal_type": "A number, with a point for decimals.",
        "finite_number": "A number, with a point for decimals.",
        "time_parsing": "A time such as 23:30.",
        "too_short": "At least {min_length} of them.",
        "string_too_short": "This is needed.",
        "string_too_long": "At most {max_length} characters.",
    }.get(problem["type"])
    if bound is None:
        return str(problem["msg"]).removeprefix("Value error, ")
    return bound.format(**context)
