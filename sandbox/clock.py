"""What time it is out there: real time, an instant that stands, or a run from one, sped up."""

from threading import Lock
from time import monotonic, time
from typing import Final

FASTEST: Final = 3600.0


class SandboxClock:
    """Safe for threads; ``None`` as standing instant means real time."""

    def __init__(self) -> None:
        self._standing: int | None = None
        self._speed = 0.0
        self._since = 0.0
        self._lock = Lock()

    @property
    def standing(self) -> int | None:
        """The instant that it stands at; None while it runs."""
        with self._lock:
            return self._standing if not self._speed else None

    @property
    def speed(self) -> float:
        """Seconds that pass out there in one of ours; 0 where it stands."""
        with self._lock:
            return 1.0 if self._standing is None else self._speed

    def now(self) -> int:
        """Return the current instant, whole Unix seconds."""
        with self._lock:
            if self._standing is None:
                return int(time())
            return self._standing + int((monotonic() - self._since) * self._speed)

    def stand(self, at: int | None) -> None:
        self.run(at, 0.0)

    def run(self, at: int | None, speed: float) -> None:
        """Go on from an instant, so many times faster than real time."""
        with self._lock:
            self._standing, self._speed, self._since = at, speed, monotonic()
