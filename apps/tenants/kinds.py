"""The words that describe a tenant, a person and a key."""

from enum import StrEnum

SCHEMA_PATTERN = r"^[a-z][a-z0-9_]{1,29}$"
LONGEST_SCHEMA = 30
TEMPLATE_SCHEMA = "template"


class TenantType(StrEnum):
    CONSUMER = "CONSUMER"
    AFFILIATE = "AFFILIATE"
    B2B = "B2B"
    INTERNAL = "INTERNAL"
    TEMPLATE = "TEMPLATE"  # the schema that new ones are made from; nothing runs for it


# Who publishes for everybody; what the others make is for those who sign in.
FOR_EVERYBODY = frozenset({TenantType.CONSUMER, TenantType.AFFILIATE})


class TenantStatus(StrEnum):
    ACTIVE = "ACTIVE"
    SUSPENDED = "SUSPENDED"  # nothing runs for it and its hosts answer 404


class Provisioning(StrEnum):
    """How far a tenant has been built; each step leaves the previous one behind."""

    REQUESTED = "REQUESTED"  # the row exists
    SCHEMA = "SCHEMA"  # its tables exist
    ROLE = "ROLE"  # its database role may use them
    SEEDED = "SEEDED"  # its switches exist
    ACTIVE = "ACTIVE"  # it may be served


class UserStatus(StrEnum):
    ACTIVE = "ACTIVE"
    DISABLED = "DISABLED"  # cannot sign in
    ANONYMISED = "ANONYMISED"  # nothing personal is left; the row stays for its history


class ApiScope(StrEnum):
    """What a key may read; a key names every scope it has."""

    PICKS = "picks:read"
    EVENTS = "events:read"


class MigrationOutcome(StrEnum):
    CURRENT = "CURRENT"
    FAILED = "FAILED"


class ChannelKind(StrEnum):
    """Where a tenant's picks are sent beside its own pages."""

    TELEGRAM = "TELEGRAM"
    WEBHOOK = "WEBHOOK"


class ChannelStatus(StrEnum):
    OPEN = "OPEN"
    CLOSED = "CLOSED"  # nothing goes there: somebody said so, or the other side did


class BotStatus(StrEnum):
    WORKING = "WORKING"
    REFUSED = "REFUSED"  # Telegram does not know its token any more: nothing is sent with it
