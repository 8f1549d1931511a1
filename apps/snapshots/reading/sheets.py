"""Tables that people keep: the same facts as a provider's body, a row each, columns by name."""

import csv
import io
from collections.abc import Iterable
from typing import Any

from apps.snapshots.reading.codes import Refused
from apps.snapshots.reading.wire import PayloadRefused

_RESULTS = ("id", "home_team", "away_team", "commence_time", "home_score", "away_score")


def is_sheet(text: bytes) -> bool:
    """Whether a body is a table; JSON begins with one of two signs, and no column's name does."""
    return text.lstrip()[:1] not in (b"", b"[", b"{")


def sheet(text: bytes, needed: Iterable[str]) -> list[dict[str, str]]:
    """Read a table whose first row names its columns.

    Raises:
        PayloadRefused: it is not UTF-8, or a column is missing.
    """
    try:
        rows = csv.DictReader(io.StringIO(text.decode("utf-8"), newline=""), strict=True)
        missing = set(needed) - set(rows.fieldnames or ())
        if missing:
            raise PayloadRefused(Refused.NOT_CSV, f"The file lacks {', '.join(sorted(missing))}.")
        return [
            {name: (value or "").strip() for name, value in row.items() if isinstance(name, str)}
            for row in rows
        ]
    except UnicodeDecodeError:
        raise PayloadRefused(Refused.NOT_UTF8, "The file is not UTF-8.") from None
    except csv.Error as error:
        raise PayloadRefused(Refused.NOT_CSV, f"The file is no table: {error}.") from None


def games_of(text: bytes) -> list[dict[str, Any]]:
    """Read a table of results as the games that a scores endpoint would tell.

    A row without any score is of a game that is not over.

    Raises:
        PayloadRefused: it is no such table.
    """
    return [
        {
            "id": row["id"],
            "home_team": row["home_team"],
            "away_team": row["away_team"],
            "commence_time": row["commence_time"],
            "completed": bool(row["home_score"] or row["away_score"]),
            "scores": [
                {"name": row[f"{side}_team"], "score": row[f"{side}_score"] or None}
                for side in ("home", "away")
            ],
        }
        for row in sheet(text, _RESULTS)
    ]
