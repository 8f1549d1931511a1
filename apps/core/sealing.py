"""Secrets that rows keep: sealed with keys of the environment; a copied database tells none.

The first key of ``settings.SEALING_KEYS`` seals; all of them open, so that a new one may be
introduced while the old one still stands in rows.
"""

from base64 import urlsafe_b64encode
from hashlib import sha256
from typing import TYPE_CHECKING

from django.conf import settings

from apps.rulebook.errors import RuleBroken

if TYPE_CHECKING:
    from cryptography.fernet import MultiFernet


class SealBroken(RuleBroken):
    code = "SEAL_BROKEN"

    def __init__(self) -> None:
        super().__init__(
            "No sealing key of this installation opens this secret: enter it anew, or bring the"
            " key back that it was sealed with."
        )


def seal(secret: str) -> str:
    """Write a secret so that only this installation can read it; never twice the same text."""
    return _keys().encrypt(secret.encode()).decode()


def unseal(sealed: str) -> str:
    """Read what ``seal`` wrote.

    Raises:
        SealBroken: it was sealed with a key that is not here, or changed since.
    """
    from cryptography.fernet import InvalidToken

    try:
        return _keys().decrypt(sealed.encode()).decode()
    except InvalidToken:
        raise SealBroken from None


def _keys() -> "MultiFernet":
    # Here, because only the few processes that open a secret need the library at all.
    from cryptography.fernet import Fernet, MultiFernet

    return MultiFernet(
        [
            Fernet(urlsafe_b64encode(sha256(f"sealing|{text}".encode()).digest()))
            for text in settings.SEALING_KEYS
        ]
    )
