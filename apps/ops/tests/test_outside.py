"""The sandbox that a folder remembers, and what it is told of the machine it runs on."""

import json
import socket
import stat
from datetime import UTC, datetime
from pathlib import Path

import pytest

from apps.ops.embedded import StackTrouble
from apps.ops.embedded.place import Place
from apps.ops.outside import noted_outside, real_provider, remembered_sandbox

FIRST_START = datetime(2026, 9, 5, 12, 0, 41, tzinfo=UTC)
A_WEEK_LATER = datetime(2026, 9, 12, 8, 0, tzinfo=UTC)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    place = Place(tmp_path, "dev")
    place.prepare()
    return place


class TestRememberedSandbox:
    def test_is_made_up_once(self, place):
        first = remembered_sandbox(place, at=FIRST_START)
        later = remembered_sandbox(place, at=A_WEEK_LATER)

        assert later == first
        assert first.epoch == datetime(2026, 9, 5, 12, 0, tzinfo=UTC)
        assert first.environment() == {
            "ODDS_API_URL": first.address,
            "ODDS_API_KEY": first.key,
            "TELEGRAM_URL": first.address,
        }

    def test_keeps_its_key_to_the_person_who_started_it(self, place):
        remembered_sandbox(place, at=FIRST_START)

        assert stat.S_IMODE((place.folder / "sandbox.json").stat().st_mode) == 0o600

    def test_moves_when_another_program_took_its_port_and_stays_the_same_world(self, place):
        first = remembered_sandbox(place, at=FIRST_START)
        with socket.create_server(("127.0.0.1", first.port)):
            moved = remembered_sandbox(place, at=A_WEEK_LATER)

        assert moved.port != first.port
        assert (moved.seed, moved.epoch, moved.key) == (first.seed, first.epoch, first.key)
        assert remembered_sandbox(place, at=A_WEEK_LATER) == moved

    @pytest.mark.parametrize("damage", ["", "[]", '{"seed": 7}', '{"seed": 7, "epoch": "soon"}'])
    def test_says_what_to_do_where_it_is_damaged(self, place, damage):
        (place.folder / "sandbox.json").write_text(damage)

        with pytest.raises(StackTrouble, match="make reset"):
            remembered_sandbox(place, at=FIRST_START)

    def test_is_another_world_in_another_folder(self, place, tmp_path):
        other = Place(tmp_path, "test")
        other.prepare()

        mine = remembered_sandbox(place, at=FIRST_START)
        theirs = remembered_sandbox(other, at=FIRST_START)

        assert mine.key != theirs.key


class TestService:
    def test_knows_neither_database_nor_broker(self, place, monkeypatch):
        monkeypatch.setenv("DATABASE_URL", "postgresql://beatvegas:secret@localhost/beatvegas")
        monkeypatch.setenv("SECRET_KEY", "secret")

        service = remembered_sandbox(place, at=FIRST_START).service()

        assert "secret" not in json.dumps(dict(service.environment))
        assert "REDIS_URL" not in service.environment


class TestRealProvider:
    def test_is_asked_where_somebody_gave_a_key(self, monkeypatch):
        monkeypatch.delenv("ODDS_API_KEY", raising=False)
        assert not real_provider()

        monkeypatch.setenv("ODDS_API_KEY", "a key")
        assert real_provider()


class TestNotedOutside:
    def test_tells_when_the_world_is_another(self, place):
        changes = [noted_outside(place, sandboxed=one) for one in (True, True, False, False, True)]

        assert changes == [False, False, True, False, True]
