"""Calls that are refused, late, cut off, or answered with more than anybody can hold."""

import gzip
import resource
import time
from datetime import timedelta
from email.utils import format_datetime

import pytest

from apps.core import clock
from apps.governance.models import OpsAlert
from apps.ops.tests.faults.conftest import MINUTE, open_quotes, rows
from apps.snapshots.actions import payloads
from apps.snapshots.models import Feed, LeagueBreaker, ProviderAccount
from apps.snapshots.providers.oddsapi import client

pytestmark = pytest.mark.django_db


def assert_nothing_was_believed(feeding, before):
    """No row, no quote gone: what a poll did not tell stays as it was."""
    assert (rows(), open_quotes()) == before


class TestRow42:
    """The key is refused."""

    def test_nobody_tries_again_and_a_person_hears_of_it(self, feeding):
        before = rows(), open_quotes()
        poll = feeding.fetch({"fault": "auth"})

        assert (poll.outcome, poll.error_code, poll.http_status) == ("AUTH", "INVALID_KEY", 401)
        assert feeding.world.struck() == [1]
        assert feeding.due_in() >= 10 * MINUTE
        assert "PROVIDER_AUTH" in feeding.look()
        assert_nothing_was_believed(feeding, before)

    def test_a_key_that_was_deactivated_is_the_same(self, feeding):
        poll = feeding.fetch({"fault": "auth", "code": "DEACTIVATED_KEY"})

        assert (poll.outcome, poll.error_code) == ("AUTH", "DEACTIVATED_KEY")
        assert feeding.world.struck() == [1]

    def test_credits_that_ran_out_are_not_taken_for_it(self, feeding):
        poll = feeding.fetch({"fault": "auth", "code": "OUT_OF_USAGE_CREDITS"})
        alerts = feeding.look()

        assert poll.outcome == "OUT_OF_CREDITS"
        assert feeding.world.struck() == [1]
        assert "PROVIDER_QUOTA" in alerts
        assert "PROVIDER_AUTH" not in alerts

    def test_that_goes_on_is_tried_by_one_call_now_and_then_and_stays_open(self, feeding):
        account = ProviderAccount.objects.get(adapter="oddsapi")
        for _ in range(account.failures_to_open):
            Feed.objects.update(next_due_at=feeding.at)
            feeding.fetch({"fault": "auth"})
        account.refresh_from_db()
        assert (account.opened_at, account.failed_as) == (feeding.at, "AUTH")

        Feed.objects.update(next_due_at=feeding.at)
        left_alone = feeding.fetch({"fault": "auth"}, after=9 * MINUTE)
        assert (left_alone.error_code, feeding.world.struck()) == ("BREAKER_OPEN", [0])
        assert "PROVIDER_AUTH" in feeding.look()
        assert not LeagueBreaker.objects.exists()

        Feed.objects.update(next_due_at=feeding.at)
        assert feeding.fetch(after=2 * MINUTE).outcome == "OK"
        account.refresh_from_db()
        assert account.opened_at is None

    def test_is_over_when_the_key_is_taken_again(self, feeding):
        feeding.fetch({"fault": "auth"})
        feeding.look()

        assert "PROVIDER_AUTH" not in feeding.answer(after=(11, 1, 30))


class TestRow43:
    """The question is wrong."""

    @pytest.mark.parametrize("code", ["INVALID_MARKET", "INVALID_REGION", "UNKNOWN_SPORT"])
    def test_it_is_asked_once_and_not_again_for_an_hour(self, feeding, code):
        poll = feeding.fetch({"fault": "refusal", "code": code})

        assert poll.outcome == ("GONE" if code == "UNKNOWN_SPORT" else "BAD_REQUEST")
        assert poll.error_code == code
        assert feeding.world.struck() == [1]
        assert feeding.due_in() >= timedelta(hours=1)
        assert feeding.fetch({"fault": "refusal"}) == poll  # a minute later nobody asks
        assert feeding.world.struck() == [0]


class TestRow44:
    """Too many calls."""

    def test_one_waits_as_long_as_it_is_told(self, feeding):
        began = time.monotonic()
        poll = feeding.fetch({"fault": "frequency", "retry_after": 1, "times": 1})

        assert poll.outcome == "OK"
        assert feeding.world.struck() == [1]
        assert time.monotonic() - began >= 1.0

    def test_until_a_date_as_well(self, feeding):
        until = format_datetime(clock.now() + timedelta(seconds=2), usegmt=True)
        began = time.monotonic()
        poll = feeding.fetch({"fault": "frequency", "retry_after": until, "times": 1})

        assert poll.outcome == "OK"
        assert 0.5 < time.monotonic() - began < 5.0

    def test_a_moment_where_nobody_said(self, feeding):
        poll = feeding.fetch({"fault": "frequency", "times": 1})

        assert (poll.outcome, feeding.world.struck()) == ("OK", [1])

    def test_and_not_for_hours(self, feeding):
        began = time.monotonic()
        poll = feeding.fetch({"fault": "frequency", "retry_after": 10_072})

        assert (poll.outcome, poll.error_code) == ("FREQUENCY", "EXCEEDED_FREQ_LIMIT")
        assert feeding.world.struck() == [1]
        assert time.monotonic() - began < 2.0

    def test_nor_for_ever_where_it_does_not_stop(self, feeding):
        poll = feeding.fetch({"fault": "frequency"})

        assert poll.outcome == "FREQUENCY"
        assert feeding.world.struck() == [client.TRIES]

    def test_a_person_hears_of_it_where_it_goes_on(self, feeding):
        before = rows(), open_quotes()
        feeding.fetch({"fault": "frequency"})
        once = feeding.look()
        again = feeding.fetch({"fault": "frequency"})
        twice = feeding.look()

        assert again.outcome == "FREQUENCY"
        assert (once, twice) == (set(), {"PROVIDER_QUOTA"})
        alert = OpsAlert.across_tenants.get(kind="PROVIDER_QUOTA")
        assert (alert.severity, alert.effect) == ("WARN", "EDGE_ONLY")
        assert "asked too often" in alert.detail
        assert_nothing_was_believed(feeding, before)

    def test_and_of_its_end_when_it_has_been_over_for_a_while(self, feeding):
        for _ in range(2):
            feeding.fetch({"fault": "frequency"})
        feeding.look()

        assert "PROVIDER_QUOTA" in feeding.answer(after=(1, 1, 1))
        assert "PROVIDER_QUOTA" not in feeding.answer(after=(5,))


class TestRow45:
    """The provider is down."""

    @pytest.mark.parametrize("status", [500, 502, 503])
    def test_it_is_asked_three_times(self, feeding, status):
        poll = feeding.fetch({"fault": "server", "status": status})

        assert (poll.outcome, poll.http_status) == ("SERVER", status)
        assert feeding.world.struck() == [3]

    def test_a_try_that_succeeds_is_enough(self, feeding):
        receipt = feeding.read({"fault": "server", "times": 2})

        assert receipt.prices > 150

    def test_then_it_is_left_alone_and_looked_at_again_now_and_then(self, feeding):
        down = {"fault": "server"}
        account = ProviderAccount.objects.get(adapter="oddsapi")
        alone = timedelta(seconds=account.open_for_s)
        for _ in range(account.failures_to_open):
            feeding.fetch(down)
        league = LeagueBreaker.objects.get(league=feeding.odds.league)
        account.refresh_from_db()
        assert (league.opened_at, account.opened_at) == (feeding.at, None)

        Feed.objects.update(next_due_at=feeding.at)
        left_alone = feeding.fetch(down, after=alone / 2)
        assert (left_alone.error_code, feeding.world.struck()) == ("BREAKER_OPEN", [0])

        Feed.objects.update(next_due_at=feeding.at)
        looked_at = feeding.fetch(down, after=alone)
        assert (looked_at.outcome, feeding.world.struck()) == ("SERVER", [client.TRIES])

        Feed.objects.update(next_due_at=feeding.at)
        assert feeding.fetch(after=2 * alone).outcome == "OK"
        league.refresh_from_db()
        assert league.opened_at is None

    def test_silence_becomes_an_alert_and_ends_with_the_next_answer(self, feeding):
        feeding.fetch({"fault": "server"}, after=20 * MINUTE)
        assert "FEED_STALE" in feeding.look()

        assert "FEED_STALE" not in feeding.answer(after=(2, 1, 20))


class TestRow46:
    """The answer does not come, or a byte at a time."""

    @pytest.mark.parametrize("fault", ["hang", "hang_in_body", "drip", "drip_headers"])
    def test_the_call_is_over_at_its_deadline(self, feeding, hurried, fault):
        slowly = {"pause": 0.05} if fault.startswith("drip") else {}
        before = rows(), open_quotes()
        began = time.monotonic()
        poll = feeding.fetch({"fault": fault, **slowly})
        took = time.monotonic() - began

        assert (poll.outcome, poll.error_code) == ("NETWORK", "DEADLINE")
        assert took < hurried + 3.0
        assert_nothing_was_believed(feeding, before)

    def test_a_line_that_is_dropped_is_tried_again(self, feeding):
        poll = feeding.fetch({"fault": "hang_up", "times": 1})

        assert (poll.outcome, feeding.world.struck()) == ("OK", [1])


class TestRow47:
    """The answer is not whole."""

    @pytest.mark.parametrize("fault", ["cut", "cut_chunks"])
    def test_what_came_is_kept_and_nobody_reads_it(self, feeding, fault):
        before = rows(), open_quotes()
        poll = feeding.fetch({"fault": fault})

        assert (poll.outcome, poll.error_code) == ("UNREADABLE", "CUT")
        assert payloads.load(poll.payload_id).startswith(b'[{"id":')
        assert_nothing_was_believed(feeding, before)

    def test_a_body_that_ends_too_early_is_no_board(self, feeding):
        before = rows(), open_quotes()
        receipt = feeding.read({"fault": "truncated"})

        assert receipt.refused_code == "PAYLOAD_TRUNCATED"
        assert (receipt.prices, receipt.written) == (0, 0)
        assert_nothing_was_believed(feeding, before)


class TestRow48:
    """The answer grows, or leads elsewhere."""

    def test_a_bomb_is_not_unpacked(self, feeding):
        before = rows(), open_quotes()
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        poll = feeding.fetch({"fault": "bomb", "megabytes": 300})
        grown = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - peak

        assert (poll.outcome, poll.error_code) == ("UNREADABLE", "TOO_LARGE")
        assert feeding.world.struck() == [1]
        assert grown < 100_000  # kilobytes
        assert_nothing_was_believed(feeding, before)

    @pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "deflate"])
    def test_another_packing_is_refused(self, feeding, encoding):
        poll = feeding.fetch({"fault": "chained", "encoding": encoding})

        assert (poll.outcome, poll.error_code) == ("UNREADABLE", "ENCODING")
        assert feeding.world.struck() == [1]

    def test_nobody_goes_where_it_points(self, feeding):
        """It points at the sandbox itself: had somebody gone there, the board would have come."""
        to = f"{feeding.world.address}/v4/sports/americanfootball_sfl/odds?apiKey=a-key-for-tests"
        poll = feeding.fetch({"fault": "redirect", "to": f"{to}&regions=us"})

        assert poll.payload_id is None
        assert poll.http_status == 302
        assert feeding.world.struck() == [1]

    def test_what_is_packed_once_is_unpacked(self, feeding):
        body = payloads.load(feeding.fetch().payload_id)

        assert body.startswith(b"[")
        assert len(gzip.compress(body)) < len(body) / 4
