"""Which configuration is in force: complete documents, versioned, resolved once at the door.

The only writer of ``config_version``. What was in force at an instant is one stored document,
never a merge; whoever needs it asks here once per batch and passes the typed value down.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Generic, Literal, TypeVar, overload
from uuid import UUID

from django.db import transaction
from pydantic import ValidationError

from apps.core.actor import Actor
from apps.core.db import refusing
from apps.governance import audit, history
from apps.governance.models import PLATFORM, ConfigVersion, Section, Strength
from apps.rulebook import thresholds
from apps.rulebook.errors import RuleBroken
from apps.rulebook.thresholds import (
    MEASURED,
    MarketConfig,
    ModelConfig,
    OpinionConfig,
    ParlayConfig,
)

MARKET: Literal[Section.MARKET] = Section.MARKET
MODEL: Literal[Section.MODEL] = Section.MODEL
OPINION: Literal[Section.OPINION] = Section.OPINION
PARLAY: Literal[Section.PARLAY] = Section.PARLAY

AnyConfig = MarketConfig | ModelConfig | OpinionConfig | ParlayConfig
KINDS: Mapping[Section, type[AnyConfig]] = {
    Section.MARKET: MarketConfig,
    Section.MODEL: ModelConfig,
    Section.OPINION: OpinionConfig,
    Section.PARLAY: ParlayConfig,
}
Config = TypeVar("Config", MarketConfig, ModelConfig, OpinionConfig, ParlayConfig)


@dataclass(frozen=True, slots=True)
class Resolved(Generic[Config]):
    """The configuration in force: which version it is, its hash, and what it says."""

    version_id: UUID
    hash: str
    document: Config


class ConfigMissing(RuleBroken):
    code = "CONFIG_VERSION_MISSING"

    def __init__(self, section: str, subject: str, at: datetime) -> None:
        super().__init__(f"No {section} configuration of {subject} is in force at {at:%F %T} UTC.")


class ConfigInvalid(RuleBroken):
    code = "CONFIG_INVALID"

    def __init__(self, section: str, problems: Iterable[str]) -> None:
        super().__init__(f"This is no {section} configuration: {'; '.join(problems)}.")


class ConfigUnchanged(RuleBroken):
    code = "CONFIG_UNCHANGED"

    def __init__(self, version: ConfigVersion) -> None:
        super().__init__(f"{version} says the same already.")


class ConfigChanged(RuleBroken):
    code = "CONFIG_CHANGED"

    def __init__(self, subject: str) -> None:
        super().__init__(f"Somebody else has just changed {subject}: look again.")


class ConfigRetroactive(RuleBroken):
    code = "CONFIG_RETROACTIVE"

    def __init__(self, effective_from: datetime, earliest: datetime) -> None:
        super().__init__(
            f"A change cannot be in force from {effective_from:%F %T} UTC: decisions were made"
            f" under its predecessor until {earliest:%F %T} UTC."
        )


class ProfileUnknown(RuleBroken):
    code = "PROFILE_UNKNOWN"

    def __init__(self, section: str, league: str, profile: str) -> None:
        super().__init__(f"{league or 'No league'} has no {section} profile named {profile!r}.")


@overload
def resolve(
    section: Literal[Section.MARKET],
    *,
    league: str,
    at: datetime,
    profile: str = MEASURED,
) -> Resolved[MarketConfig]: ...


@overload
def resolve(
    section: Literal[Section.MODEL],
    *,
    league: str,
    at: datetime,
    profile: str = MEASURED,
) -> Resolved[ModelConfig]: ...


@overload
def resolve(
    section: Literal[Section.OPINION],
    *,
    league: str,
    at: datetime,
    tenant: str | None = None,
) -> Resolved[OpinionConfig]: ...


def resolve(
    section: Section,
    *,
    league: str,
    at: datetime,
    tenant: str | None = None,
    profile: str = MEASURED,
) -> Any:
    """Return the configuration of ``league`` that was in force at ``at``.

    An opinion is the tenant's for the league, else the tenant's for every league, else the
    platform's for the league; market and model are the platform's under the named profile.

    Raises:
        ConfigMissing: none was in force. There is no default to fall back to.
    """
    if section is Section.OPINION:
        versions = _opinions([tenant] if tenant else [], league, at)
        version = _first_spoken(versions, tenant, league)
        subject = f"{tenant or 'the platform'} for {league}"
    else:
        version = (
            ConfigVersion.objects.of(
                section=section, owner=PLATFORM, league=league, profile=profile
            )
            .in_force(at)
            .first()
        )
        subject = f"{league}, profile {profile!r},"
    if version is None:
        raise ConfigMissing(section, subject, at)
    return Resolved(
        version_id=version.pk,
        hash=version.document_hash,
        document=KINDS[section].model_validate(version.document),
    )


def opinions_that_bind(
    *, league: str, tenant: str, at: datetime
) -> tuple[OpinionConfig | None, OpinionConfig | None]:
    """Return what a tenant says of how much it publishes: of all its picks, and of a league's.

    What it wrote for every league counts all of its picks, what it wrote for one counts that
    league's, and where it wrote both, both hold. The platform's for the league is what every
    tenant begins with, and counts all, where it wrote neither.
    """
    versions = _opinions([tenant], league, at)
    of_all, of_league = versions.get((tenant, "")), versions.get((tenant, league))
    if of_all is None and of_league is None:
        of_all = versions.get((PLATFORM, league))
    return _opinion(of_all), _opinion(of_league)


def resolve_parlay(profile: str, *, tenant: str, at: datetime) -> Resolved[ParlayConfig]:
    """Return a parlay profile that was in force at ``at``: the tenant's own, else the platform's.

    Raises:
        ConfigMissing: there is no such profile, of either.
    """
    for owner in (tenant, PLATFORM):
        found = ConfigVersion.objects.of(
            section=PARLAY, owner=owner, league="", profile=profile
        ).in_force(at)
        version = found.first()
        if version is not None:
            return Resolved(
                version_id=version.pk,
                hash=version.document_hash,
                document=ParlayConfig.model_validate(version.document),
            )
    raise ConfigMissing(PARLAY, f"{tenant}, profile {profile!r},", at)


def parlay_profiles(*, tenant: str, at: datetime) -> list[str]:
    """Name the parlay profiles that a tenant may ask for at ``at``, its own among them."""
    versions = ConfigVersion.objects.filter(section=PARLAY, tenant_schema__in=[tenant, PLATFORM])
    return sorted(set(versions.in_force(at).values_list("profile", flat=True)))


def profiles_chosen(
    *, league: str, tenants: Iterable[str], at: datetime
) -> dict[str, tuple[str, str]]:
    """Return each tenant's profiles of a league's market and model, in one query.

    A tenant for whom no opinion is in force is left out: nothing is decided for it.
    """
    schemas = list(tenants)
    versions = _opinions(schemas, league, at)
    chosen = {}
    for schema in schemas:
        version = _first_spoken(versions, schema, league)
        if version is not None:
            document = version.document
            chosen[schema] = (document["market_profile"], document["model_profile"])
    return chosen


def parse(section: Section, document: Mapping[str, Any]) -> AnyConfig:
    """Read a document as what its section demands.

    Raises:
        ConfigInvalid: it is not one; every problem is named at once.
    """
    try:
        return KINDS[section].model_validate(document)
    except ValidationError as error:
        problems = [
            f"{'.'.join(map(str, problem['loc'])) or 'document'}: {problem['msg']}"
            for problem in error.errors(include_url=False)
        ]
        raise ConfigInvalid(section, problems) from error


@transaction.atomic
def create_version(
    document: AnyConfig,
    *,
    by: Actor,
    at: datetime,
    reason: str,
    tenant: str | None = None,
    profile: str = MEASURED,
    effective_from: datetime | None = None,
    seen: int | None = None,
) -> ConfigVersion:
    """Store the next version of a configuration, in force from ``effective_from`` (else ``at``).

    The document says which section and league it is for; ``profile`` names it where it is no
    opinion, ``tenant`` whose it is where it is an opinion or a parlay's. The first version
    may be in force since any time, because nothing could be decided without it. Who looked at
    the newest version first says its number (``seen``, 0 where there was none).

    Raises:
        ConfigUnchanged: the newest version says the same.
        ConfigRetroactive: it would change what was in force in the past.
        ConfigChanged: somebody else wrote the next version meanwhile.
        ProfileUnknown: an opinion chooses a profile that its league has not.
    """
    version = draft(
        document,
        at=at,
        tenant=tenant,
        profile=profile,
        effective_from=effective_from,
        seen=seen,
    )
    version.author, version.reason = history.operator(by), reason
    changed = ConfigChanged(f"the {version.section} configuration of {_whose(version)}")
    with refusing(
        {
            "config_version_number_is_used_once": changed,
            "config_version_has_one_successor": changed,
        }
    ):
        version.save(force_insert=True)
    audit.record(
        "config.created",
        version,
        by=by,
        at=at,
        reason=reason,
        config_version=version.pk,
        strength=Strength.SYNC,
    )
    return version


def draft(
    document: AnyConfig,
    *,
    at: datetime,
    tenant: str | None = None,
    profile: str = MEASURED,
    effective_from: datetime | None = None,
    seen: int | None = None,
) -> ConfigVersion:
    """Return the version that ``create_version`` would store, unsigned and unsaved.

    Raises: what ``create_version`` raises.
    """
    section = next(name for name, kind in KINDS.items() if isinstance(document, kind))
    if isinstance(document, OpinionConfig):
        _require_profiles(document)
        profile = ""
    owner = tenant or PLATFORM
    newest = ConfigVersion.objects.of(
        section=section, owner=owner, league=document.league, profile=profile
    ).first()
    number = newest.number + 1 if newest else 1
    since = effective_from or at
    version = ConfigVersion(
        section=section,
        tenant_schema=owner,
        league=document.league,
        profile=profile,
        number=number,
        document=document.model_dump(mode="json"),
        document_hash=document.fingerprint(),
        predecessor=newest,
        effective_from=since,
        created_at=at,
    )
    if seen is not None and seen != number - 1:
        raise ConfigChanged(f"the {section} configuration of {_whose(version)}")
    if newest is not None:
        _require_progress(newest, document, since, at)
    return version


@transaction.atomic
def install_first_configuration(
    league: str, *, by: Actor, at: datetime, effective_from: datetime | None = None
) -> list[ConfigVersion]:
    """Give a league its first market, model and opinion of the platform, in every profile, and
    the candidate that may run in the model's shadow.

    What the league has already stays as it is.
    """
    created = []
    for profile in thresholds.PROFILES:
        for document in (
            thresholds.market_config(league),
            thresholds.model_config(league, profile),
        ):
            created += _install(document, profile, by=by, at=at, effective_from=effective_from)
    created += _install(
        thresholds.candidate_config(thresholds.model_config(league, MEASURED)),
        thresholds.CANDIDATE,
        by=by,
        at=at,
        effective_from=effective_from,
    )
    created += _install(
        thresholds.opinion_config(league), "", by=by, at=at, effective_from=effective_from
    )
    return created


@transaction.atomic
def install_first_parlays(
    *, by: Actor, at: datetime, effective_from: datetime | None = None
) -> list[ConfigVersion]:
    """Give the platform its first parlay profiles; what is there already stays as it is."""
    created = []
    for profile in thresholds.PARLAY_PROFILES:
        created += _install(
            thresholds.parlay_config(profile),
            profile,
            by=by,
            at=at,
            effective_from=effective_from,
        )
    return created


def _install(
    document: AnyConfig, profile: str, *, by: Actor, at: datetime, effective_from: datetime | None
) -> list[ConfigVersion]:
    section = next(name for name, kind in KINDS.items() if isinstance(document, kind))
    present = ConfigVersion.objects.of(
        section=section, owner=PLATFORM, league=document.league, profile=profile
    )
    if present.exists():
        return []
    return [
        create_version(
            document,
            profile=profile,
            by=by,
            at=at,
            reason="The first configuration.",
            effective_from=effective_from,
        )
    ]


def _opinions(tenants: list[str], league: str, at: datetime) -> dict[tuple[str, str], Any]:
    """Fetch every opinion in force that could speak for these tenants, by owner and league."""
    versions = ConfigVersion.objects.opinions_for(tenants=tenants, league=league).in_force(at)
    newest = versions.order_by("tenant_schema", "league", "-number").distinct(
        "tenant_schema", "league"
    )
    return {(version.tenant_schema, version.league): version for version in newest}


def _first_spoken(
    versions: Mapping[tuple[str, str], Any], tenant: str | None, league: str
) -> Any | None:
    own = ((tenant, league), (tenant, "")) if tenant else ()
    for key in (*own, (PLATFORM, league)):
        if key in versions:
            return versions[key]
    return None


def _opinion(version: Any | None) -> OpinionConfig | None:
    return None if version is None else OpinionConfig.model_validate(version.document)


def _whose(version: ConfigVersion) -> str:
    return version.league or version.profile or version.tenant_schema


def _require_progress(
    newest: ConfigVersion, document: AnyConfig, since: datetime, at: datetime
) -> None:
    if newest.document_hash == document.fingerprint():
        raise ConfigUnchanged(newest)
    earliest = max(at, newest.effective_from)
    if since < earliest:
        raise ConfigRetroactive(since, earliest)


def _require_profiles(opinion: OpinionConfig) -> None:
    for section, profile in (
        (Section.MARKET, opinion.market_profile),
        (Section.MODEL, opinion.model_profile),
    ):
        named = ConfigVersion.objects.filter(section=section, profile=profile)
        if opinion.league:
            named = named.filter(league=opinion.league)
        if not named.exists():
            raise ProfileUnknown(section, opinion.league, profile)
