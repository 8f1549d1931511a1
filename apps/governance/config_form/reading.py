"""A stored document as a page shows it: titles, units and text, nothing to type."""

from collections.abc import Iterable, Mapping
from typing import Any

from apps.governance.config_form.differences import shown
from apps.governance.config_form.outline import Either, Group, Part, Table


def read_document(parts: Iterable[Part], document: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a page needs: the values that stand in the document itself, then the rest."""
    said = [_read(part, document.get(part.name)) for part in parts]
    return {
        "plain": [each for each in said if each["kind"] == "value"],
        "compound": [each for each in said if each["kind"] != "value"],
    }


def _read(part: Part, there: Any) -> dict[str, Any]:
    if isinstance(part, Group):
        inside = [_read(each, (there or {}).get(each.name)) for each in part.parts]
        return {"kind": "group", "part": part, "inside": inside, "absent": there is None}
    if isinstance(part, Either):
        said = there or {}
        chosen = part.kinds.get(said.get(part.kind.name, ""))
        parts = [part.kind, *(chosen.parts if chosen else ())]
        inside = [_read(each, said.get(each.name)) for each in parts]
        return {"kind": "group", "part": part, "inside": inside, "absent": there is None}
    if isinstance(part, Table):
        rows = [
            [(column, shown(column, row.get(column.name))) for column in part.columns]
            for row in there
        ]
        return {"kind": "table", "part": part, "rows": rows}
    return {"kind": "value", "part": part, "text": shown(part, there)}
