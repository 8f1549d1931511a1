"""A trader's table, played from the provider's bytes to the grade.

Every bet is on a game of its own, and all games of a league are between the same two teams on the
same day: only the exact id tells whose score it is. Boards and scores are bodies that the real
stages fetch and read; what people do is what the console does.
"""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from functools import cached_property
from typing import Any
from uuid import UUID

import pytest

from apps.catalog import actions as catalog
from apps.catalog.models import (
    Event,
    EventSource,
    League,
    ReviewItem,
    Selection,
    SettlementRuleset,
    Team,
)
from apps.core.actor import Actor, ActorType
from apps.core.tenancy import tenant_scope
from apps.grading.actions import grade_due, override_grade
from apps.grading.kinds import Wait
from apps.grading.reconciliation import waiting
from apps.picks.models import Pick
from apps.picks.tests.factories import KICKOFF, Game, make_pick
from apps.rulebook.lifecycle import PickStatus
from apps.rulebook.markets import EventStatus, MarketType, Period, Side
from apps.rulebook.settlement import Outcome, dead_heat
from apps.rulebook.thresholds import LEAGUES, main_markets
from apps.snapshots import actions as snapshots
from apps.snapshots.models import Feed, QuarantinedRow
from apps.snapshots.tests.factories import CLOCK, SATURDAY, Feeds

# Scores are home - away, a line is the selection's own, odds are decimal, profit is per unit. What
# is told comes in its order, a score after another one is its correction. Of the grades all are
# kept; a bet that waits for a person or for a score names what for.
TABLE = """
league | bet         | odds | what is told                           | grades
NFL   | HOME -6.5   | 1.91 | 24-21                                  | LOSS -1
NFL   | AWAY +6.5   | 1.91 | 24-21                                  | WIN 0.91
NFL   | HOME -3     | 1.91 | 24-21                                  | PUSH 0
NFL   | HOME 0      | 1.91 | 20-20                                  | PUSH 0
NFL   | AWAY 0      | 1.91 | 17-20                                  | WIN 0.91
NFL   | HOME -2.75  | 1.90 | 24-21                                  | HALF_WIN 0.45
NFL   | HOME -3.25  | 1.90 | 24-21                                  | HALF_LOSS -0.5
NFL   | OVER 44     | 1.91 | 24-20                                  | PUSH 0
NFL   | UNDER 44.25 | 1.90 | 24-20                                  | HALF_WIN 0.45
NFL   | OVER 44.25  | 1.90 | 24-20                                  | HALF_LOSS -0.5
NFL   | HOME        | 1.50 | tied after overtime 20-20              | PUSH 0
NFL   | OVER 43.5   | 1.91 | won in overtime 24-20                  | WIN 0.91
NFL   | HOME -3     | 1.91 | 24-17 -> 24-17                         | WIN 0.91
NFL   | HOME -3     | 1.91 | 24-17 -> 17-24                         | WIN 0.91, LOSS -1
NFL   | HOME -3     | 1.91 | 24-17 -> 17-24 -> 24-17                | WIN 0.91, LOSS -1, WIN 0.91
NFL   | HOME        | 5.00 | 24-17 -> two people: dead heat of 2    | WIN 4, WIN 1.5
NFL   | HOME -3     | 1.91 | no score                               | RESULT_SUSPECT, UNGRADEABLE
NFL   | HOME -3     | 1.91 | 0-0                                    | RESULT_SUSPECT, UNGRADEABLE
NFL   | HOME -3     | 1.91 | 0-0 -> 24-17                           | WIN 0.91
NFL   | HOME -3     | 1.91 | nothing                                | RESULT_OVERDUE, UNGRADEABLE
NFL   | HOME -3     | 1.91 | nothing -> desk 24-17                  | WIN 0.91
NFL   | HOME -3     | 1.91 | to neutral ground -> 24-17             | WIN 0.91
NFL   | HOME -3     | 1.91 | home and away change places -> 24-17   | MAPPING_DRIFT
NFL   | HOME -3     | 1.91 | sides swapped 24-17                    | MAPPING_DRIFT
NFL   | HOME -3     | 1.91 | under another id 24-17                 | RESULT_OVERDUE, UNGRADEABLE
NFL   | HOME -3     | 1.91 | id lost -> under another id 24-17      | PROVIDER_ID_MISSING
NFL   | HOME -3     | 1.91 | put off to Sunday night -> 24-17       | WIN 0.91
NFL   | HOME -3     | 1.91 | put off to Tuesday -> 24-17            | MAPPING_DRIFT
NFL   | HOME -3     | 1.91 | put off to Tuesday -> agreed -> 24-17  | WIN 0.91
NFL   | HOME -3     | 1.91 | put off to Thursday -> agreed -> 24-17 | VOID 0 POSTPONED_TOO_FAR
NFL   | HOME -3     | 1.91 | called off without a day               | VOID 0 POSTPONED_TOO_FAR
NFL   | HOME -3     | 1.91 | cancelled                              | VOID 0 CANCELED
NFL   | HOME -3     | 1.91 | shortened 24-17 after 55 minutes       | WIN 0.91
NFL   | HOME -3     | 1.91 | abandoned 24-17 after 54 minutes       | VOID 0 CUT_SHORT
NFL   | OVER 40.5   | 1.91 | abandoned 24-17 after 54 minutes       | WIN 0.91
NCAAF | AWAY +7     | 1.91 | won in overtime 31-28                  | WIN 0.91
NBA   | HOME        | 1.80 | won in overtime 112-110                | WIN 0.8
NBA   | HOME        | 1.80 | 101-101                                | RESULT_SUSPECT, UNGRADEABLE
NBA   | HOME -3     | 1.91 | put off to Monday -> 99-90             | WIN 0.91
WNBA  | OVER 160.5  | 1.91 | 84-77                                  | WIN 0.91
NCAAB | OVER 141.5  | 1.91 | won in overtime 72-70                  | WIN 0.91
NHL   | OVER 4.5    | 2.00 | won in a shoot-out 3-2                 | WIN 1
NHL   | AWAY +1.5   | 1.60 | won in a shoot-out 3-2                 | WIN 0.6
NHL   | HOME        | 2.10 | 2-2                                    | RESULT_SUSPECT, UNGRADEABLE
MLB   | HOME        | 1.70 | first of a doubleheader 4-3            | WIN 0.7
MLB   | HOME        | 1.70 | second of a doubleheader 2-6           | LOSS -1
MLB   | HOME        | 1.70 | put off to Monday -> 4-3               | VOID 0 POSTPONED_TOO_FAR
MLB   | HOME        | 1.70 | suspended, resumed on Monday 4-3       | WIN 0.7
MLB   | AWAY        | 2.20 | suspended 3-4 after 4.5 innings        | VOID 0 CUT_SHORT
MLB   | AWAY        | 2.20 | shortened 3-4 after 5 innings          | WIN 1.2
MLB   | HOME        | 1.70 | suspended 3-3 after 5 innings          | RESULT_SUSPECT, UNGRADEABLE
MLB   | HOME        | 1.70 | suspended 3-3 after 5 innings -> 4-3   | WIN 0.7
MLB   | HOME        | 1.70 | suspended 3-3 after 4.5 innings        | VOID 0 CUT_SHORT
MLB   | OVER 7.5    | 1.90 | suspended 5-3 after 6 innings          | WIN 0.9
EPL   | HOME        | 2.40 | 1-1                                    | LOSS -1
EPL   | DRAW        | 3.30 | 0-0                                    | WIN 2.3
EPL   | AWAY +0.25  | 1.90 | 1-1                                    | HALF_WIN 0.45
EPL   | HOME -0.75  | 2.00 | 2-1                                    | HALF_WIN 0.5
WORLDCUP | DRAW        | 3.30 | late, after extra time 2-1             | EXTRA_TIME, UNGRADEABLE
WORLDCUP | DRAW        | 3.30 | late, after extra time 2-1 -> desk 1-1 | WIN 2.3
"""
ROWS = [tuple(cell.strip() for cell in row.split("|")) for row in TABLE.strip().splitlines()[1:]]
PLAYED = sorted({row[0] for row in ROWS})

OLIVIA = Actor(type=ActorType.OPS, id="olivia@beatvegas.test")
PETER = Actor(type=ActorType.OPS, id="peter@beatvegas.test")
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MORNING = KICKOFF - 5 * HOUR
A_LOOK, THE_END = KICKOFF + 60 * HOUR, KICKOFF + 7 * DAY  # before doubts are given up, and after
PUT_OFF = {"Sunday night": 3 * HOUR, "Monday": DAY, "Tuesday": 2 * DAY, "Thursday": 4 * DAY}
PRICES = {"h2h": (-120, 100), "spreads": (-110, -110), "totals": (-110, -110)}
LINES = {  # such as the books of a league write
    "NFL": (-3.5, 44.5),
    "NCAAF": (-7.5, 55.5),
    "NBA": (-3.5, 220.5),
    "WNBA": (-3.5, 160.5),
    "NCAAB": (-3.5, 141.5),
    "NHL": (-1.5, 5.5),
    "MLB": (-1.5, 8.5),
    "EPL": (-0.5, 2.5),
    "WORLDCUP": (-0.5, 2.5),
}


@dataclass
class Bet(Game):
    """One row: a game between a league's two teams, known by its id, and a bet on it."""

    of: str = "NFL"
    teams: tuple[str, str] = ("", "")  # home, away
    bet: str = ""
    odds: str = ""
    shift: timedelta = timedelta(0)
    swapped: bool = False  # the board's newest word on who is at home
    pick: Pick = field(init=False)

    @cached_property
    def league(self) -> League:
        return League.objects.get(code=self.of)

    @cached_property
    def feed(self) -> Feed:
        return Feed.objects.get(source=f"odds{self.of}")

    @cached_property
    def event(self) -> Event:
        return EventSource.objects.get(source_event_id=self.code).event

    @property
    def over_at(self) -> datetime:
        """Football of 90 minutes ends before a score could hold more."""
        after_90 = self.league.period == Period.REGULATION
        return KICKOFF + self.shift + (timedelta(minutes=115) if after_90 else 3.5 * HOUR)

    def selection(self, market_type: MarketType, side: Side) -> Selection:
        """What the board made: nothing is made up here."""
        return Selection.objects.get(event=self.event, market_type=market_type, side=side)

    def publish(self) -> None:
        side, _, line = self.bet.partition(" ")
        markets = dict(main_markets(self.of))
        market = MarketType.SPREAD if line else MarketType.MONEYLINE
        if side in ("OVER", "UNDER"):
            market = MarketType.TOTAL
        elif not line and MarketType.MONEYLINE_3WAY in markets:
            market = MarketType.MONEYLINE_3WAY
        self.pick = make_pick(
            self,
            market_type=market,
            side=Side(side),
            line=line or None,
            price=self.odds,
            american=None,
            win=1 / float(self.odds) + 0.05,
            status=PickStatus.PUBLISHED,
            quoted=False,
            league=self.of,
            period=markets[market],
            ruleset=SettlementRuleset.objects.get(
                league=self.league, market_type=market, period=markets[market], version=1
            ),
        )

    def grades(self, waits: dict[UUID, Wait | None]) -> str:
        """What became of the bet, as the table writes it."""
        said = [str(waits[self.pick.pk])] if self.pick.pk in waits else []
        for grade in self.pick.grades.order_by("revision_no"):
            profit = (
                "" if grade.outcome == Outcome.UNGRADEABLE else f" {grade.profit.normalize():f}"
            )
            why = f" {grade.reason}" if grade.outcome == Outcome.VOID else ""
            said.append(f"{grade.outcome}{profit}{why}")
        return ", ".join(said)


@dataclass
class World:
    """The bodies of each league's feeds, and when people step in."""

    feeds: Feeds
    bets: list[Bet] = field(default_factory=list)
    told: dict[datetime, dict[str, list[dict[str, Any]]]] = field(
        default_factory=lambda: defaultdict(lambda: defaultdict(list))
    )
    deeds: dict[datetime, list[Any]] = field(default_factory=lambda: defaultdict(list))
    waits: dict[UUID, Wait | None] = field(default_factory=dict)  # at A_LOOK

    def plan(self, row: tuple[str, ...]) -> None:
        league, bet, odds, what, _ = row
        own = Bet(of=league, teams=two_teams(league), bet=bet, odds=odds)
        self.bets.append(own)
        for turn, said in enumerate(what.split(" -> ")):
            self._plan(own, said, turn)

    def _plan(self, bet: Bet, said: str, turn: int) -> None:
        words = said.split()
        score = next((word for word in words if word[0].isdigit() and "-" in word), "")
        if said.startswith("put off to "):
            bet.shift = PUT_OFF[said.removeprefix("put off to ")]
        elif said == "home and away change places":
            bet.swapped = True
        elif said == "id lost":
            self.deeds[MORNING + HOUR].append(
                lambda at: EventSource.objects.filter(source_event_id=bet.code).delete()
            )
        elif said in ("agreed", "cancelled", "to neutral ground", "called off without a day"):
            self.deeds[MORNING + HOUR].append(lambda at: _before_the_game(bet, said, at))
        elif said.startswith("two people: dead heat"):
            shared = dead_heat(tied=int(words[-1]), places=1).dead_heat_factor
            self.deeds[bet.over_at + 3 * HOUR].append(lambda at: _share(bet, shared, at))
        elif "after" in words and words[-1] in ("minutes", "innings"):
            played = {f"{words[-1]}_played": float(words[-2])}
            self.deeds[bet.over_at].append(lambda at: _enter(bet, score, at, **played))
        elif said.startswith("desk "):
            self.deeds[bet.over_at + 6 * HOUR].append(lambda at: _enter(bet, score, at))
        elif said != "nothing":
            self._tell(bet, said, score, turn)

    def _tell(self, bet: Bet, said: str, score: str, turn: int) -> None:
        at = bet.over_at
        if "resumed on Monday" in said:
            at += DAY
        elif said.startswith("late"):
            at += timedelta(minutes=40)
        elif said[0].isdigit() and turn:  # after what was told first
            at += turn * HOUR
        home, away = bet.teams
        if "sides swapped" in said:
            home, away = away, home
        points = score.split("-") if score else None
        self.told[at][bet.of].append(
            {
                "id": "f" * 24 + bet.code[-8:] if "another id" in said else bet.code,
                "commence_time": _text(KICKOFF + bet.shift),
                "completed": True,
                "home_team": home,
                "away_team": away,
                "scores": points
                and [{"name": home, "score": points[0]}, {"name": away, "score": points[1]}],
                "last_update": _text(at),
            }
        )

    def play(self) -> None:
        """Show the boards, publish the bets, then live through what was planned."""
        for league in PLAYED:
            self.feeds.odds(f"odds{league}", league=league)
            self.feeds.results(f"results{league}", league=league)
            own = [bet for bet in self.bets if bet.of == league]
            first = [board_game(bet, moved=False) for bet in own]
            self.feeds.hold(f"odds{league}", (SATURDAY, first), (MORNING, [*map(board_game, own)]))
        read_at(SATURDAY)
        with tenant_scope("acme"):
            for bet in self.bets:
                bet.publish()
        moments = sorted({MORNING, *self.told, *self.deeds})
        for league in PLAYED:
            said = [(at, self.told[at][league]) for at in moments if league in self.told[at]]
            if said:
                self.feeds.hold(f"results{league}", *said)
        for at in sorted({*moments, A_LOOK, THE_END}):
            for place, deed in enumerate(self.deeds.get(at, ())):
                deed(at + timedelta(seconds=place))  # one after the other
            read_at(at)
            with tenant_scope("acme"):
                grade_due(by=CLOCK, at=at + timedelta(minutes=31))
                if at == A_LOOK:
                    self.waits = {
                        pick: one.wait for one in waiting(at) for pick in one.asked.pick_ids
                    }


def read_at(at: datetime) -> None:
    snapshots.fetch_due(by=CLOCK, at=at)
    snapshots.read_unread(by=CLOCK, at=at)


def two_teams(league: str) -> tuple[str, str]:
    """Two teams of a league; where nobody installed any, a person has added two."""
    row = League.objects.get(code=league)
    names = [*Team.objects.of(row.pk).order_by("name").values_list("name", flat=True)[:2]]
    for name in ("Akron", "Toledo")[: 2 - len(names)]:
        catalog.add_team(league_id=row.pk, name=name, by=OLIVIA, at=SATURDAY, reason="It plays.")
        names.append(name)
    return names[0], names[1]


def board_game(bet: Bet, *, moved: bool = True) -> dict[str, Any]:
    """The game as the board shows it: at first, or with what has changed since."""
    home, away = bet.teams
    if moved and bet.swapped:
        home, away = away, home
    spread, total = LINES[bet.of]
    at = _text(SATURDAY)

    def market(key: str, sides: tuple[str, str], points: tuple[float, float] | None) -> Any:
        outcomes = [
            {"name": name, "price": price} | ({"point": points[place]} if points else {})
            for place, (name, price) in enumerate(zip(sides, PRICES[key], strict=True))
        ]
        if key == "h2h" and bet.league.can_tie and bet.league.period == Period.REGULATION:
            outcomes = [
                {"name": name, "price": price}
                for name, price in ((home, 150), (away, 180), ("Draw", 230))
            ]
        return {"key": key, "last_update": at, "outcomes": outcomes}

    return {
        "id": bet.code,
        "sport_key": bet.league.provider_keys["the_odds_api"],
        "commence_time": _text(KICKOFF + (bet.shift if moved else timedelta(0))),
        "home_team": home,
        "away_team": away,
        "bookmakers": [
            {
                "key": "draftkings",
                "title": "DraftKings",
                "last_update": at,
                "markets": [
                    market("h2h", (home, away), None),
                    market("spreads", (home, away), (spread, -spread)),
                    market("totals", ("Over", "Under"), (total, total)),
                ],
            }
        ],
    }


def _before_the_game(bet: Bet, said: str, at: datetime) -> None:
    why = {"by": OLIVIA, "at": at, "reason": "The league said so."}
    match said:
        case "agreed":
            for item in ReviewItem.objects.filter(subject__startswith=bet.code, status="OPEN"):
                catalog.confirm_event(item_id=item.pk, **why)
        case "to neutral ground":
            catalog.set_ground(event_id=bet.event.pk, neutral=True, **why)
        case _:
            status = EventStatus.CANCELED if said == "cancelled" else EventStatus.POSTPONED
            catalog.call_off_event(event_id=bet.event.pk, status=status, **why)


def _enter(bet: Bet, score: str, at: datetime, **played: float) -> None:
    home, away = map(int, score.split("-"))
    snapshots.enter_result(
        event_id=bet.event.pk,
        home_score=home,
        away_score=away,
        by=OLIVIA,
        at=at,
        reason="From the league's own report.",
        **played,
    )


def _share(bet: Bet, factor: Decimal, at: datetime) -> None:
    with tenant_scope("acme"):
        override_grade(
            pick_id=bet.pick.pk,
            outcome=Outcome.WIN,
            dead_heat_factor=factor,
            reason="Two shared the place.",
            by=OLIVIA,
            approved_by=PETER,
            at=at,
        )


def _text(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


@pytest.fixture
def world(tmp_path: Any, settings: Any, queued: Any, acme: str) -> Iterator[World]:
    made = World(Feeds(folder=tmp_path, settings=settings))
    for row in ROWS:
        made.plan(row)
    return made


@pytest.mark.slow
class TestTheTable:
    def test_is_what_becomes_of_each_bet(self, world):
        world.play()

        with tenant_scope("acme"):
            found = [
                (*row[:4], bet.grades(world.waits))
                for row, bet in zip(ROWS, world.bets, strict=True)
            ]
        wrong = [(row, came[4]) for row, came in zip(ROWS, found, strict=True) if row != came]
        assert wrong == []
        # Scores under an id of no game of ours were set aside, whatever the names beside them.
        aside = QuarantinedRow.objects.filter(code="UNKNOWN_EVENT")
        assert aside.count() == sum("another id" in row[3] for row in ROWS)

    def test_has_every_league_every_outcome_and_every_doubt(self):
        said = {word.split()[0] for row in ROWS for word in row[4].split(", ")}

        assert {row[0] for row in ROWS} == {*LEAGUES} - {"SFL"}
        assert said & {*Outcome} == {*Outcome}
        assert said & {*Wait} == {
            *(Wait.RESULT_SUSPECT, Wait.RESULT_OVERDUE, Wait.EXTRA_TIME),
            *(Wait.MAPPING_DRIFT, Wait.PROVIDER_ID_MISSING),
        }
