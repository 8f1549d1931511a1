"""Who uses the platform: organisations, where they are found, and their people."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint, Value
from django.db.models.functions import Cast, Coalesce, Concat, Lower
from rest_framework_api_key.models import AbstractAPIKey

from apps.core.append_only import AppendOnly, PlainFacts
from apps.core.choices import choices_of
from apps.core.ids import uuid7
from apps.core.tenancy import PUBLIC
from apps.governance.history import tracked
from apps.governance.roles import PLATFORM_ROLES, Role
from apps.tenants.keys import BRAND
from apps.tenants.kinds import (
    LONGEST_SCHEMA,
    SCHEMA_PATTERN,
    TEMPLATE_SCHEMA,
    ApiScope,
    MigrationOutcome,
    Provisioning,
    TenantStatus,
    TenantType,
    UserStatus,
)
from apps.tenants.logins import LONGEST_LOGIN
from apps.tenants.querysets import EveryTenantsKeys, EveryTenantsUsers, OwnPeople, TenantQuerySet


class Tenant(models.Model):
    """An organisation. Its schema's name is its identity: never renamed, never used again.

    The row ``public`` is the platform itself: the operators' host, no picks, in no fan-out.
    The row ``template`` is the schema that new tenants are made from.
    """

    schema_name = models.CharField(
        primary_key=True,
        max_length=LONGEST_SCHEMA,
        help_text="Small letters, digits and underscores, 2 to 30 of them, a letter first.",
    )
    type = models.CharField(max_length=16, choices=choices_of(TenantType))
    provisioned_at = models.DateTimeField(null=True, blank=True, help_text="UTC.")

    # Travels: changed by actions only.
    name = models.CharField(max_length=120, help_text="As people read it.")
    timezone = models.CharField(
        max_length=64, default="UTC", help_text="IANA name; a tenant's day is a day there."
    )
    status = models.CharField(
        max_length=16, choices=choices_of(TenantStatus), default=TenantStatus.SUSPENDED
    )
    provisioning = models.CharField(
        max_length=16, choices=choices_of(Provisioning), default=Provisioning.REQUESTED
    )

    objects = TenantQuerySet.as_manager()
    history = tracked("tenant_history")

    # django-tenants asks this when a tenant row is deleted, which foreign keys prevent.
    auto_drop_schema = False

    class Meta:
        db_table = "tenant"
        ordering = ["schema_name"]
        constraints = [
            CheckConstraint(
                condition=Q(schema_name__regex=SCHEMA_PATTERN), name="tenant_schema_is_a_slug"
            ),
            CheckConstraint(
                condition=~Q(schema_name__startswith="pg_") & ~Q(schema_name="information_schema"),
                name="tenant_schema_is_not_reserved",
            ),
            CheckConstraint(condition=Q(type__in=list(TenantType)), name="tenant_type_is_known"),
            CheckConstraint(
                condition=Q(status__in=list(TenantStatus)), name="tenant_status_is_known"
            ),
            CheckConstraint(
                condition=~Q(schema_name=PUBLIC)
                | Q(type=TenantType.INTERNAL, status=TenantStatus.ACTIVE),
                name="tenant_platform_is_internal_and_active",
            ),
            CheckConstraint(
                condition=~Q(type=TenantType.TEMPLATE) | Q(status=TenantStatus.SUSPENDED),
                name="tenant_template_is_never_active",
            ),
            CheckConstraint(
                condition=~Q(status=TenantStatus.ACTIVE)
                | Q(provisioning=Provisioning.ACTIVE, provisioned_at__isnull=False),
                name="tenant_active_is_fully_provisioned",
            ),
        ]
        permissions = [("suspend_tenant", "Can suspend and resume tenants")]

    def __str__(self) -> str:
        return self.name

    @property
    def is_platform(self) -> bool:
        return self.schema_name == PUBLIC

    def audit_state(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "type": self.type,
            "timezone": self.timezone,
            "status": self.status,
            "provisioning": self.provisioning,
        }

    def scope(self) -> str:
        """The scope of this tenant's switches and alerts."""
        return f"tenant:{self.schema_name}"


class Domain(models.Model):
    """A host name under which one tenant is found."""

    domain = models.CharField(
        max_length=253, unique=True, help_text="Host name, small letters, without a port."
    )
    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, related_name="domains", db_column="tenant_schema"
    )
    is_primary = models.BooleanField(default=True, help_text="The one that links are made with.")

    history = tracked("domain_history")

    class Meta:
        db_table = "domain"
        ordering = ["domain"]
        constraints = [
            UniqueConstraint(
                fields=["tenant"], condition=Q(is_primary=True), name="domain_has_one_primary"
            ),
            CheckConstraint(
                condition=Q(domain__regex=r"^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$"),
                name="domain_is_a_host_name",
            ),
        ]

    def __str__(self) -> str:
        return self.domain

    def audit_state(self) -> dict[str, Any]:
        return {
            "domain": self.domain,
            "tenant_schema": self.tenant_id,
            "is_primary": self.is_primary,
        }


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
        help_text="<schema>/<e-mail> or <schema>/tg:<Telegram id>.",
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


class ApiKey(AbstractAPIKey):
    """A key with which a tenant's programs read its API. Only its hash is kept.

    What it opens is written once; a key that should open something else is another key. It is
    looked up before the tenant is entered, and a tenant's role has no right on this table.
    """

    created = None  # type: ignore[assignment] # created_at says it, which is told the time

    id = models.UUIDField(  # type: ignore[assignment]
        primary_key=True, default=uuid7, editable=False, help_text="UUIDv7."
    )
    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, related_name="api_keys", db_column="tenant_schema"
    )
    scopes = ArrayField(
        models.CharField(max_length=16, choices=[(scope.value, scope.value) for scope in ApiScope]),
        help_text="What it may read.",
    )
    created_at = models.DateTimeField(help_text="UTC.")

    # Travels, with `revoked`: changed by actions only.
    last_used_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC, to the hour: empty means never."
    )

    objects = EveryTenantsKeys()  # type: ignore[misc]

    class Meta:
        db_table = "api_key"
        verbose_name = "API key"
        verbose_name_plural = "API keys"
        ordering = ["tenant", "name", "id"]
        constraints = [
            CheckConstraint(
                condition=~Q(tenant__in=[PUBLIC, TEMPLATE_SCHEMA]),
                name="api_key_belongs_to_a_customer",
            ),
            CheckConstraint(
                condition=Q(
                    scopes__len__gt=0, scopes__contained_by=[scope.value for scope in ApiScope]
                ),
                name="api_key_opens_something_known",
            ),
            CheckConstraint(
                condition=Q(expiry_date__isnull=True) | Q(expiry_date__gt=F("created_at")),
                name="api_key_expires_after_it_began",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({BRAND}{self.prefix}_...)"

    def audit_state(self) -> dict[str, Any]:
        """Neither the key nor its hash: who reads the audit must not learn of either."""
        return {
            "tenant_schema": self.tenant_id,
            "name": self.name,
            "prefix": self.prefix,
            "scopes": self.scopes,
            "expires_at": self.expiry_date,
            "revoked": self.revoked,
            "last_used_at": self.last_used_at,
        }


class SchemaArtefact(AppendOnly, PlainFacts):
    """The template schema as DDL text, made at deploy time, that new tenants are built from."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, help_text="UUIDv7.")
    migrations_hash = models.CharField(
        max_length=64, help_text="sha256 (hex) over the tenant apps' migrations."
    )
    ddl = models.TextField(help_text="SQL; the schema is called template in it.")
    ddl_sha256 = models.CharField(max_length=64, help_text="Hex.")
    made_at = models.DateTimeField(help_text="UTC.")

    class Meta:
        db_table = "schema_artefact"
        constraints = [
            UniqueConstraint(
                fields=["migrations_hash", "ddl_sha256"], name="schema_artefact_is_stored_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.migrations_hash[:12]} of {self.made_at:%Y-%m-%d %H:%M}"

    def audit_state(self) -> dict[str, Any]:
        return {"migrations_hash": self.migrations_hash, "ddl_sha256": self.ddl_sha256}


class TenantMigrationState(models.Model):
    """What became of the last migration of one tenant's schema."""

    tenant = models.OneToOneField(
        Tenant,
        primary_key=True,
        on_delete=models.PROTECT,
        related_name="migration_state",
        db_column="tenant_schema",
    )
    migrations_hash = models.CharField(
        max_length=64, help_text="sha256 (hex) of the migrations that were asked for."
    )
    outcome = models.CharField(max_length=16, choices=choices_of(MigrationOutcome))
    applied = models.PositiveIntegerField(help_text="Migrations applied by that run.")
    failed_migration = models.CharField(max_length=255, blank=True, help_text="app.name")
    error = models.TextField(blank=True, help_text="What the database said.")
    at = models.DateTimeField(help_text="UTC.")

    class Meta:
        db_table = "tenant_migration_state"
        constraints = [
            CheckConstraint(
                condition=Q(outcome=MigrationOutcome.CURRENT, error="", failed_migration="")
                | Q(outcome=MigrationOutcome.FAILED, failed_migration__gt=""),
                name="tenant_migration_state_names_what_failed",
            )
        ]

    def __str__(self) -> str:
        return f"{self.tenant_id}: {self.outcome}"

    def audit_state(self) -> dict[str, Any]:
        return {
            "migrations_hash": self.migrations_hash,
            "outcome": self.outcome,
            "failed_migration": self.failed_migration,
        }
