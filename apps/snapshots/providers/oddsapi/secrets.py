"""The provider's key travels in the address, so whatever shows an address could show the key."""

import logging
import re
from urllib.parse import quote, quote_plus

HIDDEN = "***"
_IN_AN_ADDRESS = re.compile(r"(apiKey=)[^&\s\"')>]+", re.IGNORECASE)


class Key:
    """A key that is written to the wire and nowhere else."""

    __slots__ = ("_text",)

    def __init__(self, text: str) -> None:
        self._text = text

    def __repr__(self) -> str:
        return f"Key({HIDDEN})"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Key) and other._text == self._text

    def __hash__(self) -> int:
        return hash(self._text)

    def reveal(self) -> str:
        return self._text

    def redact(self, text: str) -> str:
        """Take the key out of a text, however it is written there."""
        for written in self._spellings():
            text = text.replace(written, HIDDEN)
        return _IN_AN_ADDRESS.sub(rf"\1{HIDDEN}", text)

    def is_in(self, body: bytes) -> bool:
        """Whether bytes that are to be kept as they came would keep the key."""
        return any(written.encode() in body for written in self._spellings())

    def _spellings(self) -> set[str]:
        return {self._text, quote(self._text), quote_plus(self._text)} - {""}


class WithoutKeys(logging.Filter):
    """Writes no key: the HTTP library logs whole addresses when somebody looks closely."""

    def filter(self, record: logging.LogRecord) -> bool:
        said = record.getMessage()
        redacted = _IN_AN_ADDRESS.sub(rf"\1{HIDDEN}", said)
        if redacted != said:
            record.msg, record.args = redacted, ()
        return True


logging.getLogger("urllib3.connectionpool").addFilter(WithoutKeys())
