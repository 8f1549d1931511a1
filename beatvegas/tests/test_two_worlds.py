"""The platform's league of the sandbox is the sandbox's own: neither imports the other."""

from datetime import UTC, datetime

import pytest

from apps.catalog.actions import install_sandbox_league
from apps.catalog.models import Book, League, Team, TeamAlias
from apps.governance import configs
from apps.governance.models import Section
from apps.rulebook.markets import BookKind
from sandbox.world import league as sandbox
from sandbox.world.leagues import SFL

LATER = datetime(2025, 10, 1, tzinfo=UTC)


@pytest.mark.django_db
class TestSandboxLeague:
    def test_knows_everybody_whom_the_sandbox_names(self, ops):
        install_sandbox_league(by=ops, at=LATER)

        league = League.objects.get(code="SFL")
        books = Book.objects.filter(key__in=[book.key for book in sandbox.BOOKS])
        assert league.provider_keys == {"the_odds_api": SFL.key}
        assert (league.name, league.timezone) == (SFL.sport.description, SFL.sport.timezone)
        assert set(Team.objects.of(league.pk).values_list("name", "abbreviation")) == {
            (team.name, team.abbreviation) for team in SFL.teams
        }
        assert dict(books.values_list("key", "title")) == {
            book.key: book.title for book in sandbox.BOOKS
        }
        assert {book.kind for book in books} == {BookKind.SPORTSBOOK}
        assert set(TeamAlias.objects.filter(league=league).values_list("provider", "spelling")) == {
            ("the_odds_api", team.name) for team in SFL.teams
        }

    def test_trusts_the_book_that_the_sandbox_made_sharp(self, ops):
        install_sandbox_league(by=ops, at=LATER)

        market = configs.resolve(Section.MARKET, league="SFL", at=LATER).document
        assert market.sharp_books == tuple(book.key for book in sandbox.BOOKS if book.sharp)
        assert market.results.grade_after_final_min == 1
