"""Every refusal and every failure is a problem document with a stable code and no internals."""

import json
import re
from pathlib import Path

import pytest
from django.conf import settings
from django.db import OperationalError
from django.test import Client

from apps.api import shown, views
from apps.api.errors import _FRAMEWORK_CODES, STATUSES, RequestRefused, handle
from apps.api.openapi import _PROBLEMS
from apps.api.permissions import ScopeMissing
from apps.api.tests.conftest import ACME
from apps.core.append_only import AppendOnlyRefused
from apps.governance.models import OpsAlert
from apps.governance.switches import Consulted, Halted, State
from apps.rulebook.errors import RuleBroken
from apps.rulebook.lifecycle import MoveRefused, PickStatus
from apps.tenants import presented
from apps.tenants.presented import KeyExpired, KeyForeign, KeyInvalid, KeyRevoked
from apps.tenants.tests.factories import OPERATORS_HOST

pytestmark = pytest.mark.django_db

LIST = "/api/v1/picks/"
SECRET = "postgresql://owner:swordfish@db.internal/beatvegas"


def problem_of(answer) -> dict:
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.headers["Cache-Control"] == "no-store"
    told = json.loads(answer.content)
    assert told["status"] == answer.status_code
    assert {"type", "title", "status", "code", "detail"} <= told.keys()
    return told


class TestAddresses:
    @pytest.mark.parametrize(
        "path",
        ["/api/", "/api/v1/", "/api/v2/picks/", "/api/v1/picks", "/api/v1/picks/1/", "/api/v1/x/y"],
    )
    def test_that_lead_nowhere_say_so_to_everybody(self, path, client, acme):
        for method in ("get", "post", "delete"):
            answer = getattr(client, method)(path, headers={"host": ACME})
            assert problem_of(answer)["code"] == "NOT_FOUND"

    def test_of_the_operators_host_say_where_the_api_is(self, client, acme):
        told = problem_of(client.get(LIST, headers={"host": OPERATORS_HOST}))

        assert (told["code"], "a tenant's host" in told["detail"]) == ("NOT_FOUND", True)

    def test_of_a_host_that_nobody_has_say_the_same(self, client, acme):
        answer = client.get(LIST, headers={"host": "nobody.localhost"})

        assert problem_of(answer)["code"] == "NOT_FOUND"


class TestMethods:
    @pytest.mark.parametrize("method", ["post", "put", "patch", "delete", "trace"])
    def test_that_write_are_none(self, method, program):
        answer = getattr(program, method)(LIST)

        assert (answer.status_code, problem_of(answer)["code"]) == (405, "METHOD_NOT_ALLOWED")
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"

    def test_are_told_by_options_without_a_body(self, program):
        answer = program.options(LIST)

        assert (answer.status_code, answer.content) == (204, b"")
        assert answer.headers["Allow"] == "GET, HEAD, OPTIONS"


class TestMediaTypes:
    @pytest.mark.parametrize("wanted", ["text/html", "application/xml", "image/png"])
    def test_that_we_do_not_speak_are_refused(self, wanted, program):
        answer = program.get(LIST, headers={"accept": wanted})

        assert (answer.status_code, problem_of(answer)["code"]) == (406, "NOT_ACCEPTABLE")

    @pytest.mark.parametrize(
        "wanted", ["application/json", "*/*", "text/html,application/xhtml+xml,*/*;q=0.8"]
    )
    def test_that_include_json_get_it(self, wanted, program):
        answer = program.get(LIST, headers={"accept": wanted})

        assert answer.headers["Content-Type"] == "application/json"

    def test_are_not_chosen_by_a_parameter(self, program):
        assert program.get(f"{LIST}?format=api").status_code == 400


class TestRefusals:
    """What the rules refuse keeps its code and its sentence."""

    @pytest.mark.parametrize(
        ("refusal", "status"),
        [
            (MoveRefused(PickStatus.GRADED, PickStatus.PUBLISHED), 409),
            (Halted([Consulted("PUBLISH", "GLOBAL", State.OFF)]), 503),
            (RuleBroken("No."), 409),
        ],
    )
    def test_are_told_by_their_code(self, refusal, status, program, monkeypatch):
        def refuse(_rows):
            raise refusal

        monkeypatch.setattr(shown, "picks", refuse)
        answer = program.get(LIST)

        told = problem_of(answer)
        assert (answer.status_code, told["code"], told["detail"]) == (
            status,
            refusal.code,
            refusal.sentence,
        )
        assert ("Retry-After" in answer.headers) is (status == 503)

    def test_are_no_errors_in_the_log(self, program, monkeypatch, caplog):
        def refuse(_rows):
            raise RuleBroken("No.")

        monkeypatch.setattr(shown, "picks", refuse)
        program.get(LIST)

        assert [record for record in caplog.records if record.levelname == "ERROR"] == []

    def test_that_somebody_should_hear_of_open_their_alert(self, program, monkeypatch):
        def refuse(_rows):
            raise AppendOnlyRefused("Grade", "changed")

        monkeypatch.setattr(shown, "picks", refuse)
        program.get(LIST)

        alert = OpsAlert.across_tenants.get()
        assert (alert.kind, alert.scope) == ("UNAUTHORIZED_WRITE", "tenant:acme")
        assert alert.key.startswith("acme/key:")

    def test_are_mapped_from_the_particular_to_the_general(self):
        """A wider class before a narrower one would swallow it."""
        kinds = list(STATUSES)

        for at, kind in enumerate(kinds):
            assert not [wider for wider in kinds[:at] if issubclass(kind, wider)], kind


class TestFailures:
    def test_that_nobody_foresaw_tell_nothing_of_the_inside(self, program, monkeypatch, caplog):
        def fail(_rows):
            raise ZeroDivisionError(SECRET)

        monkeypatch.setattr(shown, "picks", fail)
        answer = program.get(LIST)

        assert (answer.status_code, problem_of(answer)["code"]) == (500, "INTERNAL_ERROR")
        for inside in ("swordfish", "ZeroDivision", "Traceback", ".py"):
            assert inside not in answer.content.decode()
        (noted,) = [record for record in caplog.records if record.name == "apps.api.errors"]
        assert noted.exc_info[0] is ZeroDivisionError

    def test_of_the_database_are_worth_another_try(self, program, monkeypatch):
        def fail(_rows):
            raise OperationalError(SECRET)

        monkeypatch.setattr(shown, "picks", fail)
        answer = program.get(LIST)

        assert (answer.status_code, problem_of(answer)["code"]) == (503, "UNAVAILABLE")
        assert int(answer.headers["Retry-After"]) > 0
        assert "swordfish" not in answer.content.decode()

    @pytest.mark.parametrize(
        ("error", "status", "code"),
        [
            (ZeroDivisionError(SECRET), 500, "INTERNAL_ERROR"),
            (OperationalError(SECRET), 503, "UNAVAILABLE"),
        ],
    )
    def test_before_the_view_have_the_same_form(self, error, status, code, make_key, monkeypatch):
        def fail(_text):
            raise error

        monkeypatch.setattr(presented, "prefix_of", fail)
        program = Client(
            raise_request_exception=False,
            headers={"host": ACME, "authorization": f"Bearer {make_key()}"},
        )
        answer = program.get(LIST)

        assert (answer.status_code, problem_of(answer)["code"]) == (status, code)
        assert "swordfish" not in answer.content.decode()

    def test_of_the_console_stay_pages(self, make_key, monkeypatch):
        def fail(_text):
            raise ZeroDivisionError(SECRET)

        monkeypatch.setattr(presented, "prefix_of", fail)
        browser = Client(
            raise_request_exception=False,
            headers={"host": ACME, "authorization": "Bearer x"},
        )
        answer = browser.get("/admin/")

        assert answer.status_code == 500
        assert answer.headers["Content-Type"].startswith("text/html")

    def test_leave_the_connection_in_public(self, program, monkeypatch):
        """The fixture of every test asks; this one makes it worth asking."""

        def fail(_rows):
            raise ZeroDivisionError

        monkeypatch.setattr(shown, "picks", fail)
        program.get(LIST)
        monkeypatch.undo()

        assert program.get(LIST).status_code == 200


class TestPage:
    def test_names_every_code_that_a_client_may_meet(self):
        page = (Path(settings.BASE_DIR) / "docs" / "api.md").read_text()
        told = set(re.findall(r"`([A-Z][A-Z_]+)`", page.partition("## 4.")[2]))
        described = set(re.findall(r"\b[A-Z]+(?:_[A-Z]+)+\b|\bUNAVAILABLE\b", str(_PROBLEMS)))

        assert told == described
        known = {*_FRAMEWORK_CODES.values(), "INTERNAL_ERROR", "UNAVAILABLE", RequestRefused.code}
        kinds = [KeyInvalid, KeyRevoked, KeyExpired, KeyForeign, ScopeMissing, Halted]
        assert told <= known | {kind.code for kind in kinds}


class TestTheHandler:
    def test_serves_every_view_of_the_api(self):
        """A view with a handler of its own would have another form of refusal."""
        made = [one for one in vars(views).values() if isinstance(one, type)]

        for view in made:
            if issubclass(view, views.ReadView):
                assert view().get_exception_handler() is handle
