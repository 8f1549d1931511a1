"""Every league that is played here. The first is the one that a fresh installation follows.

Its world is held to the byte: a model was measured on it. So nothing out of the ordinary happens
in it unless that is asked for; in the others it does.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Final

from sandbox.world.codes import Basketball, Football
from sandbox.world.counts import Counts
from sandbox.world.league import Happenings, League, Rules, Sport, Team

_NEW_YORK: Final = "America/New_York"
_EVENINGS: Final = ((18, 30), (19, 0), (19, 30), (20, 15), (21, 0), (22, 15))
_AFTERNOONS: Final = ((13, 0), (13, 0), (16, 5), (16, 25), (19, 0), (20, 20))

SFL: Final = League(
    sport=Sport(
        "americanfootball_sfl", "American Football", "SFL", "Sandbox Football League", _NEW_YORK
    ),
    teams=(
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
    ),
    rules=Rules(
        code=Football(),
        home_advantage=2.2,
        mean_total=45.0,
        truth_sd=(4.6, 3.6),
        mistake_sd=(0.9, 0.9),
        unit=1.0,
        margin_sd=13.1,
        totals_between=(31.0, 61.0),
        least_side=8.0,
        keys=((3.0, 0.014), (7.0, 0.010)),
    ),
    weekday=_EVENINGS,
    weekend=_AFTERNOONS,
    lasts=(185, 215),
)

SCF: Final = League(
    sport=Sport(
        "americanfootball_scf", "American Football", "SCF", "Sandbox College Football", _NEW_YORK
    ),
    teams=(
        Team("Amber Valley State", "AVS"),
        Team("Bellhaven", "BEL"),
        Team("Corvane Tech", "COT"),
        Team("Driftwood A&M", "DAM"),
        Team("Ellisport", "ELL"),
        Team("Fenmoor State", "FEN"),
        Team("Glenhollow", "GLE"),
        Team("Harrowgate Poly", "HAR"),
        Team("Ironwood", "IRO"),
        Team("Junction Ridge", "JUR"),
        Team("Kellerton", "KEL"),
        Team("Lowmark State", "LOW"),
    ),
    rules=Rules(
        code=Football(),
        home_advantage=2.7,
        mean_total=54.0,
        truth_sd=(8.0, 4.5),
        mistake_sd=(1.3, 1.2),
        unit=1.1,
        margin_sd=14.0,
        totals_between=(36.0, 72.0),
        least_side=8.0,
        keys=((3.0, 0.012), (7.0, 0.010)),
    ),
    weekday=_EVENINGS,
    weekend=((12, 0), (12, 0), (15, 30), (15, 30), (19, 30), (22, 30)),
    lasts=(195, 230),
    days=frozenset({3, 4, 5}),
    happenings=Happenings(),
)

SBA: Final = League(
    sport=Sport("basketball_sba", "Basketball", "SBA", "Sandbox Basketball Association", _NEW_YORK),
    teams=(
        Team("Ashford Arrows", "ASH"),
        Team("Bramble Bay Buccaneers", "BBB"),
        Team("Copper City Kilns", "CCK"),
        Team("Dovetail Dukes", "DOV"),
        Team("Emberly Embers", "EMB"),
        Team("Flintlock Falcons", "FLF"),
        Team("Gullwing Gales", "GUL"),
        Team("Hollowell Hornbeams", "HOL"),
        Team("Inkwell Ravens", "INK"),
        Team("Jetty Point Jibs", "JPJ"),
        Team("Kingsbridge Keys", "KIN"),
        Team("Lanternport Lights", "LAN"),
    ),
    rules=Rules(
        code=Basketball(minutes=48, margin_sd=12.0, total_sd=17.0),
        home_advantage=2.8,
        mean_total=225.0,
        truth_sd=(4.5, 4.0),
        mistake_sd=(0.9, 1.0),
        unit=1.0,
        margin_sd=12.0,
        totals_between=(190.0, 260.0),
        least_side=80.0,
    ),
    weekday=_EVENINGS,
    weekend=((15, 30), (18, 0), (19, 0), (19, 30), (20, 30), (22, 0)),
    lasts=(135, 155),
    happenings=Happenings(injury=0.25),
)

SWB: Final = League(
    sport=Sport("basketball_swb", "Basketball", "SWB", "Sandbox Women's Basketball", _NEW_YORK),
    teams=(
        Team("Abbeyfield Aces", "ABB"),
        Team("Birchwater Blaze", "BIR"),
        Team("Coldstream Currents", "COL"),
        Team("Dunefield Dreamers", "DUF"),
        Team("Elmgate Echoes", "ELM"),
        Team("Foxhollow Flash", "FOX"),
        Team("Greywater Glory", "GRE"),
        Team("Highmoor Hearts", "HIG"),
    ),
    rules=Rules(
        code=Basketball(minutes=40, margin_sd=11.3, total_sd=15.0),
        home_advantage=2.3,
        mean_total=164.0,
        truth_sd=(4.5, 3.5),
        mistake_sd=(1.0, 1.0),
        unit=0.95,
        margin_sd=11.3,
        totals_between=(135.0, 195.0),
        least_side=55.0,
    ),
    weekday=((19, 0), (19, 30), (20, 0), (22, 0)),
    weekend=((13, 0), (15, 0), (18, 0), (20, 0)),
    lasts=(120, 135),
    happenings=Happenings(injury=0.2),
)

SCB: Final = League(
    sport=Sport("basketball_scb", "Basketball", "SCB", "Sandbox College Basketball", _NEW_YORK),
    teams=(
        Team("Aldermoor", "ALM"),
        Team("Brightwater State", "BWS"),
        Team("Cloverdale", "CLO"),
        Team("Dellbrook Tech", "DEB"),
        Team("Eagle Rock College", "ERC"),
        Team("Fairmount State", "FAI"),
        Team("Greenhithe", "GHI"),
        Team("Hartwell", "HWL"),
        Team("Islington A&M", "ISL"),
        Team("Jasper Falls", "JAS"),
        Team("Knollwood State", "KNO"),
        Team("Larchmere", "LCH"),
    ),
    rules=Rules(
        code=Basketball(minutes=40, margin_sd=10.8, total_sd=15.5, parts=2),
        home_advantage=3.2,
        mean_total=143.0,
        truth_sd=(7.0, 4.5),
        mistake_sd=(1.2, 1.2),
        unit=0.95,
        margin_sd=10.8,
        totals_between=(112.0, 175.0),
        least_side=45.0,
    ),
    weekday=_EVENINGS,
    weekend=((12, 0), (14, 0), (16, 0), (18, 0), (20, 0), (22, 0)),
    lasts=(118, 138),
    happenings=Happenings(),
)

SBL: Final = League(
    sport=Sport("baseball_sbl", "Baseball", "SBL", "Sandbox Baseball League", _NEW_YORK),
    teams=(
        Team("Anchor Bay Admirals", "ANC"),
        Team("Barley Town Bakers", "BTB"),
        Team("Clayburn Cardsharps", "CLB"),
        Team("Dustbowl Drifters", "DUS"),
        Team("East Quay Eels", "EQE"),
        Team("Farrow Creek Farriers", "FCF"),
        Team("Gantry Grinders", "GAN"),
        Team("Heathmoor Hares", "HEA"),
        Team("Iron Gate Inkers", "IGI"),
        Team("Juniper Hill Jays", "JHJ"),
        Team("Kiln Street Kites", "KSK"),
        Team("Lockport Lamplighters", "LOC"),
    ),
    rules=Rules(
        code=Counts(
            regulation=3240.0,
            overtime=720.0,
            parts=("Inning", 9),
            most=30,
            spread_out=2.2,
            decided=(0.6, 0.25, 0.15),
        ),
        home_advantage=0.15,
        mean_total=8.8,
        truth_sd=(0.5, 0.4),
        mistake_sd=(0.15, 0.15),
        unit=0.22,
        margin_sd=4.2,
        totals_between=(6.0, 13.0),
        least_side=2.0,
        fixed_line=1.5,
        break_share=0.0,
    ),
    weekday=((13, 10), (18, 40), (19, 5), (19, 10), (20, 10), (22, 10)),
    weekend=((13, 5), (13, 35), (14, 10), (16, 10), (19, 10), (21, 40)),
    lasts=(150, 190),
    doubleheaders=0.08,
    happenings=Happenings(moved=0.02, renamed=0.02),
)

SHL: Final = League(
    sport=Sport("icehockey_shl", "Ice Hockey", "SHL", "Sandbox Hockey League", _NEW_YORK),
    teams=(
        Team("Aldwater Auroras", "ALD"),
        Team("Blackice Bears", "BLI"),
        Team("Coldharbour Cutters", "COH"),
        Team("Drumlin Drakes", "DRU"),
        Team("Eiswall Elks", "EIS"),
        Team("Frostgate Foxes", "FRO"),
        Team("Glacier Point Goats", "GLP"),
        Team("Hoarfrost Howlers", "HOA"),
        Team("Icebridge Ibis", "ICE"),
        Team("Kettle Lake Knights", "KET"),
    ),
    rules=Rules(
        code=Counts(
            regulation=3600.0, overtime=300.0, parts=("Period", 3), most=16, decided=(1.0,)
        ),
        home_advantage=0.3,
        mean_total=6.1,
        truth_sd=(0.4, 0.25),
        mistake_sd=(0.1, 0.1),
        unit=0.15,
        margin_sd=2.4,
        totals_between=(4.6, 8.0),
        least_side=1.5,
        fixed_line=1.5,
    ),
    weekday=((19, 0), (19, 0), (19, 30), (20, 0), (22, 0)),
    weekend=((13, 0), (15, 0), (19, 0), (19, 0), (22, 0)),
    lasts=(145, 165),
    happenings=Happenings(),
)

SPL: Final = League(
    sport=Sport("soccer_spl", "Soccer", "SPL", "Sandbox Premier League", "Europe/London"),
    teams=(
        Team("Ashby Rovers", "ASB"),
        Team("Beckford United", "BEC"),
        Team("Calderwick Town", "CAL"),
        Team("Denholm Athletic", "DEN"),
        Team("Eastmere Wanderers", "EAM"),
        Team("Farnley City", "FAR"),
        Team("Grimsdale", "GRI"),
        Team("Hexley Albion", "HEX"),
        Team("Inverby Thistle", "INV"),
        Team("Kirkstall Vale", "KIR"),
        Team("Langton Harriers", "LNG"),
        Team("Marlow Forest", "MAR"),
    ),
    rules=Rules(
        code=Counts(regulation=5400.0, overtime=0.0, parts=("Half", 2), most=12),
        home_advantage=0.3,
        mean_total=2.75,
        truth_sd=(0.6, 0.2),
        mistake_sd=(0.1, 0.08),
        unit=0.12,
        margin_sd=1.65,
        totals_between=(1.9, 3.9),
        least_side=0.4,
        three_way=True,
        break_share=0.14,
    ),
    weekday=((19, 45), (19, 45), (19, 45), (20, 0), (20, 0), (20, 15)),
    weekend=((12, 30), (15, 0), (15, 0), (15, 0), (16, 30), (17, 30)),
    lasts=(112, 118),
    days=frozenset({1, 2, 4, 5, 6}),
    happenings=Happenings(),
)

SWC: Final = League(
    sport=Sport("soccer_swc", "Soccer", "SWC", "Sandbox World Cup", _NEW_YORK),
    teams=(
        Team("Arvenia", "ARV"),
        Team("Belmarra", "BEM"),
        Team("Corvessa", "COV"),
        Team("Dravania", "DRA"),
        Team("Estrova", "EST"),
        Team("Falkenmark", "FAL"),
        Team("Gorundia", "GOR"),
        Team("Halvenia", "HAL"),
    ),
    rules=Rules(
        code=Counts(regulation=5400.0, overtime=0.0, parts=("Half", 2), most=12),
        home_advantage=0.0,  # on neutral ground
        mean_total=2.6,
        truth_sd=(0.7, 0.2),
        mistake_sd=(0.12, 0.08),
        unit=0.12,
        margin_sd=1.6,
        totals_between=(1.8, 3.8),
        least_side=0.35,
        three_way=True,
        break_share=0.14,
    ),
    weekday=((12, 0), (15, 0), (18, 0), (21, 0)),
    weekend=((12, 0), (15, 0), (18, 0), (21, 0)),
    lasts=(112, 120),
    happenings=Happenings(),
)

LEAGUES: Final[Mapping[str, League]] = {
    league.sport.title: league for league in (SFL, SCF, SBA, SWB, SCB, SBL, SHL, SPL, SWC)
}


def chosen(titles: Iterable[str], *, eventful: bool = False) -> list[League]:
    """Return leagues by their titles; with ``eventful`` something happens in every one.

    Raises:
        KeyError: no such league.
    """
    leagues = [LEAGUES[title] for title in titles]
    if not eventful:
        return leagues
    return [replace(each, happenings=each.happenings or Happenings()) for each in leagues]
