"""One game under two ids: a person says so, and what was told under either is told of one game."""

import copy
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import transaction

from apps.catalog import actions as catalog
from apps.catalog.models import Event, EventSource, ReviewItem
from apps.governance.models import AuditEntry
from apps.rulebook.markets import EventStatus, MarketType, QuoteStatus
from apps.snapshots import actions
from apps.snapshots.models import LatestQuote, QuarantinedRow, ResultSnapshot
from apps.snapshots.tests.factories import (
    CLOCK,
    FALCONS_GAME,
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
from apps.snapshots.tests.test_reread_explained import Undone, facts

OTHER = "00000000000000000000000000000bad"
BEGUN = KICKOFF + MINUTE
ANSWERED = NIGHT + timedelta(hours=1)


def named(board: Board, ident: str = OTHER) -> Board:
    """A board that lists the Jets' game under another id."""
    board = copy.deepcopy(board)
    for game in board:
        if game["id"] == JETS_GAME:
            game["id"] = ident
    return board


def beside(board: Board, ident: str = OTHER, *, hours: int = 0) -> Board:
    """A board that lists the Jets' game twice, under its own id and under another one."""
    [game] = [each for each in named(board, ident) if each["id"] == ident]
    start = KICKOFF + timedelta(hours=hours)
    return [*board, {**game, "commence_time": start.strftime("%Y-%m-%dT%H:%M:%SZ")}]


def game(ident: str = JETS_GAME) -> Event:
    source = EventSource.objects.select_related("event").get(source_event_id=ident)
    return source.event


def question() -> ReviewItem:
    return ReviewItem.objects.get(kind="EVENT_AMBIGUOUS")


def set_aside(code: str) -> int:
    rows = QuarantinedRow.objects.filter(code=code).values_list("prices", flat=True)
    return sum(rows)


def as_if_told_so(feeds: Any, play: Any) -> dict[str, list[Any]]:
    """What would be known had the bodies been these, in a world that is taken back."""
    told: dict[str, list[Any]] = {}
    try:
        with transaction.atomic():
            play(feeds, lambda board: board)
            told = facts()
            raise Undone
    except Undone:
        return told


def a_replaced_id(feeds: Any, under: Any) -> None:
    """The Jets' game from its listing to its end, under another id from the second poll on."""
    feeds.odds()
    feeds.results(at=NIGHT)
    begun = moved(6, at=BEGUN - timedelta(seconds=5))
    feeds.show(
        (SATURDAY, golden()),
        (NEXT, under(moved())),
        (LATER, under(without(moved(), book="fanduel"))),
        (BEGUN, under(begun)),
    )
    feeds.show((NIGHT, under(scores())), source="results")


@pytest.mark.django_db
class TestAnIdThatTookAnothersPlace:
    def test_is_a_question_with_a_suggestion_and_no_game(self, feeds):
        feeds.odds()
        feeds.show((SATURDAY, golden()), (NEXT, named(moved())), (LATER, named(moved())))

        item = question()
        assert Event.objects.count() == 2
        assert (item.subject, item.seen_count) == (OTHER, 2)
        assert item.evidence["vanished"] == JETS_GAME
        assert item.suggestions == [{"event": str(game().pk), "label": str(game())}]
        assert receipt_at(NEXT).quarantined == {"EVENT_AMBIGUOUS": 20, "LAY_NOT_STORED": 2}

    def test_takes_no_quote_off_the_board_meanwhile(self, feeds):
        feeds.odds()
        feeds.show((SATURDAY, golden()), (NEXT, named(moved())))

        held = quote(MarketType.SPREAD, "HOME")
        assert (held.status, held.last_seen_at) == (QuoteStatus.OPEN, SATURDAY)
        assert receipt_at(NEXT).withdrawn == 0

    def test_ends_as_if_the_id_had_never_changed(self, feeds, ops):
        all_along = as_if_told_so(feeds, a_replaced_id)
        a_replaced_id(feeds, named)
        assert facts() != all_along

        catalog.place_event(
            item_id=question().pk, event_id=game().pk, by=ops, at=ANSWERED, reason="Relisted."
        )
        done = actions.reread_explained(by=CLOCK, at=ANSWERED)

        assert (done.items, done.polls) == (1, 4)
        assert len(all_along["snapshots"]) > 20
        assert facts() == all_along
        assert game().status == EventStatus.FINAL
        assert question().replayed_at == ANSWERED

    def test_leads_what_comes_later_to_the_game(self, feeds, ops):
        feeds.odds()
        feeds.show((SATURDAY, golden()), (NEXT, named(moved())))
        catalog.place_event(
            item_id=question().pk, event_id=game().pk, by=ops, at=LATER, reason="Relisted."
        )
        actions.reread_explained(by=CLOCK, at=LATER)

        feeds.show((LATER, named(moved(8, at=LATER - timedelta(seconds=5)))))

        taken = quote(MarketType.SPREAD, "HOME")
        assert (taken.line, taken.last_seen_at, taken.event_id) == (8, LATER, game().pk)
        assert receipt_at(LATER).quarantined == {"LAY_NOT_STORED": 2}
        twin = game(OTHER)
        assert (twin.merged_into_id, twin.start_time) == (game().pk, KICKOFF)

    def test_may_be_a_game_of_its_own(self, feeds, ops):
        feeds.odds()
        feeds.show((SATURDAY, golden()), (NEXT, named(moved())))

        made = catalog.make_event(
            item_id=question().pk, by=ops, at=LATER, reason="A second leg: the other is off."
        )
        actions.reread_explained(by=CLOCK, at=LATER)

        assert (made.pk, made.merged_into_id) == (game(OTHER).pk, None)
        assert made.selections.exists()
        assert game().pk != made.pk

    def test_is_a_game_of_its_own_once_both_stand_on_one_board(self, feeds):
        feeds.odds()
        feeds.show((SATURDAY, golden()), (NEXT, named(moved())))
        feeds.show((LATER, beside(moved(), hours=20)))
        actions.reread_explained(by=CLOCK, at=LATER)

        item = question()
        assert (item.status, item.decided_by) == ("APPROVED", "JOB:tests.clock")
        assert item.replayed_at == LATER
        assert game(OTHER).merged_into_id is None
        assert game(OTHER).selections.exists()

    def test_stays_set_aside_where_a_person_said_so(self, feeds, ops):
        feeds.odds()
        feeds.show((SATURDAY, golden()), (NEXT, named(moved())))
        catalog.reject(item_id=question().pk, by=ops, at=NEXT, reason="A slip of theirs.")

        feeds.show((LATER, beside(moved())))

        assert not EventSource.objects.filter(source_event_id=OTHER).exists()
        assert set_aside("EVENT_AMBIGUOUS") == 40

    @pytest.mark.parametrize(
        "second",
        [
            [*without(golden(), game=0), *named(golden())[:1]],
            named(golden())[:1],
        ],
        ids=["beside the others", "alone"],
    )
    def test_is_asked_about_in_any_whole_board(self, feeds, second):
        feeds.odds()
        feeds.show((SATURDAY, golden()), (NEXT, second))

        assert question().subject == OTHER

    def test_is_no_question_where_the_game_has_begun(self, feeds):
        feeds.odds()
        feeds.show((SATURDAY, golden()), (KICKOFF, without(golden())))
        rematch = named(golden())
        rematch[0]["commence_time"] = "2025-10-13T17:00:00Z"
        feeds.show((BEGUN, rematch))

        assert not ReviewItem.objects.exists()
        assert game(OTHER).start_time == KICKOFF + timedelta(days=1)

    def test_is_no_question_where_the_games_are_days_apart(self, feeds):
        feeds.odds()
        rematch = named(golden())
        rematch[0]["commence_time"] = "2025-10-14T17:00:01Z"
        feeds.show((SATURDAY, golden()), (NEXT, rematch))

        assert not ReviewItem.objects.exists()


def merge(ops: Any, *, at: datetime, event: str = OTHER, into: str = JETS_GAME) -> Event:
    return catalog.merge_events(
        event_id=game(event).pk, into_id=game(into).pk, by=ops, at=at, reason="Listed twice."
    )


@pytest.mark.django_db
class TestTwoEventsThatAreOne:
    def test_are_told_of_under_both_ids_from_then_on(self, feeds, ops):
        feeds.odds()
        feeds.show((SATURDAY, beside(golden())))
        merge(ops, at=NEXT)

        feeds.show((NEXT, named(moved())))

        taken = quote_of(game())
        assert (taken.event_id, taken.line, taken.last_seen_at) == (game().pk, 7, NEXT)

    def test_are_read_once_where_one_body_tells_of_both(self, feeds, ops):
        feeds.odds()
        feeds.show((SATURDAY, beside(golden())))
        merge(ops, at=NEXT)
        twice = [*moved(), *named(golden())[:1]]

        feeds.show((NEXT, twice))

        assert quote_of(game()).line == 7  # its own id's
        receipt = receipt_at(NEXT)
        assert receipt.quarantined["DUPLICATE_EVENT"] == 20
        assert receipt.prices == receipt.written + receipt.unchanged + receipt.quarantined_total

    def test_keep_what_was_stored_and_get_what_only_the_other_was_told(self, feeds, ops):
        feeds.odds()
        feeds.show((SATURDAY, beside(golden())), (NEXT, named(moved())))
        before = {row.pk: row.event_id for row in game(OTHER).selections.all()}
        assert quote_of(game()).status == QuoteStatus.ABSENT

        merge(ops, at=LATER)
        done = actions.reread_explained(by=CLOCK, at=LATER)

        assert (done.items, done.polls) == (1, 1)
        held = quote_of(game())
        assert (held.status, held.line, held.last_seen_at) == (QuoteStatus.OPEN, 7, NEXT)
        assert {row.pk: row.event_id for row in game(OTHER).selections.all()} == before
        assert EventSource.objects.get(source_event_id=OTHER).event_id != game().pk

    def test_end_together_by_whichever_id_the_result_came_under(self, feeds, ops):
        feeds.odds()
        feeds.results(at=NIGHT)
        feeds.show((SATURDAY, beside(golden())))
        merge(ops, at=NEXT)

        feeds.show((NIGHT, named(scores())), source="results")

        result = ResultSnapshot.objects.get()
        assert (result.event_id, result.source_event_id) == (game().pk, OTHER)
        assert [each.status for each in (game(), game(OTHER))] == [EventStatus.FINAL] * 2
        assert game(OTHER).final_at == game().final_at

    def test_share_the_result_that_one_was_told_before(self, feeds, ops):
        feeds.odds()
        feeds.results(at=NIGHT)
        feeds.show((SATURDAY, beside(golden())))
        feeds.show((NIGHT, named(scores())), source="results")
        assert game().status == EventStatus.SCHEDULED

        merge(ops, at=ANSWERED)
        actions.reread_explained(by=CLOCK, at=ANSWERED)

        told = ResultSnapshot.objects.get(event=game())
        assert (told.home_score, told.away_score, told.source_event_id) == (11, 13, OTHER)
        assert (game().status, game().final_at) == (EventStatus.FINAL, game(OTHER).final_at)

    def test_move_and_begin_together(self, feeds, ops):
        feeds.odds()
        feeds.show((SATURDAY, beside(golden(), hours=3)))
        merge(ops, at=NEXT, event=JETS_GAME, into=OTHER)
        later = named(golden())
        later[0]["commence_time"] = "2025-10-12T21:00:00Z"

        feeds.show((NEXT, later), (KICKOFF + timedelta(hours=4), later))

        merged, stays = game(), game(OTHER)
        assert stays.start_time == KICKOFF + timedelta(hours=4)
        assert (merged.start_time, merged.latched_at) == (stays.start_time, stays.latched_at)
        assert merged.status == EventStatus.LIVE

    def test_is_in_the_audit_with_its_reason(self, feeds, ops):
        feeds.odds()
        feeds.show((SATURDAY, beside(golden())))

        merge(ops, at=NEXT)

        entry = AuditEntry.across_tenants.get(action="event.merged")
        assert (entry.object_id, entry.reason) == (str(game(OTHER).pk), "Listed twice.")
        assert entry.diff["merged_into"] == [None, str(game().pk)]
        assert ReviewItem.objects.get(kind="EVENT_MERGED").status == "APPROVED"

    def test_leave_no_chain(self, feeds, ops):
        feeds.odds()
        third = "00000000000000000000000000000333"
        feeds.show((SATURDAY, beside(beside(golden()), third)))
        merge(ops, at=NEXT, event=OTHER, into=third)

        merge(ops, at=NEXT, event=third, into=JETS_GAME)

        assert {game(OTHER).merged_into_id, game(third).merged_into_id} == {game().pk}

    def test_of_other_teams_are_refused(self, feeds, ops):
        feeds.odds()
        feeds.show((SATURDAY, golden()))

        with pytest.raises(catalog.NotOneGame, match="other teams play"):
            merge(ops, at=NEXT, event=FALCONS_GAME)

    def test_more_than_a_week_apart_are_refused(self, feeds, ops):
        feeds.odds()
        feeds.show((SATURDAY, beside(golden(), hours=169)))

        with pytest.raises(catalog.NotOneGame, match="more than a week"):
            merge(ops, at=NEXT)

    def test_that_ended_differently_are_refused(self, feeds, ops):
        feeds.odds()
        feeds.results(at=NIGHT)
        feeds.show((SATURDAY, beside(golden())))
        told = [*scores(), *named(scores())[:1]]
        told[-1] = {**told[-1], "scores": [{**each, "score": "20"} for each in told[-1]["scores"]]}
        told[-1]["scores"][0]["score"] = "27"
        feeds.show((NIGHT, told), source="results")

        with pytest.raises(catalog.NotOneGame, match="ended differently"):
            merge(ops, at=ANSWERED)

    def test_are_not_merged_twice_nor_with_themselves_nor_in_doubt_nor_silently(self, feeds, ops):
        feeds.odds()
        feeds.show((SATURDAY, beside(golden())))
        with pytest.raises(catalog.NotOneGame, match="the same event"):
            merge(ops, at=NEXT, event=JETS_GAME)
        with pytest.raises(catalog.MergeUnexplained):
            catalog.merge_events(
                event_id=game(OTHER).pk, into_id=game().pk, by=ops, at=NEXT, reason=" "
            )
        Event.objects.filter(pk=game().pk).update(frozen_code="MAPPING_DRIFT")
        with pytest.raises(catalog.EventInDoubt):
            merge(ops, at=NEXT)
        Event.objects.update(frozen_code="")
        merge(ops, at=NEXT)

        with pytest.raises(catalog.MergedAlready):
            merge(ops, at=LATER)
        with pytest.raises(catalog.MergedAlready):
            catalog.call_off_event(
                event_id=game(OTHER).pk,
                status=EventStatus.CANCELED,
                by=ops,
                at=LATER,
                reason="Rain.",
            )

    def test_are_put_off_together(self, feeds, ops):
        feeds.odds()
        feeds.show((SATURDAY, beside(golden())))
        merge(ops, at=NEXT)

        catalog.call_off_event(
            event_id=game().pk, status=EventStatus.POSTPONED, by=ops, at=LATER, reason="Rain."
        )

        assert game(OTHER).status == EventStatus.POSTPONED


def quote_of(event: Event) -> Any:
    return LatestQuote.objects.with_close().get(
        event=event,
        selection__market_type=MarketType.SPREAD,
        selection__side="HOME",
        book__key="draftkings",
    )
