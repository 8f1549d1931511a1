"""Why a piece of a payload was not believed. Stable: reports, tests and the console show them."""

from enum import StrEnum


class Refused(StrEnum):
    """Nothing in the body could be read."""

    TOO_LARGE = "PAYLOAD_TOO_LARGE"
    TOO_DEEP = "PAYLOAD_TOO_DEEP"
    NOT_UTF8 = "PAYLOAD_NOT_UTF8"
    HTML = "PAYLOAD_HTML"
    TRUNCATED = "PAYLOAD_TRUNCATED"
    NOT_JSON = "PAYLOAD_NOT_JSON"
    NOT_CSV = "PAYLOAD_NOT_CSV"
    SHAPE = "PAYLOAD_SHAPE"  # JSON, but not the list that the endpoint returns
    CORRUPT = "PAYLOAD_CORRUPT"  # the stored bytes are not those whose hash we know


class Quarantined(StrEnum):
    """One piece was set aside; the rest of the body was kept."""

    # Events.
    EVENT_SHAPE = "EVENT_SHAPE"
    EVENT_ID_MISSING = "EVENT_ID_MISSING"
    EVENT_WITHOUT_TEAMS = "EVENT_WITHOUT_TEAMS"  # an outright: nobody plays anybody
    EVENT_SAME_TEAM_TWICE = "EVENT_SAME_TEAM_TWICE"
    DUPLICATE_EVENT = "DUPLICATE_EVENT"
    UNKNOWN_TEAM = "UNKNOWN_TEAM"
    UNKNOWN_EVENT = "UNKNOWN_EVENT"  # a result of a game that is none of ours
    EVENT_AMBIGUOUS = "EVENT_AMBIGUOUS"
    MAPPING_DRIFT = "MAPPING_DRIFT"

    # Times.
    TIME_NAIVE = "TIME_NAIVE"
    TIME_UNREADABLE = "TIME_UNREADABLE"
    TIME_IN_FUTURE = "TIME_IN_FUTURE"
    TIME_IMPLAUSIBLE = "TIME_IMPLAUSIBLE"  # epoch 0, seconds taken for milliseconds
    LAST_UPDATE_MISSING = "LAST_UPDATE_MISSING"
    START_TIME_MISSING = "START_TIME_MISSING"

    # Books and markets.
    BOOK_SHAPE = "BOOK_SHAPE"
    MARKET_SHAPE = "MARKET_SHAPE"
    UNKNOWN_BOOK = "UNKNOWN_BOOK"
    BOOK_RETIRED = "BOOK_RETIRED"
    DUPLICATE_BOOKMAKER = "DUPLICATE_BOOKMAKER"
    DUPLICATE_MARKET = "DUPLICATE_MARKET"

    # Outcomes.
    OUTCOME_SHAPE = "OUTCOME_SHAPE"
    UNKNOWN_OUTCOME = "UNKNOWN_OUTCOME"  # neither team, nor over, under or draw
    DUPLICATE_OUTCOME = "DUPLICATE_OUTCOME"
    MISSING_SIDE = "MISSING_SIDE"
    TOO_MANY_SIDES = "TOO_MANY_SIDES"  # a draw where the league's winner market has none

    # Prices.
    PRICE_NULL = "PRICE_NULL"
    PRICE_NOT_A_NUMBER = "PRICE_NOT_A_NUMBER"  # a text, true, NaN, infinity
    PRICE_NOT_ODDS = "PRICE_NOT_ODDS"  # zero, -50, huge, decimal in an American feed
    PRICE_NOT_OFFERED = "PRICE_NOT_OFFERED"  # 1.01 and less
    OVERROUND = "OVERROUND_OUT_OF_RANGE"

    # Lines.
    LINE_MISSING = "LINE_MISSING"
    LINE_NOT_A_NUMBER = "LINE_NOT_A_NUMBER"
    LINE_NOT_QUARTER = "LINE_NOT_QUARTER"
    LINE_UNEXPECTED = "LINE_UNEXPECTED"
    SPREAD_SIGNS = "SPREAD_SIGNS"  # both sides favoured, or not each other's mirror
    TOTALS_DIFFER = "TOTALS_DIFFER"
    LEAGUE_RANGE = "LEAGUE_RANGE"  # implausible: spread and total swapped, or another sport

    # Read, and by intention not stored: counted, without a row of their own.
    ALTERNATE_NOT_STORED = "ALTERNATE_NOT_STORED"
    LAY_NOT_STORED = "LAY_NOT_STORED"
    MARKET_NOT_STORED = "MARKET_NOT_STORED"
    GAME_NOT_OVER = "GAME_NOT_OVER"

    # Injuries.
    INJURY_SHAPE = "INJURY_SHAPE"
    INJURY_STATUS = "INJURY_STATUS"  # a word that is none of ours
    DUPLICATE_REPORT = "DUPLICATE_REPORT"

    # Results.
    SCORE_NOT_A_NUMBER = "SCORE_NOT_A_NUMBER"


COUNTED_ONLY = frozenset(
    {
        Quarantined.ALTERNATE_NOT_STORED,
        Quarantined.LAY_NOT_STORED,
        Quarantined.MARKET_NOT_STORED,
        Quarantined.GAME_NOT_OVER,
        Quarantined.BOOK_RETIRED,
    }
)


class Suspect(StrEnum):
    """Why a result that its provider calls final is not believed."""

    SCORES_MISSING = "SCORES_MISSING"
    SCORELESS = "SCORELESS_IMPOSSIBLE"
    TIE = "TIE_IMPOSSIBLE"
    BEFORE_START = "FINAL_BEFORE_START"
    EXTRA_TIME = "EXTRA_TIME"  # a true score, but not the one that bets end on
