"""Where a game is played: a tournament's on neutral ground, any other's as a person says."""

import pytest
from django.db import transaction

from apps.catalog import actions
from apps.catalog.actions import ReportedEvent, sync_events
from apps.catalog.models import Event, League, Team
from apps.catalog.tests.factories import KICKOFF, PROVIDER, READER, SATURDAY, reported, sync
from apps.governance.models import AuditEntry
from apps.tenants.tests.factories import OPERATORS_HOST, PASSWORD, OperatorFactory

HOST = {"host": OPERATORS_HOST}
NIGHT = KICKOFF.replace(hour=22)


def final_between(home: str, away: str, *, neutral: bool | None = None) -> Event:
    """A World Cup game as its first poll makes it."""
    league = League.objects.get(code="WORLDCUP")
    teams = dict(Team.objects.of(league.pk).values_list("name", "pk"))
    game = ReportedEvent("cup1", teams[home], teams[away], KICKOFF, neutral=neutral)
    with transaction.atomic():
        sync_events(
            league, provider=PROVIDER, reported=[game], captured_at=SATURDAY, by=READER, at=SATURDAY
        )
    return Event.objects.get(sources__source_event_id="cup1")


@pytest.mark.django_db
class TestGround:
    def test_is_nobodys_home_in_a_tournament(self):
        assert final_between("France", "Spain").neutral is True

    def test_is_what_is_reported_also_in_a_tournament(self):
        assert final_between("France", "Spain", neutral=False).neutral is False

    def test_is_unknown_elsewhere(self):
        sync(reported())

        assert Event.objects.get().neutral is None

    def test_is_told_by_a_person_with_a_reason(self, ops):
        sync(reported())
        event = Event.objects.get()

        actions.set_ground(event_id=event.pk, neutral=True, by=ops, at=SATURDAY, reason="London.")

        event.refresh_from_db()
        entry = AuditEntry.across_tenants.get(action="event.ground_told")
        assert (event.neutral, entry.reason) == (True, "London.")
        assert entry.before_hash != entry.after_hash

    def test_of_a_game_with_its_result_stays(self, ops):
        sync(reported())
        event = Event.objects.get()
        actions.finish_events({event.pk: NIGHT}, by=ops, at=NIGHT)

        with pytest.raises(actions.EventOver):
            actions.set_ground(event_id=event.pk, neutral=True, by=ops, at=NIGHT, reason="Late.")

    def test_is_told_in_the_console(self, acme, client):
        sync(reported())
        event = Event.objects.get()
        operator = OperatorFactory(email="olivia@beatvegas.test")
        client.post(
            "/admin/login/", {"username": operator.email, "password": PASSWORD}, headers=HOST
        )

        client.post(
            "/admin/catalog/event/",
            {
                "action": "tell_ground",
                "_selected_action": str(event.pk),
                "answered": "1",
                "ground": "neutral",
                "reason": "Mexico City.",
            },
            headers=HOST,
        )

        event.refresh_from_db()
        assert event.neutral is True
