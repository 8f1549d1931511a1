from dataclasses import replace
from datetime import timedelta
from uuid import uuid4

import pytest

from apps.catalog import actions
from apps.catalog.actions import Question, ask
from apps.catalog.models import ReviewItem, ReviewKind, ReviewStatus, Team, TeamAlias
from apps.catalog.tests.factories import JETS, READER, SATURDAY, nfl, team
from apps.governance.models import AuditEntry

MINUTE = timedelta(minutes=1)


def question(subject: str = "NY Jets", kind: ReviewKind = ReviewKind.UNKNOWN_SPELLING) -> Question:
    return Question(
        kind=kind,
        provider="the_odds_api",
        league_id=nfl().pk,
        subject=subject,
        evidence={"source_event_id": "game1"},
        suggestions=[{"team": team(JETS), "name": JETS}],
    )


def ask_at(moment, *questions):
    return ask(questions, seen_at=moment, by=READER, at=moment)


@pytest.mark.django_db
class TestAsk:
    def test_puts_a_question_once_and_counts_the_rest(self):
        first = ask_at(SATURDAY, question())
        again = ask_at(SATURDAY + MINUTE, question())

        item = ReviewItem.objects.get()
        assert first == {(ReviewKind.UNKNOWN_SPELLING, "NY Jets")}
        assert again == frozenset()
        assert (item.seen_count, item.first_seen_at) == (2, SATURDAY)
        assert item.last_seen_at == SATURDAY + MINUTE
        assert AuditEntry.across_tenants.filter(action="review_item.asked").count() == 1

    def test_asks_about_a_book_once_for_all_leagues(self):
        about = Question(ReviewKind.UNKNOWN_BOOK, "the_odds_api", None, "newbook")

        ask_at(SATURDAY, about)
        ask_at(SATURDAY + MINUTE, about)

        assert ReviewItem.objects.get().seen_count == 2

    def test_asks_nothing_for_nothing(self):
        assert ask_at(SATURDAY) == frozenset()


@pytest.mark.django_db
class TestApproveSpelling:
    def test_makes_the_spelling_an_alias_with_operator_and_reason(self, ops):
        ask_at(SATURDAY, question())

        item = actions.approve_spelling(
            item_id=ReviewItem.objects.get().pk,
            team_id=team(JETS),
            by=ops,
            at=SATURDAY,
            reason="Short form.",
        )

        alias = TeamAlias.objects.get(spelling="NY Jets")
        assert alias.team.name == JETS
        assert alias.history.get().history_change_reason == "Short form."
        assert (item.status, item.decided_at) == (ReviewStatus.APPROVED, SATURDAY)
        assert item.decided_by == "OPS:olivia@beatvegas.test"

    def test_is_final(self, ops):
        ask_at(SATURDAY, question())
        item = ReviewItem.objects.get()
        actions.reject(item_id=item.pk, by=ops, at=SATURDAY, reason="Another sport.")

        with pytest.raises(actions.AlreadyDecided):
            actions.approve_spelling(
                item_id=item.pk, team_id=team(JETS), by=ops, at=SATURDAY, reason="Yes."
            )

        assert not TeamAlias.objects.filter(spelling="NY Jets").exists()

    def test_is_not_reopened_by_the_next_poll(self, ops):
        ask_at(SATURDAY, question())
        item = ReviewItem.objects.get()
        actions.reject(item_id=item.pk, by=ops, at=SATURDAY, reason="Another sport.")

        ask_at(SATURDAY + MINUTE, question())

        item.refresh_from_db()
        assert (item.status, item.seen_count) == (ReviewStatus.REJECTED, 2)

    def test_wants_a_question_about_a_spelling(self, ops):
        ask_at(SATURDAY, question("game1", ReviewKind.EVENT_AMBIGUOUS))

        with pytest.raises(actions.NotThisKind):
            actions.approve_spelling(
                item_id=ReviewItem.objects.get().pk,
                team_id=team(JETS),
                by=ops,
                at=SATURDAY,
                reason="Yes.",
            )

    def test_knows_no_item_that_is_none(self, ops):
        with pytest.raises(ReviewItem.DoesNotExist):
            actions.reject(item_id=uuid4(), by=ops, at=SATURDAY, reason="What?")


@pytest.mark.django_db
class TestApproveNewTeam:
    def test_makes_a_team_of_the_spelling(self, ops):
        ask_at(SATURDAY, question("London Monarchs"))

        actions.approve_new_team(
            item_id=ReviewItem.objects.get().pk,
            abbreviation="LON",
            by=ops,
            at=SATURDAY,
            reason="They play again.",
        )

        made = Team.objects.get(name="London Monarchs")
        assert (made.league, made.abbreviation) == (nfl(), "LON")
        assert TeamAlias.objects.get(team=made).spelling == "London Monarchs"
        item = ReviewItem.objects.get()
        assert (item.status, item.decision) == (ReviewStatus.APPROVED, {"team": str(made.pk)})

    def test_refuses_a_spelling_of_a_provider_that_names_no_teams(self, ops):
        ask_at(SATURDAY, replace(question("LON"), provider="nflverse"))

        with pytest.raises(actions.NotIdentityProvider):
            actions.approve_new_team(
                item_id=ReviewItem.objects.get().pk, by=ops, at=SATURDAY, reason="New."
            )

    def test_is_no_answer_to_another_question(self, ops):
        ask_at(SATURDAY, question("game1", ReviewKind.MAPPING_DRIFT))

        with pytest.raises(actions.NotThisKind):
            actions.approve_new_team(
                item_id=ReviewItem.objects.get().pk, by=ops, at=SATURDAY, reason="New."
            )


@pytest.mark.django_db
class TestAliasByHand:
    def test_answers_the_open_question_about_its_spelling(self, ops):
        ask_at(SATURDAY, question("NY  Jets"), question("Jets of NY"))

        actions.add_team_alias(
            provider="the_odds_api",
            spelling="ny jets",
            team_id=team(JETS),
            by=ops,
            at=SATURDAY,
            reason="Short form.",
        )

        answered = {item.subject: item.status for item in ReviewItem.objects.all()}
        assert answered == {"NY  Jets": ReviewStatus.APPROVED, "Jets of NY": ReviewStatus.OPEN}
