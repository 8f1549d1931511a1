from contextlib import suppress

import pytest
from django.db import InternalError, ProgrammingError, transaction

from apps.core.db import ask, by_itself, execute, fetch_all


class TestAsk:
    def test_answers_as_text_and_nothing_for_null(self, fresh_database):
        execute("SELECT 1")

        assert ask("pg_catalog.hashtext", "beatvegas") == str(
            fetch_all("SELECT hashtext('beatvegas')")[0][0]
        )
        assert ask("pg_catalog.to_regclass", "nothing") is None

    def test_is_no_answer_in_a_transaction_that_failed(self, fresh_database):
        @transaction.atomic
        def ask_after_an_error() -> None:
            with suppress(ProgrammingError):
                execute("SELECT 1 FROM nowhere")
            ask("pg_catalog.to_regclass", "tenant")

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
