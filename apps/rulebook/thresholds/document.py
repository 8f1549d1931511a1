"""What every configuration document is: complete, frozen, and hashed one way only."""

import json
from dataclasses import dataclass
from decimal import Decimal
from hashlib import sha256
from typing import Annotated, ClassVar

from pydantic import BaseModel, ConfigDict, PlainSerializer

from apps.rulebook.keys import canonical_decimal

# Written as text in one form only, so that 0.05 and 0.050 are one configuration with one hash.
Number = Annotated[Decimal, PlainSerializer(canonical_decimal, return_type=str, when_used="json")]


@dataclass(frozen=True, slots=True)
class Unit:
    """What a number counts, as people read it: said beside the type, no part of the document."""

    word: str


Minutes = Annotated[int, Unit("min")]
Hours = Annotated[int, Unit("h")]
Books = Annotated[int, Unit("books")]
Games = Annotated[int, Unit("games")]
Seasons = Annotated[int, Unit("seasons")]
Picks = Annotated[int, Unit("picks")]
Legs = Annotated[int, Unit("legs")]
Combinations = Annotated[int, Unit("combinations")]
Iterations = Annotated[int, Unit("iterations")]
Points = Annotated[Number, Unit("points")]
PointsSquared = Annotated[Number, Unit("points squared")]
Multiple = Annotated[Number, Unit("times")]
Share = Annotated[Number, Unit("share of 1")]
Probability = Annotated[Number, Unit("probability")]
ProbabilityGap = Annotated[Number, Unit("(0.01 is 1 pp)")]
Return = Annotated[Number, Unit("(0.01 is 1%)")]
DecimalOdds = Annotated[Number, Unit("decimal odds")]
Overround = Annotated[Number, Unit("sum of probabilities")]
Weight = Annotated[Number, Unit("weight")]


class Document(BaseModel):
    """A configuration document: every key is stated, an unknown key is an error.

    Documents are never merged key by key: what was in force is what one document says.
    """

    # Where documents stand in rows: which fields tell two rows apart.
    row_key: ClassVar[tuple[str, ...]] = ()

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
