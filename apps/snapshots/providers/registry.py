"""Which implementation answers for a feed.

Adapters register under the name that a feed's ``adapter`` column says. ``oddsapi`` is The Odds API
itself, at ``settings.ODDS_API_URL`` with ``settings.ODDS_API_KEY``. ``files`` reads the file that
the feed's ``source`` names in ``settings.PROVIDER_FILES``. ``sportradar`` has no contract yet, and
refuses. ``operator`` is never asked: what people enter in the console comes by itself. A recording
is named by the feed's ``source`` and described in ``settings.RECORDINGS``::

    RECORDINGS = {
        "odds": {"changelogs": [...], "events": ...},      a change log and its games
        "bodies": {"folder": ...},                         bodies, named by their time
        "results": {"results": [...], "events": ...},      scores under the feed's ids
        "history": {"archive": ...},                       past games of the nflverse
    }
"""

import json
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from apps.snapshots.providers.files import Files
from apps.snapshots.providers.oddsapi import Client, Key, OddsApi
from apps.snapshots.providers.oddsapi.cost import SCORES, odds_cost
from apps.snapshots.providers.ports import (
    ArchiveProvider,
    FetchOutcome,
    FetchRequest,
    HistoryProvider,
    InjuryProvider,
    MarketDataProvider,
    Provider,
    ProviderNotConfigured,
    ResultsProvider,
)
from apps.snapshots.providers.recorded import (
    ChangeLog,
    RecordedArchive,
    RecordedBodies,
    RecordedOdds,
    RecordedResults,
)
from apps.snapshots.providers.sportradar import Sportradar

RECORDED = "recorded"
ODDS_API = "oddsapi"
SPORTRADAR = "sportradar"
FILES = "files"
OPERATOR = "operator"
ASKED = (ODDS_API, FILES, SPORTRADAR, RECORDED)
OVER_THE_WIRE = (ODDS_API, SPORTRADAR)  # they have an account: a key, credits, a breaker


def fetch(adapter: str, kind: str, source: str, request: FetchRequest) -> FetchOutcome:
    """Ask whoever answers for a feed.

    Raises:
        ProviderNotConfigured: nobody does, or not for this kind of question.
    """
    provider = provider_for(adapter, source)
    if kind == "ODDS" and isinstance(provider, MarketDataProvider):
        return provider.fetch_odds(request)
    if kind == "RESULTS" and isinstance(provider, ResultsProvider):
        return provider.fetch_results(request)
    if kind == "INJURIES" and isinstance(provider, InjuryProvider):
        return provider.fetch_injuries(request)
    if kind == "ARCHIVE" and isinstance(provider, ArchiveProvider):
        return provider.fetch_archive(request)
    raise ProviderNotConfigured(adapter, source)


def fetch_past(adapter: str, source: str, request: FetchRequest) -> FetchOutcome:
    """Ask whoever answers for a feed what it showed at ``request.moment``.

    Raises:
        ProviderNotConfigured: nobody does, or nobody who kept the past.
    """
    provider = provider_for(adapter, source)
    if isinstance(provider, HistoryProvider):
        return provider.fetch_history(request)
    raise ProviderNotConfigured(adapter, source)


def provider_for(adapter: str, source: str) -> Provider:
    """Return the implementation of a feed's adapter, built once per process and description.

    Raises:
        ProviderNotConfigured: no such adapter, no key, no such file or recording in the settings.
        AddressRefused: the key would travel unprotected.
    """
    if adapter == ODDS_API and settings.ODDS_API_KEY and not source:
        return _odds_api(settings.ODDS_API_URL, Key(settings.ODDS_API_KEY))
    if adapter == FILES and settings.PROVIDER_FILES and _is_a_name(source):
        return Files(Path(settings.PROVIDER_FILES) / source)
    if adapter == SPORTRADAR and not source:
        return Sportradar()
    description = getattr(settings, "RECORDINGS", {}).get(source)
    if adapter != RECORDED or description is None:
        raise ProviderNotConfigured(adapter, source)
    return _recorded(json.dumps(description, sort_keys=True, default=str))


def is_configured(adapter: str) -> bool:
    """Whether questions to an adapter have a chance: its key or its folder is there."""
    return {
        ODDS_API: bool(settings.ODDS_API_KEY),
        FILES: bool(settings.PROVIDER_FILES),
        RECORDED: bool(getattr(settings, "RECORDINGS", {})),
        OPERATOR: True,
    }.get(adapter, False)


def cost_of(adapter: str, kind: str, options: Mapping[str, Any]) -> int:
    """Return the credits that one question of a feed is expected to cost."""
    if adapter != ODDS_API:
        return 0
    return odds_cost(options) if kind == "ODDS" else SCORES


def _is_a_name(source: str) -> bool:
    """Whether it names a file of the folder, and not one elsewhere."""
    return bool(source) and Path(source).name == source and not source.startswith(".")


@lru_cache(maxsize=4)
def _odds_api(address: str, key: Key) -> OddsApi:
    return OddsApi(Client(address, key))


@lru_cache(maxsize=16)
def _recorded(description: str) -> Provider:
    match json.loads(description):
        case {"changelogs": changelogs, "events": events}:
            return RecordedOdds(ChangeLog(changelogs=_paths(changelogs), events=Path(events)))
        case {"folder": folder}:
            return RecordedBodies(Path(folder))
        case {"results": results, "events": events}:
            return RecordedResults(results=_paths(results), events=Path(events))
        case {"archive": path}:
            return RecordedArchive(Path(path))
    raise ProviderNotConfigured(RECORDED, description)


def _paths(names: Sequence[Any]) -> list[Path]:
    return [Path(name) for name in names]


def forget() -> None:
    """Build every provider anew: a recording's files have changed."""
    _recorded.cache_clear()
    _odds_api.cache_clear()
