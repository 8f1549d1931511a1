from beatvegas.settings.environment import Environment, database

URL = "postgresql://beatvegas:secret@db.internal:6432/beatvegas?sslmode=require"


class TestDatabase:
    def test_is_where_the_url_says(self):
        found = database(URL)

        assert (found["HOST"], found["PORT"], found["NAME"]) == ("db.internal", "6432", "beatvegas")
        assert (found["USER"], found["PASSWORD"]) == ("beatvegas", "secret")
        assert found["OPTIONS"] == {"sslmode": "require"}

    def test_is_kept_by_every_thread_of_a_worker(self):
        found = database(URL, pool=Environment().database_pool)

        assert found["CONN_MAX_AGE"] is None
        assert "pool" not in found["OPTIONS"]

    def test_is_shared_by_the_threads_of_a_process_with_a_pool(self, monkeypatch):
        monkeypatch.setenv("DATABASE_POOL", "4")

        found = database(URL, pool=Environment().database_pool)

        assert found["OPTIONS"]["pool"] == {"min_size": 1, "max_size": 4, "max_lifetime": 900}
        assert (found["CONN_MAX_AGE"], found["CONN_HEALTH_CHECKS"]) == (0, True)
