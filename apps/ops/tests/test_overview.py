"""The front page: its first line, its cards, and the one red control, as an operator sees them."""

import re
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.test import Client

from apps.catalog.actions import Question, ask
from apps.catalog.models import ReviewKind
from apps.core import clock
from apps.core.actor import Actor
from apps.core.tenancy import tenant_scope
from apps.governance import alerts, approvals, switches
from apps.governance.jobs import heartbeats
from apps.governance.models import AuditLine, FeatureFlag, Heartbeat
from apps.grading.actions import grade_due
from apps.grading.tests.factories import DUE_AT, end, published
from apps.ops import navigation
from apps.ops.models import StageStanding, TenantStanding
from apps.ops.stock import take_stock
from apps.picks.tests.factories import Game
from apps.rulebook.alerts import AlertKind
from apps.tenants.models import User
from apps.tenants.tests.factories import OPERATORS_HOST, PASSWORD, OperatorFactory

HOST = {"host": OPERATORS_HOST}
REASON = "Two books show impossible totals."


@pytest.fixture
def olivia(db: None) -> User:
    return OperatorFactory(email="olivia@beatvegas.test")


@pytest.fixture
def console(olivia: User, client: Client) -> Client:
    client.post("/admin/login/", {"username": olivia.email, "password": PASSWORD}, headers=HOST)
    return client


@pytest.fixture
def looker(db: None) -> Client:
    """An operator whose role turns no switches."""
    browser = Client()
    person = OperatorFactory(email="lena@beatvegas.test", is_superuser=False)
    browser.post("/admin/login/", {"username": person.email, "password": PASSWORD}, headers=HOST)
    return browser


def page(browser: Client, address: str = "/admin/", **headers: str) -> str:
    answer = browser.get(address, headers={**HOST, **headers})
    assert answer.status_code == 200
    return answer.content.decode()


def words(html: str) -> str:
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", html)))


def verdict(browser: Client) -> str:
    return words(page(browser).partition('<div id="verdict">')[2].partition("</h2>")[0]).strip()


def flag(name: str = "PUBLISH", scope: str = "GLOBAL") -> FeatureFlag:
    return FeatureFlag.objects.get(name=name, scope=scope)


class TestVerdict:
    def test_says_that_all_is_well(self, console):
        assert verdict(console) == "Publishing is on. Nothing needs a person."

    def test_names_what_is_stopped(self, console, ops):
        switches.turn_off("PUBLISH", "league:NFL", by=ops, at=DUE_AT, reason=REASON)
        switches.turn_off("PUBLISH", "market:TOTAL", by=ops, at=DUE_AT, reason=REASON)

        assert verdict(console).startswith("Publishing is on, except NFL and totals.")

    def test_says_that_everything_is_stopped(self, console, ops):
        switches.turn_off("PUBLISH", "GLOBAL", by=ops, at=DUE_AT, reason=REASON)

        assert verdict(console) == (
            "Publishing is stopped everywhere. It takes two people to turn it on again."
        )

    def test_counts_what_needs_a_person(self, console, ops, olivia):
        now = clock.now()
        alerts.raise_alert(
            AlertKind.MAPPING_DRIFT, scope="league:NFL", key="e1", detail="Ids.", by=ops, at=now
        )
        approvals.request(
            "switch.turn_on", "PUBLISH at GLOBAL", by=Actor.staff(olivia), at=now, reason=REASON
        )

        assert verdict(console) == "Publishing is on. 2 things need a person."

    def test_warns_when_nobody_counts(self, console):
        assert "Nobody has counted yet" in words(page(console))

    def test_warns_when_the_counts_are_old(self, console, ops):
        take_stock(by=ops, at=clock.now() - timedelta(minutes=12))

        assert "The counts below are 12 min old" in words(page(console))

    def test_is_silent_about_counts_that_are_new(self, console, ops):
        take_stock(by=ops, at=clock.now())

        assert "The counts below" not in words(page(console))

    def test_lets_an_operator_count_now(self, console):
        console.post("/admin/count/", headers=HOST)

        assert StageStanding.objects.exists()

    def test_counts_nothing_because_somebody_looks(self, console):
        console.get("/admin/count/", headers=HOST)

        assert not StageStanding.objects.exists()


class TestPipeline:
    def test_shows_twelve_stages_in_order_and_says_which_are_not_built(self, console, ops):
        take_stock(by=ops, at=clock.now())

        strip = page(console).partition('id="pipe"')[2].partition("</section>")[0]

        heads = re.findall(r'<th role="rowheader"[^>]*>(.*?)</th>', strip)
        assert [words(head).strip() for head in heads] == [
            *("Fetch", "Read", "Rate", "Simulate", "Evaluate", "Propose"),
            *("Publish", "Deliver", "Watch", "Close", "Grade", "Roll up"),
        ]
        assert strip.count("Not yet") == 1
        assert "Roll up is not built yet" in words(strip)

    def test_explains_a_stage_that_is_late(self, console, acme, ops):
        now = clock.now()
        with tenant_scope(acme):
            game = Game()
            published(game)
            end(game, 24, 17)
        take_stock(by=ops, at=now)

        strip = page(console).partition('id="pipe"')[2].partition("</section>")[0]

        assert "bv-row-warn" in strip
        assert "Grade: 1 due, the oldest for" in words(strip)
        assert "They wait for: not written 1." in words(strip)

    def test_says_which_stage_is_stopped_and_that_its_work_waits(self, console, ops):
        switches.turn_off("SIMULATE", "GLOBAL", by=ops, at=DUE_AT, reason=REASON)
        take_stock(by=ops, at=clock.now())

        assert "Simulate: stopped everywhere since" in words(page(console))

    def test_renews_itself_with_a_part_of_the_same_page(self, console):
        assert 'hx-trigger="every 15s" hx-select="#pipe" hx-select-oob="#verdict"' in page(console)


class TestHeldBack:
    """Switches are on, and alerts let less out."""

    def raised(self, ops, scope, *, step=0):
        alerts.raise_alert(
            AlertKind.FEED_STALE, scope=scope, step=step, detail="Silent.", by=ops, at=DUE_AT
        )

    def test_is_said_in_the_first_line(self, console, ops):
        self.raised(ops, "league:NFL")
        self.raised(ops, "league:NBA", step=1)
        switches.turn_off("PUBLISH", "market:TOTAL", by=ops, at=DUE_AT, reason=REASON)

        assert verdict(console).startswith(
            "Publishing is on, except totals and NBA, EDGE only for NFL."
        )

    def test_everywhere_is_said_in_the_first_line(self, console, ops):
        self.raised(ops, "GLOBAL")

        assert verdict(console).startswith("Publishing is on, EDGE only everywhere.")

    def test_altogether_is_said_with_its_cause(self, console, ops):
        self.raised(ops, "GLOBAL", step=1)

        assert verdict(console).startswith("Nothing is published: FEED_STALE.")

    def test_by_nobody_looking_is_said_with_its_cause(self, console):
        heartbeats.arm()
        Heartbeat.objects.update(beaten_at=clock.now() - timedelta(minutes=6))

        assert verdict(console) == (
            "Nothing is published: nobody looks for alerts. Nothing needs a person."
        )

    def test_stands_in_the_scopes_row_with_its_cause(self, console, ops):
        self.raised(ops, "league:NBA")

        card = page(console).partition('id="publishing-title"')[2].partition("</section>")[0]

        assert re.search(r"League: NBA FEED_STALE EDGE only", words(card))


class TestPublishing:
    def test_shows_everything_first_and_what_is_stopped_next(self, console, ops):
        switches.turn_off("PUBLISH", "market:TOTAL", by=ops, at=DUE_AT, reason=REASON)

        card = page(console).partition("publishing-title")[2].partition("</section>")[0]

        heads = [words(head) for head in re.findall(r'<th scope="row">(.*?)<span', card, re.S)]
        assert [head.strip() for head in heads[:2]] == ["Everything", "Market: totals"]
        assert REASON in words(card)
        assert len(heads) <= 6

    def test_offers_no_control_that_the_role_does_not_have(self, looker):
        shown = page(looker)

        assert "Your role may not turn switches." in shown
        assert "/admin/stop/" not in shown

    def test_tells_how_the_last_stop_went(self, console, ops):
        switches.turn_off("PUBLISH", "market:TOTAL", by=ops, at=DUE_AT, reason=REASON)

        shown = words(page(console))

        assert re.search(
            r"Last stop: totals, Sun 5 Oct, \d\d:\d\d:\d\d UTC, stopped after \d+ ms,"
            r" drained after \d+ ms, 0 in flight finished\.",
            shown.replace(f"{DUE_AT:%a} ", "Sun ").replace(f"{DUE_AT.day} {DUE_AT:%b}", "5 Oct"),
        )
        entry = AuditLine.objects.get(action="switch.drained")
        assert str(entry.pk) in page(console)


class TestStop:
    def test_asks_and_says_what_happens(self, console):
        asked = words(page(console, f"/admin/stop/{flag().pk}/"))

        assert "Stop all publishing?" in asked
        assert "0 publications are in flight." in asked
        assert "Published picks stay visible." in asked
        assert "a reason and a second person" in asked

    def test_stops_and_shows_the_receipt(self, console, olivia):
        answer = console.post(
            f"/admin/stop/{flag().pk}/", {"reason": REASON}, headers=HOST, follow=True
        )

        assert re.search(
            r"Everything: stopped after \d+ ms, drained after", words(answer.content.decode())
        )
        assert (flag().enabled, flag().reason) == (False, REASON)
        assert flag().by.endswith(olivia.login)

    def test_in_the_dialog_leads_the_whole_page_on(self, console):
        answer = console.post(
            f"/admin/stop/{flag().pk}/", {"reason": REASON}, headers={**HOST, "hx-request": "true"}
        )

        assert (answer.status_code, answer.headers["HX-Redirect"]) == (200, "/admin/")

    @pytest.mark.parametrize("reason", ["", "   ", "too short"])
    def test_takes_a_reason(self, console, reason):
        answer = console.post(f"/admin/stop/{flag().pk}/", {"reason": reason}, headers=HOST)

        assert 'class="bv-error"' in answer.content.decode()
        assert flag().enabled

    def test_is_not_for_every_role(self, looker):
        answer = looker.post(f"/admin/stop/{flag().pk}/", {"reason": REASON}, headers=HOST)

        assert answer.status_code == 403
        assert flag().enabled

    def test_is_not_for_strangers(self, client, db):
        answer = client.post(f"/admin/stop/{flag().pk}/", {"reason": REASON}, headers=HOST)

        assert answer.status_code == 302
        assert flag().enabled


class TestInbox:
    def test_says_what_an_alert_does_and_how_it_ends(self, console, ops):
        alerts.raise_alert(
            AlertKind.FEED_STALE,
            scope="league:NFL",
            key="feed 1",
            detail="NFL odds were last seen 14 min ago.",
            by=ops,
            at=clock.now() - timedelta(minutes=44),
        )

        shown = words(page(console).partition("alerts-title")[2].partition("</section>")[0])

        assert "A feed has not answered in time: feed 1 FEED_STALE" in shown
        assert "Acknowledge… Look into it" in shown
        assert "warning, 44 min" in shown
        assert "Effect: NFL publishes EDGE only." in shown
        assert "Clears itself after 5 min in order. Owner: OPS." in shown

    def test_names_the_game_of_an_alert(self, console, acme, ops):
        game = Game()
        alerts.raise_alert(
            AlertKind.REGRADE,
            scope="league:NFL",
            key=str(game.event.pk),
            detail="2 grades were replaced.",
            by=ops,
            at=clock.now(),
        )

        shown = words(page(console).partition("alerts-title")[2].partition("</section>")[0])

        assert f"A grade was corrected: {game.event} REGRADE" in shown

    def test_says_whose_an_alert_is(self, console, acme, ops):
        with tenant_scope(acme):
            alerts.raise_alert(
                AlertKind.GRADING_LAG,
                scope="league:NFL",
                detail="3 picks wait.",
                by=ops,
                at=clock.now(),
            )

        assert "acme: 3 picks wait." in words(page(console))
        listed = page(console, "/admin/governance/opsalert/")
        assert "acme: 3 picks wait." in words(listed)

    @pytest.mark.parametrize("aspect", ["", " breaker"])
    def test_names_the_feed_of_an_alert(self, aspect, console, acme, ops):
        feed = Game().feed
        alerts.raise_alert(
            AlertKind.FEED_STALE,
            scope="league:NFL",
            key=f"{feed.uuid}{aspect}",
            detail="It has not answered for 5 min.",
            by=ops,
            at=clock.now(),
        )

        shown = words(page(console).partition("alerts-title")[2].partition("</section>")[0])

        assert "A feed has not answered in time: NFL odds FEED_STALE" in shown

    def test_names_the_game_of_a_question_and_counts_the_others(self, console, acme, ops):
        game, now = Game(), clock.now()
        source = game.event.sources.get()
        ask(
            [
                Question(
                    kind=ReviewKind.RESULT_SUSPECT,
                    provider=source.provider,
                    league_id=game.event.league_id,
                    subject=f"{source.source_event_id} {number}",
                    evidence={"source_event_id": source.source_event_id},
                )
                for number in range(5)
            ],
            seen_at=now,
            by=ops,
            at=now,
        )

        card = page(console).partition("questions-title")[2].partition("</section>")[0]

        shown = words(card)
        assert shown.count(f"Result suspect: {game.event}") == 3
        assert source.source_event_id not in shown
        assert "2 more , in the order in which they came." in shown

    def test_without_anything_is_a_sentence(self, console):
        shown = words(page(console))

        assert "Nothing is wrong that anybody has noticed." in shown
        assert "No spelling is unknown" in shown


class TestSidebar:
    def test_is_in_the_order_of_the_pipeline(self, console):
        side = page(console).partition('id="nav-sidebar-apps"')[2].partition("<main")[0]

        order = ["Alerts", "Feeds", "Events", "Simulations", "Tenants", "Audit", "Everything else"]
        places = [words(side).find(f" {name} ") for name in order]
        assert places == sorted(places)
        assert min(places) >= 0

    def test_counts_what_waits_for_a_person(self, console, ops):
        alerts.raise_alert(
            AlertKind.MAPPING_DRIFT, scope="league:NFL", key="e1", detail="Ids.", by=ops, at=DUE_AT
        )

        side = page(console).partition('id="nav-sidebar-apps"')[2].partition("<main")[0]

        assert re.search(r"Alerts\s+1 ", words(side))

    def test_shows_nobody_what_is_not_theirs(self, looker):
        side = page(looker).partition('id="nav-sidebar-apps"')[2].partition("<main")[0]

        assert "Overview" in side
        assert "/admin/governance/" not in side


class TestSearch:
    def search(self, browser: Client, term: str) -> str:
        answer = browser.get(f"/admin/search/?s={term}&extended=1", headers=HOST)
        assert answer.status_code == 200
        return words(answer.content.decode())

    def test_finds_teams_and_games_by_name(self, console, acme):
        with tenant_scope(acme):
            published(Game())

        assert "Kansas City Chiefs" in self.search(console, "Kansas+City")

    def test_waits_until_a_term_means_something(self, console):
        assert "Kansas" not in self.search(console, "ka")

    def test_stops_at_twenty_of_each(self, console, monkeypatch):
        monkeypatch.setattr(navigation, "MOST_FOUND", 2)

        assert self.search(console, "new").count("Team") == 2

    def test_finds_nothing_that_a_role_does_not_see(self, looker):
        assert "Kansas" not in self.search(looker, "kansas")


class TestEveryLink:
    @pytest.mark.parametrize("role", ["ADMIN", "OPS", "FINANCE"])
    def test_leads_somewhere_for_each_role(self, role, acme, ops):
        switches.turn_off("PUBLISH", "market:TOTAL", by=ops, at=DUE_AT, reason=REASON)
        alerts.raise_alert(
            AlertKind.MAPPING_DRIFT, scope="league:NFL", key="e1", detail="Ids.", by=ops, at=DUE_AT
        )
        take_stock(by=ops, at=clock.now())
        browser, person = Client(), OperatorFactory(role=role, is_superuser=False)
        said = {"username": person.email, "password": PASSWORD}
        browser.post("/admin/login/", said, headers=HOST)

        main = page(browser).partition("<main")[2].partition("</main>")[0]

        found = {unescape(href) for href in re.findall(r'href="(/[^"]+)"', main)}
        assert len(found) > 10
        answers = {href: browser.get(href, headers=HOST).status_code for href in found}
        assert {href: status for href, status in answers.items() if status not in (200, 302)} == {}


class TestRecord:
    def test_carries_n_an_interval_and_what_is_missing(self, console, acme, ops):
        with tenant_scope(acme):
            for home, away in ((24, 17), (24, 17), (24, 23)):
                game = Game()
                published(game)
                end(game, home, away)
            grade_due(by=ops, at=DUE_AT)
        take_stock(by=ops, at=clock.now())

        shown = words(page(console))

        assert "66.7% 95% 20.8–93.9" in shown
        assert "2–1–0 , n = 3 (0 pushed). The interval includes break-even." in shown
        assert "+0.8 u 95%" in shown
        assert "3 missing" in shown
        assert "Due 3 = graded 3 + waiting 0 + void 0 + ungradeable 0." in shown

    def test_of_another_tenant_is_one_click_away(self, console, acme, rival, ops):
        take_stock(by=ops, at=clock.now())
        TenantStanding.objects.filter(tenant_schema=acme).update(won=5, lost=2)
        TenantStanding.objects.filter(tenant_schema=rival).update(won=1, lost=2)

        first, other = page(console), page(console, "/admin/?tenant=rival#record")

        assert "5–2–0" in words(first)
        assert "1–2–0" in words(other)
        assert '?tenant=rival#record"' in first

    def test_of_nothing_claims_nothing(self, console):
        shown = words(page(console))

        assert "No bet is decided yet." in shown
        assert "a profit of zero would be a claim" in shown
        assert "No pick was graded in 30 days." in shown


class TestLists:
    def test_of_stages_are_in_the_order_of_the_pipeline(self, console, acme, ops):
        take_stock(by=ops, at=clock.now())

        shown = words(page(console, "/admin/ops/stagestanding/"))

        heads = ("Fetch", "Read", "Rate", "Simulate", "Evaluate", "Propose", "Close", "Grade")
        places = [shown.rfind(f" {head} ") for head in heads]
        assert places == sorted(places)
        assert min(places) > 0

    def test_of_records_carry_n_and_intervals(self, console, acme, ops):
        with tenant_scope(acme):
            game = Game()
            published(game)
            end(game, 24, 17)
            grade_due(by=ops, at=DUE_AT)
        take_stock(by=ops, at=clock.now())

        shown = words(page(console, "/admin/ops/tenantstanding/"))

        assert "1–0–0, 0 void 100.0% (95% 20.7–100.0), n = 1" in shown
        assert "0–0–0, 0 void nothing decided" in shown  # the other tenant
        assert "from 12 Oct 2025 to 12 Oct 2025" in shown
        assert "/t/acme/admin/" in page(console, "/admin/ops/tenantstanding/")


class TestTenantPage:
    def test_shows_a_tenant_its_own_stages_and_record(self, console, acme, ops):
        with tenant_scope(acme):
            game = Game()
            published(game)
            end(game, 24, 17)
            grade_due(by=ops, at=DUE_AT)

        shown = words(page(console, "/t/acme/admin/"))

        assert "Publishing is on for Acme Picks. 0 picks are live." in shown
        assert "1–0–0" in shown
        assert "1 unit on each pick, at the price that it was published at" in shown
        assert "games from 12 Oct 2025 to 12 Oct 2025" in shown
        assert "1 published = 1 bet + 0 void + 0 ungradeable + 0 open" in shown
        assert "Stop all publishing" not in shown
        assert "1–0–0" not in words(page(console, "/t/rival/admin/"))

    def test_says_that_somebody_else_stopped_it(self, console, acme, ops):
        switches.turn_off("PUBLISH", "GLOBAL", by=ops, at=DUE_AT, reason=REASON)

        assert "Publishing is stopped everywhere." in words(page(console, "/t/acme/admin/"))


class TestCost:
    def test_is_the_same_however_many_tenants_there_are(
        self, console, ops, django_assert_max_num_queries: Any
    ):
        take_stock(by=ops, at=clock.now())
        page(console)

        with django_assert_max_num_queries(60):
            page(console)
