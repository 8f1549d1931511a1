"""What became of everything in one body: the figures of its receipt."""

from dataclasses import dataclass, field

from apps.snapshots.reading.codes import Refused
from apps.snapshots.reading.tray import Tray


@dataclass(slots=True)
class Account:
    """Every price is written, unchanged or set aside: the three add up to ``prices``."""

    tray: Tray = field(default_factory=Tray)
    events: int = 0
    prices: int = 0
    written: int = 0
    unchanged: int = 0
    withdrawn: int = 0
    refused: Refused | None = None
