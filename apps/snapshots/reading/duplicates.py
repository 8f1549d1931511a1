"""What stands twice in one body: one of them counts, always the same one."""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import msgspec

_NEVER = datetime.min.replace(tzinfo=UTC)


def by_content(item: Any) -> bytes:
    """Order what nothing else orders, the same way on every machine."""
    return sha256(msgspec.json.encode(item)).digest()


def distinct(
    items: Sequence[Any], key: Callable[[Any], Any], lay: Callable[[int, Any], None]
) -> Iterator[tuple[int, Any]]:
    """Yield each item once per key, with its index: the newest, then the one of least hash.

    The others are handed to ``lay``.
    """
    if len(set(map(key, items))) == len(items):
        return enumerate(items)
    return _best_of_each(items, key, lay)


def _best_of_each(
    items: Sequence[Any], key: Callable[[Any], Any], lay: Callable[[int, Any], None]
) -> Iterator[tuple[int, Any]]:
    groups: defaultdict[Any, list[tuple[int, Any]]] = defaultdict(list)
    for index, item in enumerate(items):
        groups[key(item)].append((index, item))
    for group in groups.values():
        best = min(group, key=lambda pair: (_oldness(pair[1]), by_content(pair[1])))
        for index, item in group:
            if index != best[0]:
                lay(index, item)
        yield best


def _oldness(item: Any) -> float:
    """Smaller for what was updated later, wherever in it that is said."""
    return -max(_updates(item), default=_NEVER).timestamp()


def _updates(item: Any) -> Iterator[datetime]:
    updated = getattr(item, "last_update", None)
    if updated is not None:
        yield updated
    for inner in ("bookmakers", "markets"):
        for part in getattr(item, inner, ()):
            yield from _updates(part)
