"""What was set aside for a spelling is read again once a person has explained it."""

import copy
from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from apps.catalog.actions import add_team_alias, approve_new_team, approve_spelling
from apps.catalog.models import Event, ReviewItem, Team
from apps.governance import switches
from apps.governance.models import AuditEntry, FeatureFlag
from apps.snapshots import actions
from apps.snapshots.models import (
    Consensus,
    LatestQuote,
    MarketSnapshot,
    PayloadRereading,
    QuarantinedRow,
    ResultSnapshot,
)
from apps.snapshots.tests.factories import (
    CLOCK,
    FALCONS,
    JETS,
    KICKOFF,
    LATER,
    MINUTE,
    NEXT,
    NIGHT,
    SATURDAY,
    golden,
    moved,
    scores,
    without,
)

STRANGE = "N.Y. Jets"
ANSWERED = NIGHT + timedelta(hours=1)


class Undone(Exception):
    """What a test did is taken back."""


def renamed(board: Any, name: str = JETS, to: str = STRANGE) -> Any:
    """A body that calls a team by another name, wherever it names it."""
    if isinstance(board, list):
        return [renamed(each, name, to) for each in board]
    if isinstance(board, dict):
        return {key: renamed(value, name, to) for key, value in board.items()}
    return to if board == name else copy.copy(board)


def a_game() -> list[tuple[Any, Any]]:
    """The odds of a game from its listing to its first minute, under a name that is not known."""
    begun = KICKOFF + MINUTE
    return [
        (SATURDAY, renamed(golden())),
        (NEXT, renamed(moved())),
        (LATER, renamed(without(moved(), book="fanduel"))),
        (begun, renamed(moved(6, at=begun - timedelta(seconds=5)))),
    ]


def play(feeds: Any) -> None:
    feeds.odds()
    feeds.results(at=NIGHT)
    feeds.show(*a_game())
    feeds.show((NIGHT, renamed(scores())), source="results")


def facts() -> dict[str, list[Any]]:
    """Everything that was believed of the game, without the keys that a database makes up."""
    game = Event.objects.get(home__name=JETS, merged_into=None)
    places = dict(game.selections.values_list("pk", "uuid"))
    snapshots = MarketSnapshot.objects.filter(selection_id__in=places)
    quotes = LatestQuote.objects.with_close().filter(event=game)
    return {
        "event": [game.start_time, game.latched_at, game.final_at, game.status],
        "schedule": list(
            game.schedule_changes.order_by("captured_at").values_list("captured_at", "start_time")
        ),
        "snapshots": sorted(
            (
                str(places[row.selection_id]),
                row.book_id,
                row.observed_at,
                row.seq,
                str(row.line),
                row.price_decimal,
                row.status,
                row.pre_game,
            )
            for row in snapshots
        ),
        "quotes": sorted(
            (
                str(places[row.selection_id]),
                row.book_id,
                str(row.line),
                row.price_decimal,
                row.status,
                row.last_seen_at,
                str(row.close_line),
                row.close_price,
                row.close_last_seen_at,
            )
            for row in quotes
        ),
        "consensus": sorted(
            (str(places[row.selection_id]), row.captured_at, str(row.line), row.books, row.gap)
            for row in Consensus.objects.filter(event=game)
        ),
        "results": list(
            ResultSnapshot.objects.filter(event=game).values_list("home_score", "away_score")
        ),
    }


def jets() -> Team:
    return Team.objects.get(name=JETS)


def explain(ops: Any) -> None:
    item = ReviewItem.objects.get(subject=STRANGE)
    approve_spelling(item_id=item.pk, team_id=jets().pk, by=ops, at=ANSWERED, reason="Dots.")


@pytest.mark.django_db
class TestRereadExplained:
    def test_ends_as_if_the_spelling_had_been_known_all_along(self, feeds, ops):
        try:
            with transaction.atomic():
                add_team_alias(
                    provider="the_odds_api",
                    spelling=STRANGE,
                    team_id=jets().pk,
                    by=ops,
                    at=SATURDAY,
                    reason="Known.",
                )
                play(feeds)
                known_all_along = facts()
                raise Undone
        except Undone:
            pass
        play(feeds)
        assert not Event.objects.filter(home__name=JETS).exists()

        explain(ops)
        done = actions.reread_explained(by=CLOCK, at=ANSWERED)

        assert (done.items, done.polls) == (1, 5)
        assert len(known_all_along["snapshots"]) > 20
        assert facts() == known_all_along

    def test_accounts_for_what_had_been_set_aside(self, feeds, ops):
        play(feeds)
        aside = sum(
            QuarantinedRow.objects.filter(code="UNKNOWN_TEAM").values_list("prices", flat=True)
        )

        explain(ops)
        actions.reread_explained(by=CLOCK, at=ANSWERED)

        receipts = PayloadRereading.objects.all()
        assert sum(receipt.prices for receipt in receipts) == aside > 50
        assert AuditEntry.across_tenants.filter(action="payload.reread").count() == 5
        assert ReviewItem.objects.get(subject=STRANGE).replayed_at == ANSWERED

    def test_does_it_once(self, feeds, ops):
        play(feeds)
        explain(ops)
        actions.reread_explained(by=CLOCK, at=ANSWERED)
        stored = MarketSnapshot.objects.count()

        again = actions.reread_explained(by=CLOCK, at=ANSWERED + MINUTE)

        assert (again.items, again.polls) == (0, 0)
        assert MarketSnapshot.objects.count() == stored

    def test_touches_no_other_game(self, feeds, ops):
        play(feeds)
        others = MarketSnapshot.objects.filter(
            selection_id__in=Event.objects.get(home__name=FALCONS).selections.values("pk")
        )
        before = others.count()

        explain(ops)
        actions.reread_explained(by=CLOCK, at=ANSWERED)

        assert others.count() == before

    def test_waits_until_both_teams_are_known(self, feeds, ops):
        feeds.odds()
        both = renamed(renamed(golden()), "Denver Broncos", "Broncos, Denver")
        feeds.show((SATURDAY, both))

        explain(ops)
        first = actions.reread_explained(by=CLOCK, at=ANSWERED)
        other = ReviewItem.objects.get(subject="Broncos, Denver")
        denver = Team.objects.get(name="Denver Broncos")
        approve_spelling(item_id=other.pk, team_id=denver.pk, by=ops, at=ANSWERED, reason="Both.")
        second = actions.reread_explained(by=CLOCK, at=ANSWERED + MINUTE)

        assert (first.polls, second.polls) == (0, 1)
        assert second.written > 0

    def test_is_for_a_new_team_too(self, feeds, ops):
        feeds.odds()
        feeds.show((SATURDAY, renamed(golden(), to="London Monarchs")))
        item = ReviewItem.objects.get(subject="London Monarchs")

        approve_new_team(item_id=item.pk, by=ops, at=ANSWERED, reason="They play again.")
        actions.reread_explained(by=CLOCK, at=ANSWERED)

        event = Event.objects.get(home__name="London Monarchs")
        assert LatestQuote.objects.filter(event=event).exists()

    def test_is_for_a_spelling_that_was_added_by_hand(self, feeds, ops):
        play(feeds)

        add_team_alias(
            provider="the_odds_api",
            spelling=STRANGE,
            team_id=jets().pk,
            by=ops,
            at=ANSWERED,
            reason="Seen on the board.",
        )
        done = actions.reread_explained(by=CLOCK, at=ANSWERED)

        assert (done.items, done.polls) == (1, 5)

    def test_waits_while_the_leagues_switch_is_off(self, feeds, ops):
        play(feeds)
        explain(ops)
        flag = FeatureFlag.objects.filter(name=switches.INGEST, scope="league:NFL")

        flag.update(enabled=False)
        halted = actions.reread_explained(by=CLOCK, at=ANSWERED)
        flag.update(enabled=True)
        caught_up = actions.reread_explained(by=CLOCK, at=ANSWERED + MINUTE)

        assert (halted.items, caught_up.items) == (0, 1)
