"""Identifiers of rows whose identity no replay needs."""

import secrets
import time
from uuid import UUID


def uuid7() -> UUID:
    """Return a time-ordered UUID (RFC 9562, version 7).

    Made in Python because a database default would make Django ask for RETURNING, which a
    tenant role may not have, and Python 3.11's uuid module has no version 7.
    """
    millis = time.time_ns() // 1_000_000
    random = secrets.randbits(74)
    value = (millis & (1 << 48) - 1) << 80
    value |= 0x7 << 76
    value |= (random >> 62) << 64
    value |= 0b10 << 62
    value |= random & (1 << 62) - 1
    return UUID(int=value)
