from contextlib import suppress

import pytest
from django.db import InternalError, ProgrammingError, transaction

from apps.core.db import by_itself, execute, fetch_all, has_written


class TestHasWritten:
    def test_is_no_before_the_first_row_and_yes_after_it(self, fresh_database):
        with transaction.atomic():
            fetch_all("SELECT count(*) FROM tenant")
            execute("UPDATE tenant SET status = status WHERE false")
            before = has_written()
            execute("UPDATE tenant SET status = status WHERE schema_name = 'acme'")
            after = has_written()

        assert (before, after, has_written()) == (False, True, False)

    def test_counts_a_locked_row(self, fresh_database):
        with transaction.atomic():
            execute("SELECT 1 FROM tenant WHERE schema_name = 'acme' FOR UPDATE")

            assert has_written()

    def test_is_no_answer_in_a_transaction_that_failed(self, fresh_database):
        @transaction.atomic
        def ask_after_an_error() -> None:
            with suppress(ProgrammingError):
                execute("SELECT 1 FROM nowhere")
            has_written()

        with pytest.raises(InternalError):
            ask_after_an_error()


class TestByItself:
    def test_commits_each_statement(self, fresh_database):
        with by_itself():
            execute("UPDATE tenant SET name = 'Heard' WHERE schema_name = 'acme'")
            [seen] = fresh_database.in_threads(
                lambda: fetch_all("SELECT name FROM tenant WHERE schema_name = 'acme'")
            )

        assert seen == [("Heard",)]

    def test_is_refused_where_a_transaction_is_open(self, fresh_database):
        with pytest.raises(RuntimeError), transaction.atomic(), by_itself():
            pass
