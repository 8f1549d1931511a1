"""By which configurations and models a league is worked on: those its tenants have chosen."""

from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from django.db.models import Exists, OuterRef

from apps.catalog.models import Event, League
from apps.core.tenancy import active_schemas
from apps.governance import configs
from apps.governance.configs import Resolved
from apps.rulebook.forecasting import ModelArtefact, ModelMissing, model_artefact
from apps.rulebook.scoring import SAMPLER
from apps.rulebook.thresholds import MarketConfig, ModelConfig, SimulationConfig
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
    for market_profile, model_profile in sorted(set(chosen.values())):
        market = configs.resolve(configs.MARKET, league=league.code, profile=market_profile, at=at)
        model = configs.resolve(configs.MODEL, league=league.code, profile=model_profile, at=at)
        # Two profiles that say the same are one use.
        uses[market.hash, model.hash] = Use(
            league=league,
            market=market,
            model=model,
            simulated=_simulated(league, model.document.simulation),
        )
    return [uses[key] for key in sorted(uses)]


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
