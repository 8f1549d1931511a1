"""Leagues, their teams under every provider's spelling, and the books that quote them."""

from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

from apps.catalog.querysets import BookQuerySet, LeagueQuerySet, TeamAliasQuerySet, TeamQuerySet
from apps.core.choices import choices_of
from apps.governance.history import tracked
from apps.rulebook.markets import BookKind, MarketType, Period
from apps.rulebook.thresholds import LineRange


class RowStatus(StrEnum):
    ACTIVE = "ACTIVE"
    RETIRED = "RETIRED"  # nothing new is read for it; what refers to it stays


class League(models.Model):
    """One league and the rules under which its games are read, simulated and settled.

    Hand-edited: changed by ``catalog.actions`` only, every version kept with its reason.
    """

    id = models.SmallAutoField(primary_key=True)
    uuid = models.UUIDField(unique=True, editable=False, help_text="UUIDv5 of the code.")
    code = models.CharField(max_length=16, unique=True, help_text="NFL; part of every scope.")
    name = models.CharField(max_length=100)
    sport = models.CharField(
        max_length=16, help_text="Picks the score model: football (American), basketball, ..."
    )
    provider_keys = models.JSONField(
        default=dict, help_text="Provider's name to the key it knows the league under."
    )
    identity_provider = models.CharField(
        max_length=32, help_text="The one provider whose events become our events."
    )
    archive_provider = models.CharField(
        max_length=32,
        blank=True,
        default="",
        help_text="Whose past games warm up the ratings; it creates only games that are over.",
    )
    timezone = models.CharField(
        max_length=64, help_text="IANA name; a game belongs to the day it starts on there."
    )
    winner_market = models.CharField(
        max_length=16,
        choices=[
            (MarketType.MONEYLINE.value, "Two-way"),
            (MarketType.MONEYLINE_3WAY.value, "Three-way"),
        ],
        default=MarketType.MONEYLINE.value,
        help_text="What the provider's h2h market means here.",
    )
    period = models.CharField(
        max_length=16,
        choices=choices_of(Period),
        default=Period.FULL_GAME.value,
        help_text="The period of its main markets: REGULATION where overtime does not count.",
    )
    neutral_ground = models.BooleanField(
        default=False,
        help_text="Whether its games are played on neutral ground where nobody says otherwise: a"
        " tournament's.",
    )
    can_tie = models.BooleanField(help_text="Whether a game may end level.")
    can_end_scoreless = models.BooleanField(
        default=False, help_text="Whether 0-0 is a result; elsewhere it is SUSPECT."
    )
    regulation_minutes = models.PositiveSmallIntegerField(
        help_text="Minutes of play without overtime; 0 where no clock runs."
    )
    maximum_minutes = models.PositiveSmallIntegerField(
        help_text="Minutes from the start after which a missing result is overdue."
    )
    has_scores = models.BooleanField(
        default=True, help_text="Whether a provider reports scores; without, nothing is published."
    )
    line_ranges = models.JSONField(
        default=list,
        help_text="Points: lowest and highest plausible main line before the game, per market.",
    )
    status = models.CharField(
        max_length=8, choices=choices_of(RowStatus), default=RowStatus.ACTIVE.value
    )

    history = tracked("league_history")
    objects = LeagueQuerySet.as_manager()

    class Meta:
        db_table = "league"
        ordering = ["code"]
        constraints = [
            models.CheckConstraint(
                condition=Q(maximum_minutes__gte=models.F("regulation_minutes")),
                name="league_maximum_covers_regulation",
            ),
        ]

    def __str__(self) -> str:
        return self.code

    def audit_state(self) -> dict[str, Any]:
        return {
            "code": self.code,
            "name": self.name,
            "sport": self.sport,
            "provider_keys": self.provider_keys,
            "identity_provider": self.identity_provider,
            "archive_provider": self.archive_provider,
            "timezone": self.timezone,
            "winner_market": self.winner_market,
            "period": self.period,
            "neutral_ground": self.neutral_ground,
            "can_tie": self.can_tie,
            "can_end_scoreless": self.can_end_scoreless,
            "regulation_minutes": self.regulation_minutes,
            "maximum_minutes": self.maximum_minutes,
            "has_scores": self.has_scores,
            "line_ranges": self.line_ranges,
            "status": self.status,
        }

    @property
    def scope(self) -> str:
        """Where its switches and alerts stand."""
        return f"league:{self.code}"

    def day_of(self, moment: datetime) -> date:
        """Return the league's own calendar day of an instant."""
        return moment.astimezone(ZoneInfo(self.timezone)).date()

    def bounds_of(self, day: date) -> tuple[datetime, datetime]:
        """Return the half-open span of instants that are ``day`` in the league's time zone."""
        zone = ZoneInfo(self.timezone)
        first = datetime.combine(day, time(), tzinfo=zone)
        return first, datetime.combine(day + timedelta(days=1), time(), tzinfo=zone)

    def range_of(self, market_type: MarketType) -> LineRange | None:
        """Return the plausible lines of a market, or None where any line is."""
        for entry in self.line_ranges:
            if entry["market_type"] == market_type:
                return LineRange.model_validate(entry)
        return None


class Team(models.Model):
    """A team under the name by which its league's identity provider knows it."""

    id = models.UUIDField(
        primary_key=True, editable=False, help_text="UUIDv5 of league and canonical name."
    )
    league = models.ForeignKey(
        League, on_delete=models.PROTECT, related_name="teams", db_index=False
    )
    name = models.CharField(max_length=100, help_text="Canonical: part of the id, never edited.")
    abbreviation = models.CharField(max_length=8, blank=True, default="")
    colour = models.CharField(
        max_length=7,
        blank=True,
        default="",
        validators=[RegexValidator(r"^#[0-9A-F]{6}$", "Write a colour as #00338D.")],
        help_text="Its first one, #RRGGBB; empty: nobody said.",
    )
    status = models.CharField(
        max_length=8, choices=choices_of(RowStatus), default=RowStatus.ACTIVE.value
    )

    objects = TeamQuerySet.as_manager()

    class Meta:
        db_table = "team"
        ordering = ["name"]
        constraints = [
            models.UniqueConstraint(fields=["league", "name"], name="team_name_is_used_once"),
            models.CheckConstraint(
                condition=Q(colour="") | Q(colour__regex=r"^#[0-9A-F]{6}$"),
                name="team_colour_is_empty_or_a_colour",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    def audit_state(self) -> dict[str, Any]:
        return {
            "league": self.league_id,
            "name": self.name,
            "abbreviation": self.abbreviation,
            "colour": self.colour,
            "status": self.status,
        }


class TeamAlias(models.Model):
    """How a provider spells a team. Hand-edited: names are data, with their history."""

    id = models.BigAutoField(primary_key=True)
    provider = models.CharField(max_length=32, help_text="Whose spelling.")
    league = models.ForeignKey(League, on_delete=models.PROTECT, related_name="+", db_index=False)
    spelling = models.CharField(max_length=200, help_text="Exactly as the provider writes it.")
    normalised = models.CharField(
        max_length=200, editable=False, help_text="NFKC, case folded: what is looked up."
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="aliases")

    history = tracked("team_alias_history")
    objects = TeamAliasQuerySet.as_manager()

    class Meta:
        db_table = "team_alias"
        verbose_name_plural = "team aliases"
        ordering = ["provider", "spelling"]
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "league", "normalised"], name="team_alias_names_one_team"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.provider}: {self.spelling}"

    def audit_state(self) -> dict[str, Any]:
        return {
            "provider": self.provider,
            "league": self.league_id,
            "spelling": self.spelling,
            "team": self.team_id,
        }


class Book(models.Model):
    """Who quotes. Only sportsbooks enter a consensus. Hand-edited."""

    id = models.SmallAutoField(primary_key=True)
    uuid = models.UUIDField(unique=True, editable=False, help_text="UUIDv5 of the key.")
    key = models.CharField(max_length=32, unique=True, help_text="As providers name it.")
    title = models.CharField(max_length=64)
    group = models.CharField(
        max_length=32, help_text="Books of one house: hardrockbet_fl belongs to hardrockbet."
    )
    kind = models.CharField(max_length=10, choices=choices_of(BookKind))
    status = models.CharField(
        max_length=8, choices=choices_of(RowStatus), default=RowStatus.ACTIVE.value
    )

    history = tracked("book_history")
    objects = BookQuerySet.as_manager()

    class Meta:
        db_table = "book"
        ordering = ["key"]

    def __str__(self) -> str:
        return self.title

    def audit_state(self) -> dict[str, Any]:
        return {
            "key": self.key,
            "title": self.title,
            "group": self.group,
            "kind": self.kind,
            "status": self.status,
        }
