"""What time it is out there: real time, or an instant at which somebody made it stand."""

from threading import Lock
from time import time


class SandboxClock:
    """Safe for threads; ``None`` as standing instant means real time."""

    def __init__(self) -> None:
        self._standing: int | None = None
        self._lock = Lock()

    @property
    def standing(self) -> int | None:
        with self._lock:
            return self._standing

    def now(self) -> int:
        """Return the current instant, whole Unix seconds."""
        standing = self.standing
        return int(time()) if standing is None else standing

    def stand(self, at: int | None) -> None:
        with self._lock:
            self._standing = at
