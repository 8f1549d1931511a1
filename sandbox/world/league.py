"""The Sandbox Football League: its teams and the books that quote it. Every name is invented."""

from typing import Final, NamedTuple


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


SFL: Final = Sport(
    key="americanfootball_sfl",
    group="American Football",
    title="SFL",
    description="Sandbox Football League",
    timezone="America/New_York",
)

TEAMS: Final = (
    Team("Alder Bay Herons", "ABH"),
    Team("Brasswick Anvils", "BRA"),
    Team("Cinder Falls Comets", "CIF"),
    Team("Dunmore Drovers", "DUN"),
    Team("Eastmarch Lancers", "EAS"),
    Team("Granite Pass Ibexes", "GRP"),
    Team("Juniper Flats Jackrabbits", "JUF"),
    Team("Kestrel Point Kites", "KEP"),
    Team("Larkspur Millers", "LAR"),
    Team("Northwick Beacons", "NWK"),
    Team("Quarry Hill Badgers", "QUH"),
    Team("Saltwater Skippers", "SAL"),
)

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
