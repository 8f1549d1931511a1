"""Every way in which the provider says no: a status, a code, a sentence."""

from enum import Enum


class Refusal(Enum):
    """The provider's codes, with the status that each comes with."""

    MISSING_KEY = (401, "API key is missing")
    INVALID_KEY = (401, "API key is not valid")
    DEACTIVATED_KEY = (401, "API key has been deactivated")
    OUT_OF_USAGE_CREDITS = (
        401,
        "Usage quota has been reached. See usage plans at https://the-odds-api.com",
    )
    HISTORICAL_UNAVAILABLE_ON_FREE_USAGE_PLAN = (
        401,
        "Historical odds are only available on paid usage plans",
    )
    EXCEEDED_FREQ_LIMIT = (429, "Requests are too frequent")
    MISSING_REGION = (422, "Missing regions or bookmakers parameter")
    INVALID_REGION = (422, "Invalid regions parameter")
    INVALID_BOOKMAKERS = (422, "Invalid bookmakers parameter")
    MISSING_MARKET = (422, "Missing markets parameter")
    INVALID_MARKET = (422, "Invalid markets parameter: not supported by this endpoint")
    INVALID_MARKET_COMBO = (422, "Invalid combination of markets")
    INVALID_DATE_FORMAT = (422, "Invalid dateFormat parameter")
    INVALID_ODDS_FORMAT = (422, "Invalid oddsFormat parameter")
    INVALID_ALL_SPORTS_PARAM = (422, "Invalid all parameter")
    INVALID_SPORT = (422, "Invalid sport key")
    UNKNOWN_SPORT = (404, "Unknown sport")
    INVALID_SCORES_DAYS_FROM = (422, "Invalid daysFrom parameter: must be an integer from 1 to 3")
    INVALID_EVENT_IDS = (422, "Invalid eventIds parameter")
    INVALID_EVENT_ID = (422, "Invalid event id")
    EVENT_NOT_FOUND = (404, "Event not found. The event may have expired or is not valid")
    MISSING_HISTORICAL_TIMESTAMP = (422, "Missing date parameter")
    INVALID_HISTORICAL_TIMESTAMP = (422, "Invalid date parameter")
    HISTORICAL_MARKETS_UNAVAILABLE_AT_DATE = (
        422,
        "These markets have no history before 2023-05-03T05:30:00Z",
    )
    INVALID_PARTICIPANT_ID = (422, "Invalid participant id")
    INVALID_STATUS = (422, "Invalid status parameter: pre, live, or both")
    INVALID_INCLUDE_MULTIPLIERS = (422, "Invalid includeMultipliers parameter")
    INVALID_INCLUDE_LINKS = (422, "Invalid includeLinks parameter")
    INVALID_INCLUDE_SIDS = (422, "Invalid includeSids parameter")
    INVALID_INCLUDE_BET_LIMITS = (422, "Invalid includeBetLimits parameter")
    INVALID_INCLUDE_ROTATION_NUMBERS = (422, "Invalid includeRotationNumbers parameter")
    INVALID_COMMENCE_TIME_FROM = (422, "Invalid commenceTimeFrom parameter")
    INVALID_COMMENCE_TIME_TO = (422, "Invalid commenceTimeTo parameter")
    INVALID_COMMENCE_TIME_RANGE = (
        422,
        "Invalid commenceTimeFrom and commenceTimeTo: the range is empty",
    )

    def __init__(self, status: int, message: str) -> None:
        self.status = status
        self.message = message


class Refused(Exception):
    """The question is not answered; nothing is charged."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.name)
        self.refusal = refusal

    def body(self) -> dict[str, str]:
        page = "https://the-odds-api.com/liveapi/guides/v4/api-error-codes.html"
        return {
            "message": self.refusal.message,
            "error_code": self.refusal.name,
            "details_url": f"{page}#{self.refusal.name.lower().replace('_', '-')}",
        }
