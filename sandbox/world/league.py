"""What a league is made of, and the books that quote every one. Every name is invented."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, NamedTuple, Protocol

if TYPE_CHECKING:
    from sandbox.world.chance import Stream
    from sandbox.world.curve import Curve
    from sandbox.world.football import Played


class Sport(NamedTuple):
    """One league, as the provider's list of sports describes it."""

    key: str
    group: str
    title: str
    description: str
    timezone: str


class Team(NamedTuple):
    name: str
    abbreviation: str


class Code(Protocol):
    """How a kind of game is played, and how its ends fall: the market is honest about that."""

    @property
    def regulation(self) -> float: ...  # seconds of game clock

    @property
    def overtime(self) -> float: ...  # of one overtime at its longest

    @property
    def parts(self) -> tuple[str, int]: ...  # what the clock is told in, and how many of them

    def play(self, expected: tuple[float, float], chance: "Stream") -> "Played":
        """Play a game whose sides score so much on average: home, away."""
        ...

    def margins(self, margin: float, total: float) -> "Curve": ...

    def totals(self, margin: float, total: float) -> "Curve": ...


@dataclass(frozen=True, slots=True)
class Rules:
    """What a league's games are like. Two numbers are of the margin and of the total, in points."""

    code: Code
    home_advantage: float
    mean_total: float  # of two average teams
    truth_sd: tuple[float, float]  # between teams
    mistake_sd: tuple[float, float]  # the market's, about one team
    unit: float  # what one point of football is here: news, opinions and noise are made of it
    margin_sd: float
    totals_between: tuple[float, float]
    least_side: float
    keys: tuple[tuple[float, float], ...] = ()  # lines hard to leave: the chance given up for one
    fixed_line: float | None = None  # a spread that is always this, the favourite giving it
    three_way: bool = False  # the winner market has a draw
    break_share: float = 0.06  # of a game's length that passes at half time


@dataclass(frozen=True, slots=True)
class Happenings:
    """Chances, a game, of what makes a feed hard to follow."""

    injury: float = 0.15
    steam: float = 0.20
    late_final: float = 0.10
    correction: float = 0.03
    moved: float = 0.012  # postponed under its id
    renamed: float = 0.012  # postponed under another
    cancelled: float = 0.004


@dataclass(frozen=True, slots=True)
class League:
    sport: Sport
    teams: tuple[Team, ...]
    rules: Rules
    weekday: tuple[tuple[int, int], ...]  # local hours at which a round is played
    weekend: tuple[tuple[int, int], ...]
    lasts: tuple[int, int]  # minutes, between these
    days: frozenset[int] = frozenset(range(7))  # of the week, Monday 0, on which it plays
    doubleheaders: float = 0.0  # chance that a game of a week-end is played twice that day
    happenings: Happenings | None = None  # None: nothing out of the ordinary

    @property
    def key(self) -> str:
        return self.sport.key


class Book(NamedTuple):
    """A bookmaker and its habits: those of an ordinary one where nothing else is said."""

    key: str
    title: str
    region: str = "us"
    sharp: bool = False  # opens first, is copied, hardly ever goes away
    margin: float = 0.045  # what the chances of a spread's or total's two prices sum to above 1
    winner_margin: float = 0.047  # the same of a moneyline
    lag: float = 0.1  # how far it runs behind the news, as a share of the slowest imaginable
    stubborn: float = 0.3  # points of opinion of its own about a game (standard deviation)
    favours_favourites: float = 0.02  # how much it stretches expected margins
    favours_overs: float = 0.3  # points it adds to expected totals
    price_step: int = 5  # cents in which American prices near even move
    dislikes_whole: float = 0.0  # how much probability it gives up to avoid a whole line
    forgetful: float = 0.08  # chance that one of its markets is missing for a while
    home_first: bool = False  # how it orders its outcomes; else by the alphabet


# The sharp one first: others look at it. Each then follows with a delay of its own.
BOOKS: Final = (
    Book(
        "palisade",
        "Palisade",
        sharp=True,
        margin=0.024,
        winner_margin=0.028,
        lag=0.0,
        stubborn=0.1,
        favours_favourites=0.0,
        favours_overs=0.0,
        price_step=1,
        forgetful=0.02,
        home_first=True,
    ),
    Book("cobblestone", "Cobblestone"),
    Book(
        "foxglove",
        "Foxglove",
        lag=0.16,
        stubborn=0.4,
        favours_favourites=0.03,
        dislikes_whole=0.012,
        forgetful=0.1,
        home_first=True,
    ),
    Book("harborline", "Harborline", margin=0.044, lag=0.06, stubborn=0.25, price_step=2),
    Book(
        "ironbridge",
        "Ironbridge",
        margin=0.048,
        winner_margin=0.052,
        lag=0.3,
        stubborn=0.5,
        favours_favourites=0.04,
        favours_overs=0.5,
        dislikes_whole=0.02,
        forgetful=0.14,
        home_first=True,
    ),
    Book(
        "saltmarsh",
        "Saltmarsh",
        margin=0.038,
        winner_margin=0.04,
        lag=0.12,
        favours_favourites=0.01,
        favours_overs=0.1,
        price_step=1,
    ),
    Book("tallgrass", "Tallgrass", "us2", margin=0.047, lag=0.2, stubborn=0.45, forgetful=0.12),
    Book(
        "wintergreen",
        "Wintergreen",
        "us2",
        margin=0.05,
        winner_margin=0.056,
        lag=0.45,
        stubborn=0.6,
        favours_favourites=0.05,
        favours_overs=0.6,
        dislikes_whole=0.025,
        forgetful=0.18,
        home_first=True,
    ),
)
