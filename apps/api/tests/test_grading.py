"""What the API says of grading: the console's own count, of this instant."""

from datetime import timedelta

import pytest
from django.test import Client

from apps.core import clock
from apps.core.tenancy import tenant_scope
from apps.grading.actions import grade_due
from apps.grading.tests.factories import DUE_AT, drift, end, published
from apps.picks.tests.factories import Game

LATER = DUE_AT + timedelta(hours=3)


@pytest.fixture
def program(acme, make_key, monkeypatch) -> Client:
    monkeypatch.setattr(clock, "now", lambda: LATER)
    return Client(
        headers={
            "host": "acme.localhost",
            "authorization": f"Bearer {make_key(scopes=['picks:read'])}",
        }
    )


class TestGrading:
    def test_adds_up_what_was_due(self, program, acme, ops):
        with tenant_scope(acme):
            graded, drifted = Game(), Game()
            for game in (graded, drifted):
                published(game)
                end(game, 24, 17)
            drift(drifted)
            grade_due(by=ops, at=DUE_AT)

        answer = program.get("/api/v1/grading/")

        [day] = answer.json()["results"]
        assert (day["league"], day["day"], day["due"], day["graded"]) == ("NFL", "2025-10-12", 2, 1)
        assert day["waiting"] == [{"reason": "MAPPING_DRIFT", "picks": 1}]
        assert (day["promised"], day["kept"]) == (2, 1)
        assert answer.headers["Cache-Control"] == "no-store"

    def test_reaches_as_far_back_as_it_is_asked_to(self, program, acme, monkeypatch, ops):
        with tenant_scope(acme):
            game = Game()
            published(game)
            end(game, 24, 17)
            grade_due(by=ops, at=DUE_AT)
        monkeypatch.setattr(clock, "now", lambda: LATER + timedelta(days=20))

        assert program.get("/api/v1/grading/").json()["results"] == []
        assert len(program.get("/api/v1/grading/?days=21").json()["results"]) == 1

    @pytest.mark.parametrize("days", ["0", "93", "all", "-1", "٣"])
    def test_refuses_what_is_no_number_of_days(self, program, days):
        answer = program.get("/api/v1/grading/", {"days": days})

        assert (answer.status_code, answer.json()["code"]) == (400, "PARAMETER_INVALID")
        assert list(answer.json()["errors"]) == ["days"]
