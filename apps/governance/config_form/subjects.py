"""What can be configured, whose it is, and from which document one begins."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from apps.core.tenancy import PUBLIC, active_schemas, current_schema
from apps.governance import configs
from apps.governance.models import PLATFORM, ConfigVersion, Section
from apps.rulebook.errors import RuleBroken
from apps.rulebook.thresholds import CANDIDATE, MEASURED

_ABSENT = "-"  # stands in an address for no league and no profile
# Whose configurations a tenant may write itself.
OF_A_TENANT = frozenset({Section.OPINION, Section.PARLAY})
BEGINS_WITH = "balanced"
_PROFILE = re.compile(r"[a-z][a-z0-9_-]{0,31}")


class SubjectUnknown(RuleBroken):
    code = "CONFIG_SUBJECT_UNKNOWN"

    def __init__(self, what: str) -> None:
        super().__init__(f"There is nothing to configure under {what}.")


@dataclass(frozen=True, slots=True)
class Subject:
    """One configuration that has versions, or could have."""

    section: Section
    owner: str
    league: str
    profile: str

    @classmethod
    def of(cls, version: ConfigVersion) -> Self:
        return cls(Section(version.section), version.tenant_schema, version.league, version.profile)

    @classmethod
    def named(cls, section: str, owner: str, league: str, profile: str) -> Self:
        """Read a subject out of an address.

        Raises:
            SubjectUnknown: no configuration could have that name.
        """
        league, profile = ("" if part == _ABSENT else part for part in (league, profile))
        what = " ".join((section, owner, league, profile)).strip()
        if section not in {kind.value for kind in Section}:
            raise SubjectUnknown(what)
        kind = Section(section)
        opinion, parlay = kind is Section.OPINION, kind is Section.PARLAY
        fits = (not profile) if opinion else bool(_PROFILE.fullmatch(profile))
        fits = fits and (owner == PLATFORM or (kind in OF_A_TENANT and owner in active_schemas()))
        # An opinion of the platform's is about one league; a parlay is about none.
        fits = fits and (not league if parlay else bool(league) or owner != PLATFORM)
        if not fits:
            raise SubjectUnknown(what)
        return cls(kind, owner, league, profile)

    @property
    def tenant(self) -> str | None:
        return None if self.owner == PLATFORM else self.owner

    @property
    def address(self) -> str:
        """Its part of the address of its pages."""
        parts = (self.section.value, self.owner, self.league or _ABSENT, self.profile or _ABSENT)
        return "/".join(parts)

    def __str__(self) -> str:
        league = self.league or "every league without its own"
        whose = "the platform" if self.owner == PLATFORM else self.owner
        if self.section is Section.PARLAY:
            return f"Parlays of {whose}, profile {self.profile}"
        if self.section is Section.OPINION:
            return f"Opinion of {whose} on {league}"
        return f"{self.section.value.capitalize()} of {league}, profile {self.profile}"

    def newest(self) -> ConfigVersion | None:
        """Return the newest version, whether its time has come or not."""
        return ConfigVersion.objects.of(
            section=self.section, owner=self.owner, league=self.league, profile=self.profile
        ).first()

    def beginning(self, at: datetime) -> Mapping[str, Any]:
        """Return the document that a next version begins with.

        It is the newest version's, else what has been in force for it until now.

        Raises:
            configs.ConfigMissing: nothing speaks for it.
        """
        newest = self.newest()
        if newest is not None:
            return newest.document
        if self.section is Section.OPINION:
            league = self.league or _first_league(at)
            spoken = configs.resolve(
                Section.OPINION, league=league, tenant=self.tenant, at=at
            ).document.model_dump(mode="json")
            # Points differ from league to league: an opinion on all of them has none.
            return {**spoken, "league": self.league} | ({} if self.league else {"points": []})
        if self.section is Section.PARLAY:
            return self._parlay(at)
        found = configs.resolve(self.section, league=self.league, profile=MEASURED, at=at)
        return found.document.model_dump(mode="json")

    def may_be_written_here(self) -> bool:
        """Whether the console that is open may change it: a tenant's, its own opinions alone."""
        here = current_schema()
        return here == PUBLIC or (self.section in OF_A_TENANT and self.owner == here)

    def _parlay(self, at: datetime) -> Mapping[str, Any]:
        """The profile of that name, else the middle one: a new profile begins with that."""
        known = configs.parlay_profiles(tenant=self.owner, at=at)
        name = self.profile if self.profile in known else BEGINS_WITH
        found = configs.resolve_parlay(name, tenant=self.owner, at=at)
        return found.document.model_dump(mode="json")


def _first_league(at: datetime) -> str:
    league = (
        ConfigVersion.objects.filter(section=Section.OPINION, tenant_schema=PLATFORM)
        .in_force(at)
        .order_by("league")
        .values_list("league", flat=True)
        .first()
    )
    if league is None:
        raise configs.ConfigMissing(Section.OPINION, "the platform", at)
    return str(league)


def profiles_of(section: Section, league: str) -> list[str]:
    """Return the named profiles that an opinion about the league may choose."""
    named = ConfigVersion.objects.filter(section=section)
    if league:
        named = named.filter(league=league)
    return sorted(set(named.values_list("profile", flat=True)) - {CANDIDATE})


def newest_of_each() -> dict[Subject, ConfigVersion]:
    """Return the newest version of every configuration that may be seen here."""
    versions = ConfigVersion.objects.order_by(
        "section", "tenant_schema", "league", "profile", "-number"
    ).distinct("section", "tenant_schema", "league", "profile")
    return {Subject.of(version): version for version in versions}
