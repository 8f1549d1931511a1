"""What may happen to a person: created, signed in, locked out, forgotten."""

from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.contrib.auth.models import Group
from django.db import transaction

from apps.core.actor import Actor
from apps.core.db import refusing
from apps.core.tenancy import PUBLIC
from apps.governance import alerts, audit, switches
from apps.governance.models import Strength
from apps.governance.roles import Role
from apps.rulebook.alerts import AlertKind
from apps.rulebook.errors import RuleBroken
from apps.tenants.actions.running import require_reason
from apps.tenants.kinds import UserStatus
from apps.tenants.logins import LONGEST_LOGIN, login_name
from apps.tenants.models import Session, User


class AddressMissing(RuleBroken):
    code = "USER_ADDRESS_MISSING"

    def __init__(self) -> None:
        super().__init__("A person needs an e-mail address or a Telegram id.")


class AddressTaken(RuleBroken):
    code = "USER_ADDRESS_TAKEN"

    def __init__(self, schema: str) -> None:
        super().__init__(f"{schema!r} has a person with this address already.")


class AddressUnfit(RuleBroken):
    code = "USER_ADDRESS_UNFIT"

    def __init__(self) -> None:
        super().__init__(
            f"This address cannot be used: with its tenant's name at most {LONGEST_LOGIN}"
            " characters, and capitals from A to Z only."
        )


class OperatorsOnly(RuleBroken):
    code = "USER_SUPERUSER_IS_AN_OPERATOR"

    def __init__(self, schema: str) -> None:
        super().__init__(f"Only the platform has superusers; {schema!r} has none.")


class PasswordMissing(RuleBroken):
    code = "USER_PASSWORD_MISSING"

    def __init__(self) -> None:
        super().__init__("Staff sign in with a password: give one.")


class RoleUnfit(RuleBroken):
    code = "USER_ROLE_UNFIT"

    def __init__(self, role: str, schema: str) -> None:
        super().__init__(f"{role} is no role that somebody of {schema!r} can have.")


class PersonErased(RuleBroken):
    code = "USER_ANONYMISED"

    def __init__(self) -> None:
        super().__init__("This person was erased; nothing leads back.")


@transaction.atomic
def create_user(
    *,
    schema: str,
    email: str | None = None,
    telegram_user_id: int | None = None,
    password: str | None = None,
    is_staff: bool = False,
    is_superuser: bool = False,
    role: Role | None = None,
    by: Actor,
    at: datetime,
) -> User:
    """Add a person to a tenant. Without a password nobody can sign in as them.

    Who has a role is staff, and may what the table of roles says.

    Raises:
        RoleUnfit: a platform's role in a tenant, or a tenant's on the platform.
        AddressMissing, AddressUnfit, AddressTaken: they cannot be told apart from others.
        OperatorsOnly: a superuser outside the platform.
        PasswordMissing: staff without a password.
    """
    email = email.strip() if email else None
    if not email and telegram_user_id is None:
        raise AddressMissing
    is_staff = is_staff or role is not None
    if is_staff and not password:
        raise PasswordMissing
    login = login_name(schema, email=email, telegram_user_id=telegram_user_id)
    if len(login) > LONGEST_LOGIN:
        raise AddressUnfit
    user = User(
        tenant_id=schema,
        login=login,
        email=email,
        telegram_user_id=telegram_user_id,
        is_staff=is_staff,
        is_superuser=is_superuser,
        role=role or "",
    )
    user.set_password(password)
    taken = AddressTaken(schema)
    rules = {
        "user_email_is_unique_in_its_tenant": taken,
        "user_telegram_is_unique_in_its_tenant": taken,
        "user_login_key": taken,
        "user_superuser_is_an_operator": OperatorsOnly(schema),
        "user_role_fits_its_tenant": RoleUnfit(role or "", schema),
        # The database folds capitals of other alphabets differently, or not at all.
        "user_login_names_tenant_and_person": AddressUnfit(),
    }
    with refusing(rules):
        user.save(force_insert=True)
    _join_group(user)
    audit.record("user.created", user, by=by, at=at, strength=Strength.SYNC)
    return user


@transaction.atomic
def disable_user(*, user_id: UUID, by: Actor, at: datetime, reason: str) -> User:
    """Lock a person out, at once: their sessions end with this.

    Raises:
        ReasonMissing: nobody says why.
        PersonErased: there is nobody left.
    """
    require_reason(reason)
    return _set_status(user_id, UserStatus.DISABLED, "user.disabled", by=by, at=at, reason=reason)


@transaction.atomic
def enable_user(*, user_id: UUID, by: Actor, at: datetime, reason: str) -> User:
    """Let a person sign in again.

    Raises:
        ReasonMissing: nobody says why.
        PersonErased: there is nobody left.
    """
    require_reason(reason)
    return _set_status(user_id, UserStatus.ACTIVE, "user.enabled", by=by, at=at, reason=reason)


@transaction.atomic
def give_role(*, user_id: UUID, role: Role | None, by: Actor, at: datetime, reason: str) -> User:
    """Let a person do what a role may, and nothing that an earlier one let them; None: nothing.

    Their sessions end with this, so that no page goes on that they may no longer open. It makes
    nobody a superuser, and takes that from nobody.

    Raises:
        RoleUnfit: a platform's role in a tenant, or a tenant's on the platform.
        PasswordMissing: staff sign in with a password, and they have none.
        ReasonMissing: nobody says why.
        PersonErased: there is nobody left.
    """
    require_reason(reason)
    user = User.across_tenants.locked().get(pk=user_id)
    if user.status == UserStatus.ANONYMISED:
        raise PersonErased
    if role is not None and not user.has_usable_password():
        raise PasswordMissing
    unfit = {"user_role_fits_its_tenant": RoleUnfit(role or "", user.tenant_id)}
    with audit.recording(
        "user.role_given", user, by=by, at=at, reason=reason, strength=Strength.SYNC
    ):
        user.role = role or ""
        user.is_staff = role is not None or user.is_superuser
        with refusing(unfit):
            user.save(update_fields=["role", "is_staff"])
    user.user_permissions.clear()
    _join_group(user)
    Session.objects.filter(user=user).delete()
    return user


@transaction.atomic
def change_password(*, user_id: UUID, password: str, by: Actor, at: datetime) -> User:
    """Give a person another password; other browsers are signed out by it."""
    user = User.across_tenants.locked().get(pk=user_id)
    if user.status == UserStatus.ANONYMISED:
        raise PersonErased
    with audit.recording("user.password_changed", user, by=by, at=at, strength=Strength.SYNC):
        user.set_password(password)
        user.save(update_fields=["password"])
    return user


@transaction.atomic
def anonymise_user(*, user_id: UUID, by: Actor, at: datetime, reason: str) -> User:
    """Forget who a person was. The row stays, because other rows tell what it did.

    Raises:
        ReasonMissing: nobody says why.
    """
    require_reason(reason)
    user = User.across_tenants.locked().get(pk=user_id)
    with audit.recording(
        "user.anonymised", user, by=by, at=at, reason=reason, strength=Strength.SYNC
    ):
        user.status = UserStatus.ANONYMISED
        user.login = f"{user.tenant_id}/gone:{user.pk}"
        user.email = None
        user.telegram_user_id = None
        user.is_staff = False
        user.is_superuser = False
        user.role = ""
        user.set_unusable_password()
        user.save()
        user.groups.clear()
        user.user_permissions.clear()
    Session.objects.filter(user=user).delete()
    return user


@transaction.atomic
def record_sign_in(*, user: User, by: Actor, at: datetime) -> None:
    """Note that somebody came in: who, from where, with what browser."""
    with audit.recording("user.signed_in", user, by=by, at=at):
        pass


@transaction.atomic
def note_foreign_session(
    *, session_key: str, home: str, here: str, by: Actor, at: datetime
) -> None:
    """Note that a browser brought one tenant's session to another tenant's host.

    The key itself would open the session, so its fingerprint stands for it.
    """
    audit.record_set(
        [
            audit.Row(
                action="session.refused",
                object_type=Session.__name__,
                object_id=sha256(session_key.encode()).hexdigest(),
                before=None,
                after={"belongs_to": home, "brought_to": here},
                reason="A session is valid on the hosts of its own tenant only.",
            )
        ],
        by=by,
        at=at,
        strength=Strength.SYNC,
    )
    alerts.raise_alert(
        AlertKind.UNAUTHORIZED_WRITE,
        scope=f"tenant:{here}" if here != PUBLIC else switches.GLOBAL,
        key=f"session of {home} from {by.ip}",
        detail=f"A browser brought a session of {home!r} to a host of {here!r}.",
        by=by,
        at=at,
    )


def _set_status(
    user_id: UUID, status: UserStatus, action: str, *, by: Actor, at: datetime, reason: str
) -> User:
    user = User.across_tenants.locked().get(pk=user_id)
    if user.status == UserStatus.ANONYMISED:
        raise PersonErased
    with audit.recording(action, user, by=by, at=at, reason=reason, strength=Strength.SYNC):
        user.status = status
        user.save(update_fields=["status"])
    if status is not UserStatus.ACTIVE:
        Session.objects.filter(user=user).delete()
    return user


def _join_group(user: User) -> None:
    """Put a person into the group of their role, and into no other."""
    groups = Group.objects.filter(name=user.role) if user.role else Group.objects.none()
    user.groups.set(groups)
