from datetime import timedelta

import pytest

from apps.catalog.actions import EventBrief, confirm_event, finish_events
from apps.catalog.models import Event, EventScheduleChange, EventSource, ReviewItem, ReviewKind
from apps.catalog.tests.factories import (
    BILLS,
    BRONCOS,
    JETS,
    KICKOFF,
    PROVIDER,
    SATURDAY,
    match,
    reported,
    sync,
    team,
    the_event,
)
from apps.governance.models import AuditEntry
from apps.rulebook import keys
from apps.rulebook.markets import EventStatus

MINUTE = timedelta(minutes=1)
NIGHT = KICKOFF + timedelta(hours=8)


def actions_on(event: Event) -> list[str]:
    entries = AuditEntry.across_tenants.filter(object_type="Event", object_id=str(event.pk))
    return list(entries.order_by("occurred_at", "id").values_list("action", flat=True))


@pytest.mark.django_db
class TestAppearing:
    def test_makes_an_event_under_the_identity_providers_id(self):
        synced = sync(reported("game1"))

        event = the_event()
        assert event.pk == keys.event_id(PROVIDER, "game1")
        assert (event.home.name, event.away.name) == (JETS, BRONCOS)
        assert (event.status, event.start_time) == (EventStatus.SCHEDULED, KICKOFF)
        assert synced.created == {event.pk}
        assert synced.events["game1"] == EventBrief(
            event.pk, event.home_id, event.away_id, pre_game=True, frozen=False
        )
        assert actions_on(event) == ["event.created"]

    def test_keeps_two_ids_of_the_same_teams_apart(self):
        next_week = KICKOFF + timedelta(days=7)

        sync(reported("game1"), reported("game2", start=next_week))

        assert the_event("game1").pk != the_event("game2").pk

    def test_keeps_the_games_of_a_doubleheader_apart_from_first_pitch_to_final(self, ops):
        evening = KICKOFF + timedelta(hours=5)
        sync(reported("matinee"), reported("nightcap", start=evening))

        begun = sync(
            reported("matinee"), reported("nightcap", start=evening + MINUTE), seen_at=KICKOFF
        )
        told = match(reported("nightcap", start=evening), seen_at=NIGHT)
        finish_events({told.events["nightcap"].id: NIGHT}, by=ops, at=NIGHT)

        matinee, nightcap = the_event("matinee"), the_event("nightcap")
        assert begun.latched == {matinee.pk}
        assert (matinee.status, matinee.start_time) == (EventStatus.LIVE, KICKOFF)
        assert (nightcap.status, nightcap.start_time) == (EventStatus.FINAL, evening + MINUTE)

    def test_knows_it_again(self):
        sync(reported())

        synced = sync(reported(), seen_at=SATURDAY + MINUTE)

        assert synced.created == frozenset()
        assert Event.objects.count() == 1
        assert EventSource.objects.get().last_seen_at == SATURDAY + MINUTE
        assert EventScheduleChange.objects.count() == 1


@pytest.mark.django_db
class TestMoving:
    def test_follows_the_start_and_keeps_every_one_reported(self):
        later = KICKOFF + timedelta(minutes=20)
        sync(reported())

        sync(reported(start=later), seen_at=SATURDAY + MINUTE)

        event = the_event()
        assert event.start_time == event.begins_at == later
        assert list(
            EventScheduleChange.objects.of(event.pk).values_list(
                "start_time", "previous_start", "in_play"
            )
        ) == [(KICKOFF, None, False), (later, KICKOFF, False)]
        assert actions_on(event) == ["event.created", "event.rescheduled"]

    def test_is_not_moved_back_by_an_older_poll(self):
        later = KICKOFF + timedelta(minutes=20)
        sync(reported(start=later), seen_at=SATURDAY)

        sync(reported(start=KICKOFF), seen_at=SATURDAY - MINUTE)

        assert the_event().start_time == later
        assert EventSource.objects.get().last_seen_at == SATURDAY

    def test_stays_pre_game_while_a_poll_says_that_the_start_is_ahead(self):
        sync(reported())

        synced = sync(reported(start=KICKOFF + 10 * MINUTE), seen_at=KICKOFF + 5 * MINUTE)

        assert synced.events["game1"].pre_game
        assert the_event().status == EventStatus.SCHEDULED


@pytest.mark.django_db
class TestLatching:
    def test_happens_at_the_first_poll_in_play(self):
        sync(reported())

        synced = sync(reported(), seen_at=KICKOFF)

        event = the_event()
        assert not synced.events["game1"].pre_game
        assert synced.latched == {event.pk}
        assert (event.status, event.latched_at) == (EventStatus.LIVE, KICKOFF)
        assert actions_on(event)[-1] == "event.latched"

    def test_happens_once(self):
        sync(reported())
        sync(reported(), seen_at=KICKOFF)

        synced = sync(reported(), seen_at=KICKOFF + MINUTE)

        assert synced.latched == frozenset()
        assert the_event().latched_at == KICKOFF

    @pytest.mark.parametrize(
        "rewritten", [KICKOFF + timedelta(hours=2), KICKOFF - timedelta(hours=4)]
    )
    def test_is_never_undone_by_a_rewritten_start(self, rewritten):
        sync(reported())
        sync(reported(), seen_at=KICKOFF)

        synced = sync(reported(start=rewritten), seen_at=KICKOFF + 30 * MINUTE)

        event = the_event()
        assert not synced.events["game1"].pre_game
        assert (event.start_time, event.status) == (KICKOFF, EventStatus.LIVE)
        change = EventScheduleChange.objects.of(event.pk).last()
        assert (change.start_time, change.in_play) == (rewritten, True)

    def test_says_when_the_game_began_where_that_was_before_its_start(self):
        early = KICKOFF - timedelta(hours=3)
        sync(reported())

        sync(reported(start=early), seen_at=early)

        event = the_event()
        assert (event.start_time, event.begins_at) == (KICKOFF, early)
        assert Event.objects.begun(early).exists()
        assert not Event.objects.upcoming(early).exists()

    def test_takes_the_earliest_poll_in_play_whichever_came_first(self):
        sync(reported())
        sync(reported(), seen_at=KICKOFF + 2 * MINUTE)

        sync(reported(), seen_at=KICKOFF + MINUTE)

        assert the_event().latched_at == KICKOFF + MINUTE

    def test_leaves_a_game_that_is_over_alone(self, ops):
        sync(reported())
        finish_events({the_event().pk: NIGHT}, by=ops, at=NIGHT)

        synced = sync(reported(), seen_at=NIGHT + MINUTE)

        event = the_event()
        assert not synced.events["game1"].pre_game
        assert (event.status, event.latched_at) == (EventStatus.FINAL, None)


@pytest.mark.django_db
class TestDrifting:
    def test_freezes_an_event_whose_sides_are_swapped(self):
        sync(reported())

        synced = sync(reported(home=BRONCOS, away=JETS), seen_at=SATURDAY + MINUTE)

        event = the_event()
        assert synced.drifted == {"game1"}
        assert synced.events == {}
        assert event.frozen_code == "MAPPING_DRIFT"
        assert event.home.name == JETS
        assert not Event.objects.usable().exists()
        item = ReviewItem.objects.get()
        assert (item.kind, item.evidence["what"]) == (ReviewKind.MAPPING_DRIFT, "sides swapped")

    def test_freezes_an_event_whose_id_names_another_game(self):
        sync(reported())

        sync(reported(away=BILLS), seen_at=SATURDAY + MINUTE)

        assert the_event().away.name == BRONCOS
        assert ReviewItem.objects.get().evidence["what"] == "other teams"

    def test_freezes_an_event_that_moves_by_more_than_a_day(self):
        moved = KICKOFF + timedelta(hours=24, seconds=1)
        sync(reported())

        synced = sync(reported(start=moved), seen_at=SATURDAY + MINUTE)

        event = the_event()
        assert (event.frozen_code, event.start_time) == ("MAPPING_DRIFT", KICKOFF)
        assert synced.events["game1"].frozen

    def test_lets_a_game_move_by_a_day(self):
        sync(reported())

        sync(reported(start=KICKOFF + timedelta(hours=24)), seen_at=SATURDAY + MINUTE)

        assert the_event().frozen_code == ""

    def test_asks_once_however_often_it_is_seen(self):
        sync(reported())

        for poll in range(1, 4):
            sync(reported(home=BRONCOS, away=JETS), seen_at=SATURDAY + poll * MINUTE)

        assert ReviewItem.objects.get().seen_count == 3
        assert actions_on(the_event()).count("event.frozen") == 1

    def test_thaws_when_a_person_says_that_the_event_is_right(self, ops):
        moved = KICKOFF + timedelta(days=2)
        sync(reported())
        sync(reported(start=moved), seen_at=SATURDAY + MINUTE)

        confirm_event(
            item_id=ReviewItem.objects.get().pk, by=ops, at=SATURDAY, reason="Moved to Tuesday."
        )
        sync(reported(start=moved), seen_at=SATURDAY + 2 * MINUTE)

        event = the_event()
        assert (event.frozen_code, event.start_time) == ("", moved)
        assert ReviewItem.objects.get().reason == "Moved to Tuesday."

    def test_does_not_freeze_again_what_a_person_has_confirmed(self, ops):
        sync(reported())
        sync(reported(home=BRONCOS, away=JETS), seen_at=SATURDAY + MINUTE)
        confirm_event(item_id=ReviewItem.objects.get().pk, by=ops, at=SATURDAY, reason="A slip.")

        synced = sync(reported(home=BRONCOS, away=JETS), seen_at=SATURDAY + 2 * MINUTE)

        assert synced.drifted == {"game1"}
        assert the_event().frozen_code == ""


@pytest.mark.django_db
class TestOtherProviders:
    def test_attach_to_the_one_game_of_the_day(self):
        sync(reported())

        synced = sync(reported("their7", start=KICKOFF + timedelta(hours=1)), provider="sportradar")

        assert synced.events["their7"].id == the_event().pk
        assert the_event("their7", "sportradar") == the_event()

    @pytest.mark.parametrize(
        "theirs",
        [
            {"start": KICKOFF + timedelta(days=1)},
            {"home": BRONCOS, "away": JETS},
            {"away": BILLS},
        ],
    )
    def test_ask_where_no_game_fits(self, theirs):
        sync(reported())

        synced = sync(reported("their7", **theirs), provider="sportradar")

        assert synced.ambiguous == {"their7"}
        assert Event.objects.count() == 1
        assert ReviewItem.objects.get().kind == ReviewKind.EVENT_AMBIGUOUS

    def test_ask_where_two_games_fit(self):
        sync(reported("first"), reported("second", start=KICKOFF + timedelta(hours=3)))

        synced = sync(reported("their7"), provider="sportradar")

        assert synced.ambiguous == {"their7"}
        assert len(ReviewItem.objects.get().suggestions) == 2

    def test_never_attach_two_ids_to_one_game(self):
        sync(reported())

        synced = sync(reported("their7"), reported("their8"), provider="sportradar")

        assert len(synced.events) == len(synced.ambiguous) == 1

    def test_make_no_game_of_their_own_unless_they_are_the_archive(self):
        past = reported("2024_01_DEN_NYJ", start=KICKOFF - timedelta(days=365), over=True)

        by_stranger = sync(past, provider="sportradar")
        by_archive = sync(past, provider="nflverse")

        assert by_stranger.created == frozenset()
        assert by_archive.created == {keys.event_id("nflverse", "2024_01_DEN_NYJ")}
        assert not by_archive.events["2024_01_DEN_NYJ"].pre_game

    def test_attach_an_archives_game_that_the_feed_had_shown(self):
        sync(reported())

        synced = sync(reported("2025_06_DEN_NYJ", over=True), seen_at=NIGHT, provider="nflverse")

        assert synced.events["2025_06_DEN_NYJ"].id == the_event().pk
        assert synced.created == frozenset()


@pytest.mark.django_db
class TestMatchEvents:
    def test_neither_moves_nor_begins_a_game(self):
        sync(reported())

        matched = match(reported(start=KICKOFF - timedelta(hours=4)), seen_at=NIGHT)

        event = the_event()
        assert matched.events["game1"].id == event.pk
        assert (event.start_time, event.latched_at) == (KICKOFF, None)

    def test_makes_no_game_of_an_id_that_no_board_showed(self):
        matched = match(reported("ghost"), seen_at=NIGHT)

        assert matched.unknown == {"ghost"}
        assert not Event.objects.exists()

    def test_sees_swapped_sides(self):
        sync(reported())

        matched = match(reported(home=BRONCOS, away=JETS), seen_at=NIGHT)

        assert matched.drifted == {"game1"}
        assert the_event().frozen_code == "MAPPING_DRIFT"


@pytest.mark.django_db
class TestFinishEvents:
    def test_ends_a_game_once_and_keeps_its_first_instant(self, ops):
        sync(reported())
        event = the_event()

        first = finish_events({event.pk: NIGHT}, by=ops, at=NIGHT)
        again = finish_events({event.pk: NIGHT + MINUTE}, by=ops, at=NIGHT + MINUTE)

        event.refresh_from_db()
        assert (first, again) == ([event.pk], [])
        assert (event.status, event.final_at) == (EventStatus.FINAL, NIGHT)
        assert actions_on(event) == ["event.created", "event.final"]

    def test_leaves_a_cancelled_game_cancelled(self, ops):
        sync(reported())
        Event.objects.update(status=EventStatus.CANCELED)

        assert finish_events({the_event().pk: NIGHT}, by=ops, at=NIGHT) == []


@pytest.mark.django_db
class TestTeams:
    def test_are_the_same_on_every_installation(self):
        assert team(JETS) == keys.team_id("NFL", JETS)
