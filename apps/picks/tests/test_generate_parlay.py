"""Parlays: the gate with reasons, the best legs at one book, one answer to each question."""

from datetime import timedelta
from decimal import Decimal
from importlib import import_module
from math import prod

import pytest

from apps.catalog.models import Event
from apps.core.tenancy import TenantInactive, tenant_scope
from apps.governance import alerts, configs, switches
from apps.governance.models import AuditEntry, FeatureFlag
from apps.picks import actions
from apps.picks.actions import ParlayKeyReused, ParlayMisasked, PickUnknown
from apps.picks.actions.parlays.slate import read_slate
from apps.picks.models import Parlay, ParlayLeg, Pick
from apps.picks.tests import boards
from apps.picks.tests.factories import KICKOFF, NOON_BEFORE, facts, make_pick
from apps.picks.tests.parlays import (
    SOON,
    game,
    generate,
    judged_leg,
    leg,
    reasons,
    slate,
)
from apps.picks.tests.test_pick_guards import denied, refusal
from apps.picks.tests.test_races import together
from apps.rulebook import keys
from apps.rulebook.alerts import AlertKind
from apps.rulebook.lifecycle import Validity
from apps.rulebook.markets import MarketType, QuoteStatus, Side
from apps.rulebook.parlays import ParlayStatus
from apps.rulebook.thresholds import parlay_config
from apps.tenants.models import Tenant

SPREAD, TOTAL, MONEYLINE = MarketType.SPREAD, MarketType.TOTAL, MarketType.MONEYLINE
OVER = {"market_type": TOTAL, "side": Side.OVER, "line": "45.5"}


@pytest.mark.usefixtures("in_acme")
class TestGenerating:
    def test_takes_the_heaviest_legs_and_writes_everything_down(self, ops):
        picks = slate(5)

        parlay = generate(ops)

        legs = list(parlay.legs.order_by("position"))
        assert [one.pick_id for one in legs] == [pick.pk for pick in picks[:3]]
        assert (parlay.status, parlay.legs_asked) == (ParlayStatus.MADE, 3)
        assert parlay.book.key == "draftkings"
        assert parlay.price == (Decimal("1.909091") ** 3).quantize(Decimal("0.000001"))
        assert parlay.joint_prob == pytest.approx(prod(pick.a for pick in picks[:3]))
        assert parlay.ev == pytest.approx(float(parlay.price) * parlay.joint_prob - 1, abs=1e-6)
        assert parlay.break_even_price > 1
        assert float(parlay.break_even_price) == pytest.approx(1 / parlay.joint_prob, abs=1e-5)
        assert (parlay.method, parlay.method_version) == ("INDEPENDENT", "parlay-1")
        assert (parlay.starts_at, parlay.generated_at) == (KICKOFF, SOON)
        assert parlay.considered == 5
        assert reasons(parlay) == {str(pick.pk): "OUTWEIGHED" for pick in picks[3:]}

    def test_says_of_each_leg_what_it_weighs_and_where_its_quote_stood(self, ops):
        picks = slate(3)

        parlay = generate(ops)

        for one in parlay.legs.all():
            assert (one.line, one.price) == (Decimal("-3.5"), Decimal("1.909091"))
            assert (one.observed_at, one.last_seen_at) == (NOON_BEFORE, NOON_BEFORE)
            assert one.snapshot_id == one.pick.snapshot_id
            assert (one.tier_part, one.confidence_part) == (Decimal("0.5"), None)
            assert one.volatility_part == Decimal("0.8")
            assert one.win_prob == pytest.approx(one.pick.a)
        assert [one.ev for one in parlay.legs.all()] == [pick.ev for pick in picks]

    def test_is_audited_with_its_legs(self, ops):
        slate(3)

        parlay = generate(ops)

        entry = AuditEntry.objects.get(object_type="Parlay")
        assert (entry.action, entry.object_id) == ("parlay.generated", str(parlay.pk))
        assert (entry.actor_id, entry.tenant_schema) == (ops.id, "acme")
        assert len(entry.diff["legs"][1]) == 3

    def test_belongs_to_its_tenant(self, ops, rival):
        slate(3)
        generate(ops)

        with facts(), tenant_scope(rival):
            assert not Parlay.objects.exists()


def _closed(name: str, scope: str) -> None:
    with facts():
        FeatureFlag.objects.filter(name=name, scope=scope).update(enabled=False)


def _hold_up(pick: Pick) -> None:
    with facts():
        Event.objects.filter(pk=pick.event_id).update(frozen_code="MAPPING_DRIFT")


def _postpone(pick: Pick) -> None:
    with facts():
        Event.objects.filter(pk=pick.event_id).update(status="POSTPONED")


def _validity(state: Validity):
    def change(pick: Pick) -> None:
        Pick.objects.filter(pk=pick.pk).update(validity_state=state)

    return change


def _quote(**shown):
    def change(pick: Pick) -> None:
        on = next(one for one in _GAMES if one.event.pk == pick.event_id)
        on.quote(SPREAD, Side.HOME, **{"line": "-3.5", "price": "1.909091", "at": SOON, **shown})

    return change


_GAMES: list = []


@pytest.mark.usefixtures("in_acme")
class TestTheGate:
    @pytest.mark.parametrize(
        ("spoil", "reason", "details"),
        [
            (_hold_up, "INTEGRITY_VIOLATION", ["MAPPING_DRIFT"]),
            (_validity(Validity.INVALIDATED), "NO_PLAY", ["INVALIDATED", "INVALIDATED"]),
            (_validity(Validity.MOVED_BUT_OK), "NOT_VALID", ["MOVED_BUT_OK"]),
            (_validity(Validity.REFRESH_RECOMMENDED), "NOT_VALID", ["REFRESH_RECOMMENDED"]),
            (_postpone, "EVENT_STARTED", []),
            (_quote(price="1.8"), "NO_QUOTE", []),  # worse than playable
            (_quote(line="-4.5"), "NO_QUOTE", []),  # another line
            (_quote(status=QuoteStatus.SUSPENDED), "NO_QUOTE", []),
            (_quote(at=SOON + timedelta(minutes=9)), "NO_QUOTE", []),  # of a time to come
        ],
    )
    def test_names_why_a_pick_is_no_leg_and_never_fills_its_place(
        self, spoil, reason, details, ops
    ):
        _GAMES[:] = [game(number) for number in range(3)]
        picks = [leg(number, on=on) for number, on in enumerate(_GAMES)]
        spoil(picks[1])

        parlay = generate(ops)

        assert parlay.status == ParlayStatus.NO_VALID_PARLAY
        [rejected] = parlay.rejections
        assert (rejected["pick"], rejected["reasons"][0]) == (str(picks[1].pk), reason)
        assert rejected["details"] == details
        assert "3 legs were asked for and 2 of 3 picks" in parlay.missing

    def test_names_a_pick_that_waits_and_one_that_is_blocked(self, ops):
        slate(2)
        waiting = make_pick(game(2))
        blocked = make_pick(
            game(3),
            born_blocked=True,
            tier="BLOCKED",
            block_reason="LEAGUE_RANGE",
            block_reasons=["LEAGUE_RANGE", "SNAPSHOT_STALE"],
        )

        parlay = generate(ops)

        found = {one["pick"]: (one["reasons"], one["details"]) for one in parlay.rejections}
        assert found[str(waiting.pk)] == (["NO_PLAY", "NOT_VALID"], ["NOT_PUBLISHED"])
        assert found[str(blocked.pk)] == (
            ["INTEGRITY_VIOLATION", "NO_PLAY", "TIER_BLOCKED", "NOT_VALID"],
            ["LEAGUE_RANGE", "SNAPSHOT_STALE", "BLOCKED"],
        )

    def test_looks_at_its_slate_and_no_further(self, ops):
        slate(3)
        far = leg(4, on=game(4, kickoff=KICKOFF + timedelta(days=7)))

        parlay = generate(ops)

        assert str(far.pk) not in reasons(parlay)
        assert parlay.considered == 3
        assert parlay.slate_until == SOON + timedelta(hours=48)

    @pytest.mark.parametrize("profile", ["premium", "balanced", "speculative"])
    def test_holds_each_leg_to_the_profile_whatever_their_number(self, profile, ops):
        """A LEAN in a market that nobody has watched weighs .33."""
        picks = [leg(number, volatility=None, win=0.55) for number in range(4)]
        enough = parlay_config(profile).leg_weight_min <= Decimal("0.325")

        for legs in (3, 4):
            parlay = generate(ops, f"{legs}", profile=profile, legs=legs)

            assert (parlay.status == ParlayStatus.MADE) is enough
            if not enough:
                assert reasons(parlay) == {str(pick.pk): "BELOW_PROFILE" for pick in picks}
                assert "4: it weighs less than the profile asks for" in parlay.missing

    @pytest.mark.parametrize("scope", ["league:NFL", "market:SPREAD"])
    def test_leaves_out_legs_behind_a_closed_switch(self, scope, ops):
        picks = slate(3)
        _closed(switches.PUBLISH, scope)

        parlay = generate(ops)

        assert reasons(parlay) == {str(pick.pk): "SWITCH_OFF" for pick in picks}

    def test_leaves_out_all_but_the_best_while_an_alert_lets_only_those_through(self, ops):
        lean = leg(3)
        edges = [leg(number, tier="EDGE", risk_flags=[]) for number in range(3)]
        with facts():
            alerts.raise_alert(
                AlertKind.FEED_STALE,
                scope="league:NFL",
                detail="Nothing came.",
                by=ops,
                at=SOON,
            )

        parlay = generate(ops)

        assert reasons(parlay) == {str(lean.pk): "SWITCH_OFF"}
        assert {one.pick_id for one in parlay.legs.all()} == {pick.pk for pick in edges}

    @pytest.mark.parametrize("scope", ["GLOBAL", "tenant:acme"])
    @pytest.mark.parametrize("name", [switches.PUBLISH, switches.PUBLISH_APP])
    def test_is_halted_where_publishing_is(self, name, scope, ops):
        slate(3)
        _closed(name, scope)

        with pytest.raises(switches.Halted):
            generate(ops)

        assert not Parlay.objects.exists()

    def test_refuses_for_a_suspended_tenant(self, ops):
        slate(3)
        with facts():
            Tenant.objects.filter(pk="acme").update(status="SUSPENDED")

        with pytest.raises(TenantInactive):
            generate(ops)


@pytest.mark.usefixtures("in_acme")
class TestOneBook:
    def test_all_legs_are_quotes_of_the_book_at_which_they_weigh_most(self, ops):
        games = [game(number) for number in range(3)]
        picks = [leg(number, on=on) for number, on in enumerate(games)]
        for on in games:
            on.pair(SPREAD, Side.HOME, line="-3.5", prices=("1.95", "1.87"), book="fanduel")
        games[0].pair(SPREAD, Side.HOME, line="-3.5", prices=("2.1", "1.7"), book="betmgm")

        parlay = generate(ops)

        assert parlay.book.key == "fanduel"
        assert {one.price for one in parlay.legs.all()} == {Decimal("1.95")}
        assert parlay.price == Decimal("1.95") ** 3
        assert {one.pick_id for one in parlay.legs.all()} == {pick.pk for pick in picks}

    def test_a_pick_that_no_book_shows_beside_the_others_is_named(self, ops):
        slate(3)
        apart = leg(3, book="betmgm")

        parlay = generate(ops)

        assert reasons(parlay) == {str(apart.pk): "NOT_AT_THIS_BOOK"}
        assert parlay.rejections[0]["details"] == ["draftkings"]

    def test_asks_only_the_books_that_the_tenant_recommends(self, ops):
        picks = slate(3)
        with facts():
            boards.opine("acme", books=["fanduel"])

        parlay = generate(ops)

        assert reasons(parlay) == {str(pick.pk): "NO_QUOTE" for pick in picks}


@pytest.mark.usefixtures("in_acme")
class TestLimits:
    def test_takes_two_legs_of_a_team_and_three_totals(self, ops):
        chiefs = [
            leg(0, on=game(0, kickoff=KICKOFF + timedelta(hours=number))) for number in range(3)
        ]
        totals = [
            leg(number, market_type=TOTAL, side=Side.OVER, line="45.5") for number in (1, 2, 3)
        ]
        last = leg(7, market_type=TOTAL, side=Side.OVER, line="45.5")
        plain = leg(6)

        parlay = generate(ops, legs=5)

        chosen = {one.pick_id for one in parlay.legs.all()}
        assert len(chosen & {pick.pk for pick in chiefs}) == 2
        assert chosen >= {pick.pk for pick in totals}
        left = next(pick for pick in chiefs if pick.pk not in chosen)
        assert reasons(parlay) == {
            str(left.pk): "TEAM_LIMIT",
            str(last.pk): "TOTALS_LIMIT",
            str(plain.pk): "OUTWEIGHED",
        }

    def test_takes_one_leg_of_a_game(self, ops):
        on = game(0)
        both = [leg(0, on=on), leg(1, on=on, **OVER)]
        leg(2)

        parlay = generate(ops)

        assert reasons(parlay) == {str(both[1].pk): "SAME_GAME"}
        assert parlay.missing == (
            "3 legs were asked for and 2 of 3 picks may stand together;"
            " 1: another leg stands for its game."
        )


@pytest.mark.usefixtures("in_acme")
class TestNamedPicks:
    def test_two_make_a_pair(self, ops):
        picks = slate(4)

        parlay = generate(ops, picks=[picks[3].pk, picks[1].pk])

        assert (parlay.status, parlay.legs_asked) == (ParlayStatus.MADE, 2)
        assert [one.pick_id for one in parlay.legs.all()] == [picks[1].pk, picks[3].pk]
        assert (parlay.considered, parlay.rejections) == (2, [])

    def test_are_never_made_up_for_by_others(self, ops):
        picks = slate(5)
        _validity(Validity.MOVED_BUT_OK)(picks[0])

        parlay = generate(ops, picks=[pick.pk for pick in picks[:3]])

        assert parlay.status == ParlayStatus.NO_VALID_PARLAY
        assert reasons(parlay) == {str(picks[0].pk): "NOT_VALID"}

    def test_of_another_tenant_are_unknown(self, ops):
        picks = slate(1)

        with pytest.raises(PickUnknown):
            generate(ops, picks=[picks[0].pk, keys.pick_id("nobody's")])


@pytest.fixture
def one_game(in_acme):
    """A spread and a total on one game, with the run that both were judged by; and another pick."""
    on = game(0)
    run = boards.run(on, margin=5.0, total=48.0)
    legs = [
        judged_leg(run, on, SPREAD, Side.HOME, "-3.5"),
        judged_leg(run, on, TOTAL, Side.OVER, "45.5"),
    ]
    return run, legs, leg(3)


class TestSameGame:
    def test_is_priced_from_the_joint_distribution(self, one_game, ops):
        run, legs, other = one_game
        scores = run.scores()

        parlay = generate(ops, same_game=True)

        both = sum(
            int(scores.weights[row, column])
            for row in range(scores.weights.shape[0])
            for column in range(scores.weights.shape[1])
            if (home := scores.low_home + row) - (away := scores.low_away + column) > 3.5
            and home + away > 45.5
        )
        assert parlay.method == "JOINT_DISTRIBUTION"
        assert parlay.joint_runs == [run.pk]
        assert parlay.joint_prob == pytest.approx(both / scores.sims * other.a, abs=1e-7)
        assert parlay.independent_prob == pytest.approx(legs[0].a * legs[1].a * other.a, abs=1e-7)
        assert abs(parlay.joint_prob - parlay.independent_prob) > 1e-4
        assert parlay.ev == pytest.approx(float(parlay.price) * parlay.joint_prob - 1, abs=1e-5)

    def test_is_not_priced_without_the_run(self, in_acme, ops):
        on = game(0)
        both = [leg(0, on=on, run_id=None), leg(1, on=on, run_id=None, **OVER)]

        parlay = generate(ops, same_game=True, picks=[pick.pk for pick in both])

        assert parlay.status == ParlayStatus.NO_VALID_PARLAY
        assert reasons(parlay) == {str(both[1].pk): "NOT_PRICEABLE"}

    def test_is_not_made_where_its_legs_speak_against_each_other(self, in_acme, ops):
        """Covering goes with many points: with few, the product of the prices pays too little."""
        on = game(0)
        run = boards.run(on, margin=5.0, total=48.0)
        both = []
        for market_type, side, line in ((SPREAD, Side.HOME, "-3.5"), (TOTAL, Side.UNDER, "48.5")):
            chance = run.scores().price(market_type, side, Decimal(line)).a
            barely = str(round(1.001 / chance, 4))
            both.append(judged_leg(run, on, market_type, side, line, price=barely))
        asked = {"picks": [pick.pk for pick in both], "profile": "speculative"}
        apart = prod(float(pick.price) * pick.a for pick in both)
        assert apart > 1  # as strangers they would be worth it

        parlay = generate(ops, same_game=True, **asked)

        assert parlay.status == ParlayStatus.NO_VALID_PARLAY
        assert list(reasons(parlay).values()) == ["NOT_PRICEABLE"]

    def test_chances_that_contradict_each_other_have_no_price(self, one_game, ops):
        on = game(1)
        other_run = boards.run(on, margin=5.0, total=48.0)
        wins = judged_leg(other_run, on, MONEYLINE, Side.HOME, None)
        covers = judged_leg(
            other_run,
            on,
            SPREAD,
            Side.HOME,
            "-3.5",
            **{"a": 0.9, "b": 0.1, "v": 0.0},
            **{"model_prob": 0.9, "decision_prob": 0.9, "edge_prob": 0.46},
        )

        parlay = generate(ops, same_game=True, picks=[wins.pk, covers.pk])

        assert parlay.status == ParlayStatus.NO_VALID_PARLAY
        assert list(reasons(parlay).values()) == ["NOT_PRICEABLE"]

    def test_is_refused_where_the_profile_takes_one(self, one_game, ops):
        with pytest.raises(ParlayMisasked):
            generate(ops, profile="premium", same_game=True)


@pytest.mark.usefixtures("in_acme")
class TestTheSameAgain:
    def test_the_same_inputs_and_seed_give_the_same_parlay(self, ops):
        slate(8)

        for seed in range(6):
            first, second = (
                generate(ops, f"{seed}{turn}", seed=seed, at=SOON + timedelta(seconds=turn))
                for turn in range(2)
            )
            assert first.inputs_sha256 == second.inputs_sha256
            assert _content(first) == _content(second)

    def test_other_seeds_choose_among_the_best_few(self, ops):
        slate(8)

        # What a seed chooses hangs on ids that every run draws anew: 12 leave one out in 1 of 40.
        found = [generate(ops, f"{seed}", seed=seed) for seed in range(40)]

        assert (found[0].choice_no, found[0].choices) == (1, 3)
        assert {one.choice_no for one in found} == {1, 2, 3}
        for one in found:
            same = next(other for other in found if other.choice_no == one.choice_no)
            assert _content(one) == _content(same)

    def test_another_market_is_another_input(self, ops):
        games = [game(number) for number in range(3)]
        for number, on in enumerate(games):
            leg(number, on=on)
        first = generate(ops)
        games[0].pair(SPREAD, Side.HOME, line="-3.5", prices=("1.95", "1.87"), at=SOON)

        second = generate(ops, "b")

        assert first.inputs_sha256 != second.inputs_sha256
        assert second.price > first.price

    def test_the_order_in_which_picks_are_read_decides_nothing(self, ops):
        slate(4)
        picks = list(Pick.objects.select_related("event", "book"))
        config = configs.resolve_parlay("balanced", tenant="acme", at=SOON).document
        held = switches.hold(switches.PUBLISH, picks[0].scopes())

        one, other = (
            read_slate(order, config=config, held=held, at=SOON) for order in (picks, picks[::-1])
        )

        assert one.sha256 == other.sha256


def _content(parlay: Parlay) -> tuple:
    legs = [(one.pick_id, one.price, one.weight) for one in parlay.legs.order_by("position")]
    return legs, parlay.price, parlay.joint_prob, parlay.ev, parlay.rejections


@pytest.mark.usefixtures("in_acme")
class TestTheQuestion:
    def test_asked_again_has_the_answer_that_it_had(self, ops):
        picks = slate(3)
        first = generate(ops)
        _validity(Validity.INVALIDATED)(picks[0])

        again = generate(ops)

        assert again.pk == first.pk == keys.parlay_id("acme", "a")
        assert AuditEntry.objects.filter(object_type="Parlay").count() == 1

    def test_a_no_stays_a_no(self, ops):
        first = generate(ops)
        slate(3)

        assert generate(ops).pk == first.pk
        assert first.status == ParlayStatus.NO_VALID_PARLAY
        assert first.missing == "3 legs were asked for and 0 of 0 picks may stand together."
        entry = AuditEntry.objects.get(object_type="Parlay")
        assert (entry.action, entry.reason) == ("parlay.refused", first.missing)

    @pytest.mark.parametrize(
        "other", [{"seed": 1}, {"legs": 4}, {"profile": "premium"}, {"same_game": True}]
    )
    def test_under_a_used_key_is_refused_if_it_is_another(self, other, ops):
        slate(3)
        generate(ops)

        with pytest.raises(ParlayKeyReused):
            generate(ops, **other)

        assert Parlay.objects.count() == 1

    @pytest.mark.parametrize(
        "asked",
        [
            {"profile": "reckless"},
            {"legs": 2},
            {"legs": 7},
            {"legs": 6},  # balanced goes to five
            {"key": ""},
            {"key": "two words"},
            {"key": "a|b"},
            {"key": "k" * 81},
            {"seed": -1},
            {"seed": 2**63},
            {"picks": [keys.pick_id("a")]},
            {"picks": [keys.pick_id("a")] * 2},
            {"picks": [keys.pick_id("a"), keys.pick_id("b")], "legs": 3},
        ],
    )
    def test_that_cannot_be_asked_is_refused(self, asked, ops):
        with pytest.raises(ParlayMisasked):
            generate(ops, **asked)

        assert not Parlay.objects.exists()


@pytest.mark.slow
class TestEightWorkers:
    def test_answer_one_question_once(self, fresh_database, acme, ops):
        with tenant_scope(acme):
            slate(5)

        results = fresh_database.in_threads(*together(8, lambda: generate(ops)))

        assert {one.pk for one in results} == {keys.parlay_id("acme", "a")}
        with tenant_scope(acme):
            assert (Parlay.objects.count(), ParlayLeg.objects.count()) == (1, 3)
            assert AuditEntry.objects.filter(object_type="Parlay").count() == 1

    def test_never_deadlock_with_the_sweep(self, fresh_database, acme, ops):
        with tenant_scope(acme):
            slate(8)
        asked = iter(range(1_000))

        def work():
            number = next(asked)
            if number % 2:
                return actions.watch_live(by=ops, at=SOON + timedelta(minutes=number))
            return generate(ops, f"{number}")

        results = fresh_database.in_threads(*together(8, work))

        assert len(results) == 8


@pytest.mark.usefixtures("in_acme")
class TestGuards:
    @pytest.mark.parametrize(
        ("change", "rule"),
        [
            ("seed = seed + 1", "parlay_content_is_written_once"),
            ("price = price + 1", "parlay_content_is_written_once"),
            ("joint_prob = joint_prob / 2", "parlay_content_is_written_once"),
            ("rejections = '[1]'", "parlay_content_is_written_once"),
            ("generated_at = now()", "parlay_content_is_written_once"),
            ("book_id = 1 + book_id", "parlay_content_is_written_once"),
            ("status = 'NO_VALID_PARLAY'", "parlay_moves_as_the_rules_say"),
            ("status = 'GRADED'", ""),
        ],
    )
    def test_what_it_says_is_written_once(self, change, rule, ops):
        slate(3)
        generate(ops)

        assert refusal(f"UPDATE parlay SET {change}") == rule

    def test_every_column_is_guarded(self):
        migration = import_module("apps.picks.migrations.0005_parlays")

        guarded = set(migration.CONTENT.split(", "))

        assert guarded == {each.column for each in Parlay._meta.concrete_fields} - {"status"}

    def test_a_graded_one_stays_graded_and_none_goes(self, ops):
        slate(3)
        parlay = generate(ops)
        actions.close_graded_parlays([parlay.pk], by=ops, at=SOON)

        assert refusal("UPDATE parlay SET status = 'MADE'") == "parlay_moves_as_the_rules_say"
        for change in (
            "DELETE FROM parlay",
            "UPDATE parlay_leg SET price = price + 1",
            "DELETE FROM parlay_leg",
        ):
            assert denied(change)
        with pytest.raises(RuntimeError):
            actions.close_graded_parlays([parlay.pk], by=ops, at=SOON)
