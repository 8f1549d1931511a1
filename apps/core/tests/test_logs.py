"""Log lines: readable or JSON, with whose work it was, and never with a secret in them."""

import io
import json
import logging
import logging.config
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import structlog
from django.conf import settings

from apps.core.logs import HIDDEN, HideInText, hide_named
from beatvegas.settings.environment import Environment
from beatvegas.settings.logs import JSON, TEXT, logging_config

KNOWN = "correct-horse-battery"
SECRETS = {
    "known to the process": f"wrong: {KNOWN}",
    "known, as an address spells it": "wrong: p%40ss%2Fword-long",
    "a provider's key": "GET https://api.example/v4/sports?apiKey=0a1b2c3d4e5f6071&regions=us",
    "a database address": "cannot reach postgresql://beatvegas:hunter2hunter2@db/beatvegas",
    "a broker address without a user": "redis://:hunter2hunter2@cache:6379/0 is gone",
    "a bearer token": "Authorization: Bearer hunter2hunter2",
    "a tenant's key": f"refused bv_live_{'a' * 8}_{'s' * 32}",
    "a messenger's bot": "POST https://api.telegram.example/bot123456789:AAhunter2hunter2hunter2/x",
    "a password in a sentence": "login with password=hunter2hunter2 failed",
}
TELLTALES = (
    KNOWN,
    "p%40ss",
    "0a1b2c3d4e5f6071",
    "hunter2hunter2",
    "s" * 32,
)


@pytest.fixture
def lines() -> Iterator[Callable[[str], Callable[[], list[str]]]]:
    """Write the log in the given form into memory, and give back what was written."""
    root = logging.getLogger()
    before = (root.handlers[:], root.level)
    stream = io.StringIO()

    def configured(form: str) -> Callable[[], list[str]]:
        config = logging_config(form, level="INFO", secrets=[KNOWN, "p@ss/word-long"])
        config["handlers"]["console"]["stream"] = stream
        logging.config.dictConfig(config)
        return lambda: stream.getvalue().splitlines()

    yield configured
    structlog.contextvars.clear_contextvars()
    logging.config.dictConfig(settings.LOGGING)
    root.handlers[:], root.level = before


class TestSecrets:
    @pytest.mark.parametrize("form", [TEXT, JSON])
    @pytest.mark.parametrize("said", SECRETS.values(), ids=SECRETS.keys())
    def test_are_hidden_in_what_is_said(self, said, form, lines):
        written = lines(form)

        logging.getLogger("probe").warning("%s", said)

        assert HIDDEN in "".join(written())
        assert not [word for word in TELLTALES if word in "".join(written())]

    @pytest.mark.parametrize("form", [TEXT, JSON])
    def test_are_hidden_in_what_breaks(self, form, lines):
        written = lines(form)

        try:
            raise ConnectionError(SECRETS["a database address"])
        except ConnectionError:
            logging.getLogger("probe").exception("It broke")

        text = "\n".join(written())
        assert "ConnectionError" in text
        assert "hunter2" not in text

    @pytest.mark.parametrize("form", [TEXT, JSON])
    @pytest.mark.parametrize(
        "name", ["password", "api_key", "apiKey", "Authorization", "session_key", "METRICS_TOKEN"]
    )
    def test_are_hidden_under_a_telling_name(self, name, form, lines):
        written = lines(form)

        structlog.get_logger("probe").info("sent", **{name: "s3cr3t"}, inner=[{name: "s3cr3t"}])

        assert "s3cr3t" not in "".join(written())

    def test_keep_the_half_of_a_key_that_names_it(self):
        line = HideInText()(None, "", f"refused bv_live_{'a' * 8}_{'s' * 32} of acme")

        assert line == f"refused bv_live_{'a' * 8}_{HIDDEN} of acme"

    @pytest.mark.parametrize(
        "harmless",
        [
            "selection_key=NFL|2025 token bucket of acme",
            "https://acme.localhost:8000/admin/?page=2",
            "compass_points=7 passes=3",
            "postgresql://beatvegas@db/beatvegas",
        ],
    )
    def test_are_not_seen_where_there_are_none(self, harmless):
        assert HideInText()(None, "", harmless) == harmless
        assert hide_named(None, "", {"event": harmless}) == {"event": harmless}

    def test_that_this_process_knows_are_those_of_its_environment(self, monkeypatch):
        monkeypatch.setenv("DATABASE_URL", "postgresql://u:pass%2Fword@db/x")
        monkeypatch.setenv("REDIS_URL", "redis://:broker-word@cache/0")
        monkeypatch.setenv("SECRET_KEY", "signing-word")
        monkeypatch.setenv("SECRET_KEY_FALLBACKS", "older-word, oldest-word")
        monkeypatch.setenv("ODDS_API_KEY", "provider-word")
        monkeypatch.setenv("METRICS_TOKEN", "scraper-word")

        known = set(Environment().secrets())

        assert known >= {
            "pass/word",
            "broker-word",
            "signing-word",
            "older-word",
            "oldest-word",
            "provider-word",
            "scraper-word",
        }


class TestLines:
    def test_of_production_are_one_json_object_each(self, lines):
        written = lines(JSON)
        structlog.contextvars.bind_contextvars(tenant="acme", request_id="r-1")

        logging.getLogger("probe").warning("Two\nlines by %s", "a library")
        structlog.get_logger("probe.ours").info("ours", picks=3)

        first, second = (json.loads(line) for line in written())
        assert first["event"] == "Two\nlines by a library"
        assert (first["level"], first["logger"]) == ("warning", "probe")
        assert (first["tenant"], first["request_id"]) == ("acme", "r-1")
        assert (second["event"], second["picks"]) == ("ours", 3)
        assert second["timestamp"].endswith("Z")

    def test_for_eyes_name_the_same(self, lines):
        written = lines(TEXT)
        structlog.contextvars.bind_contextvars(tenant="acme")

        structlog.get_logger("probe").info("ours", picks=3)

        assert "tenant=acme" in written()[0]
        assert "picks=3" in written()[0]

    def test_are_what_the_settings_ask_for(self):
        formatter: dict[str, Any] = settings.LOGGING["formatters"]["line"]

        assert formatter["()"] is structlog.stdlib.ProcessorFormatter
        assert isinstance(formatter["processors"][-1], HideInText), "nothing comes after it"
