"""What a client is told of how well it is served: the same facts as the console's."""

from datetime import timedelta

import pytest

from apps.core import clock
from apps.core.tenancy import tenant_scope
from apps.governance import alerts
from apps.governance.models import FeatureFlag
from apps.governance.switches import gate
from apps.picks.models import Pick
from apps.picks.tests.factories import KICKOFF, NOON_BEFORE, Game
from apps.rulebook.alerts import AlertKind
from apps.rulebook.lifecycle import PickStatus
from apps.snapshots.models import Feed

pytestmark = pytest.mark.django_db

HEALTH = "/api/v1/health/"


@pytest.fixture
def feed(acme) -> Feed:
    """An odds feed whose turn will come, read for the last time at noon."""
    with tenant_scope(acme):
        feed = Game().feed
    Feed.objects.filter(pk=feed.pk).update(
        next_due_at=NOON_BEFORE + timedelta(minutes=1), newest_read_at=NOON_BEFORE
    )
    return feed


def told(program, monkeypatch, *, after_s: float = 0) -> dict:
    monkeypatch.setattr(clock, "now", lambda: NOON_BEFORE + timedelta(seconds=after_s))
    answer = program.get(HEALTH)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (200, "no-store")
    return answer.json()


class TestHealth:
    def test_is_well_while_boards_are_read_and_publishing_is_open(self, program, feed, monkeypatch):
        said = told(program, monkeypatch, after_s=180)

        assert said["status"] == "OK"
        assert said["tenant"] == {"schema": "acme", "name": "Acme Picks", "timezone": "UTC"}
        assert said["publishing"] == {"open": True, "mode": "FULL", "closed_by": []}
        (age,) = said["feeds"]
        assert (age["league"], age["age_s"], age["limit_s"], age["fresh"]) == (
            "NFL",
            180,
            180,
            True,
        )

    def test_is_not_when_a_board_is_older_than_its_limit(self, program, feed, monkeypatch):
        said = told(program, monkeypatch, after_s=181)

        assert (said["status"], said["feeds"][0]["fresh"]) == ("DEGRADED", False)

    def test_is_not_when_a_board_was_never_read(self, program, feed, monkeypatch):
        Feed.objects.filter(pk=feed.pk).update(newest_read_at=None)

        said = told(program, monkeypatch)

        assert said["status"] == "DEGRADED"
        assert (said["feeds"][0]["last_read_at"], said["feeds"][0]["age_s"]) == (None, None)

    def test_waits_for_two_turns_of_a_slow_feed(self, program, feed, monkeypatch):
        Feed.objects.filter(pk=feed.pk).update(rhythm_s=3600)

        assert told(program, monkeypatch, after_s=7200)["status"] == "OK"
        assert told(program, monkeypatch, after_s=7201)["status"] == "DEGRADED"

    @pytest.mark.parametrize("gone", [{"enabled": False}, {"next_due_at": None}])
    def test_asks_nothing_of_a_feed_that_has_ended(self, gone, program, feed, monkeypatch):
        Feed.objects.filter(pk=feed.pk).update(**gone)

        said = told(program, monkeypatch, after_s=86_400)

        assert (said["status"], said["feeds"]) == ("OK", [])

    @pytest.mark.parametrize("scope", ["GLOBAL", "tenant:acme"])
    def test_says_where_publishing_is_closed(self, scope, program, monkeypatch):
        FeatureFlag.objects.filter(name="PUBLISH", scope=scope).update(enabled=False)

        said = told(program, monkeypatch)

        assert said["status"] == "DEGRADED"
        assert said["publishing"] == {
            "open": False,
            "mode": "NONE",
            "closed_by": [{"switch": "PUBLISH", "scope": scope, "state": "OFF"}],
        }

    def test_says_that_an_alert_lets_only_the_best_picks_out(self, program, ops, monkeypatch):
        alerts.raise_alert(
            AlertKind.FEED_STALE, scope="GLOBAL", detail="Silent.", by=ops, at=NOON_BEFORE
        )

        said = told(program, monkeypatch)

        assert said["status"] == "DEGRADED"
        assert said["publishing"] == {
            "open": True,
            "mode": "EDGE_ONLY",
            "closed_by": [{"switch": "FEED_STALE", "scope": "GLOBAL", "state": "EDGE_ONLY"}],
        }

    def test_says_that_nothing_is_open_where_the_switches_cannot_be_read(
        self, program, publish, monkeypatch, caplog
    ):
        """Row 17: publishing is refused, and what is read goes on being read."""
        publish(status=PickStatus.PUBLISHED)
        monkeypatch.setattr(gate, "_SWITCHES", "SELECT 1, 1, '', '', 'ON' FROM no_such_table")

        said = told(program, monkeypatch)

        assert (said["status"], said["publishing"]["open"]) == ("DEGRADED", False)
        states = {closed["state"] for closed in said["publishing"]["closed_by"]}
        assert states == {"UNREADABLE"}
        assert len(program.get("/api/v1/picks/").json()["results"]) == 1
        assert "The switches cannot be read" in caplog.text

    def test_of_one_tenant_does_not_suffer_from_anothers_switch(self, program, rival, monkeypatch):
        FeatureFlag.objects.filter(name="PUBLISH", scope="tenant:rival").update(enabled=False)

        assert told(program, monkeypatch)["publishing"]["open"]

    def test_counts_as_the_lists_and_the_jobs_do(self, program, publish, acme, monkeypatch):
        """The job said five pending once, and the page none: they asked differently."""
        for status in (PickStatus.PUBLISHED, PickStatus.SUPERSEDED, PickStatus.GRADED):
            publish(status=status)
        publish(status=PickStatus.PROPOSED)

        said = told(program, monkeypatch)["picks"]

        with tenant_scope(acme):
            assert said == {
                "published": Pick.objects.seen().count(),
                "live": Pick.objects.live().count(),
                "ungraded": Pick.objects.ungraded().count(),
                "last_published_at": "2025-10-11T16:00:00Z",
            }
        assert (said["published"], said["live"], said["ungraded"]) == (3, 1, 2)
        listed = program.get("/api/v1/picks/").json()["results"]
        live = program.get("/api/v1/picks/?status=PUBLISHED").json()["results"]
        assert (len(listed), len(live)) == (said["published"], said["live"])

    def test_of_nothing_published_is_zero_and_never(self, program, monkeypatch):
        assert told(program, monkeypatch)["picks"] == {
            "published": 0,
            "live": 0,
            "ungraded": 0,
            "last_published_at": None,
        }

    def test_is_of_the_instant_that_is_asked(self, program, monkeypatch):
        monkeypatch.setattr(clock, "now", lambda: KICKOFF)

        assert program.get(HEALTH).json()["checked_at"] == "2025-10-12T17:00:00Z"
