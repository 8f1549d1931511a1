"""Ratings as bytes: stored per league day, so that the next day need not replay the first."""

import json
import struct
import zlib
from dataclasses import replace
from datetime import date
from hashlib import sha256
from typing import Any, Final

import numpy as np

from apps.rulebook.errors import RuleBroken
from apps.rulebook.ratings.filter import Filter
from apps.rulebook.ratings.league import LeagueRatings, TeamRecord
from apps.rulebook.ratings.parameters import RatingParameters

_FORMAT: Final = 1
_HEADER: Final = struct.Struct(">BI")  # format, length of the JSON that follows


class RatingsUnreadable(RuleBroken):
    """Stored ratings of another format, or learned with other parameters."""

    code = "RATINGS_UNREADABLE"


def to_bytes(ratings: LeagueRatings) -> bytes:
    """Write ratings compactly; equal ratings give equal bytes. Source: docs/model.md section 1."""
    return zlib.compress(_plain(ratings), level=6)


def digest(ratings: LeagueRatings) -> str:
    """Fingerprint ratings to the last bit (sha256 hex, before compression).

    Source: docs/model.md section 1.
    """
    return sha256(_plain(ratings)).hexdigest()


def from_bytes(stored: bytes, parameters: RatingParameters) -> LeagueRatings:
    """Read back what ``to_bytes`` wrote. Source: docs/model.md section 1.

    Raises:
        RatingsUnreadable: another format, other parameters, or bytes that do not add up.
    """
    try:
        plain = zlib.decompress(stored)
        version, length = _HEADER.unpack_from(plain)
    except (struct.error, zlib.error) as error:
        raise RatingsUnreadable(f"Not stored ratings: {error}.") from error
    if version != _FORMAT:
        raise RatingsUnreadable(f"Format {version} is not {_FORMAT}.")
    about = json.loads(plain[_HEADER.size : _HEADER.size + length])
    if about["parameters"] != parameters.version:
        raise RatingsUnreadable(f"Learned with {about['parameters']}, not {parameters.version}.")
    numbers = np.frombuffer(plain, dtype="<f8", offset=_HEADER.size + length)
    size = len(about["teams"]) + 2
    if len(numbers) != 2 * size * (size + 1):
        raise RatingsUnreadable(f"{len(numbers)} numbers for {len(about['teams'])} teams.")
    margin, total = numbers.reshape(2, size + 1, size)
    start = LeagueRatings.start(parameters)
    return replace(
        start,
        margin=_filter(start.margin, margin, about["margin_inflation"]),
        total=_filter(start.total, total, about["total_inflation"]),
        records={
            name: TeamRecord(
                position=position,
                games=games,
                season_games=season_games,
                last_played=date.fromisoformat(last) if last else None,
            )
            for position, (name, games, season_games, last) in enumerate(about["teams"])
        },
        season=about["season"],
        seasons=about["seasons"],
        learned_through=_day(about["learned_through"]),
    )


def _plain(ratings: LeagueRatings) -> bytes:
    records = sorted(ratings.records.items(), key=lambda item: item[1].position)
    about: dict[str, Any] = {
        "parameters": ratings.parameters.version,
        "season": ratings.season,
        "seasons": ratings.seasons,
        "learned_through": _text(ratings.learned_through),
        "margin_inflation": ratings.margin.inflation,
        "total_inflation": ratings.total.inflation,
        "teams": [
            [name, record.games, record.season_games, _text(record.last_played)]
            for name, record in records
        ],
    }
    header = json.dumps(about, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    tables = (
        table.astype("<f8").tobytes()
        for state in (ratings.margin, ratings.total)
        for table in (state.mean, state.covariance)
    )
    return _HEADER.pack(_FORMAT, len(header)) + header + b"".join(tables)


def _filter(start: Filter, numbers: Any, inflation: float) -> Filter:
    table = np.array(numbers, dtype=np.float64)
    return replace(start, mean=table[0], covariance=table[1:], inflation=inflation)


def _text(day: date | None) -> str | None:
    return None if day is None else day.isoformat()


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)
