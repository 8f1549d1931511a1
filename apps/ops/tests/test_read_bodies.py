"""A folder of bodies, whatever lies in it: every price is written, unchanged or set aside."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Any

import pytest
from django.conf import settings as django_settings
from django.core.management import CommandError, call_command

from apps.catalog.models import League
from apps.ops.read_bodies.folder import NoBodies, bodies_in
from apps.ops.read_bodies.plan import Plan, laid_out
from apps.ops.read_bodies.reading import read_all

GAME = {
    "id": "a" * 32,
    "sport_key": "basketball_nba",
    "commence_time": "2026-01-10T01:00:00Z",
    "home_team": "Boston Celtics",
    "away_team": "Miami Heat",
}
WHEN = "2026-01-09T20:00:00Z"


def board(*prices: float, key: str = "basketball_nba", updated: str = WHEN) -> str:
    """A board of one game, one book and its winner's market."""
    outcomes = [
        {"name": name, "price": price}
        for name, price in zip(("Boston Celtics", "Miami Heat", "Draw"), prices, strict=False)
    ]
    market = {"key": "h2h", "last_update": updated, "outcomes": outcomes}
    book = {"key": "fanduel", "title": "F", "last_update": updated, "markets": [market]}
    return json.dumps([{**GAME, "sport_key": key, "bookmakers": [book]}])


def adds_up(told: dict[str, Any]) -> bool:
    accounted = told["written"] + told["unchanged"] + told["quarantined"]
    return told["prices"] == accounted and sum(told["reasons"].values()) == told["quarantined"]


class TestFolder:
    def test_is_read_with_the_folders_inside_it_and_without_its_manifest(self, tmp_path):
        (tmp_path / "series").mkdir()
        (tmp_path / "series" / "20260109T200001Z.json").write_text(board(-150, 130))
        (tmp_path / "one.json").write_text(board(-150, 130))
        (tmp_path / "manifest.json").write_text("[]")

        assert [body.name for body in bodies_in(tmp_path)] == [
            "one.json",
            "series/20260109T200001Z.json",
        ]

    def test_without_bodies_is_refused(self, tmp_path):
        with pytest.raises(NoBodies):
            bodies_in(tmp_path)

    def test_says_when_a_body_was_taken_by_name_manifest_envelope_or_newest_update(self, tmp_path):
        (tmp_path / "20260109T210000Z.json").write_text(board(-150, 130))
        (tmp_path / "listed.json").write_text(board(-150, 130))
        (tmp_path / "manifest.json").write_text(
            json.dumps([{"file": "listed.json", "committed_at": "2026-01-09T22:00:00+00:00"}])
        )
        past = {"timestamp": "2026-01-09T23:00:00Z", "data": json.loads(board(-150, 130))}
        (tmp_path / "past.json").write_text(json.dumps(past))
        (tmp_path / "plain.json").write_text(board(-150, 130))

        hours = {body.name: body.captured_at.hour for body in bodies_in(tmp_path)}

        assert hours == {
            "20260109T210000Z.json": 21,
            "listed.json": 22,
            "past.json": 23,
            "plain.json": 20,
        }

    def test_does_not_follow_an_update_out_of_keeping(self, tmp_path):
        games = json.loads(board(-150, 130)) * 3
        games[0] = json.loads(board(-150, 130, updated="2099-01-01T00:00:00Z"))[0]
        (tmp_path / "odd.json").write_text(json.dumps(games))

        assert bodies_in(tmp_path)[0].captured_at == datetime(2026, 1, 9, 20, tzinfo=UTC)

    @pytest.mark.parametrize(
        ("prices", "american"), [((-150, 130), True), ((1.66, 2.3), False), ((2, 101.5), False)]
    )
    def test_tells_american_prices_from_decimal_ones_by_the_whole_body(
        self, prices, american, tmp_path
    ):
        (tmp_path / "one.json").write_text(board(*prices))

        assert bodies_in(tmp_path)[0].american is american


@pytest.mark.django_db
class TestReading:
    @pytest.fixture
    def read(self, tmp_path, settings, queued):
        folder, root = tmp_path / "bodies", tmp_path / "laid"
        folder.mkdir()
        root.mkdir()

        def read(**bodies: str) -> dict[str, dict[str, Any]]:
            for name, text in bodies.items():
                (folder / f"{name}.json").write_text(text)
            plan = Plan.from_json(laid_out(bodies_in(folder), root).to_json())
            settings.RECORDINGS = {
                f"bodies{index}": {"folder": feed.folder} for index, feed in enumerate(plan.feeds)
            }
            return read_all(plan)

        return read

    def test_writes_what_is_new_and_counts_what_was_there(self, read):
        told = read(
            **{
                "20260109T200000Z": board(-150, 130),
                "20260109T200100Z": board(-150, 130),
                "20260109T200200Z": board(-155, 135, updated="2026-01-09T20:02:00Z"),
            }
        )

        assert [(each["written"], each["unchanged"]) for each in told.values()] == [
            (2, 0),
            (0, 2),
            (2, 0),
        ]
        assert all(map(adds_up, told.values()))

    def test_sets_aside_what_nobody_may_believe(self, read):
        told = read(one_sided=board(-150), no_odds=board(-50, 130))

        assert told["one_sided.json"]["reasons"] == {"MISSING_SIDE": 1}
        assert all(map(adds_up, told.values()))

    @pytest.mark.parametrize(
        ("text", "code"),
        [
            ("", "PAYLOAD_TRUNCATED"),
            (board(-150, 130)[:-40], "PAYLOAD_TRUNCATED"),
            ("<html>Sorry</html>", "PAYLOAD_HTML"),
            ('{"message": "No"}', "PAYLOAD_SHAPE"),
        ],
    )
    def test_refuses_a_body_in_which_nothing_can_be_read_and_says_why(self, text, code, read):
        told = read(broken=text, sound=board(-150, 130))

        assert told["broken.json"] == {
            "prices": 0,
            "written": 0,
            "unchanged": 0,
            "quarantined": 0,
            "refused": True,
            "reasons": {code: 0},
        }
        assert told["sound.json"]["written"] == 2

    def test_adds_a_league_that_is_none_of_ours(self, read):
        told = read(
            ours=board(-150, 130),
            theirs=board(2.1, 3.4, 3.3, key="soccer_italy_serie_a"),
        )

        league = League.objects.get(code="ITALY_SERIE_A")
        assert league.winner_market == "MONEYLINE_3WAY"
        assert told["theirs.json"]["reasons"] == {"UNKNOWN_TEAM": 3}

    def test_opens_an_envelope_of_the_past(self, read):
        told = read(
            past=json.dumps({"timestamp": WHEN, "data": json.loads(board(1.66, 2.3))}),
        )

        assert told["past.json"]["written"] == 2

    @pytest.mark.slow
    def test_accounts_for_every_price_that_was_ever_recorded(
        self, shared_data, tmp_path, settings, queued
    ):
        plan = laid_out(bodies_in(shared_data / "oddsapi"), tmp_path)
        settings.RECORDINGS = {
            f"bodies{index}": {"folder": feed.folder} for index, feed in enumerate(plan.feeds)
        }

        told = read_all(plan)

        assert all(map(adds_up, told.values()))
        boards = {name: each for name, each in told.items() if "odds_" in name or "series" in name}
        assert sum(each["prices"] for each in boards.values()) > 10_000
        assert {name for name, each in told.items() if each["refused"]} == {
            "errors_and_headers.json",
            "fetcher_quota_summary_20260808.json",
            "telegram/bot_api_replies.json",
            "telegram/updates.json",
        }
        # Of every league that ships, nearly all is believed.
        others = ("golf", "mma", "soccer_eu", "event_odds")
        for name, each in boards.items():
            if each["prices"] and not any(word in name for word in others):
                assert each["quarantined"] <= 0.01 * each["prices"], name


class TestCommand:
    @pytest.mark.slow
    def test_prints_the_counts_of_each_body_as_json(self, tmp_path, django_db_setup):
        (tmp_path / "one.json").write_text(board(-150, 130))

        done = subprocess.run(
            [sys.executable, "manage.py", "read_bodies", str(tmp_path), "--json", "-"],
            cwd=django_settings.BASE_DIR,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

        assert done.returncode == 0, done.stderr[-2000:]
        assert json.loads(done.stdout) == {
            "bodies": {
                "one.json": {
                    "prices": 2,
                    "written": 2,
                    "unchanged": 0,
                    "quarantined": 0,
                    "refused": False,
                    "reasons": {},
                }
            }
        }

    def test_says_what_is_wrong_with_a_folder(self, tmp_path):
        with pytest.raises(CommandError, match="NO_BODIES"):
            call_command("read_bodies", str(tmp_path))
