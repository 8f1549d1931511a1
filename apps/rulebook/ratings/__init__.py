"""Team strengths: learned online from finals, with uncertainty, the same on every replay."""

from apps.rulebook.ratings.league import (
    DayOutOfOrder,
    Expectation,
    Fixture,
    LeagueRatings,
    MatchDay,
    PlayedGame,
    Strength,
    TeamUnrated,
)
from apps.rulebook.ratings.other_sports import (
    EPL_LINES_1,
    MLB_RESULTS_2015,
    NBA_LINES_2013,
    NBA_RESULTS_2013,
    NCAAB_LINES_1,
    NHL_LINES_2015,
    NHL_RESULTS_2015,
    WNBA_LINES_1,
    WORLDCUP_LINES_1,
)
from apps.rulebook.ratings.parameters import (
    NCAAF_LINES_2015,
    NFL_LINES_2015,
    NFL_RESULTS_2015,
    SFL_RESULTS_1,
    Covariate,
    FilterParameters,
    RatingParameters,
)
from apps.rulebook.ratings.storage import RatingsUnreadable, digest, from_bytes, to_bytes

__all__ = [
    "EPL_LINES_1",
    "MLB_RESULTS_2015",
    "NBA_LINES_2013",
    "NBA_RESULTS_2013",
    "NCAAB_LINES_1",
    "NCAAF_LINES_2015",
    "NFL_LINES_2015",
    "NFL_RESULTS_2015",
    "NHL_LINES_2015",
    "NHL_RESULTS_2015",
    "SFL_RESULTS_1",
    "WNBA_LINES_1",
    "WORLDCUP_LINES_1",
    "Covariate",
    "DayOutOfOrder",
    "Expectation",
    "FilterParameters",
    "Fixture",
    "LeagueRatings",
    "MatchDay",
    "PlayedGame",
    "RatingParameters",
    "RatingsUnreadable",
    "Strength",
    "TeamUnrated",
    "digest",
    "from_bytes",
    "to_bytes",
]
