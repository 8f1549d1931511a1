"""What every configuration document is: complete, frozen, and hashed one way only."""

import json
from decimal import Decimal
from hashlib import sha256
from typing import Annotated

from pydantic import BaseModel, ConfigDict, PlainSerializer

from apps.rulebook.keys import canonical_decimal

# Written as text in one form only, so that 0.05 and 0.050 are one configuration with one hash.
Number = Annotated[Decimal, PlainSerializer(canonical_decimal, return_type=str, when_used="json")]


class Document(BaseModel):
    """A configuration document: every key is stated, an unknown key is an error.

    Documents are never merged key by key: what was in force is what one document says.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    def canonical(self) -> bytes:
        """Return the bytes that are hashed: sorted keys, decimals as text, UTF-8."""
        return json.dumps(
            self.model_dump(mode="json"),
            sort_keys=True,
            separators=(",", ":"),
            ensure_ascii=False,
            allow_nan=False,
        ).encode()

    def fingerprint(self) -> str:
        """Return the sha256 (hex) of the canonical bytes."""
        return sha256(self.canonical()).hexdigest()
