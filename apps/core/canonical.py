"""One way to write a value as bytes, so that a hash of it means something."""

import json
import unicodedata
from collections.abc import Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from hashlib import sha256
from typing import Any
from uuid import UUID

# Made once: json.dumps would make one for every value.
_JSON = json.JSONEncoder(sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def encode(value: Any) -> bytes:
    """Write ``value`` as canonical JSON.

    Sorted keys, no spaces, NFC text, decimals as plain strings, instants as UTC with
    microseconds.

    Raises:
        ValueError: for a naive datetime, NaN or infinity.
        TypeError: for a type that has no canonical form.
    """
    return _JSON.encode(_plain(value)).encode()


def fingerprint(value: Any) -> str:
    """Return the sha256 (hex) of the canonical form of ``value``."""
    return sha256(encode(value)).hexdigest()


def _plain(value: Any) -> Any:
    if isinstance(value, Enum):
        return _plain(value.value)
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, str):
        return unicodedata.normalize("NFC", value)
    if isinstance(value, Decimal):
        return _decimal(value)
    if isinstance(value, datetime):
        return _instant(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, bytes):
        return value.hex()
    if isinstance(value, Mapping):
        return {str(_plain(key)): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, set | frozenset):
        return sorted(_plain(item) for item in value)
    raise TypeError(f"{type(value).__name__} has no canonical form.")


def _decimal(value: Decimal) -> str:
    if not value.is_finite():
        raise ValueError(f"{value} is not a number that can be stored.")
    if not value:
        return "0"
    return format(value.normalize(), "f")


def _instant(value: datetime) -> str:
    if value.tzinfo is None:
        raise ValueError(f"A naive datetime names no instant: {value}.")
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
