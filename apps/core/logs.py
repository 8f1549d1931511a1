"""What a log line may say: everything but secrets, wherever in the line they turn up.

Two nets. Values under a telling name are hidden before the line is written; then the written
line is searched for what is a secret by its form, and for the secrets that this process knows.
"""

import re
from collections.abc import Iterable, Mapping, MutableMapping
from typing import Any
from urllib.parse import quote

HIDDEN = "[hidden]"
_TELLING = re.compile(
    r"pass(word|wd)?$|secret|token|api_?key|authorization|cookie|session_?key|credential|dsn$",
    re.IGNORECASE,
)
# A word of fewer letters may stand in a line by chance.
SHORTEST_SECRET = 8

_FORMS: tuple[tuple[re.Pattern[str], str], ...] = (
    # apiKey=... in an address, password=... in a sentence.
    (
        re.compile(
            r"(?i)\b((?:api_?key|access_?token|token|secret|passw(?:or)?d|signature)=)[^&\s\"'\\]+"
        ),
        rf"\1{HIDDEN}",
    ),
    # scheme://user:password@host
    (re.compile(r"(\w+://[^\s:/@\"']*):[^\s/@\"']+@"), rf"\1:{HIDDEN}@"),
    (re.compile(r"(?i)\b(bearer|basic|api-key)\s+[\w.~+/=:-]{8,}"), rf"\1 {HIDDEN}"),
    # A tenant's key keeps the half that names it.
    (re.compile(r"\b(bv_[a-z]+_[A-Za-z0-9]{4,12})[._][A-Za-z0-9]{16,}"), rf"\1_{HIDDEN}"),
    # A messenger's bot carries its token in the address.
    (re.compile(r"\bbot\d{5,}:[\w-]{20,}"), f"bot{HIDDEN}"),
)


def hide_named(
    _logger: Any, _method: str, event: MutableMapping[str, Any]
) -> MutableMapping[str, Any]:
    """Hide values under a telling name, however deep they lie: a processor of structlog."""
    for name, value in event.items():
        event[name] = HIDDEN if _tells(name) and value else _hidden_inside(value)
    return event


class HideInText:
    """Search the written line: the last processor, after whatever renders it."""

    def __init__(self, known: Iterable[str] = ()) -> None:
        words = {word for word in known if len(word) >= SHORTEST_SECRET}
        words |= {quote(word, safe="") for word in words}
        # The longer first: one secret may be the beginning of another.
        longest_first = sorted(words, key=len, reverse=True)
        self.known = re.compile("|".join(map(re.escape, longest_first))) if words else None

    def __call__(self, _logger: Any, _method: str, line: str) -> str:
        if self.known is not None:
            line = self.known.sub(HIDDEN, line)
        for form, instead in _FORMS:
            line = form.sub(instead, line)
        return line


def _tells(name: Any) -> bool:
    return isinstance(name, str) and bool(_TELLING.search(name))


def _hidden_inside(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {
            name: HIDDEN if _tells(name) and inner else _hidden_inside(inner)
            for name, inner in value.items()
        }
    if isinstance(value, (list, tuple)):
        return type(value)(map(_hidden_inside, value)) if type(value) in (list, tuple) else value
    return value
