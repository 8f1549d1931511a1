"""The pages of an event and of a pick: what they say, whose data they show, what they lead to."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from apps.catalog.models import SettlementRuleset
from apps.core import clock
from apps.core.tenancy import tenant_scope
from apps.governance.models import Approval
from apps.grading.actions import grade_due
from apps.grading.models import Grade
from apps.grading.tests.factories import DUE_AT, LATER, end
from apps.picks import actions
from apps.picks.models import Pick
from apps.picks.tests.factories import NOON_BEFORE, Game, facts, make_pick
from apps.rulebook.markets import MarketType
from apps.snapshots.models import Consensus
from apps.tenants.tests.factories import OPERATORS_HOST, PASSWORD, OperatorFactory

HOST = {"host": OPERATORS_HOST}
PICK = "/t/acme/admin/picks/pick"


def signed_in(email: str) -> Client:
    operator, browser = OperatorFactory(email=email), Client(headers=HOST)
    said = {"username": operator.email, "password": PASSWORD}
    assert browser.post("/admin/login/", said).status_code == 302
    return browser


@pytest.fixture
def olivia(acme: str) -> Client:
    return signed_in("olivia@beatvegas.test")


@pytest.fixture(autouse=True)
def now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(clock, "now", lambda: LATER)


@pytest.fixture
def game(acme: str) -> Game:
    return Game()


@pytest.fixture
def pick(acme: str, game: Game, ops: Any) -> Pick:
    """A pick that was published, and whose game the home team won by seven."""
    with tenant_scope(acme):
        made = make_pick(game)
        actions.publish_pick(pick_id=made.pk, by=ops, at=NOON_BEFORE)
    end(game, 24, 17)
    with tenant_scope(acme):
        grade_due(by=ops, at=DUE_AT)
        made.refresh_from_db()
    return made


@facts()
def agree(game: Game) -> None:
    """Let the books agree on the spread, and move by a point a day later."""
    selection = game.selection(MarketType.SPREAD, "HOME")  # type: ignore[arg-type]
    for hours, line, fair in ((0, "-3.5", 0.5), (12, "-4.5", 0.51)):
        at = NOON_BEFORE + timedelta(hours=hours)
        Consensus.objects.create(
            selection=selection,
            poll=game.poll(at),
            event=game.event,
            market_type="SPREAD",
            period="FULL_GAME",
            captured_at=at,
            line=line,
            fair_prob=fair,
            books=5,
            books_total=6,
            method="ADDITIVE",
            config_hash="0" * 64,
        )


def page(browser: Client, path: str) -> str:
    answer = browser.get(path)
    assert answer.status_code == 200, path
    shown = answer.content.decode()
    assert shown.count("<h1") == 1, path
    return shown


@pytest.mark.django_db
class TestAnEvent:
    def test_shows_how_its_line_moved_and_says_it_in_a_sentence(self, olivia, game, pick):
        agree(game)

        shown = page(olivia, f"/admin/catalog/event/{game.event.pk}/change/")

        assert "Consensus line from −3.5 to −4.5" in shown
        assert 'class="market" d="M' in shown
        assert "1 published pick" in shown

    def test_says_the_same_as_a_table(self, olivia, game, pick):
        agree(game)

        path = f"/admin/catalog/event/{game.event.pk}/change/?tab=spread-full_game&as=table"
        shown = page(olivia, path)

        assert "<svg width" not in shown
        assert "−4.5" in shown
        assert "5 of 6" in shown

    def test_names_every_tenants_pick_to_an_operator_and_leads_to_it(self, olivia, game, pick):
        shown = page(olivia, f"/admin/catalog/event/{game.event.pk}/change/")

        assert f'href="{PICK}/{pick.pk}/change/"' in shown
        assert "Kansas City Chiefs −3.5, −110" in shown

    def test_shows_a_tenant_no_other_tenants_pick(self, olivia, game, pick, rival):
        shown = page(olivia, f"/t/rival/admin/catalog/event/{game.event.pk}/change/")

        assert str(pick.pk) not in shown
        assert "Nothing is published on this event" in shown

    @pytest.mark.parametrize("tab", ["simulations", "evaluations", "payloads", "schedule"])
    def test_has_a_tab_for_each_kind_of_fact(self, tab, olivia, game, pick):
        shown = page(olivia, f"/admin/catalog/event/{game.event.pk}/change/?tab={tab}")

        assert f'href="?tab={tab}" aria-current="page"' in shown

    def test_without_a_quote_says_so(self, olivia, game):
        shown = page(olivia, f"/admin/catalog/event/{game.event.pk}/change/")

        assert "Nothing quoted yet" in shown


@pytest.mark.django_db
class TestAPick:
    def test_tells_its_life_with_the_sum_that_settled_it(self, olivia, pick):
        shown = page(olivia, f"{PICK}/{pick.pk}/change/")

        assert "<h1>Kansas City Chiefs −3.5 at −110</h1>" in shown
        for title in ("Published as LEAN", "Final, BUF 17, KC 24", "Graded: win"):
            assert f"<strong>{title}" in shown, title
        assert "7 + (−3.5) = +3.5" in shown

    def test_computes_its_identity_again_and_says_what_does_not_hold(self, olivia, pick):
        held = page(olivia, f"{PICK}/{pick.pk}/change/")
        with tenant_scope("acme"):
            with facts():
                pick.book.__class__.objects.filter(pk=pick.book_id).update(key="renamed")
            broken = page(olivia, f"{PICK}/{pick.pk}/change/")

        assert "Computed again just now: equal" in held
        assert "Does not hold: snapshot id" in broken

    def test_leads_to_each_step_that_it_was_made_from(self, olivia, pick):
        shown = page(olivia, f"{PICK}/{pick.pk}/change/")

        for step in ("Payload", "Snapshot", "Run", "Evaluation", "Configuration", "Audit"):
            assert f"<b>{step}</b>" in shown, step
        assert f"#s-{pick.snapshot_id}" in shown
        assert "/admin/governance/auditline/" in shown

    def test_leads_to_the_rules_that_it_carries_and_was_settled_by(self, olivia, pick):
        shown = page(olivia, f"{PICK}/{pick.pk}/change/")

        rules = SettlementRuleset.objects.get(league__code="NFL", market_type="SPREAD")
        for said in ("rules version 1", "Rules version 1"):
            assert f'/catalog/settlementruleset/{rules.pk}/change/">{said}</a>' in shown

    def test_that_is_blocked_shows_its_reasons_and_no_value(self, olivia, acme, game):
        with tenant_scope(acme):
            blocked = make_pick(
                game,
                born_blocked=True,
                tier="BLOCKED",
                block_reason="SNAPSHOT_STALE",
                block_reasons=["SNAPSHOT_STALE", "LEAGUE_RANGE"],
            )

        shown = page(olivia, f"{PICK}/{blocked.pk}/change/")

        assert "Blocked: snapshot stale, league range" in shown
        assert "+5.0 pp" not in shown
        assert "EV +" not in shown

    def test_takes_nothing_by_post(self, olivia, pick):
        assert olivia.post(f"{PICK}/{pick.pk}/change/", {}).status_code == 403


@pytest.mark.django_db
class TestAnOverride:
    def test_takes_two_people_and_keeps_both_names(self, olivia, pick):
        said = {"outcome": "VOID", "reason": "The league annulled the game."}
        olivia.post(f"{PICK}/{pick.pk}/override/", said)
        assert "waits for a second person" in page(olivia, f"{PICK}/{pick.pk}/change/")
        approval = Approval.across_tenants.get(what="grade.override")
        otto = signed_in("otto@beatvegas.test")
        otto.post(f"/admin/governance/approval/{approval.pk}/approve/", {"reason": "I read it."})

        olivia.post(f"{PICK}/{pick.pk}/carry-out/", {})

        with tenant_scope("acme"):
            grade = Grade.objects.current().get(pick=pick)
        assert (grade.outcome, grade.revision_no) == ("VOID", 2)
        assert grade.override_by.endswith("olivia@beatvegas.test")
        assert grade.override_approved_by.endswith("otto@beatvegas.test")

    def test_without_a_second_person_is_not_carried_out(self, olivia, pick):
        said = {"outcome": "VOID", "reason": "The league annulled the game."}
        olivia.post(f"{PICK}/{pick.pk}/override/", said)
        approval = Approval.across_tenants.get(what="grade.override")
        olivia.post(f"/admin/governance/approval/{approval.pk}/approve/", {"reason": "Me, too."})

        answer = olivia.post(f"{PICK}/{pick.pk}/carry-out/", {})

        assert answer.status_code == 404
        with tenant_scope("acme"):
            assert Grade.objects.current().get(pick=pick).outcome == "WIN"
