from datetime import time
from decimal import Decimal

import pytest
from pydantic import ValidationError

from apps.rulebook.markets import MarketType, Period
from apps.rulebook.thresholds import (
    FIRST_SETTLEMENT_RULES,
    LEAGUES,
    MEASURED,
    PROFILES,
    RAW,
    BlendBasis,
    InningsPlayed,
    MarketConfig,
    ModelConfig,
    NoSettlementRules,
    OpinionConfig,
    QuietHours,
    SettlementRules,
    TieRule,
    line_ranges,
    main_markets,
    market_config,
    model_config,
    opinion_config,
    settlement_rules,
)
from apps.rulebook.thresholds.document import Document


def every_document() -> list[Document]:
    documents: list[Document] = list(FIRST_SETTLEMENT_RULES)
    for league in LEAGUES:
        documents += [market_config(league), opinion_config(league)]
        documents += [model_config(league, profile) for profile in PROFILES]
    return documents


class TestADocument:
    @pytest.mark.parametrize("document", every_document(), ids=lambda d: type(d).__name__)
    def test_survives_storage_with_the_same_hash(self, document):
        stored = document.canonical()

        again = type(document).model_validate_json(stored)

        assert again == document
        assert again.fingerprint() == document.fingerprint()

    def test_hashes_equal_numbers_equally(self):
        document = opinion_config("NFL")
        body = document.model_dump(mode="json")
        body["edge"]["edge_prob_min"] = "0.05000"

        assert OpinionConfig.model_validate(body).fingerprint() == document.fingerprint()

    def test_hashes_a_change_differently(self):
        document = opinion_config("NFL")
        other = document.model_copy(update={"sims_min": 20_001})

        assert other.fingerprint() != document.fingerprint()

    def test_is_frozen(self):
        with pytest.raises(ValidationError):
            opinion_config("NFL").sims_min = 1

    @pytest.mark.parametrize("change", [{"sims_min": None}, {"colour": "red"}])
    def test_refuses_a_missing_and_an_unknown_key(self, change):
        body = opinion_config("NFL").model_dump(mode="json")
        body.update(change)
        if body["sims_min"] is None:
            del body["sims_min"]

        with pytest.raises(ValidationError):
            OpinionConfig.model_validate(body)

    @pytest.mark.parametrize("cls", [MarketConfig, ModelConfig, OpinionConfig, SettlementRules])
    def test_describes_every_number_with_its_unit(self, cls):
        schema = cls.model_json_schema()
        numeric = {"integer", "number"}
        for body in [schema, *schema.get("$defs", {}).values()]:
            for name, field in body.get("properties", {}).items():
                types = {field.get("type")} | {x.get("type") for x in field.get("anyOf", [])}
                if types & numeric:
                    assert field.get("description"), f"{body.get('title')}.{name}"

    def test_that_was_written_before_there_were_stakes_suggests_none(self):
        body = opinion_config("NFL").model_dump(mode="json")
        del body["stake"]

        assert OpinionConfig.model_validate(body).stake is None


class TestTheFirstConfiguration:
    def test_suggests_a_quarter_of_kelly_and_two_percent_at_most(self):
        stake = opinion_config("NFL").stake

        assert (stake.kelly_fraction, stake.most) == (Decimal("0.25"), Decimal("0.02"))

    def test_has_the_tiers_of_the_product(self):
        opinion = opinion_config("NFL")

        assert (opinion.edge.edge_prob_min, opinion.edge.ev_min) == (
            Decimal(".050"),
            Decimal(".01"),
        )
        assert (opinion.lean.edge_prob_min, opinion.lean.ev_min) == (Decimal(".025"), Decimal(0))
        assert opinion.sims_min == 20_000

    @pytest.mark.parametrize(
        ("league", "market_type", "hours", "weight"),
        [
            ("NFL", MarketType.SPREAD, 100, ".09"),
            ("NFL", MarketType.SPREAD, 12, ".09"),
            ("NFL", MarketType.SPREAD, 11.99, "0"),
            ("NFL", MarketType.TOTAL, 48, ".13"),
            ("NBA", MarketType.TOTAL, 48, ".39"),
            ("NBA", MarketType.TOTAL, 1, "0"),
            ("NBA", MarketType.MONEYLINE, 1, ".07"),
            ("NBA", MarketType.SPREAD, 1, ".04"),
            ("MLB", MarketType.MONEYLINE, 1, "0"),
        ],
    )
    def test_measured_uses_the_lower_bound_of_its_bucket(self, league, market_type, hours, weight):
        found = model_config(league).weight(market_type, hours)

        assert found is not None
        assert found.weight == Decimal(weight)

    def test_measured_trusts_nothing_that_was_not_measured(self):
        assert model_config("EPL").weight(MarketType.MONEYLINE_3WAY, 48) is None

    @pytest.mark.parametrize("league", LEAGUES)
    def test_raw_trusts_the_model_alone_and_says_so(self, league):
        config = model_config(league, RAW)

        assert config.basis is BlendBasis.RAW
        for market_type, _period in main_markets(league):
            assert config.weight(market_type, 0).weight == 1

    def test_refuses_a_measured_weight_above_its_bound(self):
        body = model_config("NFL").model_dump(mode="json")
        body["weights"][3]["weight"] = "0.10"  # .39 - 2 x .15 = .09

        with pytest.raises(ValidationError, match="exceeds"):
            ModelConfig.model_validate(body)

    def test_profiles_share_their_runs_and_not_their_evaluations(self):
        measured, raw = model_config("NFL", MEASURED), model_config("NFL", RAW)

        assert measured.simulation.fingerprint() == raw.simulation.fingerprint()
        assert measured.fingerprint() != raw.fingerprint()

    def test_a_swapped_spread_and_total_is_out_of_range(self):
        spread, total = line_ranges("NFL")

        assert spread.holds(Decimal("-6.5"))
        assert total.holds(Decimal("44.5"))
        assert not spread.holds(Decimal("44.5"))
        assert not total.holds(Decimal("6.5"))


class TestQuietHours:
    @pytest.mark.parametrize(
        ("local", "quiet"),
        [(time(23), True), (time(22), True), (time(3), True), (time(7), False), (time(12), False)],
    )
    def test_may_run_over_midnight(self, local, quiet):
        assert QuietHours(start=time(22), end=time(7)).covers(local) is quiet


class TestSettlementRules:
    def test_every_main_market_of_every_league_has_version_one(self):
        for league in LEAGUES:
            for market_type, period in main_markets(league):
                assert settlement_rules(league, market_type, period).version == 1

    def test_refuses_a_market_that_nobody_can_settle(self):
        with pytest.raises(NoSettlementRules):
            settlement_rules("NFL", MarketType.PROP, Period.FULL_GAME)

    @pytest.mark.parametrize(
        ("league", "market_type", "tie"),
        [
            ("NFL", MarketType.MONEYLINE, TieRule.PUSH),
            ("NFL", MarketType.SPREAD, TieRule.PLAYED),
            ("NBA", MarketType.MONEYLINE, TieRule.IMPOSSIBLE),
            ("NBA", MarketType.TOTAL, TieRule.IMPOSSIBLE),
        ],
    )
    def test_know_what_a_tie_means(self, league, market_type, tie):
        assert settlement_rules(league, market_type, Period.FULL_GAME).tie is tie

    def test_three_way_ties_lose_on_both_teams(self):
        rules = settlement_rules("EPL", MarketType.MONEYLINE_3WAY, Period.REGULATION)

        assert rules.tie is TieRule.LOSS
        assert not rules.overtime_counts

    def test_baseball_counts_innings(self):
        moneyline = settlement_rules("MLB", MarketType.MONEYLINE, Period.FULL_GAME)
        total = settlement_rules("MLB", MarketType.TOTAL, Period.FULL_GAME)

        assert moneyline.minimum_play == InningsPlayed(
            innings=Decimal(5), innings_home_leads=Decimal("4.5")
        )
        assert total.minimum_play == InningsPlayed(
            innings=Decimal(9), innings_home_leads=Decimal("8.5")
        )
