"""One selection, wherever a pick is shown: app, board, message and console say the same of it.

The record's own figures are held against the facts first, side by side with the other side's, so
that a wrong selection cannot agree with itself.
"""

import html
import re
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

import pytest
from django.db import transaction
from django.test import Client

from apps.core import clock, formats
from apps.core.actor import Actor
from apps.core.local import Place
from apps.core.tenancy import tenant_scope
from apps.picks import actions
from apps.picks.message.composing import compose
from apps.picks.message.subject import Cause, House, Subject
from apps.picks.models import Pick
from apps.picks.tests.boards import board, evaluate, limits, opine, run
from apps.picks.tests.factories import NOON_BEFORE, Game
from apps.picks.tests.runs import scores
from apps.rulebook.lifecycle import PickStatus
from apps.rulebook.markets import MarketType, Side, opposite
from apps.rulebook.odds import american_from_price
from apps.tenants import hosts
from apps.tenants.actions import create_api_key
from apps.tenants.tests.factories import OPERATORS_HOST, PASSWORD, OperatorFactory

SPREAD, TOTAL, MONEYLINE = MarketType.SPREAD, MarketType.TOTAL, MarketType.MONEYLINE
BY = Actor.system("test")
ACME = {"host": "acme.localhost"}


class Listed(NamedTuple):
    """A market as a book lists it, the games expected of it, and the side that is better."""

    home: str
    away: str
    market_type: MarketType
    listed: Side
    line: str | None
    means: dict[str, float]
    better: Side
    prices: tuple[str, str] = ("1.909091", "1.909091")


# The favourite and the underdog, at home and away, over and under, a pick'em and both winners.
LISTED = (
    Listed(
        *("Kansas City Chiefs", "Buffalo Bills", SPREAD, Side.HOME, "-3.5", {"margin": 7.0}),
        *(Side.HOME,),
    ),
    Listed(
        *("Dallas Cowboys", "Chicago Bears", SPREAD, Side.HOME, "-7.5", {"margin": 2.0}),
        *(Side.AWAY,),
    ),
    Listed(
        *("Miami Dolphins", "New York Jets", SPREAD, Side.HOME, "3.5", {"margin": -8.0}),
        *(Side.AWAY,),
    ),
    Listed(
        *("Houston Texans", "Tennessee Titans", SPREAD, Side.HOME, "6.5", {"margin": -1.0}),
        *(Side.HOME,),
    ),
    Listed(
        *("Denver Broncos", "Las Vegas Raiders", SPREAD, Side.HOME, "0", {"margin": 5.0}),
        *(Side.HOME,),
    ),
    Listed(
        *("Green Bay Packers", "Detroit Lions", TOTAL, Side.OVER, "40.5", {"total": 54.0}),
        *(Side.OVER,),
    ),
    Listed(
        *("Seattle Seahawks", "Arizona Cardinals", TOTAL, Side.OVER, "47", {"total": 38.0}),
        *(Side.UNDER,),
    ),
    Listed(
        *("Atlanta Falcons", "Carolina Panthers", MONEYLINE, Side.HOME, None, {"margin": 8.0}),
        *(Side.HOME, ("1.7", "2.2")),
    ),
    Listed(
        *("Baltimore Ravens", "Cleveland Browns", MONEYLINE, Side.HOME, None, {"margin": -2.0}),
        *(Side.AWAY, ("1.5", "2.75")),
    ),
)


class Told(NamedTuple):
    """What readers of every kind were shown of one pick, as text; of the app, as it came."""

    pick: Pick
    listed: Listed
    app: dict[str, Any]
    pages: dict[str, str]


def as_text(page: str) -> str:
    """The page without its marks, and with the spaces that a reader sees."""
    main = page.partition("<main")[2] or page
    text = html.unescape(re.sub(r"<(style|script).*?</\1>|<[^>]+>", " ", main, flags=re.S))
    return re.sub(r"\s+", " ", text.replace("\N{NO-BREAK SPACE}", " "))


@pytest.fixture(scope="module")
def told(django_db_setup: None, django_db_blocker: Any) -> list[Told]:
    """Publish every market by the stages themselves, and show it to everybody."""
    with django_db_blocker.unblock(), transaction.atomic():
        hosts.forget()
        with pytest.MonkeyPatch.context() as patch:
            later = NOON_BEFORE + timedelta(seconds=len(LISTED) + 10)
            patch.setattr(clock, "now", lambda: later)
            found = show([publish(one, n) for n, one in enumerate(LISTED)])
        transaction.set_rollback(True)
    hosts.forget()
    return found


def publish(one: Listed, number: int) -> tuple[Pick, Listed]:
    at = NOON_BEFORE + timedelta(seconds=number)
    with tenant_scope("acme"):
        if number == 0:
            opine("acme", **limits())
        game = Game(home=one.home, away=one.away)
        board(game, one.market_type, one.listed, line=one.line, prices=one.prices, at=at)
        run(game, at=at, **one.means)
        evaluate(game, at=at)
        actions.propose_due(by=BY, at=at)
        assert actions.publish_ready(by=BY, at=at).published == 1, one
        picks = Pick.objects.select_related("event__home", "event__away", "book", "selection")
        return picks.get(event=game.event), one


def show(picks: list[tuple[Pick, Listed]]) -> list[Told]:
    key = create_api_key(schema="acme", name="app", by=BY, at=NOON_BEFORE)[1]
    program = Client(headers={**ACME, "authorization": f"Bearer {key}"})
    reader, console = Client(headers=ACME), Client(headers={"host": OPERATORS_HOST})
    operator = OperatorFactory(email="olivia@beatvegas.test")
    said = {"username": operator.email, "password": PASSWORD}
    assert console.post("/admin/login/", said).status_code == 302
    app = {one["pick"]: one for one in program.get("/api/v1/picks/").json()["results"]}
    today = reader.get("/").content.decode()
    cards = {
        pick.pk: as_text(part)
        for part in today.split("<article")[1:]
        for pick, _ in picks
        if str(pick.pk) in part
    }
    assert len(cards) == len(picks)
    return [
        Told(
            pick,
            listed,
            app[str(pick.pk)],
            {
                "board": cards[pick.pk],
                "page": as_text(reader.get(f"/picks/{pick.pk}/").content.decode()),
                "message": as_text(message(pick)),
                "console": as_text(
                    console.get(f"/t/acme/admin/picks/pick/{pick.pk}/change/").content.decode()
                ),
            },
        )
        for pick, listed in picks
    ]


def message(pick: Pick) -> str:
    house = House(Place.of("America/New_York"), "http://acme.localhost")
    subject = Subject.of(pick, cause=Cause.PUBLISHED.value, facts={}, house=house)
    return compose(subject).plain


def bet(listed: Listed, side: Side, line: Decimal | None) -> str:
    """Name a side as people write it, from the game itself."""
    names = {Side.HOME: listed.home, Side.AWAY: listed.away, Side.OVER: "Over", Side.UNDER: "Under"}
    return f"{names[side]} {formats.line(listed.market_type, line)}".strip()


@pytest.mark.slow
class TestEveryPublishedPick:
    def test_is_of_one_selection(self, told):
        """Team, line, fair line, chance and label follow from its selection and from no other."""
        for pick, listed, *_ in told:
            side = Side(pick.side)
            assert side == listed.better
            assert (pick.selection.side, pick.selection.event_id) == (side, pick.event_id)
            assert pick.selection.market_type == pick.market_type == listed.market_type
            given = None if listed.line is None else Decimal(listed.line)
            mirrored = -given if given is not None and listed.market_type == SPREAD else given
            assert pick.line == (given if side == listed.listed else mirrored)

    def test_carries_the_numbers_of_its_own_side(self, told):
        for pick, listed, *_ in told:
            scores = scores_of(listed)
            axis, side = scores.axis(listed.market_type), Side(pick.side)
            own = axis.price(listed.market_type, side, pick.line)
            assert pick.model_prob == pytest.approx(own.model_prob)
            assert pick.model_prob > 0.5 or listed.market_type == MONEYLINE
            assert pick.edge_prob == pytest.approx(pick.decision_prob - pick.fair_prob)
            assert pick.edge_prob > 0
            if listed.market_type == MONEYLINE:
                assert pick.fair_line == pytest.approx(axis.fair_line(SPREAD, side))
                continue
            other = axis.fair_line(listed.market_type, opposite(side), 1 - pick.fair_prob)
            assert pick.fair_line == pytest.approx(
                -other if listed.market_type == SPREAD else other, abs=0.6
            )
            better = pick.line - Decimal(str(pick.fair_line))
            assert (better if side != Side.OVER else -better) > 0

    def test_is_shown_by_the_app_as_its_record_says(self, told):
        for pick, listed, app, _ in told:
            shown = app["recommendation"]
            assert (app["action"], app["status"]) == ("TAKE_THIS", PickStatus.PUBLISHED)
            assert (shown["side"], shown["selection"]) == (pick.side, str(pick.selection.uuid))
            plain = bet(listed, Side(pick.side), pick.line).replace("−", "-").replace("PK", "0")
            assert shown["label"] == plain
            assert shown["line"] == (None if pick.line is None else float(pick.line))
            assert shown["price"] == float(pick.price)
            assert app["analysis"]["probability"] == pick.decision_prob
            assert app["analysis"]["market_probability"] == pick.fair_prob
            assert app["analysis"]["fair_line"] == pick.fair_line

    @pytest.mark.parametrize("where", ["board", "page", "message", "console"])
    def test_is_shown_to_people_as_its_record_says(self, where, told):
        for pick, listed, _, pages in told:
            text, side = pages[where], Side(pick.side)
            shown = formats.compared(pick.decision_prob, pick.fair_prob)
            assert bet(listed, side, pick.line) in text
            assert shown.model in text
            assert shown.market in text
            assert formats.american(american_of(pick)) in text
            if pick.line:  # a pick'em is the same number on both sides
                theirs = pick.line if listed.market_type == TOTAL else -pick.line
                assert bet(listed, opposite(side), theirs) not in text

    @pytest.mark.parametrize("where", ["message", "console", "page"])
    def test_is_shown_with_the_fair_line_of_its_own_side(self, where, told):
        for pick, listed, _, pages in told:
            if listed.market_type == MONEYLINE:
                continue
            fair = Decimal(str(round(pick.fair_line, 1)))
            assert formats.line(listed.market_type, fair) in pages[where], (where, pick)


def american_of(pick: Pick) -> int:
    return pick.price_american or american_from_price(pick.price)


def scores_of(listed: Listed) -> Any:
    means = {"margin": 7.0, "total": 45.0, **listed.means}
    return scores(means["margin"], means["total"])
