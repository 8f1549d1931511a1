"""Home and away change places between two polls: who is right, a person says."""

import copy
from datetime import timedelta

import pytest

from apps.catalog import actions as catalog
from apps.catalog.models import Event, ReviewItem
from apps.catalog.tests.factories import BILLS, reported, sync
from apps.governance.models import AuditEntry
from apps.rulebook.markets import EventStatus, MarketType, QuoteStatus
from apps.snapshots import actions
from apps.snapshots.models import LatestQuote, QuarantinedRow
from apps.snapshots.tests.factories import (
    BRONCOS,
    CLOCK,
    JETS,
    JETS_GAME,
    KICKOFF,
    LATER,
    MINUTE,
    NEXT,
    NIGHT,
    SATURDAY,
    Board,
    golden,
    moved,
    quote,
    receipt_at,
    scores,
    without,
)

ANSWERED = LATER + MINUTE
AFTER = ANSWERED + MINUTE


def swapped(board: Board) -> Board:
    """A board that tells the Jets' game the other way round; every price keeps its team."""
    board = copy.deepcopy(board)
    for game in board:
        if game["id"] == JETS_GAME:
            game["home_team"], game["away_team"] = game["away_team"], game["home_team"]
    return board


def game() -> Event:
    return Event.objects.select_related("home", "away").get(sources__source_event_id=JETS_GAME)


def question() -> ReviewItem:
    return ReviewItem.objects.get(kind="MAPPING_DRIFT")


@pytest.fixture
def drifted(feeds) -> None:
    """The board told one thing, then the other, twice; fewer books the last time."""
    feeds.odds()
    feeds.show(
        (SATURDAY, golden()),
        (NEXT, swapped(moved())),
        (LATER, swapped(without(moved(), book="fanduel"))),
    )


def accept(ops, *, at=ANSWERED) -> Event:
    return catalog.accept_sides(
        item_id=question().pk, by=ops, at=at, reason="The league moved the game."
    )


@pytest.mark.django_db
@pytest.mark.usefixtures("drifted")
class TestTheProviderIsRight:
    def test_and_the_sides_are_theirs_but_nothing_is_built_on_it_yet(self, ops):
        event = accept(ops)

        event.refresh_from_db()
        assert (game().home.name, game().away.name) == (BRONCOS, JETS)
        assert game().frozen_code == "MAPPING_DRIFT"  # old quotes stand under the old sides
        entry = AuditEntry.across_tenants.get(action="event.sides_told")
        assert entry.reason == "The league moved the game."
        assert {"home", "away"} <= entry.diff.keys()

    def test_and_what_was_set_aside_is_read_under_the_new_sides(self, ops):
        told = quote(MarketType.SPREAD, "HOME")
        assert (told.event_id, told.line) == (game().pk, 7.5)
        accept(ops)

        done = actions.reread_explained(by=CLOCK, at=ANSWERED)

        assert (done.items, done.polls) == (1, 2)
        assert game().frozen_code == ""
        home = quote(MarketType.SPREAD, "HOME", home=BRONCOS)
        away = quote(MarketType.SPREAD, "AWAY", home=BRONCOS)
        assert (home.line, away.line, home.last_seen_at) == (-7, 7, LATER)
        assert AuditEntry.across_tenants.filter(action="event.thawed").count() == 1

    def test_and_no_quote_of_before_is_left_open(self, ops):
        accept(ops)
        actions.reread_explained(by=CLOCK, at=ANSWERED)

        quotes = LatestQuote.objects.with_close().filter(event=game())
        assert {row.last_seen_at for row in quotes if row.status == QuoteStatus.OPEN} == {LATER}
        gone = quotes.filter(book__key="fanduel")
        assert {row.status for row in gone} == {QuoteStatus.ABSENT}

    def test_and_the_next_board_is_no_doubt_any_more(self, feeds, ops):
        accept(ops)
        actions.reread_explained(by=CLOCK, at=ANSWERED)

        feeds.show((AFTER, swapped(moved(8, at=AFTER - timedelta(seconds=5)))))

        assert "MAPPING_DRIFT" not in receipt_at(AFTER).quarantined
        assert quote(MarketType.SPREAD, "HOME", home=BRONCOS).line == -8
        assert ReviewItem.objects.count() == 1

    def test_until_the_board_turns_again(self, feeds, ops):
        accept(ops)
        actions.reread_explained(by=CLOCK, at=ANSWERED)

        feeds.show((AFTER, golden()))

        assert game().frozen_code == "MAPPING_DRIFT"
        assert ReviewItem.objects.open().count() == 1

    def test_and_scores_under_the_new_sides_are_believed(self, feeds, ops):
        accept(ops)
        actions.reread_explained(by=CLOCK, at=ANSWERED)
        feeds.results(at=NIGHT)

        feeds.show((NIGHT, swapped(scores())), source="results")

        result = game().results.get()
        assert (result.home_score, result.away_score) == (13, 11)

    def test_unless_the_game_has_begun(self, ops):
        Event.objects.filter(pk=game().pk).update(status=EventStatus.LIVE, latched_at=KICKOFF)

        with pytest.raises(catalog.SidesPlayed):
            accept(ops, at=KICKOFF)

    def test_unless_it_was_told_among_results(self, ops):
        item = question()
        item.evidence = {**item.evidence, "told_by": "results"}
        item.save()

        with pytest.raises(catalog.SidesNotTheirs):
            accept(ops)


@pytest.mark.django_db
@pytest.mark.usefixtures("drifted")
class TestWeAreRight:
    def test_and_what_they_say_stays_set_aside(self, feeds, ops):
        catalog.confirm_event(item_id=question().pk, by=ops, at=ANSWERED, reason="A slip.")
        done = actions.reread_explained(by=CLOCK, at=ANSWERED)
        feeds.show((AFTER, swapped(moved(8))))

        assert (done.items, game().frozen_code, game().home.name) == (0, "", JETS)
        assert receipt_at(AFTER).quarantined["MAPPING_DRIFT"] == 20
        assert QuarantinedRow.objects.filter(code="MAPPING_DRIFT").count() == 3

    def test_and_are_told_so_by_their_next_board(self, feeds, ops):
        catalog.confirm_event(item_id=question().pk, by=ops, at=ANSWERED, reason="A slip.")

        feeds.show((AFTER, moved(8, at=AFTER - timedelta(seconds=5))))

        assert quote(MarketType.SPREAD, "HOME").line == 8


@pytest.mark.django_db
class TestOtherDrifts:
    def test_of_other_teams_is_nobodys_sides(self, ops):
        sync(reported())
        sync(reported(away=BILLS), seen_at=SATURDAY + MINUTE)

        with pytest.raises(catalog.SidesNotTheirs):
            accept(ops)
