"""The people of a tenant, and the browsers in which they are signed in."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint, Value
from django.db.models.functions import Cast, Coalesce, Concat, Lower

from apps.core.choices import choices_of
from apps.core.ids import uuid7
from apps.core.tenancy import PUBLIC
from apps.governance.roles import PLATFORM_ROLES, Role
from apps.tenants.kinds import UserStatus
from apps.tenants.logins import LONGEST_LOGIN
from apps.tenants.models.tenant import Tenant
from apps.tenants.querysets import EveryTenantsUsers, OwnPeople

# What a login must be: the tenant, then the e-mail address or else the Telegram id.
_LOGIN_OF_A_PERSON = Concat(
    F("tenant"),
    Value("/"),
    Coalesce(
        Lower("email"),
        Concat(Value("tg:"), Cast("telegram_user_id", models.TextField())),
        output_field=models.TextField(),
    ),
    output_field=models.TextField(),
)


class User(AbstractBaseUser, PermissionsMixin):
    """One person in one tenant; the same person elsewhere is another row.

    People type their e-mail address; ``login`` puts the tenant in front of it, because the
    framework needs one unique name. A row is never deleted: it is anonymised.
    """

    last_login = None  # the audit says when somebody signed in

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, help_text="UUIDv7.")
    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, related_name="people", db_column="tenant_schema"
    )

    # Travels: changed by actions only.
    login = models.CharField(
        max_length=LONGEST_LOGIN,
        unique=True,
        help_text="The schema, a slash, and the e-mail or tg: with the Telegram id.",
    )
    email = models.EmailField(  # noqa: DJ001 - nobody shares "no address": it is not a value
        null=True, blank=True
    )
    telegram_user_id = models.BigIntegerField(
        null=True, blank=True, help_text="Telegram's number for the person."
    )
    status = models.CharField(
        max_length=16, choices=choices_of(UserStatus), default=UserStatus.ACTIVE
    )
    is_staff = models.BooleanField(
        default=False, help_text="May open the console of the own tenant's host."
    )
    role = models.CharField(
        max_length=12,
        choices=choices_of(Role),
        blank=True,
        default="",
        help_text="What they may see and do there; empty: nothing of its own accord.",
    )

    across_tenants = EveryTenantsUsers()
    objects = OwnPeople()

    USERNAME_FIELD = "login"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []

    class Meta:
        db_table = "user"
        default_manager_name = "across_tenants"
        ordering = ["login"]
        constraints = [
            UniqueConstraint(
                F("tenant"), Lower("email"), name="user_email_is_unique_in_its_tenant"
            ),
            UniqueConstraint(
                fields=["tenant", "telegram_user_id"],
                name="user_telegram_is_unique_in_its_tenant",
            ),
            CheckConstraint(
                condition=Q(status=UserStatus.ANONYMISED)
                | Q(email__isnull=False)
                | Q(telegram_user_id__isnull=False),
                name="user_can_be_addressed",
            ),
            CheckConstraint(
                condition=Q(status=UserStatus.ANONYMISED) | Q(login=_LOGIN_OF_A_PERSON),
                name="user_login_names_tenant_and_person",
            ),
            CheckConstraint(
                condition=Q(is_superuser=False) | Q(tenant=PUBLIC),
                name="user_superuser_is_an_operator",
            ),
            CheckConstraint(
                condition=Q(role="")
                | Q(role=Role.TENANT_STAFF.value) & ~Q(tenant=PUBLIC)
                | Q(role__in=[role.value for role in PLATFORM_ROLES], tenant=PUBLIC),
                name="user_role_fits_its_tenant",
            ),
            CheckConstraint(
                condition=Q(role="") | Q(is_staff=True), name="user_with_a_role_is_staff"
            ),
            CheckConstraint(
                condition=~Q(status=UserStatus.ANONYMISED)
                | Q(email__isnull=True, telegram_user_id__isnull=True, is_staff=False),
                name="user_anonymised_keeps_nothing",
            ),
        ]

    def get_full_name(self) -> str:
        """Name the person as the console does: what stands before the @ of the address."""
        return (self.email or self.login).partition("@")[0]

    def __str__(self) -> str:
        return self.login

    @property
    def tenant_schema(self) -> str:
        return str(self.tenant_id)

    @property
    def is_active(self) -> bool:  # type: ignore[override]
        """What the framework asks before it lets somebody in."""
        return self.status == UserStatus.ACTIVE

    @property
    def is_operator(self) -> bool:
        """Staff of the platform, as opposed to a tenant's own."""
        return self.is_staff and self.tenant_id == PUBLIC

    @property
    def is_administrator(self) -> bool:
        return self.is_superuser or self.role == Role.ADMIN

    def audit_state(self) -> dict[str, Any]:
        """Nothing personal: an audit entry outlives an erasure."""
        return {
            "tenant_schema": self.tenant_id,
            "status": self.status,
            "is_staff": self.is_staff,
            "is_superuser": self.is_superuser,
            "role": self.role,
            "has_email": self.email is not None,
            "has_telegram": self.telegram_user_id is not None,
            "has_password": self.has_usable_password(),
        }


class Session(AbstractBaseSession):
    """A signed-in browser. Valid on the hosts of one tenant only."""

    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, related_name="+", db_column="tenant_schema"
    )
    user = models.ForeignKey(User, null=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "session"

    @classmethod
    def get_session_store_class(cls) -> type:
        from apps.tenants.sessions import SessionStore

        return SessionStore
