"""Objects that outlive the database: packed, named after their content, checked when read back.

Where they lie is Django's storage ``archive``: a folder by default, an object store in production.
"""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from tempfile import TemporaryFile
from typing import IO, Any

import zstandard
from django.core.files import File
from django.core.files.storage import Storage, storages

from apps.rulebook.errors import RuleBroken

ALIAS = "archive"
_LEVEL = 9  # written once and seldom read: half of the time of a day's work is well spent
_BLOCK = 1 << 20


class ArchiveUnsound(RuleBroken):
    code = "ARCHIVE_UNSOUND"

    def __init__(self, name: str) -> None:
        super().__init__(f"The archived object {name} does not hold the bytes it is named after.")


class NotArchived(RuleBroken):
    code = "NOT_ARCHIVED"

    def __init__(self, name: str) -> None:
        super().__init__(f"The archive holds no object {name}.")


@dataclass(frozen=True, slots=True)
class Packed:
    """A packed object on its way to the archive."""

    file: IO[bytes]
    sha256: str  # hex, of the plain bytes
    size: int  # bytes, plain
    stored_size: int  # bytes, packed


def storage() -> Storage:
    return storages[ALIAS]


@contextmanager
def pack(blocks: Iterable[bytes]) -> Iterator[Packed]:
    """Pack a stream of bytes into a temporary file, hashing what is plain."""
    digest, size = sha256(), 0
    with TemporaryFile() as file:
        with zstandard.ZstdCompressor(level=_LEVEL).stream_writer(file, closefd=False) as packer:
            for block in blocks:
                digest.update(block)
                size += len(block)
                packer.write(block)
        stored_size = file.tell()
        file.seek(0)
        yield Packed(file, digest.hexdigest(), size, stored_size)


def put(name: str, file: IO[bytes], *, digest: str) -> bool:
    """Put a packed object away and read it back; False where it was there already.

    Raises:
        ArchiveUnsound: what can be read is not what was written.
    """
    there = storage().exists(name)
    if there and _digest(name) == digest:
        return False
    if there:  # cut off while it was written, or worse: the object is written anew
        storage().delete(name)
    kept_as = storage().save(name, File(file))
    if kept_as != name or _digest(name) != digest:
        raise ArchiveUnsound(name)
    return True


def read(name: str, *, digest: str) -> bytes:
    """Return an object's plain bytes.

    Raises:
        NotArchived: there is no such object.
        ArchiveUnsound: it holds something else.
    """
    body = b"".join(_blocks(name))
    if sha256(body).hexdigest() != digest:
        raise ArchiveUnsound(name)
    return body


def require_sound(name: str, *, digest: str) -> None:
    """Read an object back without keeping it.

    Raises:
        NotArchived: there is no such object.
        ArchiveUnsound: it holds something else.
    """
    if _digest(name) != digest:
        raise ArchiveUnsound(name)


def _digest(name: str) -> str:
    digest = sha256()
    try:
        for block in _blocks(name):
            digest.update(block)
    except ArchiveUnsound:
        return ""
    return digest.hexdigest()


def _blocks(name: str) -> Iterator[bytes]:
    try:
        opened: Any = storage().open(name, "rb")
    except FileNotFoundError:
        raise NotArchived(name) from None
    with opened as file:
        try:
            yield from zstandard.ZstdDecompressor().read_to_iter(file, read_size=_BLOCK)
        except zstandard.ZstdError:
            raise ArchiveUnsound(name) from None
