"""Settlement rules in the console: who reads, compares and writes them, and what they see."""

import re
from typing import Any

import pytest
from django.http import QueryDict
from django.test import Client
from django.utils.html import escape

from apps.catalog import actions
from apps.catalog.models import League, SettlementRuleset
from apps.catalog.ruleset_pages.form import PARTS
from apps.catalog.tests.factories import SATURDAY
from apps.catalog.tests.test_rulesets import REASON, add, first
from apps.core import clock
from apps.governance.config_form.writing import texts
from apps.governance.models import AuditEntry
from apps.governance.roles import Role
from apps.tenants import hosts
from apps.tenants.tests.factories import OPERATORS_HOST, PASSWORD, OperatorFactory, StaffFactory

AT = SATURDAY
PAGES = "/admin/catalog/settlementruleset"
WRITE = f"{PAGES}/write/NFL/SPREAD/FULL_GAME/"


@pytest.fixture
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: AT)
    hosts.forget()


def browser(person: Any, host: str = OPERATORS_HOST) -> Client:
    client = Client(headers={"host": host})
    answer = client.post("/admin/login/", {"username": person.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


@pytest.fixture
def console(acme: str, at_noon: None) -> Client:
    return browser(
        OperatorFactory(email="olivia@beatvegas.test", role=Role.OPS, is_superuser=False)
    )


def text_of(answer: Any) -> str:
    assert answer.status_code == 200
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def sent(ruleset: SettlementRuleset, do: str, **changes: str) -> dict[str, Any]:
    return {**texts(PARTS, ruleset.rules), "reason": REASON, "do": do, **changes}


def hidden(answer: Any) -> QueryDict:
    """What the preview would send again, as a browser would."""
    found = re.findall(
        r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.content.decode()
    )
    whole = QueryDict(mutable=True)
    for name, text in found:
        if name != "csrfmiddlewaretoken":
            whole.appendlist(name, text)
    return whole


WITHIN_A_DAY = {"postponement.kind": "WITHIN_HOURS", "postponement.WITHIN_HOURS.hours": "24"}


@pytest.mark.django_db
class TestInTheConsole:
    def test_every_market_of_every_league_is_listed(self, console):
        page = text_of(console.get(f"{PAGES}/overview/"))

        for league in League.objects.all():
            assert f"{league.code} {escape(league.name)}" in page
        assert page.count("Version 1 since Sat 1 Jan 2000") == SettlementRuleset.objects.count()

    def test_a_version_is_read_in_sentences_and_value_by_value(self, console):
        page = text_of(console.get(f"{PAGES}/{first().pk}/change/"))

        assert "NFL spread, full game, version 1 In force" in page
        assert "played by the Wednesday of the league week" in page
        assert "Minimum play" in page
        assert "Shipped with the platform." in page

    def test_the_next_is_shown_before_anything_is_stored(self, console):
        preview = text_of(console.post(WRITE, sent(first(), "preview", **WITHIN_A_DAY)))

        assert "3 differences" in preview
        assert "Kind Postponement LEAGUE_WEEK WITHIN_HOURS" in preview
        assert "started within 24 hours of the scheduled start" in preview
        assert "No grade changes by it." in preview
        assert "--rules v2 --league NFL --dry-run" in preview
        assert "Nothing is stored yet." in preview
        assert SettlementRuleset.objects.filter(version=2).count() == 0

    def test_the_next_is_stored_with_its_reason_and_in_force_at_once(self, console):
        preview = console.post(WRITE, sent(first(), "preview", **WITHIN_A_DAY))
        answer = console.post(WRITE, {**hidden(preview).dict(), "do": "store"}, follow=True)

        second = SettlementRuleset.objects.get(version=2)
        assert answer.redirect_chain == [(f"{PAGES}/{second.pk}/change/", 302)]
        assert "version 2 is stored" in text_of(answer)
        assert "No grade changes by it." in text_of(answer)
        expected = {
            **first().rules,
            "version": 2,
            "postponement": {"kind": "WITHIN_HOURS", "hours": 24},
        }
        assert second.rules == expected, "nothing else has changed on the way"
        assert (second.author, second.reason, second.effective_from) == (
            "OPS:public/olivia@beatvegas.test",
            REASON,
            AT,
        )
        entry = AuditEntry.across_tenants.get(object_id=str(second.pk), reason=REASON)
        assert (entry.actor_id, entry.ip) == ("public/olivia@beatvegas.test", "127.0.0.1")

    def test_what_is_wrong_comes_back_at_its_field(self, console):
        answer = text_of(
            console.post(
                WRITE,
                sent(
                    first(),
                    "preview",
                    reason="",
                    effective_from="2001-01-01T00:00",
                    **{"minimum_play.MINUTES.minutes": "121"},
                ),
            )
        )

        assert "2 problems. Nothing is stored." in answer
        assert "At most 120." in answer
        assert "This is needed." in answer

    def test_the_past_is_refused_at_its_field(self, console):
        answer = text_of(
            console.post(
                WRITE, sent(first(), "preview", effective_from="2001-01-01T00:00", **WITHIN_A_DAY)
            )
        )

        assert "Rules cannot hold from 2001-01-01" in answer

    def test_the_same_again_is_no_version(self, console):
        assert "SETTLEMENT_RULES_UNCHANGED" in text_of(
            console.post(WRITE, sent(first(), "preview"))
        )

    def test_one_that_somebody_overtook_is_not_stored_unseen(self, console, ops):
        preview = console.post(WRITE, sent(first(), "preview", **WITHIN_A_DAY))
        add(ops, decided_stands=False)

        answer = console.post(WRITE, {**hidden(preview).dict(), "do": "store"})

        assert "SETTLEMENT_RULES_NUMBERED" in text_of(answer)
        assert SettlementRuleset.objects.filter(league__code="NFL", version=3).count() == 0

    def test_two_versions_are_compared(self, console, ops):
        second = add(ops, decided_stands=False, overtime_counts=False)

        page = text_of(console.get(f"{PAGES}/compare/?a={first().pk}&b={second.pk}"))

        assert "2 differences" in page
        assert "Overtime counts yes no" in page
        assert "What was decided stands yes no" in page
        assert "NFL spread, full game, version 2" in page

    def test_rules_of_two_leagues_are_compared_as_well(self, console):
        nfl, nba = first(), first(league="NBA")

        page = text_of(console.get(f"{PAGES}/compare/?a={nfl.pk}&b={nba.pk}"))

        assert "Minutes Minimum play, min 55 43" in page
        assert "NBA spread, full game, version 1" in page

    def test_a_market_without_any_begins_with_nothing(self, console, ops):
        written = {**sent(first(), "preview"), "effective_from": ""}
        actions.add_league(
            {
                "code": "EUROLEAGUE",
                "name": "EuroLeague",
                "sport": "BASKETBALL",
                "provider_keys": {"the_odds_api": "basketball_euroleague"},
                "timezone": "Europe/Madrid",
                "winner_market": "MONEYLINE",
                "period": "FULL_GAME",
                "regulation_minutes": 40,
                "maximum_minutes": 240,
                "can_tie": False,
            },
            by=ops,
            at=AT,
            reason="Asked for.",
        )
        address = f"{PAGES}/write/EUROLEAGUE/SPREAD/FULL_GAME/"

        assert "None nothing of it is published" in text_of(console.get(f"{PAGES}/overview/"))
        assert "It has none yet" in text_of(console.get(address))
        console.post(address, {**written, "do": "store"})

        ruleset = SettlementRuleset.objects.get(league__code="EUROLEAGUE")
        assert (ruleset.version, ruleset.typed().league) == (1, "EUROLEAGUE")

    @pytest.mark.parametrize(
        "address",
        [
            f"{PAGES}/write/NFL/PROP/FULL_GAME/",
            f"{PAGES}/write/NFL/SPREAD/H1/",
            f"{PAGES}/write/XFL/SPREAD/FULL_GAME/",
            f"{PAGES}/compare/?a=1&b=horoscope",
            f"{PAGES}/999999/change/",
        ],
    )
    def test_what_is_not_there_is_not_found(self, console, address):
        assert console.get(address).status_code == 404


@pytest.mark.django_db
class TestWhoMay:
    @pytest.fixture(autouse=True)
    def _clock(self, at_noon: None) -> None: ...

    def test_finance_looks_and_changes_nothing(self, acme):
        finance = browser(OperatorFactory(role=Role.FINANCE, is_superuser=False))

        page = finance.get(f"{PAGES}/{first().pk}/change/")
        assert "Write the next version" not in text_of(page)
        assert "Change…" not in text_of(finance.get(f"{PAGES}/overview/"))
        assert finance.get(WRITE).status_code == 403
        assert finance.post(WRITE, sent(first(), "store", **WITHIN_A_DAY)).status_code == 403

    def test_a_tenants_staff_read_them_on_their_own_host(self, acme):
        staff = browser(StaffFactory(role=Role.TENANT_STAFF), "acme.localhost")

        assert "played by the Wednesday" in text_of(staff.get(f"{PAGES}/{first().pk}/change/"))
        assert staff.get(WRITE).status_code == 403

    def test_not_even_an_operator_writes_them_inside_a_tenant(self, console):
        inside = f"/t/acme{WRITE}"

        assert console.get(f"/t/acme{PAGES}/overview/").status_code == 200
        assert console.get(inside).status_code == 403
        assert console.post(inside, sent(first(), "store", **WITHIN_A_DAY)).status_code == 403
        assert not SettlementRuleset.objects.filter(version=2).exists()
