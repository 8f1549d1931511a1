"""By which configurations and models a league is worked on: those its tenants have chosen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db.models import Exists, OuterRef

from apps.catalog.models import Event, League
from apps.core.tenancy import active_schemas
from apps.governance import configs, rollouts
from apps.governance.configs import Resolved
from apps.rulebook.forecasting import ModelArtefact, ModelMissing, model_artefact
from apps.rulebook.scoring import SAMPLER
from apps.rulebook.thresholds import (
    CANDIDATE,
    PROFILES,
    MarketConfig,
    ModelConfig,
    SimulationConfig,
)
from apps.snapshots.models import Feed


@dataclass(frozen=True, slots=True)
class Simulated:
    """How a league's events are simulated: shared by every profile that says the same."""

    league: League
    config: SimulationConfig
    artefact: ModelArtefact | None  # None: nobody fitted one

    @property
    def config_hash(self) -> str:
        """sha256 hex of what a run depends on besides its model and its data."""
        return sha256(self.config.canonical() + b"\n" + SAMPLER.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Use:
    """One pair of configurations that at least one active tenant goes by."""

    league: League
    market: Resolved[MarketConfig]
    model: Resolved[ModelConfig]
    simulated: Simulated


def leagues_at_work() -> list[League]:
    """Active leagues that have games or are asked about: in the others there is nothing to do."""
    games = Event.objects.filter(league=OuterRef("pk"))
    feeds = Feed.objects.filter(league=OuterRef("pk"))
    return list(League.objects.active().filter(Exists(games) | Exists(feeds)).order_by("code"))


def uses_of(league: League, *, at: datetime) -> list[Use]:
    """Resolve what the active tenants have chosen for a league, in a stable order.

    Raises:
        ConfigMissing: a tenant chose a profile that is not in force.
    """
    chosen = configs.profiles_chosen(league=league.code, tenants=active_schemas(), at=at)
    uses = {}
    for market_profile, model_profile in sorted({*chosen.values(), *_shadows(chosen, at)}):
        market = configs.resolve(configs.MARKET, league=league.code, profile=market_profile, at=at)
        try:
            model = configs.resolve(configs.MODEL, league=league.code, profile=model_profile, at=at)
        except configs.ConfigMissing:
            if model_profile == CANDIDATE:
                continue  # this league has none
            raise
        # Two profiles that say the same are one use.
        uses[market.hash, model.hash] = Use(
            league=league,
            market=market,
            model=model,
            simulated=_simulated(league, model.document.simulation),
        )
    return [uses[key] for key in sorted(uses)]


def _shadows(chosen: Mapping[str, tuple[str, str]], at: datetime) -> set[tuple[str, str]]:
    """The candidate beside the market of each tenant that it is rolled out for.

    It is simulated and valued like any use; no opinion may choose it, so no round looks at its
    batches and nothing of it can be published.
    """
    shadowed = rollouts.tenants_with(rollouts.CANDIDATE_MODEL, at=at)
    return {(market, CANDIDATE) for schema, (market, _) in chosen.items() if schema in shadowed}


def shadow_hashes(league: League, *, at: datetime) -> set[str]:
    """Hashes of the simulations that only a candidate asks for: no page takes them for ours."""
    own: set[str] = set()
    shadows: set[str] = set()
    for profile in (*PROFILES, CANDIDATE):
        try:
            model = configs.resolve(configs.MODEL, league=league.code, profile=profile, at=at)
        except configs.ConfigMissing:
            continue
        made = _simulated(league, model.document.simulation).config_hash
        (shadows if profile == CANDIDATE else own).add(made)
    return shadows - own


def simulated_in(league: League, *, at: datetime) -> list[Simulated]:
    """The distinct ways in which a league's events are simulated."""
    found = {use.simulated.config_hash: use.simulated for use in uses_of(league, at=at)}
    return [found[key] for key in sorted(found)]


def artefacts_in(league: League, *, at: datetime) -> list[ModelArtefact]:
    """The distinct models that learn from a league's results."""
    found = {
        each.artefact.code: each.artefact
        for each in simulated_in(league, at=at)
        if each.artefact is not None
    }
    return [found[code] for code in sorted(found)]


def _simulated(league: League, config: SimulationConfig) -> Simulated:
    try:
        artefact = model_artefact(league.code, config.variant)
    except ModelMissing:
        artefact = None
    return Simulated(league=league, config=config, artefact=artefact)
