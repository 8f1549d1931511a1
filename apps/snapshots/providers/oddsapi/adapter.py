"""The Odds API's questions in its own words, and its answers in ours."""

from collections.abc import Mapping
from datetime import timedelta
from math import ceil
from typing import Any, Final
from urllib.parse import quote

from apps.snapshots.providers.oddsapi.client import Answer, Client
from apps.snapshots.providers.ports import FetchOutcome, FetchRequest, Outcome

MARKETS: Final = "h2h,spreads,totals"
REGIONS: Final = "us"
DAYS_FROM: Final = 3  # the most it knows: a result is looked at again for as long

_ODDS_OPTIONS: Final = frozenset({"markets", "regions", "bookmakers"})
_SCORES_OPTIONS: Final = frozenset({"days_from"})

# When asking again is worth its while, where the feed's own rhythm would be a waste.
_NOT_BEFORE: Final = {
    Outcome.AUTH: timedelta(minutes=10),  # somebody has to change the key first
    Outcome.OUT_OF_CREDITS: timedelta(minutes=30),
    Outcome.BAD_REQUEST: timedelta(hours=1),
    Outcome.GONE: timedelta(hours=1),
}


class OddsApi:
    """Answers for odds, results and participants. It reads no body but an error's."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def __repr__(self) -> str:
        return f"OddsApi({self.client.address})"

    def fetch_odds(self, request: FetchRequest) -> FetchOutcome:
        """Ask for the board. Costs markets times regions; ten named books count as one region."""
        options = request.options
        books = _listed(options.get("bookmakers"))
        where = {"bookmakers": books} if books else {"regions": _listed(options.get("regions"))}
        parameters = {
            "markets": _listed(options.get("markets")) or MARKETS,
            "oddsFormat": request.odds_format.lower(),
            "dateFormat": "iso",
            **(where if any(where.values()) else {"regions": REGIONS}),
        }
        return self._ask("odds", request, parameters, _ODDS_OPTIONS)

    def fetch_results(self, request: FetchRequest) -> FetchOutcome:
        """Ask for scores, of the past days too: of as many as nobody asked in. Costs two."""
        parameters = {
            "daysFrom": str(
                max(request.options.get("days_from", DAYS_FROM), _days_missed(request))
            ),
            "dateFormat": "iso",
        }
        return self._ask("scores", request, parameters, _SCORES_OPTIONS)

    def fetch_participants(self, request: FetchRequest) -> FetchOutcome:
        """Ask for every team's name as the provider writes it, inactive ones too. Costs one."""
        return self._ask("participants", request, {}, frozenset())

    def _ask(
        self,
        what: str,
        request: FetchRequest,
        parameters: Mapping[str, str],
        known: frozenset[str],
    ) -> FetchOutcome:
        unknown = sorted(request.options.keys() - known)
        if unknown or not request.league_key:
            return _never_asked(request, unknown)
        answer = self.client.get(
            f"/v4/sports/{quote(request.league_key, safe='')}/{what}", parameters, at=request.at
        )
        return _told(answer, request)


def _days_missed(request: FetchRequest) -> int:
    """How far to look back for what ended since the answer before, as far as it can be asked."""
    if request.after is None:
        return DAYS_FROM
    return min(1 + ceil((request.at - request.after) / timedelta(days=1)), DAYS_FROM)


def _listed(value: Any) -> str:
    """Write a list the way the provider reads it; a text is taken as written."""
    if value is None or isinstance(value, str):
        return value or ""
    return ",".join(str(each) for each in value)


def _never_asked(request: FetchRequest, unknown: list[str]) -> FetchOutcome:
    code, detail = "LEAGUE_KEY_MISSING", "The league has no key of this provider."
    if unknown:
        code = "OPTIONS_UNKNOWN"
        detail = f"The feed's options name what nobody reads: {', '.join(unknown)}."
    return FetchOutcome(
        outcome=Outcome.BAD_REQUEST,
        captured_at=request.at,
        error_code=code,
        detail=detail[:300],
        next_at=request.at + _NOT_BEFORE[Outcome.BAD_REQUEST],
    )


def _told(answer: Answer, request: FetchRequest) -> FetchOutcome:
    pause = _NOT_BEFORE.get(answer.outcome)
    return FetchOutcome(
        outcome=answer.outcome,
        captured_at=request.at,
        body=answer.body,
        http_status=answer.status,
        error_code=answer.code,
        detail=answer.detail,
        quota=answer.quota,
        duration_ms=answer.duration_ms,
        next_at=request.at + pause if pause else None,
    )
