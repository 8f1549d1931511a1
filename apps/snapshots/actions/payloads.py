"""Bytes in, bytes out: stored once however often they come, compressed here.

A body lies in the database until its day is dropped; the archive has it for good.
"""

from collections.abc import Iterator
from datetime import datetime
from hashlib import sha256
from typing import NamedTuple

import zstandard

from apps.core import archive
from apps.core.db import copy_rows, fetch_all
from apps.rulebook.errors import RuleBroken
from apps.snapshots.models import RawBody

LEVEL = 3
_COMPRESSOR = zstandard.ZstdCompressor(level=LEVEL)
_DECOMPRESSOR = zstandard.ZstdDecompressor()
_AT_A_TIME = 100  # bodies held in memory while a day is archived


class PayloadCorrupt(RuleBroken):
    code = "PAYLOAD_CORRUPT"

    def __init__(self, digest: str) -> None:
        super().__init__(f"The stored bytes of payload {digest[:12]} are not those that came.")


class StoredBody(NamedTuple):
    """One body as the table has it."""

    sha256: str
    size: int
    packed: bytes


def store(body: bytes, *, captured_at: datetime) -> int:
    """Store a body unless its bytes are known; return the key of its payload."""
    digest = sha256(body).hexdigest()
    if known := fetch_all("SELECT id FROM raw_payload WHERE sha256 = %s", [digest]):
        return int(known[0][0])
    stored = packed(body)
    created = fetch_all(
        "INSERT INTO raw_payload (sha256, size, stored_size, first_captured_at)"
        " VALUES (%s, %s, %s, %s) ON CONFLICT (sha256) DO NOTHING RETURNING id",
        [digest, len(body), len(stored), captured_at],
    )
    if not created:  # another worker got the same bytes, and stores them
        return int(fetch_all("SELECT id FROM raw_payload WHERE sha256 = %s", [digest])[0][0])
    payload_id = int(created[0][0])
    copy_rows(
        RawBody._meta.db_table,
        ["payload_id", "captured_at", "body"],
        [(payload_id, captured_at, stored)],
    )
    return payload_id


def packed(body: bytes) -> bytes:
    """Pack a body as it is stored."""
    return _COMPRESSOR.compress(body)


def load(payload_id: int) -> bytes:
    """Return a body as it came, from here or, once its day was dropped, from the archive.

    Raises:
        PayloadCorrupt: what is stored is something else.
        archive.NotArchived: it is in neither.
    """
    [(digest, stored)] = fetch_all(
        "SELECT payload.sha256, raw.body FROM raw_payload AS payload LEFT JOIN raw_body AS raw"
        " ON raw.payload_id = payload.id AND raw.captured_at = payload.first_captured_at"
        " WHERE payload.id = %s",
        [payload_id],
    )
    try:
        if stored is None:
            return archive.read(object_name(digest), digest=digest)
        body: bytes = _DECOMPRESSOR.decompress(bytes(stored))
    except (zstandard.ZstdError, archive.ArchiveUnsound):
        raise PayloadCorrupt(digest) from None
    if sha256(body).hexdigest() != digest:
        raise PayloadCorrupt(digest)
    return body


def object_name(digest: str) -> str:
    """Where the archive keeps the body of that hash."""
    return f"payloads/{digest[:2]}/{digest}.zst"


def stored_between(first: datetime, end: datetime) -> Iterator[StoredBody]:
    """Every body first captured in a half-open span, packed as it is stored, the oldest first."""
    after = 0
    while True:
        found = fetch_all(
            "SELECT raw.payload_id, payload.sha256, payload.size, raw.body FROM raw_body AS raw"
            " JOIN raw_payload AS payload ON payload.id = raw.payload_id"
            " WHERE raw.captured_at >= %s AND raw.captured_at < %s AND raw.payload_id > %s"
            " ORDER BY raw.payload_id LIMIT %s",
            [first, end, after, _AT_A_TIME],
        )
        for payload_id, digest, size, stored in found:
            after = payload_id
            yield StoredBody(digest, size, bytes(stored))
        if len(found) < _AT_A_TIME:
            return
