"""Configuration in the console: what is shown to whom, and how a change takes effect."""

import re
from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.http import QueryDict
from django.test import Client

from apps.core import clock
from apps.core.tenancy import tenant_scope
from apps.governance import configs
from apps.governance.config_form.outline import outline
from apps.governance.config_form.writing import texts
from apps.governance.models import AuditEntry, ConfigVersion
from apps.picks import actions as picks
from apps.picks.models import Pick
from apps.picks.tests.boards import board, evaluate, run
from apps.picks.tests.factories import NOON_BEFORE, Game, minutes
from apps.rulebook.markets import MarketType, Side
from apps.rulebook.thresholds import OpinionConfig, market_config, opinion_config
from apps.tenants import hosts
from apps.tenants.tests.factories import OPERATORS_HOST, PASSWORD, OperatorFactory, StaffFactory

PAGES = "/admin/governance/configversion"
IN_ACME = f"/t/acme{PAGES}"
PLATFORMS = f"{PAGES}/write/opinion/public/NFL/-/"
ACMES = f"{PAGES}/write/opinion/acme/NFL/-/"
REASON = "Fewer, better picks."


@pytest.fixture(autouse=True)
def at_noon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: NOON_BEFORE)
    hosts.forget()


def browser(person: Any, host: str = OPERATORS_HOST) -> Client:
    client = Client(headers={"host": host})
    answer = client.post("/admin/login/", {"username": person.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


@pytest.fixture
def console(acme: str) -> Client:
    return browser(OperatorFactory(email="olivia@beatvegas.test"))


def allowed(person: Any, *codenames: str) -> Any:
    person.user_permissions.set(Permission.objects.filter(codename__in=codenames))
    return person


def sent(document: configs.AnyConfig, do: str, **changes: str) -> dict[str, Any]:
    written = texts(outline(type(document)), document.model_dump(mode="json"))
    return {**written, "reason": REASON, "do": do, **changes}


def newest(owner: str, section: str = "opinion", profile: str = "") -> ConfigVersion:
    version = ConfigVersion.objects.of(
        section=section, owner=owner, league="NFL", profile=profile
    ).first()
    assert version is not None
    return version


def text_of(answer: Any) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.content.decode()))


def hidden(answer: Any) -> dict[str, list[str]]:
    """What the preview would send again, as a browser would."""
    found = re.findall(
        r'<input type="hidden" name="([^"]+)" value="([^"]*)"', answer.content.decode()
    )
    whole = QueryDict(mutable=True)
    for name, text in found:
        if name != "csrfmiddlewaretoken":
            whole.appendlist(name, text)
    return dict(whole.lists())


class TestChange:
    def test_is_shown_before_anything_is_stored(self, console):
        asked = console.get(PLATFORMS)
        preview = console.post(PLATFORMS, sent(opinion_config("NFL"), "preview", books_min="4"))

        assert "Iterations below which a run blocks its picks." in text_of(asked)
        assert "Allowed: 1 to 50." in text_of(asked)
        page = text_of(preview)
        assert "1 difference" in page
        assert "Fresh books books 3 4" in page
        assert "Nothing is stored yet." in page
        assert newest("public").number == 1

    def test_takes_effect_when_it_is_stored_with_its_reason(self, console):
        preview = console.post(PLATFORMS, sent(opinion_config("NFL"), "preview", books_min="4"))
        answer = console.post(PLATFORMS, {**hidden(preview), "do": "store"}, follow=True)

        version = newest("public")
        assert answer.redirect_chain == [(f"{PAGES}/{version.pk}/change/", 302)]
        assert "version 2 is stored" in text_of(answer)
        assert (version.number, version.document["books_min"]) == (2, 4)
        assert (version.reason, version.effective_from) == (REASON, NOON_BEFORE)
        changed = {**opinion_config("NFL").model_dump(mode="json"), "books_min": 4}
        assert version.document == changed, "nothing else has changed on the way"
        entry = AuditEntry.across_tenants.get(object_id=str(version.pk))
        assert (entry.action, entry.reason) == ("config.created", REASON)
        assert entry.ip == "127.0.0.1"

    def test_may_wait_for_its_day(self, console):
        answer = console.post(
            PLATFORMS,
            sent(opinion_config("NFL"), "store", books_min="4", effective_from="2025-11-01T00:00"),
            follow=True,
        )

        assert "To come" in text_of(answer)
        resolved = configs.resolve(configs.OPINION, league="NFL", at=NOON_BEFORE)
        assert resolved.document.books_min == 3

    def test_that_somebody_else_overtook_is_not_stored_unseen(self, console, ops):
        preview = console.post(PLATFORMS, sent(opinion_config("NFL"), "preview", books_min="4"))
        configs.create_version(
            opinion_config("NFL").model_copy(update={"sims_min": 50_000}),
            by=ops,
            at=NOON_BEFORE,
            reason="Meanwhile.",
        )

        answer = console.post(PLATFORMS, {**hidden(preview), "do": "store"})

        assert configs.ConfigChanged.code in text_of(answer)
        assert newest("public").reason == "Meanwhile."

    def test_that_is_wrong_comes_back_with_what_was_typed(self, console):
        answer = console.post(PLATFORMS, sent(opinion_config("NFL"), "preview", books_min="77"))

        page = answer.content.decode()
        assert "1 problem. Nothing is stored." in text_of(answer)
        assert 'href="#c-books_min"' in page
        assert re.search(r'id="c-books_min"[^>]*value="77"[^>]*aria-invalid="true"', page)
        assert 'id="c-books_min-wrong"' in page

    def test_of_rows_can_ask_for_more_of_them(self, console):
        there = sent(opinion_config("NFL"), "rows", books_min="77")
        there |= {"points.2.lean_points": "2", "points.3.lean_points": "3"}

        answer = console.post(PLATFORMS, there)

        page = answer.content.decode()
        assert 'name="points.5.lean_points"' in page
        assert "Nothing is stored." not in text_of(answer), "it is not judged yet"

    def test_can_go_back_from_its_preview(self, console):
        preview = console.post(PLATFORMS, sent(opinion_config("NFL"), "preview", books_min="4"))

        back = console.post(PLATFORMS, {**hidden(preview), "do": "back"})

        assert re.search(r'id="c-books_min"[^>]*value="4"', back.content.decode())
        assert REASON in back.content.decode()

    def test_makes_a_new_profile_that_an_opinion_may_choose(self, console):
        begun = console.get(
            f"{PAGES}/begin/", {"section": "market", "league": "NFL", "profile": "tight"}
        )
        where = begun.headers["Location"]
        console.post(where, sent(market_config("NFL"), "store", consensus_books_min="6"))
        console.post(
            ACMES, sent(opinion_config("NFL"), "store", market_profile="tight"), follow=True
        )

        assert newest("public", "market", "tight").document["consensus_books_min"] == 6
        assert newest("acme").document["market_profile"] == "tight"

    def test_of_nothing_that_exists_is_not_found(self, console):
        for path in ("opinion/nobody/NFL/-", "market/acme/NFL/measured", "opinion/acme/XFL/-"):
            assert console.get(f"{PAGES}/write/{path}/").status_code == 404, path
        asked = {"section": "market", "league": "NFL", "profile": "Not a name"}
        answer = console.get(f"{PAGES}/begin/", asked, follow=True)
        assert "small letters" in text_of(answer)


class TestPicks:
    def test_keep_the_version_they_were_made_under(self, console, ops):
        """From the form to the pick: what was made stays, what comes reads the new version."""
        console.post(ACMES, sent(opinion_config("NFL"), "store", sims_min="30000"))
        first = newest("acme")
        game = Game()
        with tenant_scope("acme"):
            run(game, margin=7.0, total=54.0)
            board(game)
            evaluate(game)
            picks.propose_due(by=ops, at=NOON_BEFORE)
            old = picks.publish_pick(pick_id=Pick.objects.get().pk, by=ops, at=NOON_BEFORE)

        preview = console.post(
            ACMES,
            sent(OpinionConfig.model_validate(first.document), "preview", sims_min="40000"),
        )
        console.post(ACMES, {**hidden(preview), "do": "store"})
        second, later = newest("acme"), NOON_BEFORE + minutes(1)
        with tenant_scope("acme"):
            board(game, MarketType.TOTAL, Side.OVER, line="47.5", at=later)
            evaluate(game, at=later)
            picks.propose_due(by=ops, at=later)
            new = Pick.objects.waiting().get()
            old.refresh_from_db()

        assert (first.number, second.number) == (1, 2)
        assert old.config_version_id == first.pk
        assert new.config_version_id == second.pk
        assert str(old.status) == "PUBLISHED"


class TestVersions:
    def change(self, console: Client) -> tuple[ConfigVersion, ConfigVersion]:
        before = newest("public")
        console.post(PLATFORMS, sent(opinion_config("NFL"), "store", books_min="4"))
        return before, newest("public")

    def test_are_listed_with_their_state(self, console):
        self.change(console)

        page = text_of(console.get(f"{PAGES}/?section__exact=opinion"))

        assert "Opinion of the platform on NFL, version 2 In force" in page
        assert "Opinion of the platform on NFL, version 1 Replaced" in page

    def test_show_what_they_say_and_in_what_units(self, console):
        before, _after = self.change(console)

        page = text_of(console.get(f"{PAGES}/{before.pk}/change/"))

        assert "version 1 Replaced" in page
        assert re.search(r"Iterations of a run [^.]*\. 20,000 iterations", page)
        assert re.search(r"Edge at least [^.]*\. 0.05 \(0.01 is 1 pp\)", page)

    def test_are_compared_in_both_directions(self, console):
        before, after = self.change(console)

        for a, b, said in ((before, after, "3 4"), (after, before, "4 3")):
            answer = console.get(f"{PAGES}/compare/", {"a": str(a.pk), "b": str(b.pk)})
            assert f"Fresh books books {said}" in text_of(answer)

    def test_of_different_owners_are_compared(self, console):
        console.post(ACMES, sent(opinion_config("NFL"), "store", cool_down_min="30"))

        answer = console.get(
            f"{PAGES}/compare/", {"a": str(newest("public").pk), "b": str(newest("acme").pk)}
        )

        assert "Cool-down min 0 30" in text_of(answer)

    def test_of_different_sections_are_not(self, console):
        opinion, market = newest("public"), newest("public", "market", "measured")

        answer = console.get(f"{PAGES}/compare/", {"a": str(opinion.pk), "b": str(market.pk)})

        assert answer.status_code == 404
        assert console.get(f"{PAGES}/compare/", {"a": "1", "b": "2"}).status_code == 404

    def test_are_never_edited_or_added_by_hand(self, console):
        version = newest("public")

        assert console.get(f"{PAGES}/add/").status_code == 403
        assert console.post(f"{PAGES}/{version.pk}/delete/").status_code == 403
        assert newest("public") == version

    def test_cost_the_same_few_queries_however_many_there_are(
        self, console, ops, django_assert_max_num_queries
    ):
        for number in range(2, 22):
            document = opinion_config("NFL").model_copy(update={"cool_down_min": number})
            configs.create_version(document, by=ops, at=NOON_BEFORE, reason="One more.")

        for path in (f"{PAGES}/", f"{PAGES}/overview/", f"{PAGES}/{newest('public').pk}/change/"):
            with django_assert_max_num_queries(14):
                assert console.get(path).status_code == 200


class TestWhoMay:
    def test_look_without_the_right_to_write(self, acme):
        console = browser(
            allowed(
                OperatorFactory(email="fiona@beatvegas.test", is_superuser=False),
                "view_configversion",
            )
        )

        overview = console.get(f"{PAGES}/overview/")

        assert overview.status_code == 200
        assert "Change…" not in text_of(overview)
        assert console.get(PLATFORMS).status_code == 403
        answer = console.post(PLATFORMS, sent(opinion_config("NFL"), "store", books_min="4"))
        assert answer.status_code == 403
        assert newest("public").number == 1

    def test_not_even_look_without_any_right(self, acme):
        console = browser(OperatorFactory(email="nobody@beatvegas.test", is_superuser=False))

        version = newest("public")
        for path in ("", "overview/", "compare/", "begin/", f"{version.pk}/change/"):
            assert console.get(f"{PAGES}/{path}").status_code == 403, path

    def test_write_their_own_opinion_on_their_own_host(self, acme):
        staff = allowed(StaffFactory(), "view_configversion", "add_configversion")
        console = browser(staff, "acme.localhost")

        overview = text_of(console.get(f"{PAGES}/overview/"))
        answer = console.post(
            ACMES, sent(opinion_config("NFL"), "store", books_min="5"), follow=True
        )

        assert "The platform's" in overview
        assert "rival" not in overview
        assert "version 1 is stored" in text_of(answer)
        with tenant_scope("acme"):
            found = configs.resolve(configs.OPINION, league="NFL", tenant="acme", at=NOON_BEFORE)
        assert found.document.books_min == 5
        assert newest("acme").author == f"USER:{staff.login}"

    def test_write_nothing_else_there(self, acme, rival):
        staff = allowed(StaffFactory(), "view_configversion", "add_configversion")
        console = browser(staff, "acme.localhost")
        theirs = f"{PAGES}/write/opinion/rival/NFL/-/"
        market = f"{PAGES}/write/market/public/NFL/measured/"

        changed = sent(opinion_config("NFL"), "store", books_min="5")
        assert console.post(PLATFORMS, changed).status_code == 403
        assert console.post(theirs, changed).status_code == 404
        changed = sent(market_config("NFL"), "store", consensus_books_min="5")
        assert console.post(market, changed).status_code == 403
        assert newest("public").number == 1

    def test_see_nothing_of_another_tenants(self, acme, rival, ops):
        foreign = configs.create_version(
            opinion_config("NFL").model_copy(update={"books_min": 7}),
            by=ops,
            at=NOON_BEFORE,
            reason="Theirs alone.",
            tenant=rival,
        )
        staff = allowed(StaffFactory(), "view_configversion", "add_configversion")
        console = browser(staff, "acme.localhost")

        assert "Theirs alone." not in text_of(console.get(f"{PAGES}/"))
        assert console.get(f"{PAGES}/{foreign.pk}/change/").status_code == 404
        pair = {"a": str(newest("public").pk), "b": str(foreign.pk)}
        assert console.get(f"{PAGES}/compare/", pair).status_code == 404

    def test_write_for_a_tenant_as_its_operator(self, console):
        answer = console.post(
            f"{IN_ACME}/write/opinion/acme/NFL/-/",
            sent(opinion_config("NFL"), "store", books_min="5"),
            follow=True,
        )

        assert answer.redirect_chain[0][0].startswith("/t/acme/admin/")
        assert newest("acme").author.startswith("ADMIN:")
