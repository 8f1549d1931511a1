import pytest

from apps.catalog import actions
from apps.catalog.models import League, SettlementRuleset
from apps.catalog.tests.factories import SATURDAY, nfl
from apps.governance import configs, switches
from apps.governance.models import AuditEntry, Section
from apps.rulebook.markets import MarketType
from apps.rulebook.thresholds import MEASURED, RAW

XFL = {
    "code": "XFL",
    "name": "Another league",
    "sport": "football",
    "provider_keys": {"the_odds_api": "americanfootball_xfl"},
    "identity_provider": "the_odds_api",
    "timezone": "America/Chicago",
    "can_tie": False,
    "regulation_minutes": 60,
    "maximum_minutes": 300,
}
SERIE_A = {
    **XFL,
    "code": "SERIEA",
    "sport": "soccer",
    "provider_keys": {"the_odds_api": "soccer_italy_serie_a"},
    "timezone": "Europe/Rome",
    "winner_market": "MONEYLINE_3WAY",
    "period": "REGULATION",
    "can_tie": True,
    "can_end_scoreless": True,
    "regulation_minutes": 90,
}


@pytest.fixture
def signed(ops):
    return {"by": ops, "at": SATURDAY, "reason": "Because."}


@pytest.mark.django_db
class TestAddedAndChanged:
    def test_are_added_with_their_switches(self, signed):
        league = actions.add_league(XFL, **signed)

        assert switches.open_scopes(switches.INGEST, [league.scope]) == {"league:XFL"}
        assert AuditEntry.across_tenants.filter(
            action="league.created", object_id=str(league.pk), reason="Because."
        ).exists()

    def test_come_with_rules_and_configuration_where_the_rulebook_has_them(self, signed):
        league = actions.add_league({**XFL, "code": "SFL"}, **signed)

        assert SettlementRuleset.objects.filter(league=league).count() == 3
        assert configs.resolve(Section.MARKET, league="SFL", at=SATURDAY).document.league == "SFL"

    def test_of_unknown_rules_are_configured_by_nobody(self, signed):
        league = actions.add_league(XFL, **signed)

        assert not SettlementRuleset.objects.filter(league=league).exists()
        with pytest.raises(configs.ConfigMissing):
            configs.resolve(Section.MARKET, league="XFL", at=SATURDAY)

    def test_refuse_a_code_that_is_taken(self, signed):
        with pytest.raises(actions.LeagueCodeTaken):
            actions.add_league({**XFL, "code": "NFL"}, **signed)

    def test_refuse_a_range_that_is_none(self, signed):
        backwards = [{"market_type": "SPREAD", "low": "30", "high": "-30"}]

        with pytest.raises(actions.LeagueInvalid, match="low to high"):
            actions.change_league(league_id=nfl().pk, changes={"line_ranges": backwards}, **signed)

    def test_keep_every_version_with_operator_and_reason(self, signed):
        actions.change_league(league_id=nfl().pk, changes={"maximum_minutes": 360}, **signed)

        newest = nfl().history.first()
        assert (newest.maximum_minutes, newest.history_change_reason) == (360, "Because.")
        assert newest.history_user_id == "OPS:olivia@beatvegas.test"
        assert newest.history_date == SATURDAY

    @pytest.mark.parametrize("column", ["code", "identity_provider"])
    def test_never_change_what_ids_are_made_of(self, column, signed):
        with pytest.raises(actions.Unchangeable):
            actions.change_league(league_id=nfl().pk, changes={column: "other"}, **signed)

        assert League.objects.filter(code="NFL", identity_provider="the_odds_api").exists()

    @pytest.mark.parametrize(
        "wrong",
        [
            {"code": "xfl"},
            {"code": "X FL"},
            {"timezone": "America/Gotham"},
            {"provider_keys": {"the_odds_api": 7}},
            {"provider_keys": ["americanfootball_xfl"]},
        ],
    )
    def test_refuse_what_cannot_be(self, wrong, signed):
        with pytest.raises(actions.LeagueInvalid):
            actions.add_league({**XFL, **wrong}, **signed)

    def test_refuse_a_providers_key_that_names_another(self, signed):
        taken = {"provider_keys": {"the_odds_api": "americanfootball_nfl"}}

        with pytest.raises(actions.LeagueKeyTaken, match="NFL"):
            actions.add_league({**XFL, **taken}, **signed)


@pytest.mark.django_db
class TestPlayedAlike:
    def test_take_rules_markets_and_ranges_of_the_other(self, signed):
        league = actions.add_league(SERIE_A, like="EPL", **signed)

        rules = [row.typed() for row in SettlementRuleset.objects.filter(league=league)]
        assert {(rule.league, rule.version, rule.period) for rule in rules} == {
            ("SERIEA", 1, "REGULATION")
        }
        assert {rule.market_type for rule in rules} == {
            MarketType.SPREAD,
            MarketType.MONEYLINE_3WAY,
            MarketType.TOTAL,
        }
        market = configs.resolve(Section.MARKET, league="SERIEA", at=SATURDAY).document
        epl = configs.resolve(Section.MARKET, league="EPL", at=SATURDAY).document
        assert (market.league, market.markets) == ("SERIEA", epl.markets)
        assert league.line_ranges == League.objects.get(code="EPL").line_ranges
        assert switches.open_scopes(switches.PUBLISH, ["league:SERIEA"]) == {"league:SERIEA"}

    def test_take_nothing_that_was_measured_there(self, signed):
        tie = {"can_tie": True}
        actions.add_league({**XFL, **tie}, like="NFL", **signed)

        measured = configs.resolve(Section.MODEL, league="XFL", profile=MEASURED, at=SATURDAY)
        raw = configs.resolve(Section.MODEL, league="XFL", profile=RAW, at=SATURDAY)
        assert measured.document.weights == ()
        assert measured.document.edge_gate.margin_variance_steady is None
        assert {weight.weight for weight in raw.document.weights} == {1}

    def test_are_what_every_tenant_thinks_of_them_at_first(self, signed):
        actions.add_league({**XFL, "can_tie": True}, like="NFL", **signed)

        opinion = configs.resolve(Section.OPINION, league="XFL", tenant="acme", at=SATURDAY)
        assert opinion.document.league == "XFL"

    def test_refuse_one_that_is_played_otherwise(self, signed):
        with pytest.raises(actions.NotPlayedAlike, match="winner_market"):
            actions.add_league(SERIE_A, like="NFL", **signed)
