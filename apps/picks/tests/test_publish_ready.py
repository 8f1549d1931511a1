"""The sweep: everything that waits is published, ended, blocked or held, and counted once."""

from datetime import timedelta

import pytest

from apps.core.tenancy import tenant_scope
from apps.governance import alerts, switches
from apps.governance.models import FeatureFlag
from apps.picks import actions
from apps.picks.actions import PublishedReady
from apps.picks.limits import Hold
from apps.picks.models import Delivery, LineTracking, Pick, PickChange
from apps.picks.tests.boards import limits, opine
from apps.picks.tests.factories import NOON_BEFORE, Game, facts, make_pick
from apps.rulebook.alerts import AlertKind
from apps.rulebook.lifecycle import ExpiryReason, PickStatus
from apps.rulebook.markets import MarketType, Side
from apps.tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("in_acme")

LATER = NOON_BEFORE + timedelta(minutes=2)
TOTAL, MONEYLINE = MarketType.TOTAL, MarketType.MONEYLINE
GAMES = (
    ("Kansas City Chiefs", "Buffalo Bills"),
    ("Philadelphia Eagles", "New York Giants"),
    ("Dallas Cowboys", "Chicago Bears"),
    ("Miami Dolphins", "New York Jets"),
    ("Green Bay Packers", "Detroit Lions"),
    ("Denver Broncos", "Las Vegas Raiders"),
    ("Houston Texans", "Tennessee Titans"),
    ("Baltimore Ravens", "Cleveland Browns"),
    ("Atlanta Falcons", "Carolina Panthers"),
    ("Seattle Seahawks", "Arizona Cardinals"),
)


def games(number: int) -> list[Game]:
    return [Game(home=home, away=away) for home, away in GAMES[:number]]


def basketball(number: int = 0) -> Game:
    home, away = (
        ("Boston Celtics", "Chicago Bulls"),
        ("Denver Nuggets", "Miami Heat"),
        ("Atlanta Hawks", "Houston Rockets"),
        ("Phoenix Suns", "Utah Jazz"),
    )[number]
    return Game(home=home, away=away, of="NBA")


def publish(ops, at=LATER) -> PublishedReady:
    return actions.publish_ready(by=ops, at=at)


class TestPublishReady:
    def test_publishes_what_waits(self, ops):
        picks = [make_pick(game) for game in games(3)]

        done = publish(ops)

        assert done == PublishedReady(due=3, published=3)
        assert set(Pick.objects.live()) == set(picks)
        assert Delivery.objects.filter(status="SENT", channel="APP").count() == 3
        assert LineTracking.objects.open().count() == 3
        assert PickChange.objects.filter(to_status="PUBLISHED").count() == 3

    def test_changes_nothing_the_second_time(self, ops):
        make_pick()
        publish(ops)

        assert publish(ops) == PublishedReady()
        assert Delivery.objects.count() == 1

    def test_has_nothing_to_do_for_a_tenant_without_proposals(self, ops):
        assert publish(ops) == PublishedReady()

    def test_takes_the_best_value_first(self, ops):
        opine("acme", **limits(per_day=2))
        poor, best, good = (
            make_pick(game, win=win) for game, win in zip(games(3), (0.54, 0.58, 0.56), strict=True)
        )

        done = publish(ops)

        assert set(Pick.objects.live()) == {best, good}
        assert done.waiting == {Hold.LEAGUE_LIMIT_PER_DAY: 1}
        assert Pick.objects.waiting().get() == poor

    def test_breaks_a_tie_by_key_so_that_two_runs_agree(self, ops):
        opine("acme", **limits(per_day=1))
        picks = [make_pick(game) for game in games(4)]

        publish(ops)

        assert Pick.objects.live().get().pk == min(pick.pk for pick in picks)

    def test_accounts_for_everything_that_was_due(self, ops):
        opine("acme", **limits(per_day=1))
        fresh, other, moved, drifted = games(4)
        make_pick(fresh, win=0.6)
        make_pick(other)
        make_pick(moved)
        moved.pair(line="-4.5", at=LATER)
        make_pick(drifted, home_team_id=fresh.event.home_id)

        done = publish(ops)

        assert done == PublishedReady(
            due=4,
            published=1,
            expired={ExpiryReason.QUOTE_MOVED: 1},
            blocked={"MAPPING_DRIFT": 1},
            waiting={Hold.LEAGUE_LIMIT_PER_DAY: 1},
        )

    def test_asks_the_database_the_same_number_of_times_for_more_picks(
        self, ops, django_assert_max_num_queries
    ):
        opine("acme", **limits())
        for game in games(10):
            make_pick(game)

        with django_assert_max_num_queries(40):
            assert publish(ops).published == 10


class TestOpenAlert:
    def test_lets_the_best_out_and_the_others_wait_until_it_is_over(self, ops):
        opine("acme", **limits())
        first, second, third = games(3)
        best = make_pick(first, win=0.552, tier="EDGE", risk_flags=[])
        make_pick(second)
        make_pick(third, market_type=TOTAL, side=Side.OVER, line="47.5")
        with facts():
            alert = alerts.raise_alert(
                AlertKind.FEED_STALE,
                scope="market:SPREAD",
                detail="Silent.",
                by=ops,
                at=NOON_BEFORE,
            )

        degraded = publish(ops)
        assert degraded.waiting == {Hold.ALERT_OPEN: 1}
        assert (degraded.due, degraded.published) == (3, 2)
        assert best in Pick.objects.live()
        with facts():
            alerts.resolve(alert_id=alert.pk, by=ops, at=LATER, reason="It answers.")

        assert publish(ops) == PublishedReady(due=1, published=1)


class TestClosedSwitch:
    @pytest.mark.parametrize("name", [switches.PUBLISH, switches.PUBLISH_APP])
    @pytest.mark.parametrize(
        ("scope", "waits"),
        [("GLOBAL", 3), ("tenant:acme", 3), ("league:NFL", 3), ("market:TOTAL", 1)],
    )
    def test_lets_due_picks_wait_and_counts_them_and_catches_up(self, name, scope, waits, ops):
        opine("acme", **limits())
        first, second, third = games(3)
        make_pick(first)
        make_pick(second)
        make_pick(third, market_type=TOTAL, side=Side.OVER, line="47.5")
        with facts():
            FeatureFlag.objects.filter(name=name, scope=scope).update(enabled=False)

        halted = publish(ops)
        assert halted.waiting == {Hold.SWITCH_OFF: waits}
        assert (halted.due, halted.published) == (3, 3 - waits)
        assert Pick.objects.waiting().count() == waits
        with facts():
            FeatureFlag.objects.filter(name=name, scope=scope).update(enabled=True)
        caught_up = publish(ops)

        assert caught_up == PublishedReady(due=waits, published=waits)
        assert Pick.objects.live().count() == 3

    def test_ends_nothing_that_waits_behind_it(self, ops):
        game = Game()
        pick = make_pick(game)
        game.pair(line="-7.5", at=LATER)
        with facts():
            FeatureFlag.objects.filter(name="PUBLISH", scope="GLOBAL").update(enabled=False)

        publish(ops)

        pick.refresh_from_db()
        assert pick.status == PickStatus.PROPOSED

    def test_stops_one_tenant_and_not_the_other(self, ops, rival):
        make_pick()
        with facts():
            FeatureFlag.objects.filter(name="PUBLISH", scope="tenant:rival").update(enabled=False)
            with tenant_scope(rival):
                make_pick(Game(home="Miami Dolphins", away="New York Jets"))
                theirs = publish(ops)

        assert theirs.waiting == {Hold.SWITCH_OFF: 1}
        assert publish(ops).published == 1


class TestLimits:
    """What a tenant publishes a day, per market, per game and per team."""

    @pytest.mark.parametrize(
        ("changes", "market_type", "side", "line", "hold"),
        [
            ({"per_day": 2}, MarketType.SPREAD, Side.HOME, "-3.5", Hold.LEAGUE_LIMIT_PER_DAY),
            (
                {"spreads_per_day": 2},
                MarketType.SPREAD,
                Side.HOME,
                "-3.5",
                Hold.LEAGUE_LIMIT_PER_MARKET,
            ),
            ({"totals_per_day": 2}, TOTAL, Side.OVER, "47.5", Hold.LEAGUE_LIMIT_PER_MARKET),
            ({"moneylines_per_day": 2}, MONEYLINE, Side.HOME, None, Hold.LEAGUE_LIMIT_PER_MARKET),
        ],
    )
    def test_of_a_day_and_of_a_market(self, ops, changes, market_type, side, line, hold):
        opine("acme", **limits(**changes))
        for game in games(3):
            make_pick(game, market_type=market_type, side=side, line=line)

        done = publish(ops)

        assert (done.published, done.waiting) == (2, {hold: 1})

    def test_of_one_market_leave_the_others_alone(self, ops):
        opine("acme", **limits(spreads_per_day=0))
        first, second = games(2)
        make_pick(first)
        make_pick(second, market_type=TOTAL, side=Side.OVER, line="47.5")

        done = publish(ops)

        assert (done.published, done.waiting) == (1, {Hold.LEAGUE_LIMIT_PER_MARKET: 1})
        assert Pick.objects.live().get().market_type == "TOTAL"

    def test_of_a_game(self, ops):
        opine("acme", **limits(per_event=1))
        game = Game()
        make_pick(game, win=0.6)
        make_pick(game, market_type=TOTAL, side=Side.OVER, line="47.5")

        done = publish(ops)

        assert (done.published, done.waiting) == (1, {Hold.LEAGUE_LIMIT_PER_EVENT: 1})

    def test_of_a_team(self, ops):
        opine("acme", **limits(per_team=1))
        make_pick(Game(), win=0.6)
        make_pick(Game(home="New York Jets", kickoff=Game().kickoff + timedelta(days=7)))

        done = publish(ops)

        assert (done.published, done.waiting) == (1, {Hold.LEAGUE_LIMIT_PER_TEAM: 1})

    def test_begin_anew_with_the_tenant_s_own_day(self, ops):
        with facts():
            Tenant.objects.filter(pk="acme").update(timezone="Asia/Tokyo")
        opine("acme", at=NOON_BEFORE - timedelta(days=1), **limits(per_day=1))
        first, second = games(2)
        before_midnight = NOON_BEFORE - timedelta(hours=1, minutes=30)  # half past eleven there
        make_pick(first, at=before_midnight, status=PickStatus.PUBLISHED)
        make_pick(second)

        assert publish(ops).published == 1

    def test_count_the_day_while_it_lasts(self, ops):
        opine("acme", at=NOON_BEFORE - timedelta(days=1), **limits(per_day=1))
        first, second = games(2)
        make_pick(first, at=NOON_BEFORE - timedelta(hours=10), status=PickStatus.PUBLISHED)
        make_pick(second)

        assert publish(ops).waiting == {Hold.LEAGUE_LIMIT_PER_DAY: 1}

    def test_count_what_was_settled_since_then(self, ops):
        opine("acme", **limits(per_day=1))
        first, second = games(2)
        make_pick(first, status=PickStatus.GRADED)
        make_pick(second)

        assert publish(ops).waiting == {Hold.LEAGUE_LIMIT_PER_DAY: 1}

    def test_are_the_tenants_and_the_leagues_own(self, ops, rival):
        """What one tenant says of one league holds nobody else, and no other league, back."""
        opine("acme", league="NBA", quiet_hours={"start": "00:00", "end": "23:59"}, **limits())
        opine("rival", cool_down_min=1_440, **limits(per_day=0))
        make_pick(games(1)[0])
        with facts(), tenant_scope(rival):
            make_pick(games(2)[1])
            theirs = publish(ops)

        assert theirs.waiting == {Hold.LEAGUE_LIMIT_PER_DAY: 1}
        assert publish(ops).published == 1

    def test_of_one_league_count_that_leagues_picks(self, ops):
        opine("acme", **limits(per_day=1))
        make_pick(basketball(), status=PickStatus.PUBLISHED)
        first, second = games(2)
        make_pick(first, win=0.6)
        make_pick(second)

        done = publish(ops)

        assert (done.published, done.waiting) == (1, {Hold.LEAGUE_LIMIT_PER_DAY: 1})

    def test_of_every_league_count_all_of_them(self, ops):
        opine("acme", league="", **limits(per_day=2))
        make_pick(basketball(), status=PickStatus.PUBLISHED)
        first, second = games(2)
        make_pick(first, win=0.6)
        make_pick(second)

        done = publish(ops)

        assert (done.published, done.waiting) == (1, {Hold.LIMIT_PER_DAY: 1})

    @pytest.mark.parametrize(
        ("of_all", "of_nfl", "hold"),
        [
            ({"per_day": 4}, {"per_day": 2}, Hold.LEAGUE_LIMIT_PER_DAY),
            ({"per_day": 2}, {"per_day": 3}, Hold.LIMIT_PER_DAY),
            ({"spreads_per_day": 2}, {"per_day": 3}, Hold.LIMIT_PER_MARKET),
            ({"per_day": 4}, {"spreads_per_day": 1}, Hold.LEAGUE_LIMIT_PER_MARKET),
        ],
    )
    def test_of_one_league_and_of_every_league_both_hold(self, ops, of_all, of_nfl, hold):
        """A basketball pick is out: two of these games make two NFL picks, and three in all."""
        opine("acme", league="", **limits(**of_all))
        opine("acme", **limits(**of_nfl))
        make_pick(basketball(), status=PickStatus.PUBLISHED)
        for game in games(3):
            make_pick(game)

        done = publish(ops)

        assert done.waiting == {hold: done.due - done.published}
        assert 0 < done.published < done.due

    def test_are_the_platforms_of_every_pick_where_the_tenant_wrote_none(self, ops):
        """It begins with eight a day, whatever leagues they are of."""
        for number in range(4):
            make_pick(basketball(number), status=PickStatus.PUBLISHED)
        make_pick(games(1)[0])

        assert publish(ops).waiting == {Hold.LIMIT_PER_MARKET: 1}

    def test_are_those_of_the_first_configuration_by_default(self, ops):
        for game in games(10):
            make_pick(game)

        done = publish(ops)

        assert (done.published, done.waiting) == (4, {Hold.LIMIT_PER_MARKET: 6})
