"""What stands above the list of grades: the same count as the job's."""

from datetime import timedelta

import pytest
from django.test import Client

from apps.core import clock
from apps.core.tenancy import tenant_scope
from apps.grading.actions import grade_due
from apps.grading.tests.factories import DUE_AT, drift, end, published
from apps.picks.tests.factories import Game
from apps.tenants.tests.factories import OPERATORS_HOST, PASSWORD, OperatorFactory

LATER = DUE_AT + timedelta(hours=3)
GRADES = "/t/acme/admin/grading/grade/"


@pytest.fixture
def console(acme: str, client: Client, monkeypatch: pytest.MonkeyPatch) -> Client:
    monkeypatch.setattr(clock, "now", lambda: LATER)
    person = OperatorFactory(email="olivia@beatvegas.test")
    answer = client.post(
        "/admin/login/",
        {"username": person.email, "password": PASSWORD},
        headers={"host": OPERATORS_HOST},
    )
    assert answer.status_code == 302
    return client


def page(console: Client) -> str:
    answer = console.get(GRADES, headers={"host": OPERATORS_HOST})
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


class TestTheListOfGrades:
    def test_says_day_by_day_what_was_due_and_whether_in_time(self, console, acme, ops):
        with tenant_scope(acme):
            graded, drifted = Game(), Game()
            for game in (graded, drifted):
                published(game)
                end(game, 24, 17)
            drift(drifted)
            grade_due(by=ops, at=DUE_AT)

        shown = page(console)

        assert "Sun 12 Oct" in shown
        assert "1 graded, 0 void, 0 ungradeable" in shown
        assert "1 mapping drift" in shown
        assert "1 of 2" in shown

    def test_says_that_nothing_was_due(self, console):
        assert "Nothing was due in the last seven days." in page(console)
