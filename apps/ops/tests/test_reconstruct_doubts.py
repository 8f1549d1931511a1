"""What people decided about doubtful events is decided again when the days are made again."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection, transaction
from psycopg.types.json import JsonbLoader

from apps.catalog import actions as catalog
from apps.catalog.models import Event, EventSource, ReviewItem
from apps.catalog.tests.factories import (
    BRONCOS,
    JETS,
    KICKOFF,
    SATURDAY,
    reported,
    sync,
    the_event,
)
from apps.core.db import fetch_all
from apps.ops.reconstruction.people import acts_of
from apps.ops.reconstruction.player import replay
from apps.ops.reconstruction.steps import Step, in_order

pytestmark = pytest.mark.django_db

MINUTE = timedelta(minutes=1)
DECIDED = SATURDAY + 5 * MINUTE


class TakenBack(Exception):
    """What was decided is taken back, so that it can be decided again."""


def facts() -> dict[str, list[Any]]:
    return {
        "events": list(
            Event.objects.order_by("pk").values_list(
                "pk", "home", "away", "start_time", "status", "merged_into"
            )
        ),
        "sources": list(
            EventSource.objects.order_by("source_event_id").values_list(
                "source_event_id", "event_id"
            )
        ),
        "questions": list(
            ReviewItem.objects.order_by("kind", "subject").values_list(
                "kind", "subject", "status", "decision", "reason"
            )
        ),
    }


def decided(act: Callable[[], Any]) -> tuple[list[Step], dict[str, list[Any]]]:
    """Let a person decide, note what a reconstruction would read of it, and take it back."""
    [(since,)] = fetch_all("SELECT clock_timestamp()")
    told: list[Any] = []
    try:
        with transaction.atomic():
            act()
            live = connection.connection.cursor()  # Django's own cursors leave JSON as it is
            live.adapters.register_loader("jsonb", JsonbLoader)
            steps = in_order(acts_of(live, [], since=since, last=DECIDED))
            told = [steps, facts()]
            raise TakenBack
    except TakenBack:
        return told[0], told[1]


def assert_decided_again(act: Callable[[], Any]) -> None:
    steps, live = decided(act)
    assert steps
    assert facts() != live

    done = replay(steps, tell=lambda at: None)

    assert done.refused == []
    assert facts() == live


def signed(ops: Any) -> dict[str, Any]:
    return {"by": ops, "at": DECIDED, "reason": "Looked at."}


def test_a_merge(ops):
    sync(reported("game1"), reported("game2", start=KICKOFF + timedelta(hours=3)))
    merged, stays = the_event("game2"), the_event("game1")

    assert_decided_again(
        lambda: catalog.merge_events(event_id=merged.pk, into_id=stays.pk, **signed(ops))
    )


@pytest.fixture
def replaced() -> ReviewItem:
    sync(reported("game1"), listed=frozenset({"game1"}))
    sync(reported("game2"), seen_at=SATURDAY + MINUTE, listed=frozenset({"game2"}))
    return ReviewItem.objects.get()


def test_an_id_that_is_another_event_s(replaced, ops):
    event = the_event("game1")

    assert_decided_again(
        lambda: catalog.place_event(item_id=replaced.pk, event_id=event.pk, **signed(ops))
    )


def test_an_id_that_is_a_game_of_its_own(replaced, ops):
    assert_decided_again(lambda: catalog.make_event(item_id=replaced.pk, **signed(ops)))


def test_an_id_of_another_provider(ops):
    sync(reported("game1"))
    sync(reported("their7", start=KICKOFF + timedelta(days=1)), provider="sportradar")
    item, event = ReviewItem.objects.get(), the_event("game1")

    assert_decided_again(
        lambda: catalog.place_event(item_id=item.pk, event_id=event.pk, **signed(ops))
    )


def test_sides_that_the_provider_was_right_about(ops):
    sync(reported("game1"))
    sync(reported("game1", home=BRONCOS, away=JETS), seen_at=SATURDAY + MINUTE)
    item = ReviewItem.objects.get()

    assert_decided_again(lambda: catalog.accept_sides(item_id=item.pk, **signed(ops)))
