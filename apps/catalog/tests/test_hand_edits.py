import pytest
from pydantic import ValidationError

from apps.catalog import actions
from apps.catalog.actions import hand
from apps.catalog.models import Book, League, SettlementRuleset, Team, TeamAlias
from apps.catalog.tests.factories import BILLS, JETS, SATURDAY, nfl, team
from apps.governance import configs, switches
from apps.governance.models import AuditEntry, Section
from apps.rulebook.markets import BookKind

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


@pytest.fixture
def signed(ops):
    return {"by": ops, "at": SATURDAY, "reason": "Because."}


@pytest.mark.django_db
class TestLeagues:
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

        with pytest.raises(ValidationError):
            actions.change_league(league_id=nfl().pk, changes={"line_ranges": backwards}, **signed)

    def test_keep_every_version_with_operator_and_reason(self, signed):
        actions.change_league(league_id=nfl().pk, changes={"maximum_minutes": 360}, **signed)

        newest = nfl().history.first()
        assert (newest.maximum_minutes, newest.history_change_reason) == (360, "Because.")
        assert newest.history_user_id == "OPS:olivia@beatvegas.test"
        assert newest.history_date == SATURDAY

    @pytest.mark.parametrize("column", ["code", "identity_provider"])
    def test_never_change_what_ids_are_made_of(self, column, signed):
        with pytest.raises(hand.Unchangeable):
            actions.change_league(league_id=nfl().pk, changes={column: "other"}, **signed)

        assert League.objects.filter(code="NFL", identity_provider="the_odds_api").exists()


@pytest.mark.django_db
class TestBooks:
    def test_are_classified_by_a_person(self, signed):
        book = actions.add_book(
            key="newbook", title="New Book", kind=BookKind.EXCHANGE, group="", **signed
        )

        assert book.group == "newbook"
        assert book not in Book.objects.sportsbooks()

    def test_refuse_a_key_that_is_taken(self, signed):
        with pytest.raises(actions.BookKeyTaken):
            actions.add_book(
                key="fanduel", title="Again", kind=BookKind.SPORTSBOOK, group="", **signed
            )

    def test_are_retired_and_never_deleted(self, signed):
        book = Book.objects.get(key="fanduel")

        actions.change_book(book_id=book.pk, changes={"status": "RETIRED"}, **signed)

        assert not Book.objects.active().filter(key="fanduel").exists()
        assert book.history.first().status == "RETIRED"

    def test_keep_their_key(self, signed):
        with pytest.raises(hand.Unchangeable):
            actions.change_book(
                book_id=Book.objects.get(key="fanduel").pk, changes={"key": "fd"}, **signed
            )


@pytest.mark.django_db
class TestTeams:
    def test_come_with_their_first_spelling(self, signed):
        added = actions.add_team(league_id=nfl().pk, name="London Monarchs", **signed)

        alias = TeamAlias.objects.get(team=added)
        assert (alias.provider, alias.spelling) == ("the_odds_api", "London Monarchs")

    def test_refuse_a_name_that_is_taken(self, signed):
        with pytest.raises(actions.AliasTaken):
            actions.add_team(league_id=nfl().pk, name=JETS, **signed)

        assert Team.objects.filter(name=JETS).count() == 1


@pytest.mark.django_db
class TestAliases:
    def test_mean_one_team_however_they_are_cased(self, signed):
        with pytest.raises(actions.AliasTaken):
            actions.add_team_alias(
                provider="the_odds_api", spelling=JETS.upper(), team_id=team(BILLS), **signed
            )

    def test_can_be_corrected_with_their_history(self, signed):
        alias = actions.add_team_alias(
            provider="the_odds_api", spelling="NY", team_id=team(BILLS), **signed
        )

        actions.change_team_alias(alias_id=alias.pk, team_id=team(JETS), **signed)

        assert [version.team.name for version in alias.history.all()] == [JETS, BILLS]

    def test_stay_in_their_league(self, signed):
        college = actions.add_team(
            league_id=League.objects.get(code="NCAAF").pk, name="Montana Grizzlies", **signed
        )
        alias = TeamAlias.objects.get(provider="nflverse", spelling="NYJ")

        with pytest.raises(actions.NotTheSameLeague):
            actions.change_team_alias(alias_id=alias.pk, team_id=college.pk, **signed)
