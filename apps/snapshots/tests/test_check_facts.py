"""A world that does not answer is an alert, and stops being one when it answers again."""

from datetime import timedelta

import pytest

from apps.catalog.models import Event
from apps.core.tenancy import PUBLIC
from apps.governance.models import FeatureFlag, OpsAlert
from apps.snapshots import actions
from apps.snapshots.actions.checking import check_facts
from apps.snapshots.models import Feed, PayloadReading, ProviderPoll, RawPayload
from apps.snapshots.tests.factories import CLOCK, KICKOFF, MINUTE, SATURDAY, golden

NOW = SATURDAY + timedelta(hours=1)
HOUR = timedelta(hours=1)


@pytest.fixture
def feed(feeds) -> Feed:
    """An odds feed that has shown two games an hour ago, as often as once a minute."""
    feeds.odds()
    feeds.show((SATURDAY, golden()))
    return Feed.objects.get()


def answered(feed: Feed, outcome: str, at=NOW, **columns: object) -> ProviderPoll:
    body = RawPayload.objects.get().pk if outcome in ("OK", "UNCHANGED", "EMPTY") else None
    return ProviderPoll.objects.create(
        feed=feed, captured_at=at, outcome=outcome, duration_ms=1, payload_id=body, **columns
    )


def check(at=NOW) -> actions.Checked:
    Feed.objects.update(next_due_at=at)
    return check_facts(by=CLOCK, at=at)


def found() -> list[tuple[str, str, str]]:
    return list(
        OpsAlert.across_tenants.not_over()
        .order_by("kind", "key")
        .values_list("kind", "severity", "effect")
    )


class TestFeeds:
    def test_that_answer_are_in_no_trouble(self, feed):
        answered(feed, "UNCHANGED")

        assert check() == actions.Checked(feeds=1)
        assert found() == []

    @pytest.mark.parametrize("outcome", ["NETWORK", "SERVER", "FREQUENCY", "UNREADABLE"])
    def test_that_do_not_answer_in_time_are_stale(self, outcome, feed):
        answered(feed, outcome, SATURDAY + 6 * MINUTE)

        assert check(SATURDAY + 5 * MINUTE).in_trouble == 0  # two turns and three minutes
        assert check(SATURDAY + 6 * MINUTE).in_trouble == 1
        assert found() == [("FEED_STALE", "WARN", "EDGE_ONLY")]

    def test_that_are_silent_for_long_are_critical(self, feed):
        answered(feed, "NETWORK")

        check()

        assert found() == [("FEED_STALE", "CRIT", "NONE")]
        alert = OpsAlert.across_tenants.get()
        assert (alert.scope, alert.key) == ("league:NFL", str(feed.uuid))
        assert "no answer that can be read for 3600 s (limit 300 s)" in alert.detail

    def test_that_answer_again_recover_when_they_have_for_a_while(self, feed):
        answered(feed, "NETWORK")
        check()

        answered(feed, "OK", NOW + MINUTE)
        looks = [check(NOW + minutes * MINUTE).recovered for minutes in (1, 3, 5)]

        assert (looks, found()) == ([0, 0, 1], [])

    def test_whose_provider_is_left_alone_are_in_trouble_before_they_are_stale(self, feed):
        answered(feed, "NETWORK", SATURDAY + MINUTE, error_code="BREAKER_OPEN")

        assert check(SATURDAY + MINUTE).in_trouble == 1
        assert found() == [("FEED_STALE", "WARN", "EDGE_ONLY")]

    @pytest.mark.parametrize(
        ("after", "severity"), [(MINUTE, "WARN"), (timedelta(minutes=6), "CRIT")]
    )
    def test_whose_key_is_refused_say_so(self, after, severity, feed):
        answered(feed, "AUTH", SATURDAY + after)

        check(SATURDAY + after)

        assert ("PROVIDER_AUTH", severity) in {(kind, step) for kind, step, _ in found()}

    @pytest.mark.parametrize(("remaining", "alerted"), [(1200, False), (1000, True), (-7, True)])
    def test_whose_credits_run_out_say_so_in_time(self, remaining, alerted, feed):
        answered(feed, "OK", credits_cost=3, credits_remaining=remaining)

        check()

        assert found() == ([("PROVIDER_QUOTA", "WARN", "EDGE_ONLY")] if alerted else [])

    def test_without_credits_are_critical(self, feed):
        answered(feed, "OUT_OF_CREDITS", SATURDAY + MINUTE)

        check(SATURDAY + MINUTE)

        assert found() == [("PROVIDER_QUOTA", "CRIT", "NONE")]

    @pytest.mark.parametrize(
        ("outcomes", "alerted"),
        [
            (["FREQUENCY"], False),
            (["FREQUENCY", "NETWORK"], False),
            (["FREQUENCY", "UNCHANGED", "FREQUENCY"], False),
            (["UNCHANGED", "FREQUENCY", "FREQUENCY"], True),
        ],
    )
    def test_that_are_asked_too_often_again_and_again_say_so(self, outcomes, alerted, feed):
        for number, outcome in enumerate(outcomes, start=1):
            answered(feed, outcome, SATURDAY + number * MINUTE)

        check(SATURDAY + len(outcomes) * MINUTE)

        assert found() == ([("PROVIDER_QUOTA", "WARN", "EDGE_ONLY")] if alerted else [])

    @pytest.mark.parametrize(
        ("since", "step"), [(MINUTE, ("WARN", "EDGE_ONLY")), (HOUR, ("CRIT", "NONE"))]
    )
    def test_that_show_no_games_though_some_are_to_come_are_empty(self, since, step, feed):
        answered(feed, "EMPTY", SATURDAY + since)

        check(SATURDAY + since)

        assert found() == [("FEED_EMPTY", *step)]

    def test_that_show_no_games_out_of_season_are_in_no_trouble(self, feed):
        Event.objects.update(start_time=NOW + timedelta(days=60))
        answered(feed, "EMPTY")

        assert check().in_trouble == 0

    def test_of_a_league_that_is_not_to_be_fetched_are_in_no_trouble(self, feed):
        answered(feed, "NETWORK")
        FeatureFlag.objects.filter(name="INGEST", scope="league:NFL").update(enabled=False)

        assert check().in_trouble == 0

    def test_that_nobody_has_asked_yet_are_in_no_trouble(self, feeds):
        feeds.odds()

        assert check().in_trouble == 0

    def test_in_trouble_are_the_platforms(self, feed):
        answered(feed, "NETWORK")

        check()

        assert OpsAlert.across_tenants.get().tenant_schema == PUBLIC


class TestTheReserve:
    def test_alone_being_left_is_trouble_but_not_the_end(self, feed):
        answered(
            feed,
            "OUT_OF_CREDITS",
            error_code="BUDGET_RESERVED",
            detail="1,900 credits are left: kept for closing lines and scores.",
        )

        check()

        assert ("PROVIDER_QUOTA", "WARN", "EDGE_ONLY") in found()
        assert OpsAlert.across_tenants.get(kind="PROVIDER_QUOTA").detail.endswith("and scores.")


class TestEvents:
    def test_without_a_result_are_overdue_when_the_longest_game_is_over(self, feed):
        answered(feed, "OK", KICKOFF + 48 * HOUR)
        early = check(KICKOFF + HOUR)

        late = check(KICKOFF + 48 * HOUR)

        assert (early.overdue, late.overdue) == (0, 2)
        assert [kind for kind, *_ in found()] == ["RESULT_OVERDUE"] * 2

    def test_with_a_result_are_no_longer(self, feed):
        answered(feed, "OK", KICKOFF + 48 * HOUR)
        check(KICKOFF + 48 * HOUR)

        Event.objects.update(status="FINAL", final_at=KICKOFF + 4 * HOUR)
        again = check(KICKOFF + 49 * HOUR)

        assert (again.overdue, again.recovered, found()) == (0, 2, [])

    def test_frozen_by_a_doubt_are_drift_until_somebody_decides(self, feed):
        answered(feed, "OK")
        Event.objects.filter(home__name="New York Jets").update(frozen_code="MAPPING_DRIFT")

        frozen = check()
        Event.objects.update(frozen_code="")
        thawed = check(NOW + MINUTE)

        assert (frozen.in_doubt, thawed.recovered) == (1, 1)


class TestFrozenBoards:
    @pytest.fixture
    def moving(self, feed, feeds):
        """Two boards that were read for an hour: the first stood still, the second moved."""
        other = feeds.odds("other", provider="somebody_else")

        def read(*, still: int, moved: int, of_each: int = 60):
            for n in range(of_each):
                at = NOW - n * MINUTE
                receipt(answered(feed, "UNCHANGED", at), written=int(n >= still))
                receipt(answered(other, "OK", at), written=int(n < moved))

        return read

    def test_are_in_trouble_when_they_alone_stand_still(self, moving):
        moving(still=60, moved=10)

        check()

        assert found() == [("FEED_STALE", "WARN", "EDGE_ONLY")]
        assert "nothing has changed in 60 polls" in OpsAlert.across_tenants.get().detail

    def test_are_in_no_trouble_when_all_stand_still(self, moving):
        moving(still=60, moved=0)

        assert check().in_trouble == 0

    def test_are_in_no_trouble_when_they_have_moved_lately(self, moving):
        moving(still=59, moved=10)

        assert check().in_trouble == 0

    def test_are_in_no_trouble_when_no_game_is_near(self, moving):
        moving(still=60, moved=10)
        Event.objects.update(start_time=NOW + timedelta(days=60))

        assert check().in_trouble == 0

    def test_are_not_looked_for_where_nobody_wants_it(self, moving, feed, ops):
        moving(still=60, moved=10)
        actions.change_feed(
            feed_id=feed.pk,
            changes={"frozen_after_polls": 0},
            by=ops,
            at=NOW,
            reason="A slow book.",
        )

        assert check().in_trouble == 0


def receipt(poll: ProviderPoll, *, written: int) -> None:
    PayloadReading.objects.create(
        poll=poll,
        reader_version=1,
        read_at=poll.captured_at,
        events=2,
        prices=36,
        written=written,
        unchanged=36 - written,
        quarantined_total=0,
        withdrawn=0,
    )
