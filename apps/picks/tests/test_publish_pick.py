"""Publication: through the gate, re-checked against the market, stamped and written down."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.catalog.models import Event, EventSource, SettlementRuleset
from apps.core.db import execute
from apps.core.tenancy import TenantInactive
from apps.governance import alerts, switches
from apps.governance.models import AuditEntry, FeatureFlag
from apps.picks import actions
from apps.picks.actions import PickUnknown, PublicationHeld
from apps.picks.limits import Hold
from apps.picks.models import Delivery, LineTracking, Pick, PickChange
from apps.picks.tests.boards import board, limits, opine
from apps.picks.tests.factories import KICKOFF, NOON_BEFORE, Game, facts, make_pick
from apps.rulebook import keys
from apps.rulebook.alerts import AlertKind
from apps.rulebook.lifecycle import ExpiryReason, MoveRefused, PickStatus, Validity
from apps.rulebook.markets import MarketType, QuoteStatus, Side
from apps.rulebook.thresholds import Tier
from apps.tenants.models import Tenant

pytestmark = pytest.mark.usefixtures("in_acme")

A_MINUTE = timedelta(minutes=1)
LATER = NOON_BEFORE + 2 * A_MINUTE  # the quote of noon is still fresh
TOO_LATE = NOON_BEFORE + 4 * A_MINUTE  # and now it is not
# A pick that has this tier at its own price, and keeps it when that is asked again.
_WORTH = {
    Tier.EDGE: {"tier": Tier.EDGE, "win": 0.552, "risk_flags": []},
    Tier.LEAN: {},
}


def publish(pick: Pick, ops, at=LATER) -> Pick:
    return actions.publish_pick(pick_id=pick.pk, by=ops, at=at)


class TestPublishPick:
    def test_makes_it_visible_and_stamps_the_rules_it_settles_by(self, ops):
        pick = make_pick()

        publish(pick, ops)

        pick.refresh_from_db()
        assert (pick.status, pick.published_at) == (PickStatus.PUBLISHED, LATER)
        assert (pick.validity_state, pick.validity_reason) == (Validity.VALID, "AS_GOOD")
        assert pick.validity_at == LATER
        rules = SettlementRuleset.objects.get(league__code="NFL", market_type="SPREAD")
        assert pick.settlement_ruleset_id == rules.pk

    def test_writes_history_audit_delivery_and_tracking_together(self, ops):
        pick = make_pick()

        publish(pick, ops)

        change = PickChange.objects.get()
        assert (change.from_status, change.to_status) == ("PROPOSED", "PUBLISHED")
        assert (change.price, change.line, change.by) == (pick.price, pick.line, f"OPS:{ops.id}")
        entry = AuditEntry.objects.get(object_type="Pick", object_id=str(pick.pk))
        assert (entry.action, entry.actor_id, entry.tenant_schema) == (
            "pick.published",
            ops.id,
            "acme",
        )
        assert entry.before_hash != entry.after_hash
        assert entry.diff["status"] == ["PROPOSED", "PUBLISHED"]
        delivery = Delivery.objects.get()
        assert (delivery.channel, delivery.kind, delivery.status) == ("APP", "NEW", "SENT")
        assert (delivery.pick, delivery.sent_at) == (pick, LATER)
        assert AuditEntry.objects.get(object_type="Delivery").action == "delivery.sent"

    def test_is_told_to_the_channels_that_its_deliveries_name(self, ops):
        pick = make_pick()
        assert Pick.objects.with_deliveries().get().published_to == []

        publish(pick, ops)

        told = Pick.objects.with_deliveries().get()
        assert (told.published_to, told.telegram_message_id) == (["APP"], None)

    def test_begins_to_follow_the_line_from_its_open(self, ops):
        game = Game()
        game.pair(line="-2.5", at=NOON_BEFORE - timedelta(hours=5))
        pick = make_pick(game)

        publish(pick, ops)

        tracking = LineTracking.objects.get()
        assert (tracking.open_line, tracking.open_age_s) == (Decimal("-2.5"), 0)
        assert tracking.open_observed_at == NOON_BEFORE - timedelta(hours=5)
        assert (tracking.best_price, tracking.best_line) == (pick.price, pick.line)
        assert (tracking.completed_at, tracking.close_source) == (None, "")

    @pytest.mark.parametrize(
        "status", [PickStatus.PUBLISHED, PickStatus.EXPIRED, PickStatus.BLOCKED, PickStatus.GRADED]
    )
    def test_refuses_what_is_not_waiting(self, status, ops):
        columns = {
            PickStatus.EXPIRED: {"expiry_reason": "REPLACED"},
            PickStatus.BLOCKED: {
                **{"born_blocked": True, "tier": "BLOCKED"},
                **{"block_reason": "LEAGUE_RANGE", "block_reasons": ["LEAGUE_RANGE"]},
            },
        }
        pick = make_pick(**{"status": status, **columns.get(status, {})})

        with pytest.raises(MoveRefused):
            publish(pick, ops)

        assert not AuditEntry.objects.exists()
        assert not Delivery.objects.exists()

    def test_refuses_a_pick_that_is_not_there(self, ops):
        with pytest.raises(PickUnknown):
            actions.publish_pick(pick_id=keys.pick_id("nobody's"), by=ops, at=LATER)

    def test_refuses_for_a_suspended_tenant(self, ops):
        pick = make_pick()
        with facts():
            Tenant.objects.filter(pk="acme").update(status="SUSPENDED")

        with pytest.raises(TenantInactive):
            publish(pick, ops)


class TestOpenAlert:
    """EDGE_ONLY lets only the best tier out, NONE nothing; what is held back waits."""

    def raised(self, ops, *, step: int, scope: str = "league:NFL") -> None:
        with facts():
            alerts.raise_alert(
                AlertKind.FEED_STALE,
                scope=scope,
                step=step,
                detail="Silent.",
                by=ops,
                at=NOON_BEFORE,
            )

    @pytest.mark.parametrize(
        ("step", "tier", "goes_out"),
        [(0, Tier.EDGE, True), (0, Tier.LEAN, False), (1, Tier.EDGE, False), (1, Tier.LEAN, False)],
    )
    def test_holds_back_by_tier(self, step, tier, goes_out, ops):
        pick = make_pick(**_WORTH[tier])
        self.raised(ops, step=step)

        if goes_out:
            publish(pick, ops)
        else:
            with pytest.raises(switches.Halted, match="FEED_STALE at league:NFL"):
                publish(pick, ops)

        pick.refresh_from_db()
        assert (pick.status == PickStatus.PUBLISHED) is goes_out

    @pytest.mark.parametrize("scope", ["league:NBA", "market:TOTAL"])
    def test_of_something_else_holds_nothing_back(self, scope, ops):
        pick = make_pick()
        self.raised(ops, step=1, scope=scope)

        publish(pick, ops)

        assert Pick.objects.live().count() == 1

    def test_is_asked_for_the_tier_that_the_pick_has_at_its_price_now(self, ops):
        """Proposed as EDGE, worth a LEAN by now: only EDGE may go out, so it waits."""
        game = Game()
        pick = make_pick(game, **_WORTH[Tier.EDGE])
        game.pair(prices=("1.82", "1.909091"), at=LATER)
        self.raised(ops, step=0)

        with pytest.raises(PublicationHeld) as refused:
            publish(pick, ops)

        assert refused.value.hold is Hold.ALERT_OPEN


class TestClosedSwitch:
    @pytest.mark.parametrize("name", [switches.PUBLISH, switches.PUBLISH_APP])
    @pytest.mark.parametrize("scope", ["GLOBAL", "tenant:acme", "league:NFL", "market:SPREAD"])
    def test_halts_publication_in_any_scope(self, name, scope, ops):
        pick = make_pick()
        with facts():
            FeatureFlag.objects.filter(name=name, scope=scope).update(enabled=False)

        with pytest.raises(switches.Halted):
            publish(pick, ops)

        pick.refresh_from_db()
        assert pick.status == PickStatus.PROPOSED
        assert not PickChange.objects.exists()

    @pytest.mark.parametrize("scope", ["GLOBAL", "tenant:acme", "league:NFL", "market:SPREAD"])
    def test_halts_it_too_where_its_row_is_missing(self, scope, ops):
        pick = make_pick()
        with facts():
            execute("DELETE FROM feature_flag WHERE (name, scope) = ('PUBLISH', %s)", [scope])

        with pytest.raises(switches.Halted):
            publish(pick, ops)

    @pytest.mark.parametrize("scope", ["tenant:rival", "league:NCAAF", "market:TOTAL"])
    def test_of_somebody_else_halts_nothing(self, scope, ops):
        pick = make_pick()
        with facts():
            FeatureFlag.objects.filter(name=switches.PUBLISH, scope=scope).update(enabled=False)

        assert publish(pick, ops).status == PickStatus.PUBLISHED


class TestRecheck:
    def expired(self, pick: Pick, ops, at=LATER) -> str:
        """Publish, and say why the pick ended instead."""
        publish(pick, ops, at)
        pick.refresh_from_db()
        assert pick.status == PickStatus.EXPIRED
        assert pick.published_at is None
        assert not Delivery.objects.exists()
        assert not LineTracking.objects.exists()
        assert PickChange.objects.get().reason == pick.expiry_reason
        assert AuditEntry.objects.get().action == "pick.expired"
        return pick.expiry_reason

    def test_expires_a_quote_that_was_not_seen_lately(self, ops):
        assert self.expired(make_pick(), ops, TOO_LATE) == ExpiryReason.QUOTE_STALE

    def test_takes_a_quote_that_was_seen_again_unchanged(self, ops):
        """Age is when a poll last showed it, not when it last changed."""
        game = Game()
        pick = make_pick(game)
        board(game, at=TOO_LATE)

        publish(pick, ops, TOO_LATE)

        pick.refresh_from_db()
        assert pick.status == PickStatus.PUBLISHED
        assert (pick.observed_at, pick.last_seen_at) == (NOON_BEFORE, TOO_LATE)

    @pytest.mark.parametrize("line", ["-4", "-3"])
    def test_expires_a_line_that_moved_either_way(self, line, ops):
        game = Game()
        pick = make_pick(game)
        game.pair(line=line, at=LATER)

        assert self.expired(pick, ops) == ExpiryReason.QUOTE_MOVED

    def test_expires_a_price_worse_than_it_may_be_played_at(self, ops):
        game = Game()
        pick = make_pick(game)
        game.pair(prices=("1.8", "2.0"), at=LATER)

        assert self.expired(pick, ops) == ExpiryReason.QUOTE_MOVED

    @pytest.mark.parametrize("status", [QuoteStatus.SUSPENDED, QuoteStatus.ABSENT])
    def test_expires_a_market_that_is_off(self, status, ops):
        game = Game()
        pick = make_pick(game)
        game.quote(
            *(MarketType.SPREAD, Side.HOME), line="-3.5", price="1.9", at=LATER, status=status
        )

        assert self.expired(pick, ops) == ExpiryReason.QUOTE_STALE

    @pytest.mark.parametrize("columns", [{"start_time": LATER}, {"latched_at": LATER}])
    def test_expires_what_has_begun(self, columns, ops):
        game = Game()
        pick = make_pick(game)
        with facts():
            Event.objects.filter(pk=game.event.pk).update(**columns)

        assert self.expired(pick, ops) == ExpiryReason.EVENT_STARTED

    def test_expires_at_the_start_it_was_made_on_even_if_that_moved(self, ops):
        game = Game()
        pick = make_pick(game)
        game.pair(at=KICKOFF)
        with facts():
            Event.objects.filter(pk=game.event.pk).update(start_time=KICKOFF + timedelta(hours=4))

        assert self.expired(pick, ops, KICKOFF) == ExpiryReason.EVENT_STARTED

    def test_expires_behind_a_published_pick_of_its_idea(self, ops):
        game = Game()
        make_pick(game, status=PickStatus.PUBLISHED)
        pick = make_pick(game, side=Side.AWAY, line="3.5")

        assert self.expired(pick, ops) == ExpiryReason.REPLACED

    def test_recommends_the_price_that_is_there_now(self, ops):
        game = Game()
        pick = make_pick(game)
        game.pair(prices=("1.87", "1.95"), at=LATER)

        publish(pick, ops)

        pick.refresh_from_db()
        quote = game.selection(MarketType.SPREAD, Side.HOME).quotes.get(book=pick.book)
        assert (pick.status, pick.price) == (PickStatus.PUBLISHED, Decimal("1.87"))
        assert pick.ev == pytest.approx(0.55 * 0.87 - 0.45)
        assert (pick.observed_at, pick.snapshot_seq) == (quote.observed_at, quote.seq)
        assert pick.payload_sha256 == game.poll(LATER).payload.sha256
        assert pick.snapshot_id != make_pick(Game()).snapshot_id

    def test_keeps_how_many_books_stand_at_its_line(self, ops):
        """Of either side; a book at another line offers the market too, and is none of them."""
        opine("acme", **limits())
        home, away, moneyline = Game(), Game(), Game()
        picks = [
            make_pick(home),
            make_pick(away, side=Side.AWAY, line="3.5"),
            make_pick(moneyline, market_type=MarketType.MONEYLINE, line=None),
        ]
        for game in (home, away):
            game.pair(line="-4.5", book="betrivers")
        home.pair(line="-3.5", book="bovada", at=NOON_BEFORE - timedelta(minutes=4))

        for pick in picks:
            publish(pick, ops, NOON_BEFORE)
            pick.refresh_from_db()

        assert [(pick.status, pick.books_at_line) for pick in picks] == [("PUBLISHED", 3)] * 3

    def test_expires_where_the_price_costs_it_its_tier(self, ops):
        opine("acme", published_tiers=["EDGE"])
        game = Game()
        pick = make_pick(game, win=0.552, tier="EDGE", risk_flags=[])
        game.pair(prices=("1.82", "2.0"), at=LATER)

        assert self.expired(pick, ops) == ExpiryReason.QUOTE_MOVED

    @pytest.mark.parametrize("change", ["frozen", "swapped", "another source", "no source"])
    def test_blocks_a_game_that_is_not_what_it_was(self, change, ops):
        game = Game()
        pick = make_pick(game)
        with facts():
            event = Event.objects.filter(pk=game.event.pk)
            source = EventSource.objects.filter(event=game.event)
            if change == "frozen":
                event.update(frozen_code="MAPPING_DRIFT")
            elif change == "swapped":
                event.update(home_id=game.event.away_id, away_id=game.event.home_id)
            elif change == "another source":
                other = Game(home="Miami Dolphins", away="New York Jets").event
                other.sources.all().delete()
                source.update(event=other)
            else:
                source.delete()

        publish(pick, ops)

        pick.refresh_from_db()
        assert (pick.status, pick.tier) == (PickStatus.BLOCKED, "BLOCKED")
        assert (pick.block_reason, pick.block_reasons) == ("MAPPING_DRIFT", ["MAPPING_DRIFT"])
        assert AuditEntry.objects.get().action == "pick.blocked"
        assert not Delivery.objects.exists()

    def test_blocks_a_market_that_no_rules_settle(self, ops):
        pick = make_pick(market_type=MarketType.TEAM_TOTAL, side=Side.OVER, line="23.5")

        publish(pick, ops)

        pick.refresh_from_db()
        assert (pick.status, pick.block_reason) == ("BLOCKED", "MARKET_NOT_GRADEABLE")


class TestHeld:
    """A pick that may not go out now waits, unchanged."""

    def held(self, pick: Pick, ops, at=LATER) -> Hold:
        with pytest.raises(PublicationHeld) as refusal:
            publish(pick, ops, at)
        pick.refresh_from_db()
        assert pick.status == PickStatus.PROPOSED
        assert refusal.value.code == "PUBLICATION_HELD"
        assert not Delivery.objects.exists()
        return refusal.value.hold

    def test_in_quiet_hours_of_the_tenant(self, ops):
        with facts():
            Tenant.objects.filter(pk="acme").update(timezone="America/New_York")
        opine("acme", quiet_hours={"start": "12:00", "end": "13:00"})  # it is noon there

        assert self.held(make_pick(), ops) == Hold.LEAGUE_QUIET_HOURS

    def test_in_quiet_hours_over_midnight_of_another_zone(self, ops):
        with facts():
            Tenant.objects.filter(pk="acme").update(timezone="Asia/Tokyo")
        opine("acme", quiet_hours={"start": "22:00", "end": "07:00"})  # one in the morning there

        assert self.held(make_pick(), ops) == Hold.LEAGUE_QUIET_HOURS

    def test_while_its_game_cools_down(self, ops):
        opine("acme", cool_down_min=30, **limits())
        game = Game()
        make_pick(game, status=PickStatus.PUBLISHED)
        pick = make_pick(game, market_type=MarketType.TOTAL, side=Side.OVER, line="47.5")

        assert self.held(pick, ops) == Hold.LEAGUE_COOL_DOWN

    def test_in_quiet_hours_of_all_its_leagues_though_its_own_has_none(self, ops):
        opine("acme", league="", quiet_hours={"start": "00:00", "end": "23:59"})
        opine("acme", quiet_hours=None, **limits())

        assert self.held(make_pick(), ops) == Hold.QUIET_HOURS

    @pytest.mark.parametrize(
        ("of_all", "of_league", "hold"),
        [(30, 0, Hold.COOL_DOWN), (0, 30, Hold.LEAGUE_COOL_DOWN)],
    )
    def test_for_the_longer_of_two_cool_downs(self, ops, of_all, of_league, hold):
        opine("acme", league="", cool_down_min=of_all, **limits())
        opine("acme", cool_down_min=of_league, **limits())
        game = Game()
        make_pick(game, status=PickStatus.PUBLISHED)
        pick = make_pick(game, market_type=MarketType.TOTAL, side=Side.OVER, line="47.5")

        assert self.held(pick, ops) == hold

    @pytest.mark.parametrize(
        ("league", "changes", "sentence"),
        [
            ("NFL", {"per_day": 0}, "today's limit of 0 NFL picks is reached"),
            ("NFL", {"spreads_per_day": 0}, "today's limit of 0 NFL spreads is reached"),
            ("NFL", {"per_event": 0}, "the NFL limit of 0 for its game is reached"),
            ("NFL", {"per_team": 0}, "the NFL limit of 0 for one of its teams is reached"),
            ("", {"per_day": 0}, "today's limit of 0 picks is reached"),
            ("", {"spreads_per_day": 0}, "today's limit of 0 spreads is reached"),
            ("", {"per_event": 0}, "the limit of 0 for its game is reached"),
            ("", {"per_team": 0}, "the limit of 0 for one of its teams is reached"),
        ],
    )
    def test_and_says_which_limit_it_is(self, league, changes, sentence, ops):
        opine("acme", league=league, **limits(**changes))

        with pytest.raises(PublicationHeld, match=f"The pick waits: {sentence}") as refusal:
            publish(make_pick(), ops, LATER)

        assert str(refusal.value.hold) in refusal.value.sentence

    def test_when_its_tier_is_published_no_more(self, ops):
        pick = make_pick()
        opine("acme", at=LATER, published_tiers=["EDGE"])

        assert self.held(pick, ops) == Hold.TIER_NOT_PUBLISHED
