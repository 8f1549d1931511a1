"""A tenant's host as its readers meet it: an instant, a zone, and a page as text."""

import html
import json
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from unittest import mock

import pytest
from django.db import transaction
from django.test import Client

from apps.core import clock
from apps.core.tenancy import tenant_scope
from apps.picks.models import Pick
from apps.site.tests import scene
from apps.site.tests.scene import LOOK
from apps.tenants import hosts
from apps.tenants.models import Tenant

ACME = "acme.localhost"
NOW = LOOK + timedelta(seconds=22)


@pytest.fixture(autouse=True)
def hosts_are_asked_anew() -> Iterator[None]:
    hosts.forget()
    yield
    hosts.forget()


@dataclass
class Seen:
    """What a reader was shown on the scene's Sunday: every page once, as it was sent."""

    today: str = ""
    record: str = ""
    how: str = ""
    picks: dict[str, str] = field(default_factory=dict)
    proofs: dict[str, dict[str, Any]] = field(default_factory=dict)
    rows: dict[str, Pick] = field(default_factory=dict)

    def cards(self) -> dict[str, str]:
        """The text of each card of the board, by its heading."""
        found = {}
        for part in self.today.split("<article")[1:]:
            text = as_text(f"<main><p {part.partition('</article>')[0]}</main>")
            heading = part.partition("<h2>")[2].partition("</h2>")[0]
            found[heading.replace("\N{NO-BREAK SPACE}", " ")] = text
        return found


@pytest.fixture(scope="session")
def seen(django_db_setup: None, django_db_blocker: Any) -> Seen:
    """Play the Sunday once, read every page of it, and take it back."""
    with (
        django_db_blocker.unblock(),
        transaction.atomic(),
        mock.patch.object(clock, "now", return_value=NOW),
    ):
        found = _read_everything()
        transaction.set_rollback(True)
    return found


def _read_everything() -> Seen:
    Tenant.objects.filter(pk="acme").update(timezone="America/New_York")
    hosts.forget()
    with tenant_scope("acme"):
        graded = scene.history([(24, 17), (24, 23), (24, 17), (20, 17), (24, 17)])
        day = scene.sunday()
        scene.silent_games()
        rows = {name: day.pick(name) for name in day.games}
        rows["old version"] = rows["replaced"].supersedes
        rows |= {"won": graded[0], "lost": graded[1]}
    reader, found = Client(headers={"host": ACME}), Seen(rows=rows)

    def page(path: str) -> str:
        answer = reader.get(path)
        assert answer.status_code == 200, path
        return answer.content.decode()

    found.today, found.record, found.how = map(page, ("/", "/record/", "/how-it-works/"))
    for name, pick in rows.items():
        found.picks[name] = page(f"/picks/{pick.pk}/")
        found.proofs[name] = json.loads(page(f"/picks/{pick.pk}/proof.json"))
    hosts.forget()
    return found


@pytest.fixture
def in_new_york(acme: str) -> str:
    Tenant.objects.filter(pk=acme).update(timezone="America/New_York")
    return acme


@pytest.fixture
def read(client: Any, acme: str, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """Read a page as its text, at the instant at which the scene is looked at."""
    monkeypatch.setattr(clock, "now", lambda: NOW)

    def text_of(path: str = "/", *, host: str = ACME) -> str:
        answer = client.get(path, headers={"host": host})
        assert answer.status_code == 200, path
        return as_text(answer.content.decode())

    return text_of


def as_text(page: str) -> str:
    """What a reader who sees no shapes is told, on one line."""
    body = page.partition("<main")[2].partition("</main>")[0].partition(">")[2]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"</?\w[^>]*>", " ", body))).strip()
