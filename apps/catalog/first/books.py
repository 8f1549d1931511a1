"""The books of the American and European markets, as The Odds API names them."""

from typing import Final, NamedTuple

from apps.rulebook.markets import BookKind


class FirstBook(NamedTuple):
    key: str
    title: str
    kind: BookKind = BookKind.SPORTSBOOK
    group: str = ""  # empty: a house of its own


_STATES: Final = ("az", "fl", "oh")

BOOKS: Final = (
    # Region us.
    FirstBook("betmgm", "BetMGM"),
    FirstBook("betonlineag", "BetOnline.ag", group="betonline"),
    FirstBook("betrivers", "BetRivers", group="kambi"),
    FirstBook("betus", "BetUS"),
    FirstBook("bovada", "Bovada"),
    FirstBook("draftkings", "DraftKings"),
    FirstBook("fanatics", "Fanatics"),
    FirstBook("fanduel", "FanDuel"),
    FirstBook("lowvig", "LowVig.ag", group="betonline"),
    FirstBook("mybookieag", "MyBookie.ag"),
    FirstBook("williamhill_us", "Caesars", group="caesars"),
    # Region us2.
    FirstBook("ballybet", "Bally Bet", group="kambi"),
    FirstBook("betanysports", "BetAnything", group="betanysports"),
    FirstBook("betparx", "betPARX", group="kambi"),
    FirstBook("espnbet", "ESPN BET", group="penn"),
    FirstBook("fliff", "Fliff"),
    FirstBook("hardrockbet", "Hard Rock Bet"),
    *(
        FirstBook(f"hardrockbet_{state}", f"Hard Rock Bet ({state.upper()})", group="hardrockbet")
        for state in _STATES
    ),
    FirstBook("rebet", "ReBet"),
    # Gone from the feed, kept because histories name them.
    FirstBook("barstool", "Barstool Sportsbook", group="penn"),
    FirstBook("betclic", "Betclic"),
    FirstBook("circasports", "Circa Sports"),
    FirstBook("foxbet", "FOX Bet"),
    FirstBook("intertops", "Intertops", group="everygame"),
    FirstBook("pointsbetus", "PointsBet (US)", group="pointsbet"),
    FirstBook("sisportsbook", "SI Sportsbook"),
    FirstBook("sugarhouse", "SugarHouse", group="kambi"),
    FirstBook("superbook", "SuperBook"),
    FirstBook("twinspires", "TwinSpires"),
    FirstBook("unibet_us", "Unibet", group="kambi"),
    FirstBook("wynnbet", "WynnBET"),
    # Regions eu and uk; the sharp reference first.
    FirstBook("pinnacle", "Pinnacle"),
    FirstBook("betsson", "Betsson"),
    FirstBook("betvictor", "Bet Victor"),
    FirstBook("betway", "Betway"),
    FirstBook("boylesports", "BoyleSports"),
    FirstBook("casumo", "Casumo"),
    FirstBook("coolbet", "Coolbet"),
    FirstBook("coral", "Coral", group="entain"),
    FirstBook("everygame", "Everygame"),
    FirstBook("grosvenor", "Grosvenor", group="kambi"),
    FirstBook("gtbets", "GTbets"),
    FirstBook("ladbrokes_uk", "Ladbrokes", group="entain"),
    FirstBook("leovegas", "LeoVegas"),
    FirstBook("livescorebet", "LiveScore Bet"),
    FirstBook("livescorebet_eu", "LiveScore Bet (EU)", group="livescorebet"),
    FirstBook("marathonbet", "Marathon Bet"),
    FirstBook("nordicbet", "NordicBet", group="betsson"),
    FirstBook("onexbet", "1xBet"),
    FirstBook("paddypower", "Paddy Power", group="betfair"),
    FirstBook("betfair_sb_uk", "Betfair Sportsbook", group="betfair"),
    FirstBook("skybet", "Sky Bet"),
    FirstBook("sport888", "888sport"),
    FirstBook("suprabets", "Suprabets"),
    FirstBook("tipico_de", "Tipico"),
    FirstBook("unibet", "Unibet", group="kambi"),
    FirstBook("unibet_eu", "Unibet (EU)", group="kambi"),
    FirstBook("unibet_uk", "Unibet (UK)", group="kambi"),
    FirstBook("virginbet", "Virgin Bet"),
    FirstBook("williamhill", "William Hill"),
    FirstBook("winamax_de", "Winamax (DE)", group="winamax"),
    FirstBook("winamax_fr", "Winamax (FR)", group="winamax"),
    # Exchanges: prices of people, not of a house; never part of a consensus.
    FirstBook("betfair", "Betfair", BookKind.EXCHANGE),
    FirstBook("betfair_ex_eu", "Betfair (EU)", BookKind.EXCHANGE, "betfair"),
    FirstBook("betfair_ex_uk", "Betfair (UK)", BookKind.EXCHANGE, "betfair"),
    FirstBook("betfair_ex_us", "Betfair (US)", BookKind.EXCHANGE, "betfair"),
    FirstBook("betopenly", "BetOpenly", BookKind.EXCHANGE),
    FirstBook("kalshi", "Kalshi", BookKind.EXCHANGE),
    FirstBook("matchbook", "Matchbook", BookKind.EXCHANGE),
    FirstBook("novig", "Novig", BookKind.EXCHANGE),
    FirstBook("polymarket", "Polymarket", BookKind.EXCHANGE),
    FirstBook("prophetx", "ProphetX", BookKind.EXCHANGE),
    # Pick'em operators: multipliers, not prices.
    FirstBook("betr_us_dfs", "Betr Picks", BookKind.DFS),
    FirstBook("pick6", "DraftKings Pick6", BookKind.DFS, "draftkings"),
    FirstBook("prizepicks", "PrizePicks", BookKind.DFS),
    FirstBook("underdog", "Underdog Fantasy", BookKind.DFS),
)
