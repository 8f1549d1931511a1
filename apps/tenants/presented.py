"""Which tenant's program asks: the API key of a request, judged before the tenant is entered.

Nothing is remembered between requests, so a revoked key opens nothing from the next one on.
"""

from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest

from apps.core import clock
from apps.core.actor import Actor
from apps.governance import alerts
from apps.rulebook.errors import RuleBroken
from apps.tenants import actions
from apps.tenants.actions.keys import USE_IS_KNOWN_TO
from apps.tenants.keys import prefix_of
from apps.tenants.models import ApiKey

SCHEME = "Bearer"  # of the header Authorization


class KeyRefused(RuleBroken):
    """A key that opens nothing here. The subclasses say why."""

    code = "API_KEY_REFUSED"


class KeyInvalid(KeyRefused):
    code = "API_KEY_INVALID"

    def __init__(self) -> None:
        super().__init__("This is no API key that we gave out.")


class KeyRevoked(KeyRefused):
    code = "API_KEY_REVOKED"

    def __init__(self) -> None:
        super().__init__("This API key was revoked: ask for another one.")


class KeyExpired(KeyRefused):
    code = "API_KEY_EXPIRED"

    def __init__(self) -> None:
        super().__init__("This API key has expired: ask for another one.")


class KeyForeign(KeyRefused):
    code = "API_KEY_FOREIGN"

    def __init__(self) -> None:
        super().__init__("This API key is valid on the hosts of its own tenant only.")


@dataclass(frozen=True, slots=True)
class SeenKey:
    """What a request needs to know of a key that was checked."""

    id: UUID
    tenant_schema: str
    prefix: str
    scopes: frozenset[str]


def presented_key(request: HttpRequest) -> SeenKey | KeyRefused | None:
    """Return the request's key, or why it is refused, or None where it brings none.

    A refusal is returned and not raised, because only the API asks for keys.
    """
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != SCHEME.lower():
        return None
    here: str = request.host_tenant.schema_name  # type: ignore[attr-defined]
    try:
        return _checked(request, text.strip(), here)
    except KeyRefused as refusal:
        return refusal


def _checked(request: HttpRequest, text: str, here: str) -> SeenKey:
    prefix, at = prefix_of(text), clock.now()
    # Not by first(): it would sort what is one row at most, and the sorting has to be written.
    found = [] if prefix is None else list(ApiKey.objects.filter(prefix=prefix).order_by())
    key = found[0] if found else None
    if key is None or not ApiKey.objects.key_generator.verify(text, key.hashed_key):
        raise KeyInvalid
    by = Actor.program(key.tenant_id, key.prefix, request)
    if key.tenant_id != here:
        refusal = KeyForeign()
        actions.note_foreign_key(key_id=key.pk, home=key.tenant_id, here=here, by=by, at=at)
        # Where the key is at home: the other tenant learns nothing of it.
        alerts.at_door(refusal, by=by, at=at, scope=key.tenant.scope())
        raise refusal
    if key.revoked:
        raise KeyRevoked
    if key.expiry_date is not None and key.expiry_date <= at:
        raise KeyExpired
    if key.last_used_at is None or key.last_used_at <= at - USE_IS_KNOWN_TO:
        actions.note_key_use(key_id=key.pk, by=by, at=at)
    return SeenKey(key.pk, key.tenant_id, key.prefix, frozenset(key.scopes))
