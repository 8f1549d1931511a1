"""Where refusals leave the system. Whoever keeps alerts listens here; core knows of none.

A door shows the refusal to whoever caused it, and tells it here when everything that belonged to
it has been rolled back.
"""

from collections.abc import Callable

from django.http import HttpRequest

from apps.core import clock
from apps.core.actor import Actor
from apps.rulebook.errors import RuleBroken

Listener = Callable[..., object]

_listeners: list[Listener] = []


def listen(listener: Listener) -> None:
    """Call ``listener(refusal, by=..., at=...)`` for every refusal at a door."""
    if listener not in _listeners:
        _listeners.append(listener)


def refused(refusal: RuleBroken, request: HttpRequest) -> None:
    """Tell that a person was refused something, outside the transaction of what was refused."""
    by, at = Actor.staff(request.user, request), clock.now()
    for listener in _listeners:
        listener(refusal, by=by, at=at)
