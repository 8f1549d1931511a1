"""Recorded weeks, played through every stage with the sandbox as Telegram: what subscribers read.

A rehearsal has no Telegram; this driver plays the same recording through the same stages and one
more. In the suite it is one game, from its last hours to its grade. `make weeks` plays all three
weeks, and turns publishing off on the last Sunday.
"""

import os
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db.models import Q

from apps.core.actor import Actor
from apps.core.formats import american
from apps.core.tenancy import tenant_scope
from apps.governance import switches
from apps.ops.rehearsal.feeds import register_feeds
from apps.ops.rehearsal.player import play
from apps.ops.rehearsal.stages import STAGES, Stage
from apps.ops.tests.test_three_weeks import three_weeks
from apps.picks import actions
from apps.picks.card import card, label
from apps.picks.kinds import OWED, Channel, DeliveryKind, DeliveryStatus
from apps.picks.message import Cause
from apps.picks.models import Delivery, LineTracking, Pick
from apps.picks.stages import due_and_done
from apps.picks.tests.channels import Outside, enter_bot, open_chat, telegram
from apps.rulebook.lifecycle import PickStatus, Validity

WHOLE = bool(os.environ.get("WEEKS"))
OPERATOR = Actor.system("tests.operator")
# Before the early games of week 7, when picks stand on the late ones.
KILLED_AT = datetime(2025, 10, 19, 16, tzinfo=UTC)
# What is no longer on offer is told without the book that offered it.
OFF_THE_TABLE = (Cause.INVALIDATED, Cause.SUPERSEDED, Cause.WITHDRAWN)
ONE_GAME = ("2025-10-16T22:00:00Z", "2025-10-17T05:00:00Z")


def deliver_all(*, by: Actor, at: datetime) -> None:
    while actions.deliver_due(by=by, at=at).more:
        pass


TOLD_STAGES = (*STAGES, Stage("deliver", deliver_all, inside_tenant=True))


@dataclass
class Weeks:
    """What was played, and what stood in the chat when publishing was stopped."""

    outside: Outside
    ended_at: datetime = KILLED_AT
    stopped: list[dict[str, Any]] | None = None

    def look(self, at: datetime) -> None:
        """After every instant: the end so far, and the red control when its time has come."""
        self.ended_at = at
        if WHOLE and self.stopped is None and at >= KILLED_AT:
            switches.turn_off(
                switches.PUBLISH, "tenant:acme", by=OPERATOR, at=at, reason="To see that it stops."
            )
            self.stopped = self.outside.messages()

    @property
    def messages(self) -> dict[int, dict[str, Any]]:
        return {message["message_id"]: message for message in self.outside.messages()}


@pytest.fixture
def weeks(
    fresh_database: Any, module_sandbox: Any, shared_data: Path, settings: Any
) -> Iterator[Weeks]:
    """Everything played, and the tenant entered."""
    games = shared_data / "games"
    recording = replace(
        three_weeks(games),
        histories=(str(games / "nfl_results_2024_to_2025w04.csv"),),
        profile="raw",
    )
    if not WHOLE:
        recording = replace(recording, start=ONE_GAME[0], end=ONE_GAME[1])
    settings.DOORBELLS = False
    settings.RECORDINGS = {
        "odds": {"changelogs": list(recording.changelogs), "events": recording.events},
        "results": {"results": list(recording.results), "events": recording.events},
        "history0": {"archive": recording.histories[0]},
    }
    far_away = module_sandbox(
        epoch=datetime(2026, 1, 1, tzinfo=UTC), messages_a_minute=100_000, messages_a_second=100_000
    )
    with telegram(far_away) as outside:
        played = Weeks(outside)
        first = register_feeds(recording).first
        enter_bot("acme", first)
        open_chat("acme", first)
        play(recording, first=first, tell=played.look, stages=TOLD_STAGES)
        with tenant_scope("acme"):
            yield played


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_what_is_published_is_told_once_and_its_life_with_it(weeks):
    told = Pick.objects.seen().order_by("published_at", "pk")
    assert told.count() >= (20 if WHOLE else 1)

    each_pick_has_one_message_and_the_app(weeks, told)
    each_message_says_what_the_card_says(weeks, told)
    what_calls_for_action_was_said_anew_and_the_rest_was_edited()
    every_close_is_there_or_explained(told, weeks.ended_at)
    if WHOLE:
        nothing_went_out_after_the_kill(weeks)
    else:
        assert told.filter(status=PickStatus.GRADED).count() > 0
        stage = due_and_done(weeks.ended_at)["deliver"]
        assert stage.due == stage.done > told.count()


def each_pick_has_one_message_and_the_app(weeks: Weeks, told: Any) -> None:
    messages = weeks.messages
    for pick in told.with_deliveries():
        said = pick.deliveries.filter(cause=Cause.PUBLISHED)
        assert sorted(said.values_list("channel", "status")) == [
            (Channel.APP, DeliveryStatus.SENT),
            (Channel.TELEGRAM, DeliveryStatus.SENT),
        ]
        assert pick.telegram_message_id in messages
    own = [pick.telegram_message_id for pick in told.with_deliveries()]
    assert len(set(own)) == len(own)
    # Everything else in the chat answers one of them.
    answers = [m for number, m in messages.items() if number not in own]
    assert {m["reply_to_message"]["message_id"] for m in answers} <= set(own)
    happened = Delivery.objects.values_list("pick", "recipient", "kind", "cause", "turn")
    assert max(Counter(happened).values()) == 1


def each_message_says_what_the_card_says(weeks: Weeks, told: Any) -> None:
    """Selection, line and price of the card stand in the message, whatever became of it."""
    messages = weeks.messages
    for pick in told.with_deliveries().select_related("event__home", "event__away", "book"):
        text = messages[pick.telegram_message_id]["text"]
        shown = card(pick)["recommendation"]
        assert shown["label"] == label(pick)
        assert label(pick).replace("-", "−") in text
        assert american(shown["price_american"]) in text
        last = (
            pick.deliveries.filter(channel=Channel.TELEGRAM, status=DeliveryStatus.SENT)
            .exclude(kind=DeliveryKind.REPLY)
            .latest("due_at", "pk")
        )
        if last.cause == Cause.GRADED:
            assert text.startswith(("✓ WON", "✗ LOST", "= PUSH"))
        elif last.cause not in OFF_THE_TABLE:
            assert pick.book.title in text


def what_calls_for_action_was_said_anew_and_the_rest_was_edited() -> None:
    later = Delivery.objects.filter(channel=Channel.TELEGRAM).exclude(cause=Cause.PUBLISHED)
    kinds: dict[tuple[Any, str, int], set[str]] = {}
    for pick, cause, turn, kind in later.values_list("pick", "cause", "turn", "kind"):
        kinds.setdefault((pick, cause, turn), set()).add(kind)
    for (_, cause, _), found in kinds.items():
        calls = cause == Cause.INVALIDATED
        assert found == ({DeliveryKind.EDIT, DeliveryKind.REPLY} if calls else {DeliveryKind.EDIT})
    invalid = Pick.objects.seen().filter(validity_state=Validity.INVALIDATED)
    assert {pick for pick, cause, _ in kinds if cause == Cause.INVALIDATED} == set(
        invalid.values_list("pk", flat=True)
    )


def every_close_is_there_or_explained(told: Any, at: datetime) -> None:
    begun = LineTracking.objects.filter(pick__in=told, pick__event__begins_at__lte=at)
    ended = begun.filter(completed_at__isnull=False)
    assert ended.count() == begun.count() > 0
    explained = Q(clv_ev__isnull=False) | ~Q(clv_missing="")
    closed = Q(close_price__isnull=False) | ~Q(close_missing="")
    assert ended.exclude(explained & closed).count() == 0


def nothing_went_out_after_the_kill(weeks: Weeks) -> None:
    assert weeks.stopped is not None
    assert weeks.outside.messages() == weeks.stopped
    assert Pick.objects.seen().filter(published_at__gt=KILLED_AT).count() == 0
    # There was something to say: what is owed waits and is counted, and what was proposed waited
    # until its game began.
    assert Delivery.objects.filter(status__in=OWED, due_at__gt=KILLED_AT).count() > 0
    proposed = Pick.objects.filter(proposed_at__gt=KILLED_AT, born_blocked=False)
    assert {pick.status for pick in proposed} == {PickStatus.EXPIRED}
