"""The schema describes what is answered, and the page that shows it needs no other host."""

import json
from copy import deepcopy
from datetime import datetime
from pathlib import Path
from typing import Any

import jsonschema
import pytest
import yaml
from django.conf import settings
from django.test import Client
from openapi_spec_validator import OpenAPIV31SpecValidator

from apps.api.description import PlainJsonRenderer, schema_text
from apps.api.openapi import _PROBLEMS
from apps.api.tests.conftest import ACME
from apps.api.tests.test_access import NOWHERE
from apps.core.tenancy import tenant_scope
from apps.governance.models import FeatureFlag
from apps.grading.actions import grade_due
from apps.grading.tests.factories import LATER, end, take_close
from apps.picks.tests.factories import Game
from apps.picks.tests.parlays import generate, slate
from apps.rulebook.keys import parlay_id
from apps.rulebook.markets import MarketType
from apps.snapshots.models import Feed

FORMATS = jsonschema.FormatChecker(["uuid"])
KEPT = Path(settings.BASE_DIR) / "docs" / "openapi.yaml"


@FORMATS.checks("date-time", raises=ValueError)
def is_an_instant(text: object) -> bool:
    return not isinstance(text, str) or datetime.fromisoformat(text).tzinfo is not None


def described() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(schema_text())
    return loaded


def strictly(schema: Any) -> Any:
    """Nothing undescribed passes: every object allows its own properties only."""
    if isinstance(schema, list):
        return [strictly(one) for one in schema]
    if not isinstance(schema, dict):
        return schema
    inner = {name: strictly(value) for name, value in schema.items()}
    return {**inner, "additionalProperties": False} if "properties" in inner else inner


def operation_of(path: str) -> dict[str, Any]:
    template = path.partition("?")[0]
    for known, operations in described()["paths"].items():
        start, _, _ = known.partition("{")
        if template == known or ("{" in known and template.startswith(start) and template != start):
            return deepcopy(operations["get"])
    raise AssertionError(f"{path} is not described.")


def undescribed(path: str, answer: Any) -> list[str]:
    """Say where an answer differs from what the schema says of its status."""
    document = described()
    said = operation_of(path)["responses"][str(answer.status_code)]
    (media,) = said["content"]
    assert answer.headers["Content-Type"] == media
    schema = {
        **strictly(said["content"][media]["schema"]),
        "components": strictly(document["components"]),
    }
    validator = jsonschema.Draft202012Validator(schema, format_checker=FORMATS)
    found = validator.iter_errors(answer.json())
    return [f"{error.json_path}: {error.message}" for error in found]


class TestDocument:
    def test_is_valid_openapi_3_1(self):
        document = described()

        assert document["openapi"].startswith("3.1.")
        assert list(OpenAPIV31SpecValidator(document).iter_errors()) == []

    def test_is_kept_beside_the_other_pages(self):
        """After a change of the API: `manage.py spectacular --file docs/openapi.yaml`."""
        assert KEPT.read_bytes() == schema_text()

    def test_says_the_same_as_json(self):
        assert json.loads(schema_text(PlainJsonRenderer)) == described()

    def test_has_reading_operations_only_and_each_asks_for_somebody(self):
        for path, operations in described()["paths"].items():
            assert set(operations) == {"get"}, path
            assert operations["get"]["security"] == [{"apiKey": []}, {"staffSession": []}], path

    def test_describes_every_route_that_shows_something(self):
        assert sorted(described()["paths"]) == [
            "/api/v1/events/",
            "/api/v1/events/{event}/",
            "/api/v1/grading/",
            "/api/v1/health/",
            "/api/v1/parlays/",
            "/api/v1/parlays/{parlay}/",
            "/api/v1/picks/",
            "/api/v1/picks/{pick}/",
            "/api/v1/record/",
        ]

    def test_explains_every_field_that_is_a_number(self):
        """A number without its unit means nothing."""
        silent = [
            f"{name}.{field}"
            for name, schema in described()["components"]["schemas"].items()
            for field, said in schema.get("properties", {}).items()
            if "number" in str(said.get("type")) and not said.get("description")
        ]

        assert silent == []


@pytest.mark.django_db
class TestAnswers:
    @pytest.fixture
    def shown(self, publish, acme, ops) -> None:
        """Picks of every kind, one of them settled, and a feed that is late."""
        with tenant_scope(acme):
            slate(4)
            generate(ops)
            generate(ops, "b", profile="premium")
        game = Game()
        settled = publish(game)
        publish()
        publish(market_type=MarketType.MONEYLINE, line=None, american=None)
        end(game, 24, 17)
        with tenant_scope(acme):
            take_close(settled)
            grade_due(by=ops, at=LATER)
        Feed.objects.update(next_due_at=LATER)
        FeatureFlag.objects.filter(name="PUBLISH", scope="GLOBAL").update(enabled=False)
        self.pick, self.event = settled.pk, game.event.pk
        self.parlay = parlay_id("acme", "a")

    def test_are_as_described(self, shown, program):
        for path in (
            "/api/v1/picks/",
            "/api/v1/picks/?limit=1",
            f"/api/v1/picks/{self.pick}/",
            "/api/v1/events/?starts_from=2025-01-01T00:00:00Z",
            f"/api/v1/events/{self.event}/",
            "/api/v1/parlays/",
            f"/api/v1/parlays/{self.parlay}/",
            "/api/v1/grading/",
            "/api/v1/grading/?days=92",
            "/api/v1/record/",
            "/api/v1/health/",
        ):
            answer = program.get(path)
            assert answer.status_code == 200, path
            assert undescribed(path, answer) == [], path

    def test_of_refusals_are_as_described(self, shown, program, make_key, rival):
        blind = Client(
            headers={"host": ACME, "authorization": f"Bearer {make_key(scopes=['events:read'])}"}
        )
        refusals = [
            (400, program, "/api/v1/picks/?tier=x", {}),
            (401, Client(headers={"host": ACME}), "/api/v1/picks/", {}),
            (403, blind, "/api/v1/picks/", {}),
            (404, program, f"/api/v1/picks/{NOWHERE}/", {}),
            (406, program, "/api/v1/picks/", {"accept": "text/html"}),
        ]

        for status, who, path, headers in refusals:
            answer = who.get(path, headers=headers)
            assert answer.status_code == status, path
            assert undescribed(path, answer) == [], path

    def test_are_found_when_they_are_not(self, shown, program):
        answer = program.get("/api/v1/picks/")
        told = answer.json()
        del told["results"][0]["action"]
        told["results"][0]["secret"] = 1
        answer.json = lambda: told

        missing, added = sorted(undescribed("/api/v1/picks/", answer))

        assert "'action' is a required property" in missing
        assert "'secret' was unexpected" in added

    def test_of_every_status_are_listed_with_their_codes(self):
        for operations in described()["paths"].values():
            answered = set(operations["get"]["responses"]) - {"200", "304"}
            assert answered <= {str(status) for status in _PROBLEMS}
            assert {"401", "403", "405", "406", "500", "503"} <= answered


@pytest.mark.django_db
class TestServed:
    def test_to_anybody_as_yaml_or_json(self, client, acme):
        for wanted, media in (
            ("*/*", "application/vnd.oai.openapi; charset=utf-8"),
            ("application/json", "application/json; charset=utf-8"),
            ("application/vnd.oai.openapi+json", "application/vnd.oai.openapi+json; charset=utf-8"),
        ):
            answer = client.get("/api/v1/schema/", headers={"host": ACME, "accept": wanted})
            assert (answer.status_code, answer.headers["Content-Type"]) == (200, media)

    def test_once_to_who_has_it(self, client, acme):
        first = client.get("/api/v1/schema/", headers={"host": ACME})

        again = client.get(
            "/api/v1/schema/", headers={"host": ACME, "if-none-match": first.headers["ETag"]}
        )

        assert again.status_code == 304

    def test_page_has_no_script_of_its_own_and_no_other_host(self, client, acme):
        page = client.get("/api/v1/docs/", headers={"host": ACME}).content.decode()

        assert "http" not in page
        assert "<style" not in page
        assert page.count("<script src=") == page.count("<script") == 3


@pytest.mark.slow
class TestPage:
    def test_shows_every_operation_under_a_strict_policy(self, served, browse):
        page = browse()
        said: list[str] = []
        asked: list[str] = []
        page.on("console", lambda message: said.append(f"{message.type}: {message.text}"))
        page.on("pageerror", lambda error: said.append(f"error: {error}"))
        page.on("request", lambda request: asked.append(request.url))

        answer = page.goto(served.at("/api/v1/docs/", host=ACME))
        operations = page.locator(".opblock")
        operations.nth(7).wait_for()

        policy = answer.headers["content-security-policy"]
        assert "unsafe" not in policy
        assert operations.count() == 9
        assert [words for words in said if words.startswith(("error", "warning"))] == []
        home = served.at("/", host=ACME)
        assert [url for url in asked if not url.startswith((home, "data:"))] == []

    def test_tries_an_operation_with_a_key(self, served, browse, make_key):
        page = browse()
        page.goto(served.at("/api/v1/docs/", host=ACME))
        page.click("button.authorize")
        page.locator("input[type=text]").first.fill(make_key())
        page.locator(".auth-container button.authorize").first.click()
        page.click("button.btn-done")
        page.click("#operations-health-get_health .opblock-summary")
        page.click("#operations-health-get_health .try-out__btn")
        page.click("#operations-health-get_health .execute")

        shown = page.locator("#operations-health-get_health .live-responses-table .response")
        shown.first.wait_for()

        assert "200" in shown.first.inner_text()
        assert "Acme Picks" in shown.first.inner_text()
