import pytest
from django.db import IntegrityError, transaction

from apps.catalog import actions
from apps.catalog.models import Book, League, Team, TeamAlias
from apps.catalog.tests.factories import BILLS, JETS, SATURDAY, nfl, team
from apps.governance.models import AuditEntry
from apps.rulebook.markets import BookKind


@pytest.fixture
def signed(ops):
    return {"by": ops, "at": SATURDAY, "reason": "Because."}


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
        with pytest.raises(actions.Unchangeable):
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

    def test_change_their_colour_and_keep_their_name(self, signed):
        jets = team(JETS)

        actions.change_team(team_id=jets, changes={"colour": "#00338D"}, **signed)

        assert Team.objects.get(pk=jets).colour == "#00338D"
        assert AuditEntry.across_tenants.filter(
            action="team.changed", object_id=str(jets), reason="Because."
        ).exists()
        with pytest.raises(actions.Unchangeable):
            actions.change_team(team_id=jets, changes={"name": "Jets"}, **signed)

    def test_have_no_colour_that_is_none(self, signed):
        with pytest.raises(IntegrityError), transaction.atomic():
            actions.change_team(team_id=team(JETS), changes={"colour": "green"}, **signed)


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
