"""The gate before every call over the wire: credits, pace, and a provider that is left alone."""

from datetime import timedelta

import pytest

from apps.core.db import fetch_all
from apps.governance.models import AuditEntry
from apps.snapshots import actions
from apps.snapshots.actions import accounts
from apps.snapshots.models import (
    CreditHold,
    Feed,
    FeedKind,
    LeagueBreaker,
    ProviderAccount,
    ProviderPoll,
)
from apps.snapshots.providers import registry
from apps.snapshots.providers.oddsapi import client
from apps.snapshots.rhythm import EARLY
from apps.snapshots.tests.asking import KEY
from apps.snapshots.tests.factories import CLOCK, KICKOFF, MINUTE, SATURDAY, golden
from apps.snapshots.tests.wires import FaultyServer, Script, answer, hang_up

HOUR = timedelta(hours=1)


@pytest.fixture(autouse=True)
def _hurried(monkeypatch):
    monkeypatch.setattr(client, "_FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(client, "_TOO_FAST_S", 0.001)


@pytest.fixture
def asked(settings, queued, request):
    """Feeds of The Odds API at a server that answers as the test says."""
    request.getfixturevalue("fresh_database" if "fresh_database" in request.fixturenames else "db")
    servers: list[FaultyServer] = []

    def listen(*scripts: Script) -> FaultyServer:
        registry.forget()
        server = FaultyServer(list(scripts))
        servers.append(server)
        settings.ODDS_API_KEY, settings.ODDS_API_URL = KEY, server.address
        return server

    yield listen
    for server in servers:
        server.close()
    registry.forget()


def feed(
    kind: FeedKind = FeedKind.ODDS, *, league: str = "NFL", rhythm_s: int = 3600, **other: object
) -> Feed:
    return actions.register_feed(
        adapter=registry.ODDS_API,
        provider="the_odds_api",
        kind=kind,
        league=league,
        rhythm_s=rhythm_s,
        by=CLOCK,
        at=SATURDAY,
        **other,
    )


def fetch(at=SATURDAY) -> ProviderPoll:
    actions.fetch_due(by=CLOCK, at=at)
    return ProviderPoll.objects.latest("captured_at", "id")


def budget(ops, **changes: object) -> ProviderAccount:
    return actions.change_account(
        adapter=registry.ODDS_API,
        changes={"monthly_credits": 20_000, **changes},
        by=ops,
        at=SATURDAY,
        reason="The plan we bought.",
    )


def account() -> ProviderAccount:
    return ProviderAccount.objects.get(adapter=registry.ODDS_API)


def counted(used: int, left: int, cost: int = 3) -> Script:
    return answer(
        x_requests_used=str(used), x_requests_remaining=str(left), x_requests_last=str(cost)
    )


class TestPlanning:
    def test_refuses_a_feed_that_the_month_does_not_hold(self, asked, ops):
        budget(ops)

        with pytest.raises(actions.BudgetExceeded) as refused:
            feed(rhythm_s=60)

        assert refused.value.code == "BUDGET_EXCEEDED"
        assert "129,600 credits in 30 days" in refused.value.sentence
        assert not Feed.objects.exists()

    def test_refuses_a_rhythm_that_the_month_does_not_hold(self, asked, ops):
        budget(ops)
        row = feed(rhythm_s=600)

        with pytest.raises(actions.BudgetExceeded):
            actions.change_feed(
                feed_id=row.pk, changes={"rhythm_s": 60}, by=ops, at=SATURDAY, reason="Faster."
            )

        row.refresh_from_db()
        assert row.rhythm_s == 600
        assert not AuditEntry.across_tenants.filter(action="feed.changed").exists()

    def test_refuses_a_smaller_plan_than_the_feeds_need(self, asked, ops):
        feed(rhythm_s=600)

        with pytest.raises(actions.BudgetExceeded):
            budget(ops, monthly_credits=500)

        assert account().monthly_credits is None

    def test_keeps_the_reserve_out_of_what_is_planned(self, asked, ops):
        feed(rhythm_s=600)  # 12,960 credits

        with pytest.raises(actions.BudgetExceeded):
            budget(ops, monthly_credits=13_000)
        budget(ops, monthly_credits=14_400)

        assert account().reserve == 1440

    def test_allows_every_sixty_seconds_near_a_game(self, asked, ops):
        budget(ops, monthly_credits=100_000)

        row = feed(rhythm_s=300, near_games=[{"within_s": 21_600, "every_s": 60}])

        assert accounts.planned_credits([row], SATURDAY) == {row.pk: 51_840}

    def test_counts_what_a_feed_asks_for(self, asked, ops):
        row = feed(rhythm_s=600, options={"markets": "h2h", "regions": ["us", "eu"]})

        assert accounts.planned_credits([row], SATURDAY) == {row.pk: 8640}

    def test_asks_nothing_of_a_feed_that_is_switched_off(self, asked, ops):
        budget(ops)
        row = feed(rhythm_s=600)
        actions.change_feed(
            feed_id=row.pk, changes={"enabled": False}, by=ops, at=SATURDAY, reason="Off season."
        )

        actions.change_feed(
            feed_id=row.pk, changes={"rhythm_s": 60}, by=ops, at=SATURDAY, reason="Later."
        )
        with pytest.raises(actions.BudgetExceeded):
            actions.change_feed(
                feed_id=row.pk, changes={"enabled": True}, by=ops, at=SATURDAY, reason="On."
            )

    def test_is_changed_with_a_reason_and_not_in_what_answers_say(self, asked, ops):
        budget(ops)

        with pytest.raises(actions.AccountFixed):
            budget(ops, credits_left=5)

        entry = AuditEntry.across_tenants.get(action="provider_account.changed")
        assert entry.reason == "The plan we bought."
        assert entry.diff["monthly_credits"] == [None, 20_000]


class TestRhythm:
    def test_asks_more_often_before_a_game(self, asked, feeds, odds):
        feeds.show((SATURDAY, golden()))
        Feed.objects.filter(adapter="recorded").update(enabled=False)
        asked(answer())
        feed(near_games=[{"within_s": 21_600, "every_s": 60}])

        def pause(at):
            Feed.objects.filter(adapter=registry.ODDS_API).update(next_due_at=at)
            fetch(at)
            return Feed.objects.get(adapter=registry.ODDS_API).next_due_at - at

        far, near = pause(KICKOFF - 12 * HOUR), pause(KICKOFF - 5 * HOUR)

        assert (far, near) == (HOUR - EARLY, MINUTE - EARLY)
        assert pause(KICKOFF - 6 * HOUR - 2 * MINUTE) == 2 * MINUTE

    def test_begins_with_the_next_turn_when_somebody_quickens_it(self, asked, ops):
        asked(answer())
        row = feed()
        fetch()

        actions.change_feed(
            feed_id=row.pk,
            changes={"rhythm_s": 120},
            by=ops,
            at=SATURDAY + MINUTE,
            reason="Faster.",
        )

        assert Feed.objects.get().next_due_at == SATURDAY + 2 * MINUTE


class TestCredits:
    def test_are_counted_as_the_answer_says(self, asked, ops):
        asked(counted(497, 19_503))
        budget(ops)
        feed()

        fetch()

        assert (account().credits_used, account().credits_left) == (497, 19_503)
        assert account().told_at == SATURDAY
        assert not CreditHold.objects.exists()

    def test_are_counted_here_until_an_answer_says_more(self, asked, ops):
        asked(counted(497, 19_503), answer(), counted(600, 19_400))
        budget(ops)
        feed()

        fetch()
        fetch(SATURDAY + HOUR)
        between = account().credits_left
        fetch(SATURDAY + 2 * HOUR)

        assert (between, account().credits_left) == (19_500, 19_400)

    def test_that_fell_were_renewed(self, asked, ops):
        asked(counted(15_000, 5000), counted(3, 19_997))
        budget(ops)
        feed()

        fetch()
        fetch(SATURDAY + HOUR)

        assert (account().reset_at, account().credits_left) == (SATURDAY + HOUR, 19_997)
        assert AuditEntry.across_tenants.filter(action="provider_account.reset").count() == 1

    def test_of_answers_that_overtook_each_other_are_no_reset(self, asked, ops):
        asked(counted(1006, 18_994), counted(1003, 18_997))
        budget(ops)
        feed()

        fetch()
        fetch(SATURDAY + HOUR)

        assert (account().reset_at, account().credits_left) == (None, 18_994)

    def test_of_the_reserve_pay_for_no_ordinary_call(self, asked, ops):
        server = asked(counted(18_000, 2001), answer())
        budget(ops)
        feed()

        fetch()
        refused = fetch(SATURDAY + HOUR)

        assert (refused.outcome, refused.error_code) == ("OUT_OF_CREDITS", "BUDGET_RESERVED")
        assert refused.payload is None
        assert server.calls == 1
        assert Feed.objects.get().next_due_at == SATURDAY + HOUR + timedelta(minutes=30)

    def test_of_the_reserve_pay_for_scores(self, asked, ops):
        server = asked(counted(19_000, 1000, 2), counted(19_002, 998, 2))
        budget(ops)
        feed(FeedKind.RESULTS)

        fetch()

        assert fetch(SATURDAY + HOUR).outcome == "EMPTY"
        assert server.calls == 2

    def test_of_the_reserve_pay_for_a_closing_line(self, asked, feeds, odds, ops):
        feeds.show((SATURDAY, golden()))
        Feed.objects.filter(adapter="recorded").update(enabled=False)
        server = asked(counted(19_000, 1000))
        budget(ops)
        feed()

        fetch(SATURDAY + MINUTE)
        early = fetch(KICKOFF - HOUR)
        closing = fetch(KICKOFF - 5 * MINUTE)

        assert early.error_code == "BUDGET_RESERVED"
        assert closing.outcome == "EMPTY"
        assert server.calls == 2

    def test_that_are_all_gone_are_asked_about_because_that_is_free(self, asked, ops):
        gone = answer(
            401,
            b'{"error_code": "OUT_OF_USAGE_CREDITS"}',
            x_requests_used="20000",
            x_requests_remaining="0",
            x_requests_last="0",
        )
        server = asked(counted(20_000, 0), gone, counted(3, 19_997))
        budget(ops)
        feed()

        fetch()
        told = fetch(SATURDAY + HOUR)
        renewed = fetch(SATURDAY + 2 * HOUR)

        assert (told.outcome, told.error_code) == ("OUT_OF_CREDITS", "OUT_OF_USAGE_CREDITS")
        assert renewed.outcome == "EMPTY"
        assert account().reset_at == SATURDAY + 2 * HOUR
        assert server.calls == 3

    def test_of_last_month_say_nothing_about_this_one(self, asked, ops):
        server = asked(counted(19_000, 1000), counted(3, 19_997))
        budget(ops)
        feed()
        fetch()

        november = SATURDAY + timedelta(days=21)
        fetch(november)

        assert server.calls == 2
        assert account().credits_left == 19_997


class TestTogether:
    def test_workers_never_plan_with_the_same_credits(self, fresh_database, asked, ops):
        asked(counted(17_990, 2010))
        budget(ops)
        rows = [feed(options={"markets": "h2h,spreads,totals", "regions": "us"})]
        fetch()
        rows += [
            Feed.objects.get(
                pk=actions.register_feed(
                    adapter=registry.ODDS_API,
                    provider="the_odds_api",
                    kind=FeedKind.ODDS,
                    league="NFL",
                    source=f"copy {n}",
                    rhythm_s=36_000,
                    by=CLOCK,
                    at=SATURDAY,
                ).pk
            )
            for n in range(7)
        ]

        told = fresh_database.in_threads(
            *[
                lambda row=row: accounts.admit(row, closing=False, at=SATURDAY + MINUTE)
                for row in rows
            ]
        )

        # Ten credits above the reserve: three calls of three.
        assert sum(each.refusal is None for each in told) == 3
        assert fetch_all("SELECT sum(credits) FROM credit_hold") == [(9,)]

    def test_workers_share_one_pace(self, fresh_database, asked, ops):
        budget(ops, calls_per_second=20)
        row = feed()

        [(began,)] = fetch_all("SELECT clock_timestamp()")
        told = fresh_database.in_threads(
            *[lambda: accounts.admit(row, closing=True, at=SATURDAY)] * 8
        )

        # Eight places in a row, 50 ms apart, however quickly or slowly they were asked for.
        assert account().next_call_at >= began + 8 * timedelta(milliseconds=50)
        assert min(each.wait_s for each in told) >= 0
        assert max(each.wait_s for each in told) <= 0.35

    def test_a_hold_whose_worker_died_runs_out(self, fresh_database, asked, ops):
        asked(counted(17_990, 2004))
        budget(ops)
        row = feed()
        fetch()
        other = Feed.objects.create(
            uuid="00000000-0000-5000-8000-000000000001",
            adapter=registry.ODDS_API,
            provider="the_odds_api",
            kind="ODDS",
            league=row.league,
            source="other",
            rhythm_s=3600,
        )
        accounts.admit(other, closing=False, at=SATURDAY + MINUTE)
        held = accounts.admit(row, closing=False, at=SATURDAY + MINUTE)
        CreditHold.objects.update(until="2020-01-01T00:00:00Z")
        freed = accounts.admit(row, closing=False, at=SATURDAY + MINUTE)

        assert held.refusal is not None
        assert freed.refusal is None


GONE = answer(404, b'{"error_code": "UNKNOWN_SPORT"}')
NO_KEY = answer(401, b'{"error_code": "INVALID_KEY"}')
NO_CREDITS = answer(401, b'{"error_code": "OUT_OF_USAGE_CREDITS"}', x_requests_remaining="0")
CUT_SHORT = answer(200, b'[{"id": "e1", ')
A_PAGE = answer(200, b"<html><body>Maintenance</body></html>")


def fail(times: int, at=SATURDAY, league: str = "NFL") -> list[str]:
    """Ask about a league so often in a row, and read what came; return how it ended each time."""
    codes = []
    for n in range(times):
        moment = at + timedelta(seconds=n)
        Feed.objects.update(next_due_at=None)
        Feed.objects.filter(league__code=league).update(next_due_at=moment)
        actions.fetch_due(by=CLOCK, at=moment)
        poll = ProviderPoll.objects.filter(feed__league__code=league).latest("captured_at", "id")
        actions.read_unread(by=CLOCK, at=moment)
        receipt = poll.readings.first()
        codes.append(poll.error_code or (receipt and receipt.refused_code) or poll.outcome)
    return codes


def about(league: str = "NFL") -> LeagueBreaker:
    return LeagueBreaker.objects.get(league__code=league)


def audited(action: str) -> int:
    return AuditEntry.across_tenants.filter(action=action).count()


class TestAProviderLeftAlone:
    def test_after_five_calls_in_a_row_that_no_league_is_to_blame_for(self, asked):
        server = asked(hang_up)
        feed()
        feed(league="NBA")

        codes = [*fail(3), *fail(2, SATURDAY + MINUTE, "NBA")]
        later = SATURDAY + MINUTE + timedelta(seconds=9)
        spared = [*fail(1, later), *fail(1, later, "NBA")]

        assert (codes, spared) == (["BROKEN"] * 5, ["BREAKER_OPEN"] * 2)
        assert server.calls == 15  # three tries each
        assert audited("provider_account.left_alone") == 1
        assert not LeagueBreaker.objects.exists()

    @pytest.mark.parametrize(
        ("says_no", "code", "outcome"),
        [(NO_KEY, "INVALID_KEY", "AUTH"), (NO_CREDITS, "OUT_OF_USAGE_CREDITS", "OUT_OF_CREDITS")],
    )
    def test_that_says_no_says_so_for_every_league(self, asked, says_no, code, outcome):
        server = asked(says_no)
        feed()
        feed(league="NBA")

        codes = fail(5)
        spared = fail(1, SATURDAY + 9 * MINUTE, "NBA")
        tried = fail(1, SATURDAY + 11 * MINUTE, "NBA")

        assert (codes, spared, tried) == ([code] * 5, ["BREAKER_OPEN"], [code])
        assert server.calls == 6
        refused = ProviderPoll.objects.get(error_code="BREAKER_OPEN")
        assert refused.outcome == outcome  # what is wrong stays wrong for whoever looks
        assert refused.detail == (
            "The provider failed 5 times in a row and is left alone for a while."
        )

    def test_until_one_call_finds_it_back(self, asked):
        asked(*[hang_up] * 15, answer())
        feed()
        fail(6)

        [back] = fail(1, SATURDAY + 2 * MINUTE)

        assert back == "EMPTY"
        assert (account().opened_at, account().failures, account().failed_as) == (None, 0, "")
        assert audited("provider_account.answers") == 1

    def test_for_another_while_where_that_call_fails_too(self, asked):
        server = asked(hang_up)
        feed()
        fail(5)
        [tried] = fail(1, SATURDAY + 2 * MINUTE)
        calls = server.calls
        [spared] = fail(1, SATURDAY + 2 * MINUTE + timedelta(seconds=50))

        assert (tried, spared) == ("BROKEN", "BREAKER_OPEN")
        assert server.calls == calls

    def test_by_all_workers_but_the_one_that_tries(self, fresh_database, asked):
        asked(hang_up)
        row = feed()
        fail(5)

        told = fresh_database.in_threads(
            *[lambda: accounts.admit(row, closing=True, at=SATURDAY + 2 * MINUTE)] * 6
        )

        assert sum(each.refusal is None for each in told) == 1

    def test_is_no_concern_of_a_recording(self, asked, feeds, odds):
        ProviderAccount.objects.update(opened_at=SATURDAY)
        feeds.hold("odds", (SATURDAY, golden()))

        assert fetch().outcome == "OK"


class TestALeagueLeftAlone:
    @pytest.mark.parametrize(
        ("broken", "code", "outcome"),
        [
            (answer(500), "HTTP_500", "SERVER"),
            (GONE, "UNKNOWN_SPORT", "GONE"),
            (answer(410), "HTTP_410", "GONE"),
            (CUT_SHORT, "PAYLOAD_TRUNCATED", "UNREADABLE"),
            (A_PAGE, "PAYLOAD_HTML", "UNREADABLE"),
        ],
        ids=["failing", "not known", "gone", "cut short", "a page"],
    )
    def test_leaves_the_others_as_they_are(self, asked, broken, code, outcome):
        asked(*[broken] * (15 if outcome == "SERVER" else 5), answer())
        feed()
        feed(league="NBA")

        codes = fail(7)
        others = fail(2, SATURDAY + timedelta(seconds=20), "NBA")

        assert codes == [code] * 5 + ["BREAKER_OPEN"] * 2
        assert others == ["EMPTY"] * 2
        assert (about().failures, about().failed_as) == (5, outcome)
        assert (account().failures, account().opened_at) == (0, None)
        assert LeagueBreaker.objects.count() == 1
        assert audited("league_breaker.left_alone") == 1
        refused = ProviderPoll.objects.filter(error_code="BREAKER_OPEN").first()
        assert refused.outcome == outcome
        assert refused.detail == (
            "What the provider says about NFL failed 5 times in a row"
            " and is left alone for a while."
        )

    def test_is_so_in_scores_and_odds_alike(self, asked):
        asked(answer(500))
        feed()
        fail(5)
        scores = feed(FeedKind.RESULTS)

        admission = accounts.admit(scores, closing=True, at=SATURDAY + timedelta(seconds=30))

        assert admission.refusal.error_code == "BREAKER_OPEN"

    @pytest.mark.parametrize("broken", [answer(500), A_PAGE], ids=["failing", "a page"])
    def test_is_asked_again_by_one_call_that_finds_it_back(self, asked, broken):
        asked(*[broken] * (5 if broken is A_PAGE else 15), answer())
        feed()
        fail(6)

        [back] = fail(1, SATURDAY + 2 * MINUTE)

        assert back == "EMPTY"
        assert (about().opened_at, about().failures) == (None, 0)
        assert audited("league_breaker.answers") == 1

    def test_stays_so_where_the_body_that_comes_cannot_be_read(self, asked):
        server = asked(A_PAGE)
        feed()
        fail(5)

        [tried] = fail(1, SATURDAY + 2 * MINUTE)
        calls = server.calls
        [spared] = fail(1, SATURDAY + 2 * MINUTE + timedelta(seconds=50))

        assert (tried, spared) == ("PAYLOAD_HTML", "BREAKER_OPEN")
        assert (server.calls, about().failures) == (calls, 6)

    def test_lets_one_worker_look_again(self, fresh_database, asked):
        asked(answer(500))
        row = feed()
        fail(5)

        told = fresh_database.in_threads(
            *[lambda: accounts.admit(row, closing=True, at=SATURDAY + 2 * MINUTE)] * 6
        )

        assert sum(each.refusal is None for each in told) == 1

    def test_keeps_no_turn_of_a_provider_that_is_left_alone_too(self, asked):
        asked(answer(500))
        row = feed()
        fail(5)
        ProviderAccount.objects.update(opened_at=SATURDAY, failed_as="NETWORK", failures=5)
        LeagueBreaker.objects.update(probe_until="2100-01-01T00:00:00Z")  # somebody tries

        told = accounts.admit(row, closing=True, at=SATURDAY + 2 * MINUTE)

        assert told.refusal is not None
        assert account().probe_until is None

    def test_is_not_so_because_one_game_is_over(self, asked):
        asked(answer(404, b'{"error_code": "EVENT_NOT_FOUND"}'))
        row = feed()

        for n in range(6):
            told = actions.ask_about_past(
                row,
                moment=SATURDAY - HOUR,
                event_key="e1",
                by=CLOCK,
                at=SATURDAY + timedelta(seconds=n),
            )

        assert told.error_code == "EVENT_NOT_FOUND"
        assert not LeagueBreaker.objects.exists()


class TestLookingBack:
    def test_scores_are_asked_for_as_far_back_as_nothing_was_heard(self, asked):
        server = asked(answer(), answer(401, b"INVALID_KEY"), answer(401, b"INVALID_KEY"), answer())
        feed(FeedKind.RESULTS, options={"days_from": 1})
        for hours in (0, 20, 40, 41):
            Feed.objects.update(next_due_at=SATURDAY + hours * HOUR)
            fetch(SATURDAY + hours * HOUR)

        assert "daysFrom=3" in server.asked[-1]


class TestThePast:
    def test_costs_ten_times_and_is_counted(self, asked, ops):
        server = asked(counted(1000, 19_000), counted(1030, 18_970, 30))
        budget(ops)
        row = feed()
        fetch()

        told = actions.ask_about_past(row, moment=SATURDAY - HOUR, by=CLOCK, at=SATURDAY + MINUTE)

        assert told.outcome == "OK"
        assert "/v4/historical/sports/americanfootball_nfl/odds?" in server.asked[-1]
        assert "date=2025-10-11T16%3A00%3A00Z" in server.asked[-1]
        assert account().credits_left == 18_970

    def test_never_touches_the_reserve(self, asked, ops):
        server = asked(counted(17_980, 2020))
        budget(ops)
        row = feed()
        fetch()

        told = actions.ask_about_past(row, moment=SATURDAY - HOUR, by=CLOCK, at=SATURDAY + MINUTE)

        assert told.error_code == "BUDGET_RESERVED"
        assert server.calls == 1

    def test_is_not_asked_of_who_kept_none(self, asked, feeds, odds):
        told = actions.ask_about_past(
            Feed.objects.get(), moment=SATURDAY - HOUR, by=CLOCK, at=SATURDAY
        )

        assert told.error_code == "PROVIDER_NOT_CONFIGURED"
