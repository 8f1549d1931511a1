"""A Sunday of a tenant: picks in every state, made by the actions that make them in earnest."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from apps.catalog.models import Event
from apps.core.actor import Actor
from apps.grading.actions import grade_due
from apps.grading.tests.factories import end
from apps.picks import actions
from apps.picks.kinds import WithdrawReason
from apps.picks.models import Pick
from apps.picks.tests.boards import agree, board, evaluate, limits, opine, run
from apps.picks.tests.factories import Game, facts, make_pick
from apps.rulebook.evaluation import RiskFlag
from apps.rulebook.lifecycle import PickStatus
from apps.rulebook.markets import MarketType, Side

SPREAD, TOTAL, MONEYLINE = MarketType.SPREAD, MarketType.TOTAL, MarketType.MONEYLINE
NOON = datetime(2025, 10, 12, 15, 0, tzinfo=UTC)  # Sunday, eleven in New York
LOOK = NOON + timedelta(minutes=40)
EVENING = datetime(2025, 10, 13, 0, 20, tzinfo=UTC)
LATE = datetime(2025, 10, 12, 20, 25, tzinfo=UTC)
SOON = NOON + timedelta(minutes=30)  # begun by the time that anybody looks
BY = Actor.system("test")


@dataclass
class Sunday:
    """Games by name; each has one pick on it unless it is there to explain a silence."""

    games: dict[str, Game] = field(default_factory=dict)

    def pick(self, name: str) -> Pick:
        picks = Pick.objects.select_related("config_version", "supersedes")
        return picks.filter(event=self.games[name].event).order_by("-pick_version").first()

    def publish(
        self,
        name: str,
        home: str,
        away: str,
        *,
        kickoff: datetime = LATE,
        market_type: MarketType = SPREAD,
        line: str | None = "-3.5",
        prices: tuple[str, str] = ("1.909091", "1.909091"),
        flags: tuple[RiskFlag, ...] = (),
        **means: float,
    ) -> Pick:
        """Let three books quote a market, simulate the game and publish the better side."""
        at = NOON + timedelta(seconds=len(self.games))  # a poll of its own
        game = self.games[name] = Game(home=home, away=away, kickoff=kickoff)
        side = Side.OVER if market_type == TOTAL else Side.HOME
        board(game, market_type, side, line=line, prices=prices, at=at)
        if line is not None:
            agree(game, market_type, side, line=line, at=at)
        run(game, at=at, **means)
        evaluate(game, at=at, flags=flags)
        proposed = actions.propose_due(by=BY, at=at)
        done = actions.publish_ready(by=BY, at=at)
        assert done.published == 1, (name, proposed, done)
        return self.pick(name)

    def poll(self, name: str, *, line: str | None, **quoted: Any) -> None:
        """The books show the market again, and it is evaluated."""
        game, pick = self.games[name], self.pick(name)
        at = LOOK - timedelta(seconds=list(self.games).index(name))
        market_type = MarketType(pick.market_type)
        side = Side.OVER if market_type == TOTAL else Side.HOME
        board(game, market_type, side, line=line, at=at, **quoted)
        evaluate(game, at=at, flags=())


def sunday() -> Sunday:
    """Play the day up to ``LOOK``, in the tenant in scope."""
    opine(
        "acme",
        at=NOON - timedelta(days=1),
        edge={"edge_prob_min": "0.05", "ev_min": "0.03"},
        lean={"edge_prob_min": "0.02", "ev_min": "0.02"},
        **limits(),
    )
    day = Sunday()
    day.publish(
        "edge", "Tampa Bay Buccaneers", "Jacksonville Jaguars", margin=7.5, total=45, kickoff=LATE
    )
    day.publish(
        "lean",
        *("New England Patriots", "Washington Commanders"),
        **{"market_type": TOTAL, "line": "41.5", "kickoff": EVENING, "margin": 2, "total": 44.5},
        flags=(RiskFlag.MODEL_UNMEASURED, RiskFlag.INJURY_REPORTED),
    )
    day.publish(
        "long shot",
        *("Cleveland Browns", "Kansas City Chiefs"),
        **{"market_type": MONEYLINE, "line": None, "prices": ("5.5", "1.17"), "margin": -6},
        kickoff=EVENING,
        total=44,
    )
    day.publish("moved", "Green Bay Packers", "Dallas Cowboys", margin=6.0, total=45)
    day.publish("refresh", "San Francisco 49ers", "Los Angeles Rams", margin=7.0, total=44)
    day.publish("gone", "Philadelphia Eagles", "New York Giants", margin=7.0, total=45)
    day.publish("withdrawn", "Buffalo Bills", "Miami Dolphins", margin=7.0, total=45)
    day.publish("in play", "Denver Broncos", "Las Vegas Raiders", kickoff=SOON, margin=7, total=45)
    day.publish("replaced", "Seattle Seahawks", "Arizona Cardinals", margin=6.5, total=45)

    day.poll("edge", line="-3.5", prices=("1.952381", "1.869565"))
    day.poll("lean", line="41.5")
    day.poll("long shot", line=None, prices=("5.5", "1.17"))
    day.poll("moved", line="-3.5", prices=("1.83", "1.99"))
    run(day.games["refresh"], margin=7.4, total=44, at=LOOK)
    day.poll("refresh", line="-3.5")
    day.poll("gone", line="-7.5")
    day.poll("withdrawn", line="-3.5")
    actions.withdraw_pick(
        pick_id=day.pick("withdrawn").pk,
        reason=WithdrawReason.INJURY_UPDATE,
        by=BY,
        at=LOOK,
        note="The quarterback is out.",
    )
    day.poll("replaced", line="-3", prices=("1.95", "1.86"))
    actions.supersede_pick(pick_id=day.pick("replaced").pk, by=BY, at=LOOK)
    actions.watch_live(by=BY, at=LOOK)
    return day


def silent_games() -> None:
    """Games of the day without a pick, each for a reason of its own."""
    board(quoted := Game("Chicago Bears", "Detroit Lions", kickoff=LATE), at=NOON)
    agree(quoted, line="-3.5", at=NOON)
    agree(quoted, TOTAL, Side.OVER, line="47", at=NOON)
    run(quoted, margin=3.5, total=47, at=NOON)
    board(Game("Houston Texans", "Tennessee Titans", kickoff=EVENING), at=NOON)
    called_off = Game("Atlanta Falcons", "Carolina Panthers", kickoff=EVENING).event
    with facts():
        Event.objects.filter(pk=called_off.pk).update(status="POSTPONED")


def history(scores: Iterable[tuple[int, int]], *, until: datetime = NOON) -> list[Pick]:
    """Graded picks of the weeks before, HOME -3.5 at -110 each, a day apart."""
    made = []
    for number, score in enumerate(scores):
        kickoff = until - timedelta(days=number + 1)
        game = Game(kickoff=kickoff)
        tier = "EDGE" if number % 3 == 0 else "LEAN"
        at = kickoff - timedelta(hours=5)
        made.append(make_pick(game, status=PickStatus.PUBLISHED, at=at, tier=tier))
        end(game, *score, at=kickoff + timedelta(hours=3))
    grade_due(by=BY, at=until)
    return made
