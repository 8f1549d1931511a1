"""Where a tenant's picks are sent, with whose voice, and how a person of Telegram is recognised."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import CheckConstraint, F, Q, UniqueConstraint

from apps.core.append_only import AppendOnly, PlainFacts
from apps.core.choices import choices_of
from apps.core.ids import uuid7
from apps.core.tenancy import PUBLIC
from apps.tenants.kinds import TEMPLATE_SCHEMA, BotStatus, ChannelKind, ChannelStatus
from apps.tenants.models.person import User
from apps.tenants.models.tenant import Tenant
from apps.tenants.querysets import ChannelQuerySet, LinkTokenQuerySet

_A_CUSTOMER = ~Q(tenant__in=[PUBLIC, TEMPLATE_SCHEMA])


class Bot(models.Model):
    """The voice of one tenant on Telegram. Its limits are its own, so that nobody starves another.

    The token is sealed (``core.sealing``); what is shown is the number in front of it, which
    names the bot to everybody.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, help_text="UUIDv7.")
    tenant = models.OneToOneField(
        Tenant, on_delete=models.PROTECT, related_name="bot", db_column="tenant_schema"
    )

    # Travels: changed by actions only.
    number = models.BigIntegerField(unique=True, help_text="Telegram's number of the bot.")
    username = models.CharField(
        max_length=64, help_text="Without the @: links to it are made with this."
    )
    token_sealed = models.TextField(help_text="The token, sealed.")
    secret_sha256 = models.CharField(
        max_length=64,
        blank=True,
        default="",
        help_text="Hex, of the secret that Telegram sends with updates; empty: it sends none.",
    )
    status = models.CharField(
        max_length=8, choices=choices_of(BotStatus), default=BotStatus.WORKING.value
    )
    paused_until = models.DateTimeField(
        null=True,
        blank=True,
        help_text="UTC, database's clock: Telegram asked to wait, with everything of this bot.",
    )

    class Meta:
        db_table = "bot"
        ordering = ["tenant"]
        constraints = [
            CheckConstraint(condition=_A_CUSTOMER, name="bot_belongs_to_a_customer"),
        ]

    def __str__(self) -> str:
        return f"@{self.username}"

    def audit_state(self) -> dict[str, Any]:
        """No token: who reads the audit must not learn of it."""
        return {
            "tenant_schema": self.tenant_id,
            "number": self.number,
            "username": self.username,
            "status": self.status,
            "paused_until": self.paused_until,
            "hears": bool(self.secret_sha256),
        }


class Channel(models.Model):
    """One place to which a tenant's picks go: a chat of its bot, or an address of a customer's.

    What was published before it was opened is not sent there.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, help_text="UUIDv7.")
    tenant = models.ForeignKey(
        Tenant, on_delete=models.PROTECT, related_name="channels", db_column="tenant_schema"
    )
    kind = models.CharField(max_length=8, choices=choices_of(ChannelKind))
    opened_at = models.DateTimeField(help_text="UTC: picks published from then on go there.")

    # Travels: changed by actions only.
    name = models.CharField(max_length=80, help_text="As people call it.")
    chat = models.CharField(
        max_length=64, blank=True, default="", help_text="Telegram's id of the chat, or its @name."
    )
    url = models.CharField(max_length=500, blank=True, default="", help_text="https, of a webhook.")
    secret_sealed = models.TextField(
        blank=True, default="", help_text="What a webhook's messages are signed with, sealed."
    )
    leagues = ArrayField(
        models.CharField(max_length=16),
        default=list,
        blank=True,
        help_text="League codes; empty: every league.",
    )
    tiers = ArrayField(
        models.CharField(max_length=16),
        default=list,
        blank=True,
        help_text="EDGE, LEAN; empty: every tier that is published.",
    )
    status = models.CharField(
        max_length=6, choices=choices_of(ChannelStatus), default=ChannelStatus.OPEN.value
    )
    closed_reason = models.CharField(
        max_length=200, blank=True, default="", help_text="Why nothing goes there."
    )

    objects = ChannelQuerySet.as_manager()

    class Meta:
        db_table = "channel"
        ordering = ["tenant", "name"]
        constraints = [
            CheckConstraint(condition=_A_CUSTOMER, name="channel_belongs_to_a_customer"),
            CheckConstraint(
                condition=Q(kind=ChannelKind.TELEGRAM.value, url="", secret_sealed="") & ~Q(chat="")
                | Q(kind=ChannelKind.WEBHOOK.value, chat="") & ~Q(url="") & ~Q(secret_sealed=""),
                name="channel_has_one_address",
            ),
            CheckConstraint(
                condition=Q(status=ChannelStatus.OPEN.value, closed_reason="")
                | Q(status=ChannelStatus.CLOSED.value) & ~Q(closed_reason=""),
                name="channel_closed_says_why",
            ),
            UniqueConstraint(
                fields=["tenant", "kind", "chat", "url"], name="channel_address_is_used_once"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_open(self) -> bool:
        return self.status == ChannelStatus.OPEN

    @property
    def address(self) -> str:
        return self.chat or self.url

    def wants(self, *, league: str, tier: str) -> bool:
        """Whether a pick of that league and tier goes there."""
        return (not self.leagues or league in self.leagues) and (
            not self.tiers or tier in self.tiers
        )

    def audit_state(self) -> dict[str, Any]:
        return {
            "tenant_schema": self.tenant_id,
            "kind": self.kind,
            "name": self.name,
            "address": self.address,
            "leagues": self.leagues,
            "tiers": self.tiers,
            "status": self.status,
            "closed_reason": self.closed_reason,
        }


class LinkToken(models.Model):
    """What a person sends to the bot to be recognised: good once, for ten minutes.

    Only its hash is kept. It binds whoever sends it to the person whom it was made for.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, help_text="UUIDv7.")
    user = models.ForeignKey(
        User, on_delete=models.PROTECT, related_name="link_tokens", db_index=False
    )
    hashed = models.CharField(max_length=64, unique=True, help_text="sha256 hex of the token.")
    made_at = models.DateTimeField(help_text="UTC.")
    expires_at = models.DateTimeField(help_text="UTC.")

    # Travels.
    used_at = models.DateTimeField(null=True, blank=True, help_text="UTC.")

    objects = LinkTokenQuerySet.as_manager()

    class Meta:
        db_table = "link_token"
        ordering = ["-made_at"]
        constraints = [
            CheckConstraint(
                condition=Q(expires_at__gt=F("made_at")), name="link_token_expires_after_it_began"
            ),
            CheckConstraint(
                condition=Q(used_at__isnull=True) | Q(used_at__lt=F("expires_at")),
                name="link_token_is_used_in_time",
            ),
        ]

    def __str__(self) -> str:
        return f"for {self.user}"

    def audit_state(self) -> dict[str, Any]:
        return {
            "user": self.user_id,
            "expires_at": self.expires_at,
            "used_at": self.used_at,
        }


class BotUpdate(AppendOnly, PlainFacts):
    """The receipt of one update that Telegram brought: it brings some of them more than once."""

    id = models.BigAutoField(primary_key=True)
    bot = models.ForeignKey(Bot, on_delete=models.PROTECT, related_name="updates", db_index=False)
    update_id = models.BigIntegerField(help_text="Telegram's own number of the update.")
    received_at = models.DateTimeField(help_text="UTC.")
    outcome = models.CharField(max_length=32, help_text="What came of it: LINKED, IGNORED, ...")

    class Meta:
        db_table = "bot_update"
        constraints = [
            UniqueConstraint(fields=["bot", "update_id"], name="bot_update_is_taken_once"),
        ]

    def __str__(self) -> str:
        return f"{self.update_id} of {self.bot_id}: {self.outcome}"

    def audit_state(self) -> dict[str, Any]:
        return {"bot": self.bot_id, "update_id": self.update_id, "outcome": self.outcome}
