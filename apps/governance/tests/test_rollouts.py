"""Roll-outs: three of them, off for everybody at first, on by tenant, over on their day."""

import ast
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from django.db import connection
from django.test import RequestFactory
from waffle import flag_is_active, get_waffle_flag_model  # noqa: TID251

from apps.core.tenancy import tenant_scope
from apps.core.tests.house.tree import sources
from apps.governance import rollouts
from apps.governance.models import AuditEntry, Rollout
from apps.governance.rollouts import BOARD_PARLAYS, CANDIDATE_MODEL, ROLLOUTS, SLATE_MESSAGE

AUTUMN = datetime(2026, 11, 24, 16, tzinfo=UTC)
ENDS = datetime(2027, 5, 31, tzinfo=UTC)


@pytest.fixture(autouse=True)
def asked_anew():
    """What waffle remembers outlives a test that rolls back."""
    forget()
    yield
    forget()


def forget() -> None:
    for name in ROLLOUTS:
        Rollout(name=name).flush()


@pytest.fixture
def turn(db, ops, django_capture_on_commit_callbacks):
    def turned(name, tenant="acme", on=True, at=AUTUMN):
        with django_capture_on_commit_callbacks(execute=True):
            return rollouts.turn(name, tenant=tenant, on=on, by=ops, at=at, reason="To see it.")

    return turned


class TestTheHouse:
    def test_rolls_out_these_three_and_each_ends(self):
        """Whoever adds one writes it here; whoever reads this after a day removes what is over."""
        assert {name: planned.expires_on for name, planned in ROLLOUTS.items()} == {
            SLATE_MESSAGE: date(2027, 5, 31),
            BOARD_PARLAYS: date(2027, 5, 31),
            CANDIDATE_MODEL: date(2027, 8, 31),
        }

    @pytest.mark.django_db
    def test_has_a_row_for_each_and_for_nothing_else(self, acme):
        rows = dict(Rollout.objects.values_list("name", "expires_on"))

        assert rows == {name: planned.expires_on for name, planned in ROLLOUTS.items()}

    def test_names_each_by_its_constant(self):
        """A name that is typed twice is misspelt once."""
        typed = [
            (source.path, node.value)
            for source in sources()
            if source.module != "apps.governance.rollouts"
            for node in ast.walk(source.tree)
            if isinstance(node, ast.Constant) and node.value in ROLLOUTS
        ]

        assert typed == []

    def test_asks_each_somewhere(self):
        """One that nobody asks for decides nothing."""
        constants = {"BOARD_PARLAYS", "CANDIDATE_MODEL"}  # the slate's message is the messenger's
        asked = {
            node.attr
            for source in sources()
            for node in ast.walk(source.tree)
            if isinstance(node, ast.Attribute) and node.attr in constants
        }

        assert asked >= constants

    def test_keeps_the_way_to_a_publication_free_of_them(self):
        """make check asks import-linter; this asks that its contract is there."""
        contracts = (Path(__file__).resolve().parents[3] / "pyproject.toml").read_text()
        contract = contracts.partition("Nothing on the way to a publication asks")[2]

        assert "apps.picks.actions.publish" in contract
        assert 'forbidden_modules = ["apps.governance.rollouts"]' in contract


class TestOnFor:
    def test_is_nothing_at_first(self, acme):
        assert rollouts.on_for(acme, at=AUTUMN) == frozenset()

    def test_is_what_was_turned_on_for_that_tenant(self, acme, rival, turn):
        turn(BOARD_PARLAYS)

        assert rollouts.on_for(acme, at=AUTUMN) == {BOARD_PARLAYS}
        assert rollouts.on_for(rival, at=AUTUMN) == frozenset()
        assert rollouts.tenants_with(BOARD_PARLAYS, at=AUTUMN) == {acme}

    def test_is_nothing_from_its_day_on(self, acme, turn):
        turn(BOARD_PARLAYS)

        assert rollouts.on_for(acme, at=ENDS) == frozenset()
        assert rollouts.tenants_with(BOARD_PARLAYS, at=ENDS) == frozenset()

    def test_comes_from_the_shared_cache(self, acme, turn, django_assert_num_queries):
        turn(BOARD_PARLAYS)
        rollouts.on_for(acme, at=AUTUMN)

        with django_assert_num_queries(0):
            assert rollouts.on_for(acme, at=AUTUMN) == {BOARD_PARLAYS}

    def test_is_asked_before_a_tenant_is_entered(self, acme):
        with tenant_scope(acme), pytest.raises(RuntimeError, match="at the door"):
            rollouts.on_for(acme, at=AUTUMN)

    def test_tells_no_tenant_who_else_has_what(self, acme):
        with tenant_scope(acme), connection.cursor() as cursor:
            cursor.execute("SELECT has_table_privilege(current_user, 'public.rollout', 'SELECT')")
            assert cursor.fetchone() == (False,)

    def test_is_what_waffle_itself_answers(self, acme, turn):
        turn(BOARD_PARLAYS)
        request = RequestFactory().get("/")
        assert not flag_is_active(request, BOARD_PARLAYS)

        request.rollouts = rollouts.on_for(acme, at=AUTUMN)

        assert flag_is_active(request, BOARD_PARLAYS)
        assert not flag_is_active(request, SLATE_MESSAGE)
        assert get_waffle_flag_model() is Rollout


class TestTurn:
    def test_is_audited_with_its_reason(self, acme, turn):
        row = turn(BOARD_PARLAYS)

        entry = AuditEntry.across_tenants.get(action="rollout.turned", object_id=str(row.pk))
        assert (entry.actor_id, entry.reason) == ("olivia@beatvegas.test", "To see it.")

    def test_takes_it_away_again_at_once(self, acme, turn):
        turn(BOARD_PARLAYS)
        assert rollouts.on_for(acme, at=AUTUMN)

        turn(BOARD_PARLAYS, on=False)

        assert not rollouts.on_for(acme, at=AUTUMN)

    def test_refuses_what_is_not_planned_over_or_so_already(self, acme, turn):
        with pytest.raises(rollouts.RolloutUnknown):
            turn("everything_new")
        with pytest.raises(rollouts.RolloutOver):
            turn(BOARD_PARLAYS, at=ENDS)
        with pytest.raises(rollouts.RolloutUnchanged):
            turn(BOARD_PARLAYS, on=False)

    def test_of_the_installer_changes_nothing_the_second_time(self, acme, turn, ops):
        turn(BOARD_PARLAYS)

        assert rollouts.install_rollouts(by=ops, at=AUTUMN) == []
        assert Rollout.objects.get(name=BOARD_PARLAYS).tenants == ["acme"]
