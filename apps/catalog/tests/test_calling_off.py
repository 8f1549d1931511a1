"""Games that are put off, cancelled, or on again: a person says so, with a reason."""

from datetime import timedelta

import pytest

from apps.catalog import actions
from apps.catalog.models import Event, League, Team
from apps.catalog.tests.factories import KICKOFF
from apps.governance.models import AuditEntry
from apps.rulebook import keys
from apps.rulebook.markets import EventStatus
from apps.tenants.tests.factories import OPERATORS_HOST, PASSWORD, OperatorFactory

HOST = {"host": OPERATORS_HOST}
NIGHT = KICKOFF + timedelta(hours=9)


@pytest.fixture
def game(db) -> Event:
    league = League.objects.get(code="NFL")
    home, away = Team.objects.filter(league=league).order_by("name")[:2]
    return Event.objects.create(
        id=keys.event_id("the_odds_api", "game1"),
        league=league,
        home=home,
        away=away,
        start_time=KICKOFF,
    )


def call_off(game: Event, ops, status=EventStatus.POSTPONED, reason="Snow.") -> Event:
    return actions.call_off_event(event_id=game.pk, status=status, by=ops, at=NIGHT, reason=reason)


class TestCallOffEvent:
    @pytest.mark.parametrize("status", [EventStatus.POSTPONED, EventStatus.CANCELED])
    def test_takes_it_off_with_a_reason(self, status, game, ops):
        call_off(game, ops, status)

        game.refresh_from_db()
        assert game.status == status
        entry = AuditEntry.across_tenants.get(action="event.called_off")
        assert (entry.reason, entry.diff) == ("Snow.", {"status": ["SCHEDULED", status.value]})

    def test_ends_what_was_overdue(self, game, ops):
        assert list(Event.objects.overdue(NIGHT)) == [game]

        call_off(game, ops)

        assert list(Event.objects.overdue(NIGHT)) == []

    @pytest.mark.parametrize(
        ("latched_at", "status"),
        [(None, EventStatus.SCHEDULED), (KICKOFF, EventStatus.LIVE)],
    )
    def test_is_taken_back_to_where_the_game_was(self, latched_at, status, game, ops):
        Event.objects.update(latched_at=latched_at)
        call_off(game, ops)

        call_off(game, ops, EventStatus.SCHEDULED, "They play.")

        game.refresh_from_db()
        assert game.status == status
        assert AuditEntry.across_tenants.get(action="event.on_again").reason == "They play."

    def test_may_turn_a_postponement_into_a_cancellation(self, game, ops):
        call_off(game, ops)
        call_off(game, ops, EventStatus.CANCELED)

        game.refresh_from_db()
        assert game.status == EventStatus.CANCELED

    @pytest.mark.parametrize("status", [EventStatus.POSTPONED, EventStatus.SCHEDULED])
    def test_refuses_what_is_known_already(self, status, game, ops):
        if status is EventStatus.POSTPONED:
            call_off(game, ops)

        with pytest.raises(actions.EventStandsSo):
            call_off(game, ops, status)

    def test_refuses_a_game_with_its_result(self, game, ops):
        Event.objects.update(status="FINAL", final_at=NIGHT)

        with pytest.raises(actions.EventOver):
            call_off(game, ops)

    def test_refuses_without_a_reason(self, game, ops):
        with pytest.raises(actions.NothingCalledOff):
            call_off(game, ops, reason=" ")

    def test_lets_a_later_result_end_it(self, game, ops):
        call_off(game, ops)

        assert actions.finish_events({game.pk: NIGHT}, by=ops, at=NIGHT) == [game.pk]


class TestConsole:
    def test_asks_why_and_then_does_it(self, game, acme, client):
        operator = OperatorFactory(email="olivia@beatvegas.test")
        login = {"username": operator.email, "password": PASSWORD}
        client.post("/admin/login/", login, headers=HOST)
        pressed = {"action": "call_off", "_selected_action": str(game.pk)}

        asked = client.post("/admin/catalog/event/", pressed, headers=HOST)
        client.post(
            "/admin/catalog/event/",
            {**pressed, "answered": "1", "status": "CANCELED", "reason": "Snow."},
            headers=HOST,
        )

        assert "Picks on a cancelled game are void" in asked.content.decode()
        game.refresh_from_db()
        assert game.status == EventStatus.CANCELED
        entry = AuditEntry.across_tenants.get(action="event.called_off")
        assert entry.actor_id == "public/olivia@beatvegas.test"
