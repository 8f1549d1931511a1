"""The Odds API's questions in its own words, and its answers in ours."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from math import ceil
from typing import Final
from urllib.parse import quote

from apps.snapshots.providers.oddsapi.client import Answer, Client
from apps.snapshots.providers.oddsapi.cost import MARKETS, REGIONS, listed
from apps.snapshots.providers.ports import FetchOutcome, FetchRequest, Outcome

DAYS_FROM: Final = 3  # the most it knows: a result is looked at again for as long

_ODDS_OPTIONS: Final = frozenset({"markets", "regions", "bookmakers"})
_SCORES_OPTIONS: Final = frozenset({"days_from"})

_LONGEST_WAIT: Final = timedelta(minutes=15)

# When asking again is worth its while, where the feed's own rhythm would be a waste.
_NOT_BEFORE: Final = {
    Outcome.AUTH: timedelta(minutes=10),  # somebody has to change the key first
    Outcome.OUT_OF_CREDITS: timedelta(minutes=30),
    Outcome.BAD_REQUEST: timedelta(hours=1),
    Outcome.GONE: timedelta(hours=1),
}


class OddsApi:
    """Answers for odds of now and then, schedules, results, names; reads no body but an error's."""

    def __init__(self, client: Client) -> None:
        self.client = client

    def __repr__(self) -> str:
        return f"OddsApi({self.client.address})"

    def fetch_odds(self, request: FetchRequest) -> FetchOutcome:
        """Ask for the board. Costs markets times regions; ten named books count as one region."""
        return self._ask("odds", request, _prices_asked(request), _ODDS_OPTIONS)

    def fetch_event_odds(self, request: FetchRequest) -> FetchOutcome:
        """Ask for one event, in any market. Costs the markets that came back times regions."""
        if not request.event_key:
            return _never_asked(request, "EVENT_KEY_MISSING", "No event was named.")
        what = f"events/{quote(request.event_key, safe='')}/odds"
        return self._ask(what, request, _prices_asked(request), _ODDS_OPTIONS)

    def fetch_history(self, request: FetchRequest) -> FetchOutcome:
        """Ask for the board, or one event, as it stood at or before a moment. Costs ten times.

        What comes is an envelope (``oddsapi.opened``) that says of which moment it is.
        """
        if request.moment is None:
            return _never_asked(request, "MOMENT_MISSING", "No moment of the past was named.")
        what = f"events/{quote(request.event_key, safe='')}/odds" if request.event_key else "odds"
        parameters = {**_prices_asked(request), "date": _written(request.moment)}
        return self._ask(what, request, parameters, _ODDS_OPTIONS, of="/v4/historical/sports")

    def fetch_leagues(self, request: FetchRequest) -> FetchOutcome:
        """Ask which leagues there are, those out of season too. Costs nothing."""
        return _told(self.client.get("/v4/sports", {"all": "true"}), request)

    def fetch_events(self, request: FetchRequest) -> FetchOutcome:
        """Ask which games are to come, without their odds. Costs nothing."""
        return self._ask("events", request, {"dateFormat": "iso"}, frozenset())

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
        *,
        of: str = "/v4/sports",
    ) -> FetchOutcome:
        unknown = sorted(request.options.keys() - known)
        if unknown:
            names = ", ".join(unknown)
            return _never_asked(
                request,
                "OPTIONS_UNKNOWN",
                f"The feed's options name what nobody reads: {names}.",
            )
        if not request.league_key:
            return _never_asked(
                request, "LEAGUE_KEY_MISSING", "The league has no key of this provider."
            )
        path = f"{of}/{quote(request.league_key, safe='')}/{what}"
        return _told(self.client.get(path, parameters), request)


def _prices_asked(request: FetchRequest) -> dict[str, str]:
    options = request.options
    books = listed(options.get("bookmakers"))
    where = {"bookmakers": books} if books else {"regions": listed(options.get("regions"))}
    return {
        "markets": listed(options.get("markets")) or MARKETS,
        "oddsFormat": request.odds_format.lower(),
        "dateFormat": "iso",
        **(where if any(where.values()) else {"regions": REGIONS}),
    }


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _days_missed(request: FetchRequest) -> int:
    """How far to look back for what ended since the answer before, as far as it can be asked."""
    if request.after is None:
        return DAYS_FROM
    return min(1 + ceil((request.at - request.after) / timedelta(days=1)), DAYS_FROM)


def _never_asked(request: FetchRequest, code: str, detail: str) -> FetchOutcome:
    return FetchOutcome(
        outcome=Outcome.BAD_REQUEST,
        captured_at=request.at,
        error_code=code,
        detail=detail[:300],
        next_at=request.at + _NOT_BEFORE[Outcome.BAD_REQUEST],
    )


def _told(answer: Answer, request: FetchRequest) -> FetchOutcome:
    pause = _NOT_BEFORE.get(answer.outcome)
    if answer.wait_s:  # as it asked, but never so long that a mistake of its clock silences us
        asked = min(timedelta(seconds=answer.wait_s), _LONGEST_WAIT)
        pause = max(asked, pause or timedelta(0))
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
