"""Configuration documents, one immutable version after the other."""

from enum import StrEnum
from typing import Any

from django.db import models
from django.db.models import Q

from apps.core.append_only import AppendOnly
from apps.core.choices import choices_of
from apps.core.ids import uuid7
from apps.governance.querysets import ConfigVersionQuerySet

PLATFORM = "public"  # the tenant_schema of what the platform itself did or decided


class Section(StrEnum):
    """What a configuration is about, and therefore whose it is."""

    MARKET = "market"  # the platform's, per league and profile
    MODEL = "model"  # the platform's, per league and profile
    OPINION = "opinion"  # a tenant's, per league or for all of them; the platform's per league
    PARLAY = "parlay"  # a tenant's or the platform's, per profile; legs may be of any league


class ConfigVersion(AppendOnly):
    """One complete, validated configuration document; a change is the next number.

    Market and model configurations are the platform's, one per league and profile. An opinion
    is a tenant's, for one league or (league empty) for all, with the platform's per league as
    the one that everybody starts from. A parlay profile is a tenant's, or the platform's for all.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, help_text="UUIDv7.")
    section = models.CharField(max_length=8, choices=choices_of(Section))
    tenant_schema = models.CharField(
        max_length=30, help_text="Whose: a tenant, or public for the platform."
    )
    league = models.CharField(
        max_length=16, blank=True, default="", help_text="League code; empty: every league."
    )
    profile = models.CharField(
        max_length=32, blank=True, default="", help_text="Named profile; empty for an opinion."
    )
    number = models.PositiveIntegerField(
        help_text="Counts from 1 for each section, owner, league and profile."
    )
    document = models.JSONField(help_text="The whole configuration; units as its fields say.")
    document_hash = models.CharField(
        max_length=64, help_text="sha256 hex of the document's canonical JSON."
    )
    predecessor = models.ForeignKey(
        "self", on_delete=models.DO_NOTHING, null=True, blank=True, related_name="+"
    )
    effective_from = models.DateTimeField(help_text="UTC, business time; inclusive.")
    author = models.CharField(max_length=150, help_text="Who wrote it, as the audit names actors.")
    reason = models.TextField(help_text="The author's own words.")
    created_at = models.DateTimeField(help_text="UTC, business time of the writing.")

    objects = ConfigVersionQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        db_table = "config_version"
        constraints = [
            models.UniqueConstraint(
                fields=["section", "tenant_schema", "league", "profile", "number"],
                name="config_version_number_is_used_once",
            ),
            models.UniqueConstraint(
                fields=["predecessor"], name="config_version_has_one_successor"
            ),
            models.CheckConstraint(
                condition=Q(number=1, predecessor__isnull=True)
                | Q(number__gt=1, predecessor__isnull=False),
                name="config_version_follows_a_predecessor",
            ),
            models.CheckConstraint(
                condition=Q(section=Section.OPINION.value, profile="")
                | (
                    Q(
                        section__in=[Section.MARKET.value, Section.MODEL.value],
                        tenant_schema=PLATFORM,
                    )
                    & ~Q(profile="")
                    & ~Q(league="")
                )
                | Q(section=Section.PARLAY.value, league="") & ~Q(profile=""),
                name="config_version_belongs_to_its_section",
            ),
            models.CheckConstraint(
                condition=~Q(tenant_schema=PLATFORM)
                | ~Q(league="")
                | Q(section=Section.PARLAY.value),
                name="config_version_of_the_platform_names_a_league",
            ),
        ]

    def __str__(self) -> str:
        subject = "/".join(part for part in (self.tenant_schema, self.league, self.profile) if part)
        return f"{self.section} {subject} v{self.number}"

    def audit_state(self) -> dict[str, Any]:
        return {
            "section": self.section,
            "owner": self.tenant_schema,
            "league": self.league,
            "profile": self.profile,
            "number": self.number,
            "document_hash": self.document_hash,
            "effective_from": self.effective_from,
        }
