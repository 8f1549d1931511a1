"""Fitted ratings of basketball, baseball, hockey and football: artefacts, like the NFL's.

Source: docs/model.md section 1. NBA: seasons 2009-2013, MLB: 2014-2015, NHL: 2010-2015, all
unrounded. What was guessed and not fitted says so; its league stays UNMEASURED until it is.
"""

from dataclasses import replace
from typing import Final

from apps.rulebook.ratings.parameters import Covariate, FilterParameters, RatingParameters

_LATE_SUMMER: Final = 9  # month; nobody plays then
_CALENDAR_YEAR: Final = 1

# -- basketball -------------------------------------------------------------------------------

NBA_LINES_2013: Final = RatingParameters(
    version="nba-lines-2013",
    margin=FilterParameters.from_fit(
        (
            *(4.858948264726029, -1.0247877285870524, 1.7751065620269184, 3.3375491941847457),
            *(-2.768551520271001, -10.311998185144144, 0.4741014332033828, 2.8276890152844065),
        ),
        level=3.0,
        covariate=Covariate.BACK_TO_BACK_DIFFERENCE,
    ),
    total=FilterParameters.from_fit(
        (
            *(5.5625101824157825, 0.7031978460239636, 2.81463728599163, 4.058951036842121),
            *(1.033981540463363, 0.6947964222709775, -0.19170233573860163, 3.871628011283305),
        ),
        level=199.0,
        covariate=Covariate.BACK_TO_BACK_COUNT,
    ),
    variance_half_life=1300.0,
    season_turns_in_month=_LATE_SUMMER,
)

NBA_RESULTS_2013: Final = RatingParameters(
    version="nba-results-2013",
    margin=FilterParameters.from_fit(
        (
            *(4.869969715508997, -2.9456118542139142, 1.667341611938389, 3.236325771575404),
            *(-3.3577102666073584, -10.433611442135309, 0.6952867501489107),
        ),
        level=3.0,
        covariate=Covariate.BACK_TO_BACK_DIFFERENCE,
    ),
    total=FilterParameters.from_fit(
        (
            *(5.6391525899944925, -1.870252797765223, 2.591866491336429, 4.421594226808216),
            *(1.6180274866469313, -1.8124823831535726, 0.2924598211534453),
        ),
        level=199.0,
        covariate=Covariate.BACK_TO_BACK_COUNT,
    ),
    variance_half_life=1300.0,
    season_turns_in_month=_LATE_SUMMER,
)

# Not fitted: the NBA's, for games of forty minutes, a summer season and a longer winter.
WNBA_LINES_1: Final = RatingParameters(
    version="wnba-lines-1",
    margin=replace(NBA_LINES_2013.margin, level=2.5),
    total=replace(NBA_LINES_2013.total, noise=200.0, level=163.0, level_per_day=0.5),
    variance_half_life=240.0,
    season_turns_in_month=_CALENDAR_YEAR,
)

# Not fitted: most of a college team is new each year, and three hundred teams differ more.
NCAAB_LINES_1: Final = RatingParameters(
    version="ncaab-lines-1",
    margin=FilterParameters(
        noise=110.0,
        line_noise=17.0,
        drift_per_day=0.3,
        carry_over=0.7,
        season_noise=20.0,
        prior=100.0,
        level_per_season=0.05,
        level_per_day=0.0,
        level=3.2,
        covariate=Covariate.BACK_TO_BACK_DIFFERENCE,
    ),
    total=FilterParameters(
        noise=200.0,
        line_noise=40.0,
        drift_per_day=0.5,
        carry_over=0.6,
        season_noise=20.0,
        prior=60.0,
        level_per_season=2.0,
        level_per_day=0.02,
        level=143.0,
        covariate=Covariate.BACK_TO_BACK_COUNT,
    ),
    variance_half_life=5500.0,
    season_turns_in_month=_LATE_SUMMER,
)

# -- baseball ---------------------------------------------------------------------------------

# Lines were tried and told nothing: they know the pitchers, and pitchers change daily.
MLB_RESULTS_2015: Final = RatingParameters(
    version="mlb-results-2015",
    margin=FilterParameters.from_fit(
        (
            *(2.8309030046894748, -6.70958668869411, -3.2676661361972634, -2.9547776576566944),
            *(-8.864540367631356, -16.455169956895936, 0.6281528979965239),
        ),
        level=0.12,
    ),
    total=FilterParameters.from_fit(
        (
            *(2.8743495150021108, -8.461381293088753, -2.4085850078641253, -1.4581658219127114),
            *(-5.080912584046461, -6.16458445563538, 0.6976822308543421),
        ),
        level=8.2,
    ),
    variance_half_life=2430.0,
    season_turns_in_month=_CALENDAR_YEAR,
)

# -- hockey -----------------------------------------------------------------------------------

_NHL_TOTAL: Final = FilterParameters.from_fit(
    (
        *(1.5391873549593074, -9.746302421098848, -4.525540154066485, -0.8899789271405557),
        *(-6.455792966094364, -10.605884443058152, 1.2983990754914818),
    ),
    level=5.7,
    covariate=Covariate.BACK_TO_BACK_COUNT,
)

# Nobody kept the totals' lines: the total learns from results alone.
NHL_LINES_2015: Final = RatingParameters(
    version="nhl-lines-2015",
    margin=FilterParameters.from_fit(
        (
            *(1.6520185536896834, -6.467494015887588, -1.9666516997105963, -2.125971934872118),
            *(-5.242418799083392, -14.612143816978431, 0.2704135387846931, -2.768298382500926),
        ),
        level=0.3,
        covariate=Covariate.BACK_TO_BACK_DIFFERENCE,
    ),
    total=_NHL_TOTAL,
    variance_half_life=1271.0,
    season_turns_in_month=_LATE_SUMMER,
)

NHL_RESULTS_2015: Final = RatingParameters(
    version="nhl-results-2015",
    margin=FilterParameters.from_fit(
        (
            *(1.6452079078692374, -8.230338980707215, -4.485522708517861, -1.4336606480482184),
            *(-7.611399656031615, -14.680541975160068, 1.2291425680156394),
        ),
        level=0.3,
        covariate=Covariate.BACK_TO_BACK_DIFFERENCE,
    ),
    total=_NHL_TOTAL,
    variance_half_life=1271.0,
    season_turns_in_month=_LATE_SUMMER,
)

# -- football (soccer) ------------------------------------------------------------------------

# Not fitted, and insensitive: on eleven divisions other numbers do as well.
EPL_LINES_1: Final = RatingParameters(
    version="epl-lines-1",
    margin=FilterParameters(
        noise=2.6,
        line_noise=0.05,
        drift_per_day=0.0008,
        carry_over=0.8,
        season_noise=0.15,
        prior=0.35,
        level_per_season=0.0,
        level_per_day=0.002,
        level=0.3,
        covariate=Covariate.NONE,
    ),
    total=FilterParameters(
        noise=2.6,
        line_noise=0.05,
        drift_per_day=0.0003,
        carry_over=0.8,
        season_noise=0.03,
        prior=0.08,
        level_per_season=0.0,
        level_per_day=0.002,
        level=2.7,
        covariate=Covariate.NONE,
    ),
    variance_half_life=380.0,
    season_turns_in_month=8,
)

# Not fitted: national teams differ more than a division's clubs, and change less from year to
# year than they play.
WORLDCUP_LINES_1: Final = RatingParameters(
    version="worldcup-lines-1",
    margin=replace(EPL_LINES_1.margin, prior=1.0, level=0.4),
    total=replace(EPL_LINES_1.total, prior=0.1, level=2.6),
    variance_half_life=380.0,
    season_turns_in_month=_CALENDAR_YEAR,
)
