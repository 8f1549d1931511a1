"""What the two worlds that The Odds API may speak of need: the sandbox's league, or the real ones.

Both are asked through the same adapter, at ``ODDS_API_URL`` with ``ODDS_API_KEY``. Whose feeds are
switched on follows from who answers there.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any, Final

from django.db import transaction

from apps.catalog.actions import install_sandbox_league
from apps.catalog.actions.install import SINCE
from apps.catalog.first.leagues import THE_ODDS_API
from apps.catalog.first.sandbox import SANDBOX_BOOKS
from apps.catalog.models import League
from apps.core.actor import Actor
from apps.governance import configs
from apps.governance.models import ConfigVersion, Section
from apps.ops.sample_opinions import SAMPLE_OPINIONS
from apps.rulebook.forecasting import model_artefact
from apps.rulebook.markets import MarketType
from apps.rulebook.thresholds import ModelVariant
from apps.simulations.actions import register_model, report_model
from apps.simulations.measured import SANDBOX_REASON, SANDBOX_REPORTS
from apps.simulations.models import ModelReport, ModelState
from apps.snapshots.actions import change_account, register_feed
from apps.snapshots.models import FeedKind, ProviderAccount
from apps.snapshots.providers.registry import ODDS_API
from apps.tenants.models import Tenant

SANDBOX_LEAGUE: Final = "SFL"
REAL_LEAGUES: Final = ("NFL",)

# The sandbox lives fast, and its credits cost nothing.
_SANDBOX_ODDS: Final[Mapping[str, Any]] = {
    "rhythm_s": 15,
    "options": {"bookmakers": [book.key for book in SANDBOX_BOOKS]},
}
_SANDBOX_RESULTS: Final[Mapping[str, Any]] = {"rhythm_s": 30, "options": {"days_from": 1}}

# What the smallest paid plan of The Odds API holds: changed in the console by whoever bought more.
_REAL_BUDGET: Final[Mapping[str, Any]] = {"monthly_credits": 20_000, "calls_per_second": 10}
_SANDBOX_BUDGET: Final[Mapping[str, Any]] = {"monthly_credits": 5_000_000, "calls_per_second": None}

# Sixteen thousand credits a month, within the smallest paid plan: retimed in the console by
# whoever has more. Quotes and closes may be as old as this rhythm makes them.
_BOOKS: Final = (
    *("betmgm", "betonlineag", "betrivers", "bovada", "draftkings", "fanatics", "fanduel"),
    *("lowvig", "pinnacle", "williamhill_us"),
)
_REAL_ODDS: Final[Mapping[str, Any]] = {
    "rhythm_s": 600,
    "max_quote_age_s": 780,
    "max_close_age_s": 900,
    "options": {"bookmakers": list(_BOOKS)},
}
_REAL_RESULTS: Final[Mapping[str, Any]] = {"rhythm_s": 1800, "options": {"days_from": 3}}


@transaction.atomic
def install_sandbox(*, by: Actor, at: datetime) -> None:
    """Have the sandbox's league with all it takes to publish: feeds, model, what tenants think.

    ``at`` is when its feeds are first asked: the beginning of what will be played. All else holds
    for any past. May be repeated; what is there stays as people have made it.
    """
    install_sandbox_league(by=by, at=at)
    _store_measurement(by=by, at=at)
    _hold_opinions(by=by, at=at)
    _budget(sandboxed=True, by=by, at=at)
    _ask_about([SANDBOX_LEAGUE], _SANDBOX_ODDS, _SANDBOX_RESULTS, by=by, at=at)


@transaction.atomic
def install_real(*, by: Actor, at: datetime) -> None:
    """Ask The Odds API about the real leagues from ``at`` on; may be repeated."""
    _budget(sandboxed=False, by=by, at=at)
    _ask_about(REAL_LEAGUES, _REAL_ODDS, _REAL_RESULTS, by=by, at=at)


def _store_measurement(*, by: Actor, at: datetime) -> None:
    """Say what the league's model was found to be worth, on every market once."""
    league = League.objects.get(code=SANDBOX_LEAGUE)
    artefact = model_artefact(SANDBOX_LEAGUE, ModelVariant.RESULTS_ONLY)
    version = register_model(artefact, league, by=by, at=at)
    reported = set(
        ModelReport.objects.filter(model_version=version).values_list("market_type", flat=True)
    )
    for market_type, report in SANDBOX_REPORTS.items():
        if market_type not in reported:
            report_model(
                version,
                MarketType(market_type),
                state=ModelState.MEASURED,
                games=report["games"],
                report=report,
                reason=SANDBOX_REASON,
                by=by,
                at=SINCE,
            )


def _hold_opinions(*, by: Actor, at: datetime) -> None:
    """Let each sample tenant that is here think for itself, unless it does already."""
    here = Tenant.objects.filter(pk__in=SAMPLE_OPINIONS).order_by("pk")
    for schema in here.values_list("pk", flat=True):
        opinion = SAMPLE_OPINIONS[schema]
        own = ConfigVersion.objects.of(
            section=Section.OPINION, owner=schema, league=opinion.document.league, profile=""
        )
        if not own.exists():
            configs.create_version(
                opinion.document,
                tenant=schema,
                by=by,
                at=at,
                effective_from=SINCE,
                reason=opinion.reason,
            )


def renew_budget(*, sandboxed: bool, by: Actor, at: datetime) -> None:
    """Say what asking may cost now that somebody else answers."""
    change_account(
        adapter=ODDS_API,
        changes=_SANDBOX_BUDGET if sandboxed else _REAL_BUDGET,
        by=by,
        at=at,
        reason="The sandbox answers." if sandboxed else "The real provider answers.",
    )


def _budget(*, sandboxed: bool, by: Actor, at: datetime) -> None:
    """Say what asking may cost, unless somebody has said it already."""
    if ProviderAccount.objects.filter(adapter=ODDS_API, monthly_credits=None).exists():
        renew_budget(sandboxed=sandboxed, by=by, at=at)


def _ask_about(
    leagues: Iterable[str],
    odds: Mapping[str, Any],
    results: Mapping[str, Any],
    *,
    by: Actor,
    at: datetime,
) -> None:
    for code in leagues:
        for kind, how in ((FeedKind.ODDS, odds), (FeedKind.RESULTS, results)):
            register_feed(
                adapter=ODDS_API, provider=THE_ODDS_API, kind=kind, league=code, by=by, at=at, **how
            )
