"""The board: every sentence of it is the record's, and silence is explained."""

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.core.tenancy import tenant_scope
from apps.governance.models import FeatureFlag
from apps.picks.tests.boards import opine
from apps.picks.tests.factories import Game, facts, make_pick
from apps.rulebook.lifecycle import PickStatus
from apps.site.tests import scene
from apps.site.tests.conftest import ACME, as_text

pytestmark = pytest.mark.django_db


@pytest.fixture
def inside(acme: str) -> Iterator[None]:
    """What a test prepares, it prepares inside the tenant; pages are read from outside."""
    with tenant_scope(acme):
        yield


class TestBoard:
    def test_says_of_each_pick_what_its_record_says(self, seen):
        said, board = as_text(seen.today), seen.cards()

        assert said.startswith("Sunday 12 October 9 picks.")
        assert "4 playable, 1 moved and still playable, 1 due for a refresh, 2 no longer" in said
        assert "1 begun." in said
        assert "Updated 11:40 AM ET . Times are Eastern." in said
        edge = board["Tampa Bay Buccaneers −3.5"]
        assert edge.startswith("EDGE Playable Tampa Bay Buccaneers −3.5")
        assert "Jacksonville Jaguars at Tampa Bay Buccaneers" in edge
        assert "NFL spread, 4:25 PM ET , in 4 h 44 min" in edge
        assert "−110 1.909 at BetMGM" in edge  # American, decimal, book
        assert "Model 58.8% Market 50.0% Edge +8.8 pp EV +12.3%" in edge
        assert "Playable to −3.5 at −143, or −6 at −110" in edge
        assert "Best price now −105 (1.952) BetMGM, seen 22 s ago, EV +14.8%" in edge
        assert "Suggested stake 2.0% of a bankroll: quarter Kelly, at most 2.0%" in edge
        assert "100,000 simulated games put the fair line at −6.7; three books quote" in edge
        assert "Model nfl-test, configuration 1." in edge
        assert "Published 11:00:00 AM ET, 5 h 25 min before the start." in edge

    def test_says_what_changed_and_greys_what_is_gone(self, seen):
        board = seen.cards()

        moved = board["Green Bay Packers −3.5"]
        assert "Moved, still playable" in moved
        assert "At 11:40 AM ET it was −3.5 at −120, EV +0.2%" in moved
        refresh = board["San Francisco 49ers −3.5"]
        assert "What the estimate was made from has changed since (11:40 AM ET)" in refresh
        gone = board["Philadelphia Eagles −3.5"]
        assert "No longer playable" in gone
        assert "it was −7.5 at −110" in gone
        assert "It stays in the record and will be graded." in gone
        assert "Playable to" not in gone
        assert "Suggested stake" not in gone
        withdrawn = board["Buffalo Bills −3.5"]
        assert "Withdrawn at 11:40 AM ET: injury update." in withdrawn
        begun = board["Denver Broncos −3.5"]
        assert "In play" in begun
        assert "Best price now" not in begun

    def test_shows_playable_ones_first_then_by_start(self, seen):
        order = list(seen.cards())

        assert order[-3:-2] == ["Denver Broncos −3.5"]
        assert set(order[-2:]) == {"Buffalo Bills −3.5", "Philadelphia Eagles −3.5"}
        assert order.index("Over 41.5") > order.index("Tampa Bay Buccaneers −3.5")

    def test_strikes_the_price_through_in_words_and_in_ink(self, seen):
        gone = seen.today.partition("Philadelphia Eagles\N{NO-BREAK SPACE}−3.5</h2>")[2]

        assert "<s>−110</s>" in gone.partition("</article>")[0]

    def test_names_a_team_to_win_and_draws_a_long_shot_on_the_whole_scale(self, seen):
        said = as_text(seen.today)

        assert "Cleveland Browns to win" in said
        page = said.partition("Cleveland Browns to win")[2]
        assert "+450 5.500" in page
        assert "0% 25% 50% 75% 100%" in page

    def test_says_which_risk_holds_a_tier_down(self, seen):
        said = as_text(seen.today)

        assert "the model has no out-of-sample report yet" in said

    def test_lists_what_was_replaced_with_what_ended(self, seen):
        said = as_text(seen.today)

        assert "Ended today and what was replaced Seattle Seahawks −3.5 −110 Replaced" in (said)

    def test_never_shows_what_was_not_published(self, acme, read, inside):
        for status in (PickStatus.PROPOSED, PickStatus.EXPIRED):
            make_pick(Game(kickoff=scene.LATE), status=status, at=scene.NOON)
        blocked = {"tier": "BLOCKED", "block_reason": "LEAGUE_RANGE"}
        make_pick(
            *[Game(kickoff=scene.LATE)],
            **{
                "born_blocked": True,
                "block_reasons": ["LEAGUE_RANGE"],
                "at": scene.NOON,
                **blocked,
            },
        )
        connection.set_schema_to_public()

        said = read()

        assert "No picks so far" in said
        assert "−3.5 at" not in said


class TestSlate:
    def test_explains_every_silence(self, seen):
        slate = as_text(seen.today).partition("Slate")[2].partition("Record")[0]

        assert "ET Game Spread Total" in slate
        assert "Detroit Lions at Chicago Bears no pick: no edge −3.5 47" in slate
        assert "Tennessee Titans at Houston Texans no pick: not simulated" in slate
        assert "Carolina Panthers at Atlanta Falcons postponed" in slate
        assert "at Denver Broncos 1 pick, in play" in slate

    def test_says_that_a_pick_waits_or_that_a_check_failed(self, acme, read, inside):
        make_pick(Game(home="Chicago Bears", kickoff=scene.LATE), at=scene.NOON)
        make_pick(
            Game(home="Houston Texans", kickoff=scene.LATE),
            at=scene.NOON,
            **{"born_blocked": True, "tier": "BLOCKED"},
            block_reason="LEAGUE_RANGE",
            block_reasons=["LEAGUE_RANGE"],
        )
        connection.set_schema_to_public()

        slate = read()

        assert "at Chicago Bears no pick yet: it waits for its turn" in slate
        assert "at Houston Texans no pick: a check failed" in slate

    def test_of_a_day_without_a_game_says_so(self, acme, read):
        assert "No game of our leagues begins today." in read()


class TestNothing:
    def test_is_explained_where_nothing_was_good_enough(self, in_new_york, read):
        with tenant_scope(in_new_york):
            opine("acme", at=scene.NOON - timedelta(days=1), edge=HIGH, lean=HIGH)
            day = scene.Sunday()
            with pytest.raises(AssertionError):  # the scene expects a pick, and none comes
                day.publish("none", "Buffalo Bills", "Miami Dolphins", margin=7, total=45)

        said = read()

        assert "0 picks." in said
        assert "a pick needs an edge of at least +40.0 pp over the market" in said
        assert "Prices checked, 24 h 6" in said
        assert "Closest edge +7.8 pp" in said

    def test_is_no_excuse_where_nobody_looked(self, acme, read):
        said = read()

        assert "There was no price to look at in the last day." in said
        assert "Closest edge —" in said

    def test_says_when_publishing_is_paused(self, acme, read):
        with facts():
            FeatureFlag.objects.filter(name="PUBLISH", scope="GLOBAL").update(enabled=False)

        assert "Publishing is paused: nothing new appears." in read()


class TestStake:
    def test_is_what_the_opinion_in_force_then_says(self, acme, read, inside):
        plan = {"kelly_fraction": "0.5", "most": "0.015"}
        opine("acme", at=scene.NOON - timedelta(hours=1), stake=plan)
        make_pick(Game(kickoff=scene.LATE), status=PickStatus.PUBLISHED, at=scene.NOON)
        connection.set_schema_to_public()

        assert "Suggested stake 1.5% of a bankroll: half Kelly, at most 1.5%" in read()

    def test_is_not_named_where_no_plan_is(self, acme, read, inside):
        opine("acme", at=scene.NOON - timedelta(hours=1), stake=None)
        make_pick(Game(kickoff=scene.LATE), status=PickStatus.PUBLISHED, at=scene.NOON)
        connection.set_schema_to_public()

        said = read()

        assert "Playable to" in said
        assert "Suggested stake" not in said


class TestManyPicks:
    def test_cost_no_more_questions_than_few(self, acme, read, client, inside):
        def questions(picks: int) -> int:
            with tenant_scope(acme):
                for _ in range(picks):
                    make_pick(Game(kickoff=scene.LATE), status=PickStatus.PUBLISHED, at=scene.NOON)
            with CaptureQueriesContext(connection) as asked:
                read()
            return len(asked)

        connection.set_schema_to_public()
        read()
        few = questions(2)

        assert questions(10) == few
        page = client.get("/", headers={"host": ACME}).content
        assert len(page) < 12 * 6_000 + 20_000


HIGH: dict[str, Any] = {"edge_prob_min": Decimal("0.4"), "ev_min": Decimal("0.03")}
