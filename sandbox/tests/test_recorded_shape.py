"""Every answer has the fields and types of what was recorded from the real provider."""

import json
from pathlib import Path
from typing import Any

import pytest

from sandbox.telegram.bot import TOKEN
from sandbox.tests.conftest import SFL, make_world
from sandbox.world.leagues import LEAGUES

ALL = {"regions": "us,us2", "markets": "h2h,spreads,totals"}


def shape(value: Any, at: str = "") -> dict[str, set[str]]:
    """Which types stand at which place; places in lists are one place."""
    found: dict[str, set[str]] = {at: {type(value).__name__}}
    children: list[tuple[str, Any]] = []
    if isinstance(value, dict):
        children = [(f"{at}.{key}".lstrip("."), child) for key, child in value.items()]
    elif isinstance(value, list):
        children = [(f"{at}[]", child) for child in value]
    for place, child in children:
        for where, types in shape(child, place).items():
            found.setdefault(where, set()).update(types)
    return found


def recorded(folder: Path, name: str) -> dict[str, set[str]]:
    return shape(json.loads((folder / "oddsapi" / name).read_text()))


def unlike(ours: dict[str, set[str]], theirs: dict[str, set[str]]) -> dict[str, Any]:
    missing = {place: "missing" for place in theirs.keys() - ours.keys()}
    other = {place: kinds - theirs.get(place, set()) for place, kinds in ours.items()}
    return missing | {place: kinds for place, kinds in other.items() if kinds}


def sides(board: list[dict[str, Any]]) -> dict[str, set[int]]:
    """How many outcomes a market has."""
    found: dict[str, set[int]] = {}
    for market in [m for game in board for book in game["bookmakers"] for m in book["markets"]]:
        found.setdefault(market["key"], set()).add(len(market["outcomes"]))
    return found


class TestShape:
    @pytest.mark.parametrize(
        "name", ["odds_nfl_american_20251012.json", "odds_nfl_american_20251012_inplay.json"]
    )
    def test_of_odds(self, client, shared_data, name):
        client.set_clock("2026-03-04T01:30:00Z")
        ours = shape(client.get(f"{SFL}/odds", **ALL, oddsFormat="american").body)

        assert unlike(ours, recorded(shared_data, name)) == {}

    def test_of_odds_in_decimals(self, client, shared_data):
        ours = shape(client.get(f"{SFL}/odds", regions="us").body)

        assert unlike(ours, recorded(shared_data, "odds_mlb_decimal_20230823.json")) == {}

    @pytest.mark.parametrize(
        ("league", "name"),
        [
            ("americanfootball_scf", "odds_ncaaf_american_20251011.json"),
            ("baseball_sbl", "odds_mlb_american_20260808.json"),
            ("basketball_swb", "odds_wnba_american_20260808.json"),
            ("soccer_swc", "odds_worldcup_3way_american_20260620.json"),
        ],
    )
    def test_of_odds_in_other_sports(self, serve, shared_data, league, name):
        titles = ("SCF", "SBL", "SWB", "SWC")
        client = serve(*(make_world(league=LEAGUES[title]) for title in titles))
        client.set_clock("2026-02-28T15:00:00Z")
        board = client.get(f"/v4/sports/{league}/odds", **ALL, oddsFormat="american").body

        assert unlike(shape(board), recorded(shared_data, name)) == {}
        theirs = sides(json.loads((shared_data / "oddsapi" / name).read_text()))
        assert {market: sides(board)[market] for market in theirs} == theirs

    def test_of_scores(self, client, shared_data):
        client.set_clock("2026-03-04T01:30:00Z")
        ours = shape(client.get(f"{SFL}/scores", daysFrom="2").body)

        assert unlike(ours, recorded(shared_data, "docs_examples/scores_docs.json")) == {}

    def test_of_sports(self, client, shared_data):
        ours = shape(client.get("/v4/sports").body)

        assert unlike(ours, recorded(shared_data, "docs_examples/sports_docs.json")) == {}

    def test_of_history(self, client, shared_data):
        ours = shape(
            client.get(
                "/v4/historical/sports/americanfootball_sfl/odds",
                regions="us",
                date="2026-02-24T18:05:00Z",
            ).body
        )

        assert unlike(ours, recorded(shared_data, "docs_examples/historical_odds_docs.json")) == {}

    def test_of_events_then(self, client, shared_data):
        path = "/v4/historical/sports/americanfootball_sfl/events"
        then = client.get(path, date="2026-02-24T18:05:00Z").body
        now = client.get(f"{SFL}/events").body

        theirs = recorded(shared_data, "docs_examples/historical_events_docs.json")
        assert unlike(shape(then), theirs) == {}
        assert shape(now).keys() == shape(then["data"]).keys()

    def test_of_one_game_then(self, client, shared_data):
        date = "2026-02-24T18:05:00Z"
        sport = "/v4/historical/sports/americanfootball_sfl"
        event = client.get(f"{sport}/events", date=date).body["data"][0]["id"]
        ours = client.get(
            f"{sport}/events/{event}/odds", regions="us", markets="spreads", date=date
        ).body

        name = "docs_examples/historical_event_odds_alternate_spreads_docs.json"
        missing = {
            place
            for place, what in unlike(shape(ours), recorded(shared_data, name)).items()
            if what == "missing"
        }
        assert missing == set()
        assert ours["data"]["id"] == event

    def test_of_what_people_tell_a_bot(self, client, shared_data):
        known = json.loads((shared_data / "oddsapi" / "telegram" / "updates.json").read_text())
        deeds = (
            {"user": 2000000001, "text": "hello"},
            {"user": 2000000001, "blocks": True},
        )
        for deed in deeds:
            client.send("POST", "/sandbox/telegram", json.dumps(deed).encode())
        wrote, blocked = client.get(f"/bot{TOKEN}/getUpdates", key=None).body["result"]

        theirs = known["cases"][0]["body"]["result"][0]
        assert wrote.keys() == theirs.keys()
        assert shape(wrote).keys() >= {"message.from.is_bot", "message.chat.type", "message.date"}
        [change] = [case["body"] for case in known["cases"] if "my_chat_member" in case["body"]]
        ours, recorded_ = shape(blocked), shape(change)
        assert {place for place in recorded_ if "title" not in place} <= ours.keys()

    def test_of_a_refusal(self, client, shared_data):
        known = json.loads((shared_data / "oddsapi" / "errors_and_headers.json").read_text())
        cases = {case["body"]["error_code"]: case for case in known["cases"] if case["body"]}

        for key, code in ((None, None), ("wrong", "INVALID_KEY")):
            reply = client.get(f"{SFL}/odds", key=key, regions="us")
            assert reply.body["error_code"] in known["all_error_codes_in_docs"]
            if code:
                assert reply.status == cases[code]["http"]
                assert reply.body["message"] == cases[code]["body"]["message"]
