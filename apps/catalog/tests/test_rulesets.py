"""Settlement rules: the next version of a market's, and what a person reads in one."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import connection

from apps.catalog import actions, drafting
from apps.catalog.models import SettlementRuleset
from apps.catalog.ruleset_pages.wording import in_words
from apps.catalog.tests.factories import SATURDAY
from apps.governance.models import AuditEntry
from apps.rulebook.markets import MarketType, Period
from apps.rulebook.thresholds import FIRST_SETTLEMENT_RULES, settlement_rules

AT = SATURDAY
REASON = "The books settle a moved game by the next day."


def first(market_type: str = "SPREAD", league: str = "NFL") -> SettlementRuleset:
    return SettlementRuleset.objects.get(league__code=league, market_type=market_type, version=1)


def add(ops: Any, *, market_type: MarketType = MarketType.SPREAD, **said: Any) -> SettlementRuleset:
    how = {name: said.pop(name) for name in ("effective_from", "seen", "at") if name in said}
    return actions.add_ruleset(
        league="NFL",
        market_type=market_type,
        period=Period.FULL_GAME,
        says={**first(market_type).rules, **said},
        by=ops,
        reason=REASON,
        **{"at": AT, **how},
    )


@pytest.mark.django_db
class TestTheNextVersion:
    def test_is_signed_and_audited_and_leaves_the_one_before_as_it_was(self, ops):
        before = first().rules_hash

        second = add(ops, decided_stands=False)

        assert (second.version, second.effective_from, second.created_at) == (2, AT, AT)
        assert (second.author, second.reason) == (f"{ops.type}:{ops.id}", REASON)
        assert second.typed().decided_stands is False
        assert first().rules_hash == before
        entry = AuditEntry.across_tenants.get(object_id=str(second.pk), reason=REASON)
        assert (entry.action, entry.object_type) == (
            "settlement_ruleset.created",
            "SettlementRuleset",
        )

    def test_may_wait_for_its_day(self, ops):
        add(ops, decided_stands=False, effective_from=AT + timedelta(days=1))

        spreads = SettlementRuleset.objects.filter(league__code="NFL", market_type="SPREAD")
        assert spreads.in_force(AT).get().version == 1
        assert [(each.version, each.standing) for each in spreads.with_standing(AT)] == [
            (1, "IN_FORCE"),
            (2, "TO_COME"),
        ]
        later = spreads.with_standing(AT + timedelta(days=1))
        assert [each.standing for each in later] == ["REPLACED", "IN_FORCE"]

    def test_never_holds_from_the_past(self, ops):
        with pytest.raises(drafting.RulesAlreadyInForce):
            add(ops, decided_stands=False, effective_from=AT - timedelta(seconds=1))

    def test_never_holds_before_the_one_before_it(self, ops):
        add(ops, decided_stands=False, effective_from=AT + timedelta(days=7))

        with pytest.raises(drafting.RulesAlreadyInForce):
            add(ops, shootout_goals=1, effective_from=AT + timedelta(days=6))

    def test_says_something_new(self, ops):
        with pytest.raises(drafting.RulesUnchanged):
            add(ops)

    def test_is_refused_to_who_saw_another_before_it(self, ops):
        add(ops, decided_stands=False, seen=1)

        with pytest.raises(drafting.RulesNumbered):
            add(ops, shootout_goals=1, seen=1)

    @pytest.mark.parametrize(
        ("market_type", "said", "what"),
        [
            ("SPREAD", {"tie": "PUSH"}, "SPREAD can be PLAYED or IMPOSSIBLE"),
            ("MONEYLINE", {"tie": "LOSS"}, "MONEYLINE can be PUSH or IMPOSSIBLE"),
            ("SPREAD", {"tie": None}, "tie"),
            ("SPREAD", {"horoscope": 1}, "horoscope"),
            ("SPREAD", {"minimum_play": {"kind": "MINUTES", "minutes": 121}}, "minutes"),
            ("SPREAD", {"postponement": {"kind": "WITHIN_HOURS"}}, "postponement"),
        ],
    )
    def test_is_refused_where_it_could_not_be_followed(self, ops, market_type, said, what):
        with pytest.raises(drafting.RulesInvalid, match=what):
            add(ops, market_type=MarketType(market_type), **said)

    def test_is_written_by_nobody_for_a_market_that_is_not_settled(self, ops):
        with pytest.raises(drafting.RulesInvalid, match="nobody settles it"):
            actions.add_ruleset(
                league="NFL",
                market_type=MarketType.PROP,
                period=Period.FULL_GAME,
                says=first().rules,
                by=ops,
                at=AT,
                reason=REASON,
            )

    def test_cannot_be_edited_by_any_hand(self, ops):
        second = add(ops, decided_stands=False)

        with pytest.raises(Exception, match="settlement_ruleset"), connection.cursor() as cursor:
            cursor.execute(
                "UPDATE settlement_ruleset SET reason = 'other' WHERE id = %s", [second.pk]
            )


@pytest.mark.django_db
class TestTheFirstVersion:
    def test_says_who_wrote_it_and_why(self):
        for ruleset in SettlementRuleset.objects.all():
            assert ruleset.author, ruleset
            assert ruleset.reason == "Shipped with the platform."
            assert ruleset.created_at is not None


class TestInWords:
    def sentences(self, league: str, market_type: MarketType, period: Period) -> dict[str, str]:
        return dict(in_words(settlement_rules(league, market_type, period)))

    def test_reads_as_a_bookmakers_page_of_rules(self):
        said = self.sentences("NFL", MarketType.SPREAD, Period.FULL_GAME)

        assert said == {
            "The bet": "The team's margin plus its own line. Half a point ahead or more wins, level"
            " returns the stake, and a quarter settles half of it and returns the other half.",
            "Equal score": "An equal score is a score like any other: the line decides.",
            "0\u20130": "0\u20130 cannot be a final score. A provider's 0\u20130 is taken for a"
            " blank.",
            "Overtime": "Overtime counts.",
            "Cut short": "A game that was cut short counts once 55 minutes were played. Bets on one"
            " that was shorter are void.",
            "Moved": "A bet stands if the game is played by the Wednesday of the league week that"
            " it was scheduled in; else it is void. So is one on a game that is cancelled.",
        }

    @pytest.mark.parametrize(
        ("league", "market_type", "about", "sentence"),
        [
            ("MLB", "MONEYLINE", "Cut short", "once 5 innings were played, 4.5 where the home"),
            ("MLB", "TOTAL", "Cut short", "once 9 innings were played, 8.5 where the home"),
            ("MLB", "TOTAL", "Cut short", "unless the total had been passed already"),
            ("MLB", "SPREAD", "Moved", "on the date, at its ground, that it was scheduled for"),
            ("NBA", "SPREAD", "Moved", "started within 24 hours of the scheduled start"),
            ("NBA", "MONEYLINE", "Equal score", "taken for a mistake"),
            ("NFL", "MONEYLINE", "Equal score", "returns the stakes"),
            ("NHL", "TOTAL", "Overtime", "the winner of a shoot-out has one goal more"),
            ("EPL", "MONEYLINE_3WAY", "Equal score", "bets on either team lose"),
            ("EPL", "TOTAL", "Overtime", "Regulation time and its stoppages alone count"),
            ("EPL", "TOTAL", "0\u20130", "a score like any other"),
        ],
    )
    def test_says_what_a_league_has_of_its_own(self, league, market_type, about, sentence):
        period = Period.REGULATION if league == "EPL" else Period.FULL_GAME

        assert sentence in self.sentences(league, MarketType(market_type), period)[about]

    def test_differs_wherever_the_rules_do(self):
        """Two rulesets that read alike are alike: no value is left out of the sentences."""
        by_words: dict[Any, Any] = {}
        for rules in FIRST_SETTLEMENT_RULES:
            said = {
                name: value
                for name, value in rules.model_dump().items()
                if name not in ("version", "league", "period")
            }
            if rules.market_type is not MarketType.TOTAL:
                assert said.pop("decided_stands"), "it says nothing on this market"
            known = by_words.setdefault(tuple(in_words(rules)), said)
            assert known == said, (rules.league, rules.market_type)

    def test_says_the_opposite_where_a_rule_is_turned_around(self):
        rules = settlement_rules("NHL", MarketType.TOTAL, Period.FULL_GAME)
        for name, value in {
            "decided_stands": False,
            "overtime_counts": False,
            "nil_nil_possible": True,
            "shootout_goals": 0,
        }.items():
            assert in_words(rules.model_copy(update={name: value})) != in_words(rules), name

    def test_writes_one_minute_as_one(self):
        rules = settlement_rules("NFL", MarketType.SPREAD, Period.FULL_GAME)
        least = rules.minimum_play.model_copy(update={"minutes": 1})

        said = dict(in_words(rules.model_copy(update={"minimum_play": least})))

        assert "once 1 minute was played" in said["Cut short"]

    def test_writes_innings_without_a_point_of_nothing(self):
        rules = settlement_rules("MLB", MarketType.MONEYLINE, Period.FULL_GAME)
        least = rules.minimum_play.model_copy(update={"innings": Decimal("5.0")})

        said = dict(in_words(rules.model_copy(update={"minimum_play": least})))

        assert "once 5 innings" in said["Cut short"]
