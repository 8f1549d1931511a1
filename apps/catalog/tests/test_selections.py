from uuid import UUID

import pytest
from django.db import transaction

from apps.catalog.actions import SelectionKey, ensure_selections
from apps.catalog.models import Selection
from apps.catalog.tests.factories import KICKOFF, READER, reported, sync, the_event
from apps.governance.models import AuditEntry
from apps.rulebook import keys
from apps.rulebook.markets import MarketType, Period, Side


def spread(event_id: UUID) -> list[SelectionKey]:
    return [
        SelectionKey(event_id, MarketType.SPREAD, Period.FULL_GAME, side)
        for side in (Side.HOME, Side.AWAY)
    ]


@pytest.mark.django_db
class TestEnsureSelections:
    def test_makes_what_is_missing_under_deterministic_ids(self, django_assert_num_queries):
        sync(reported())
        wanted = spread(the_event().pk)

        with django_assert_num_queries(3):
            found = ensure_selections(wanted, by=READER, at=KICKOFF)

        rows = {row.pk: row for row in Selection.objects.all()}
        assert {key: rows[found[key]].uuid for key in wanted} == {
            key: keys.selection_id(*key) for key in wanted
        }
        assert AuditEntry.across_tenants.filter(action="selection.created").count() == 2

    def test_asks_once_for_what_is_there(self, django_assert_num_queries):
        sync(reported())
        wanted = spread(the_event().pk)
        first = ensure_selections(wanted, by=READER, at=KICKOFF)

        with django_assert_num_queries(1):
            again = ensure_selections(wanted, by=READER, at=KICKOFF)

        assert again == first

    def test_completes_a_market_that_was_half_there(self):
        sync(reported())
        home, away = spread(the_event().pk)
        first = ensure_selections([home], by=READER, at=KICKOFF)

        both = ensure_selections([home, away], by=READER, at=KICKOFF)

        assert both[home] == first[home]
        assert Selection.objects.count() == 2

    def test_wants_nothing_for_nothing(self):
        assert ensure_selections([], by=READER, at=KICKOFF) == {}


class TestManyAtOnce:
    def test_agree_on_one_row_for_each(self, fresh_database):
        sync(reported())
        wanted = spread(the_event().pk)

        def make() -> dict[SelectionKey, int]:
            return ensure_selections(wanted, by=READER, at=KICKOFF)

        found = fresh_database.in_threads(*[transaction.atomic(make)] * 6)

        assert all(each == found[0] for each in found)
        assert Selection.objects.count() == 2
