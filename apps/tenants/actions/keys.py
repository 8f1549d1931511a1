"""What may happen to an API key: made and shown once, used, brought to the wrong host, revoked."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction

from apps.core.actor import Actor
from apps.governance import audit
from apps.governance.models import Strength
from apps.rulebook.errors import RuleBroken
from apps.tenants.actions.running import require_reason
from apps.tenants.kinds import ApiScope, TenantType
from apps.tenants.models import ApiKey, Tenant

# A key's last use is known to the hour; a busy client must not write with every question.
USE_IS_KNOWN_TO = timedelta(hours=1)
LONGEST_NAME = 50


class KeyOwnerUnfit(RuleBroken):
    code = "API_KEY_OWNER_UNFIT"

    def __init__(self, schema: str) -> None:
        super().__init__(f"{schema!r} is part of the platform: it has no API, so it has no keys.")


class KeyNameUnfit(RuleBroken):
    code = "API_KEY_NAME_UNFIT"

    def __init__(self) -> None:
        super().__init__(f"Name the program that uses it, in 1 to {LONGEST_NAME} characters.")


class KeyScopeUnfit(RuleBroken):
    code = "API_KEY_SCOPE_UNFIT"

    def __init__(self) -> None:
        super().__init__(f"A key opens one or more of: {', '.join(ApiScope)}.")


class KeyExpiryPassed(RuleBroken):
    code = "API_KEY_EXPIRY_PASSED"

    def __init__(self) -> None:
        super().__init__("A key expires after it was made, not before.")


class KeyIsRevoked(RuleBroken):
    code = "API_KEY_IS_REVOKED"

    def __init__(self, name: str) -> None:
        super().__init__(f"{name!r} is revoked already; nothing takes that back.")


@transaction.atomic
def create_api_key(
    *,
    schema: str,
    name: str,
    scopes: Iterable[str] = tuple(ApiScope),
    expires_at: datetime | None = None,
    by: Actor,
    at: datetime,
) -> tuple[ApiKey, str]:
    """Make a key and return it with its text, which is nowhere kept: show it once.

    Raises:
        KeyOwnerUnfit: the platform's own rows.
        KeyNameUnfit, KeyScopeUnfit, KeyExpiryPassed: it would be of no use to anybody.
    """
    tenant = Tenant.objects.locked().get(pk=schema)
    if tenant.is_platform or tenant.type == TenantType.TEMPLATE:
        raise KeyOwnerUnfit(schema)
    if not 0 < len(name.strip()) <= LONGEST_NAME:
        raise KeyNameUnfit
    opened = sorted(set(scopes))
    if not opened or not set(opened) <= set(ApiScope):
        raise KeyScopeUnfit
    if expires_at is not None and expires_at <= at:
        raise KeyExpiryPassed
    text, prefix, hashed = ApiKey.objects.key_generator.generate()
    key = ApiKey(
        tenant=tenant,
        name=name.strip(),
        scopes=opened,
        prefix=prefix,
        hashed_key=hashed,
        created_at=at,
        expiry_date=expires_at,
    )
    key.save(force_insert=True)
    audit.record("api_key.created", key, by=by, at=at, strength=Strength.SYNC)
    return key, text


@transaction.atomic
def revoke_api_key(*, key_id: UUID, by: Actor, at: datetime, reason: str) -> ApiKey:
    """Let a key open nothing any more, from the next request on.

    Raises:
        ReasonMissing: nobody says why.
        KeyIsRevoked: it is so already.
    """
    require_reason(reason)
    key = ApiKey.objects.locked().get(pk=key_id)
    if key.revoked:
        raise KeyIsRevoked(key.name)
    with audit.recording(
        "api_key.revoked", key, by=by, at=at, reason=reason, strength=Strength.SYNC
    ):
        key.revoked = True
        key.save(update_fields=["revoked"])
    return key


@transaction.atomic
def note_key_use(*, key_id: UUID, by: Actor, at: datetime) -> None:
    """Note that a key is in use, once an hour at most; nobody waits for it."""
    stale = ApiKey.objects.unused_since(at - USE_IS_KNOWN_TO)
    key = stale.locked(wait=False).filter(pk=key_id).first()
    if key is None:
        return
    with audit.recording("api_key.used", key, by=by, at=at):
        key.last_used_at = at
        key.save(update_fields=["last_used_at"])


@transaction.atomic
def note_foreign_key(*, key_id: UUID, home: str, here: str, by: Actor, at: datetime) -> None:
    """Note that one tenant's key was brought to another's host."""
    audit.record_set(
        [
            audit.Row(
                action="api_key.refused",
                object_type=ApiKey.__name__,
                object_id=str(key_id),
                before=None,
                after={"belongs_to": home, "brought_to": here},
                reason="A key is valid on the hosts of its own tenant only.",
            )
        ],
        by=by,
        at=at,
        strength=Strength.SYNC,
    )
