from datetime import UTC, datetime

import pytest

from apps.catalog import actions
from apps.catalog.first import BOOKS, TEAMS
from apps.catalog.models import Book, League, SettlementRuleset, Team, TeamAlias
from apps.governance import configs, switches
from apps.governance.models import AuditEntry, FeatureFlag, Section
from apps.rulebook import keys
from apps.rulebook.markets import BookKind, MarketType
from apps.rulebook.thresholds import TieRule

LATER = datetime(2025, 10, 1, tzinfo=UTC)


@pytest.mark.django_db
class TestInstallCatalog:
    def test_knows_every_team_of_the_nfl_under_both_spellings(self):
        nfl = League.objects.get(code="NFL")
        names = [team.name for team in TEAMS["NFL"]]

        by_feed = TeamAlias.objects.teams_of(
            provider="the_odds_api", league_id=nfl.pk, spellings=names
        )
        by_archive = TeamAlias.objects.teams_of(
            provider="nflverse",
            league_id=nfl.pk,
            spellings=[team.abbreviation for team in TEAMS["NFL"]],
        )

        assert len(by_feed) == len(by_archive) == 32
        assert set(by_feed.values()) == set(by_archive.values())
        assert by_feed["Buffalo Bills"] == keys.team_id("NFL", "Buffalo Bills")

    @pytest.mark.parametrize(
        ("former", "name"),
        [
            ("OAK", "Las Vegas Raiders"),
            ("SD", "Los Angeles Chargers"),
            ("STL", "Los Angeles Rams"),
        ],
    )
    def test_follows_a_franchise_that_moved(self, former, name):
        nfl = League.objects.get(code="NFL")

        found = TeamAlias.objects.teams_of(
            provider="nflverse", league_id=nfl.pk, spellings=[former]
        )

        assert found == {former: Team.objects.get(name=name).pk}

    def test_ties_end_in_the_league_as_its_rulesets_say(self):
        for league in League.objects.all():
            rules = [row.typed() for row in SettlementRuleset.objects.filter(league=league)]

            assert {rule.market_type for rule in rules} == {
                MarketType.SPREAD,
                MarketType.MONEYLINE,
                MarketType.TOTAL,
            }
            assert {rule.nil_nil_possible for rule in rules} == {league.can_end_scoreless}
            assert {rule.tie is not TieRule.IMPOSSIBLE for rule in rules} == {league.can_tie}

    def test_gives_each_league_and_market_its_switches_and_configuration(self):
        for league in League.objects.all():
            assert switches.open_scopes(switches.INGEST, [league.scope]) == {league.scope}
            market = configs.resolve(Section.MARKET, league=league.code, at=LATER).document
            assert market.league == league.code
        assert FeatureFlag.objects.filter(scope="market:SPREAD", name="PUBLISH").exists()

    def test_lets_only_sportsbooks_into_a_consensus(self):
        kinds = dict(Book.objects.values_list("key", "kind"))

        assert kinds["fanduel"] == BookKind.SPORTSBOOK
        assert kinds["novig"] == BookKind.EXCHANGE
        assert kinds["prizepicks"] == BookKind.DFS
        assert len(kinds) == len(BOOKS)

    def test_changes_nothing_the_second_time(self, ops):
        tables = [League, Team, TeamAlias, Book, SettlementRuleset, FeatureFlag]
        before = [table.objects.count() for table in tables]
        entries = AuditEntry.across_tenants.count()

        actions.install_catalog(by=ops, at=LATER)

        assert [table.objects.count() for table in tables] == before
        assert AuditEntry.across_tenants.count() == entries

    def test_leaves_alone_what_people_have_changed(self, ops):
        nfl = League.objects.get(code="NFL")
        actions.change_league(
            league_id=nfl.pk,
            changes={"maximum_minutes": 420},
            by=ops,
            at=LATER,
            reason="Weather delays.",
        )

        actions.install_catalog(by=ops, at=LATER)

        nfl.refresh_from_db()
        assert nfl.maximum_minutes == 420

    def test_writes_an_audit_entry_for_every_row(self):
        written = AuditEntry.across_tenants.filter(action="team_alias.created")

        assert written.count() == TeamAlias.objects.count()
        assert TeamAlias.history.count() == TeamAlias.objects.count()


@pytest.mark.django_db
class TestInstallSandboxLeague:
    def test_is_in_force_for_whatever_past_is_played(self, ops):
        actions.install_sandbox_league(by=ops, at=LATER)

        long_ago = datetime(2001, 1, 1, tzinfo=UTC)
        for section in (Section.MARKET, Section.MODEL, Section.OPINION):
            assert configs.resolve(section, league="SFL", at=long_ago).document.league == "SFL"

    def test_changes_nothing_the_second_time_and_nothing_of_other_leagues(self, ops):
        others = list(League.objects.values_list("code", flat=True))
        actions.install_sandbox_league(by=ops, at=LATER)
        entries = AuditEntry.across_tenants.count()

        actions.install_sandbox_league(by=ops, at=LATER)

        assert AuditEntry.across_tenants.count() == entries
        assert set(League.objects.values_list("code", flat=True)) == {*others, "SFL"}

    def test_is_no_part_of_what_ships(self):
        assert not League.objects.filter(code="SFL").exists()
        assert not Book.objects.filter(key="palisade").exists()
