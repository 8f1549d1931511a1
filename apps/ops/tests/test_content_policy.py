"""What a browser may load: for the console what its theme needs, for everything else nothing."""

import re
from typing import Any

import pytest

from apps.ops import console
from apps.ops.tests.test_console import changelists
from apps.tenants.tests.factories import OPERATORS_HOST, PASSWORD, OperatorFactory

ACME = "acme.localhost"
HEADER = "Content-Security-Policy"


def policy(answer: Any) -> dict[str, str]:
    parts = [part.strip().partition(" ") for part in answer.headers[HEADER].split(";")]
    return {name: said for name, _, said in parts}


@pytest.mark.django_db
class TestPolicy:
    def test_of_an_answer_for_programs_allows_nothing(self, client, acme):
        said = policy(client.get("/api/v1/health/", headers={"host": ACME}))

        assert said == {"default-src": "'none'", "frame-ancestors": "'none'", "base-uri": "'none'"}

    @pytest.mark.parametrize(
        ("host", "path"),
        [
            (OPERATORS_HOST, "/admin/login/"),
            (OPERATORS_HOST, "/t/acme/admin/login/"),
            (ACME, "/admin/login/"),
        ],
    )
    def test_of_the_console_allows_what_comes_from_here(self, host, path, client, acme):
        said = policy(client.get(path, headers={"host": host}))

        assert said["default-src"] == "'none'"
        assert said["script-src"] == "'self' 'unsafe-eval'"  # the theme's, and no inline script
        assert said["frame-ancestors"] == "'none'"
        assert not re.search(r"https?:|\*", str(said))

    def test_of_the_apis_page_allows_no_evaluated_and_no_inline_script(self, client, acme):
        said = policy(client.get("/api/v1/docs/", headers={"host": ACME}))

        assert said["script-src"] == said["style-src"] == "'self'"

    def test_of_an_address_that_only_looks_like_the_console_is_strict(self, client, acme):
        said = policy(client.get("/administration/", headers={"host": ACME}))

        assert "script-src" not in said


@pytest.mark.slow
def test_every_list_of_the_console_keeps_to_it(served, browse):
    """A browser refuses what the policy does not allow, and says so."""
    operator = OperatorFactory()
    page = browse()
    refused: list[str] = []
    page.on(
        "console",
        lambda message: refused.append(message.text) if "ontent Security" in message.text else None,
    )
    page.goto(served.at("/admin/login/"))
    page.fill("[name=username]", operator.email)
    page.fill("[name=password]", PASSWORD)
    page.click("button[type=submit]")
    page.wait_for_url("**/admin/")

    paths = [f"/{path}" for path in changelists(console.operators_site())]
    paths += [f"/t/acme/{path}" for path in ["admin/", *changelists(console.tenant_site())]]
    for path in paths:
        assert page.goto(served.at(path)).status == 200, path

    assert refused == []
