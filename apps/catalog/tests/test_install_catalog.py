import csv
import json
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

import pytest

from apps.catalog import actions
from apps.catalog.first import BOOKS, LEAGUES, TEAMS
from apps.catalog.models import Book, League, SettlementRuleset, Team, TeamAlias
from apps.catalog.spelling import normalise
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

    def test_knows_a_franchise_under_the_name_it_had_at_the_feed(self):
        nhl = League.objects.get(code="NHL")

        found = TeamAlias.objects.teams_of(
            provider="the_odds_api",
            league_id=nhl.pk,
            spellings=["Arizona Coyotes", "Utah Mammoth", "Montreal Canadiens"],
        )

        utah = Team.objects.get(name="Utah Mammoth").pk
        assert (found["Arizona Coyotes"], found["Utah Mammoth"]) == (utah, utah)
        assert found["Montreal Canadiens"] == Team.objects.get(name="Montréal Canadiens").pk

    def test_ties_end_in_the_league_as_its_rulesets_say(self):
        for league in League.objects.all():
            rules = [row.typed() for row in SettlementRuleset.objects.filter(league=league)]

            assert {rule.market_type for rule in rules} == {
                MarketType.SPREAD,
                MarketType(league.winner_market),
                MarketType.TOTAL,
            }
            assert {rule.period for rule in rules} == {league.period}
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


class TestTeams:
    @pytest.mark.parametrize("league", LEAGUES, ids=lambda league: league.code)
    def test_are_told_apart_by_name_spelling_and_abbreviation(self, league):
        teams = TEAMS[league.code]
        spellings = [normalise(name) for team in teams for name in (team.name, *team.also)]
        short = [each for team in teams for each in (team.abbreviation, *team.formerly)]

        assert len(set(spellings)) == len(spellings)
        assert len(set(short)) == len(short)
        assert all(short)

    def test_of_every_recording_are_known_as_their_provider_spells_them(self, shared_data):
        known = {
            league.provider_keys["the_odds_api"]: {
                name for team in TEAMS[league.code] for name in (team.name, *team.also)
            }
            for league in LEAGUES
        }

        strangers = {key: names - known[key] for key, names in recorded(shared_data).items()}

        assert sum(map(len, recorded(shared_data).values())) > 250
        assert {key: names for key, names in strangers.items() if names} == {}


def recorded(shared_data: Path) -> dict[str, set[str]]:
    """Every team of a league of ours that stands in a recording, by the provider's key."""
    keys_of = {league.provider_keys["the_odds_api"] for league in LEAGUES}
    by_code = {league.code: league.provider_keys["the_odds_api"] for league in LEAGUES}
    found: defaultdict[str, set[str]] = defaultdict(set)
    for path in sorted((shared_data / "oddsapi").glob("odds_*.json")):
        for event in json.loads(path.read_bytes()):
            if event["sport_key"] in keys_of:
                found[event["sport_key"]] |= {event["home_team"], event["away_team"]}
    for name, home, away, key in (
        ("intraday_events", "home", "away", "sport_key"),
        ("nhl_wnba_oddsapi_snapshots_2026a", "home_team", "away_team", "sport"),
        ("nhl_oddsapi_noon_books_2023_24", "home_team", "away_team", "sport"),
    ):
        with (shared_data / "games" / f"{name}.csv").open(newline="", encoding="utf-8") as file:
            for row in csv.DictReader(file):
                found[by_code.get(row[key], row[key])] |= {row[home], row[away]}
    return found


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
