"""Bytes in, bytes out: stored once however often they come, compressed here."""

from datetime import datetime
from hashlib import sha256

import zstandard

from apps.core.db import copy_rows, fetch_all
from apps.rulebook.errors import RuleBroken
from apps.snapshots.models import RawBody

LEVEL = 3
_COMPRESSOR = zstandard.ZstdCompressor(level=LEVEL)
_DECOMPRESSOR = zstandard.ZstdDecompressor()


class PayloadCorrupt(RuleBroken):
    code = "PAYLOAD_CORRUPT"

    def __init__(self, digest: str) -> None:
        super().__init__(f"The stored bytes of payload {digest[:12]} are not those that came.")


def store(body: bytes, *, captured_at: datetime) -> int:
    """Store a body unless its bytes are known; return the key of its payload."""
    digest = sha256(body).hexdigest()
    if known := fetch_all("SELECT id FROM raw_payload WHERE sha256 = %s", [digest]):
        return int(known[0][0])
    packed = _COMPRESSOR.compress(body)
    created = fetch_all(
        "INSERT INTO raw_payload (sha256, size, stored_size, first_captured_at)"
        " VALUES (%s, %s, %s, %s) ON CONFLICT (sha256) DO NOTHING RETURNING id",
        [digest, len(body), len(packed), captured_at],
    )
    if not created:  # another worker got the same bytes, and stores them
        return int(fetch_all("SELECT id FROM raw_payload WHERE sha256 = %s", [digest])[0][0])
    payload_id = int(created[0][0])
    copy_rows(
        RawBody._meta.db_table,
        ["payload_id", "captured_at", "body"],
        [(payload_id, captured_at, packed)],
    )
    return payload_id


def load(payload_id: int) -> bytes:
    """Return a body as it came.

    Raises:
        PayloadCorrupt: what is stored is something else.
    """
    [(digest, packed)] = fetch_all(
        "SELECT payload.sha256, raw.body FROM raw_payload AS payload JOIN raw_body AS raw"
        " ON raw.payload_id = payload.id AND raw.captured_at = payload.first_captured_at"
        " WHERE payload.id = %s",
        [payload_id],
    )
    try:
        body: bytes = _DECOMPRESSOR.decompress(bytes(packed))
    except zstandard.ZstdError:
        raise PayloadCorrupt(digest) from None
    if sha256(body).hexdigest() != digest:
        raise PayloadCorrupt(digest)
    return body
