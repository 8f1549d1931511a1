"""Eight leagues out of the provider's own answers, as somebody adds them in the console."""

from datetime import datetime
from typing import Any, Final

import requests

from apps.catalog.actions import add_league, add_team, install_sandbox_league
from apps.catalog.models import League
from apps.core.actor import Actor
from apps.snapshots.actions import change_account, register_feed
from apps.snapshots.models import FeedKind
from apps.snapshots.providers.registry import ODDS_API

PROVIDER: Final = "the_odds_api"
RHYTHM_S: Final = 60
REASON: Final = "A soak."
# Each is played like one that ships, and takes its rules and its first configuration.
LIKE: Final = {
    "SCF": "NCAAF",
    "SBA": "NBA",
    "SWB": "WNBA",
    "SCB": "NCAAB",
    "SBL": "MLB",
    "SHL": "NHL",
    "SPL": "EPL",
}
TITLES: Final = ("SFL", *LIKE)
_AS_IT_IS: Final = (
    "sport",
    "timezone",
    "winner_market",
    "period",
    "can_tie",
    "can_end_scoreless",
    "regulation_minutes",
    "maximum_minutes",
)


def install(address: str, key: str, *, by: Actor, at: datetime) -> None:
    """Have all of them, with a feed of odds and one of scores each, asked from ``at`` on."""
    install_sandbox_league(by=by, at=at)
    # So many calls a second are too few for a world that lives sixty seconds in one.
    change_account(
        adapter=ODDS_API, changes={"calls_per_second": None}, by=by, at=at, reason=REASON
    )
    for sport in asked(address, key, "/v4/sports"):
        if sport["title"] in LIKE:
            add(address, key, sport, by=by, at=at)
    for title in TITLES:
        follow(title, by=by, at=at)


def asked(address: str, key: str, path: str, **parameters: str) -> Any:
    answer = requests.get(f"{address}{path}", params={"apiKey": key, **parameters}, timeout=10)
    answer.raise_for_status()
    return answer.json()


def follow(title: str, *, by: Actor, at: datetime) -> None:
    """Ask about a league's odds and scores from ``at`` on."""
    for kind in (FeedKind.ODDS, FeedKind.RESULTS):
        register_feed(
            adapter=ODDS_API,
            provider=PROVIDER,
            kind=kind,
            league=title,
            rhythm_s=RHYTHM_S,
            by=by,
            at=at,
        )


def add(address: str, key: str, sport: dict[str, Any], *, by: Actor, at: datetime) -> None:
    """Add a league as the provider names it, played like one that ships, with its teams."""
    like = League.objects.get(code=LIKE[sport["title"]])
    league = add_league(
        {
            "code": sport["title"],
            "name": sport["description"],
            "provider_keys": {PROVIDER: sport["key"]},
            "identity_provider": PROVIDER,
            **{column: getattr(like, column) for column in _AS_IT_IS},
        },
        like=like.code,
        by=by,
        at=at,
        reason=REASON,
    )
    for team in asked(address, key, f"/v4/sports/{sport['key']}/participants"):
        add_team(league_id=league.pk, name=team["full_name"], by=by, at=at, reason=REASON)
