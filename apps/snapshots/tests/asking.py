"""Questions to The Odds API, put to a server on loopback."""

import json

from apps.snapshots.providers.oddsapi import Client, Key, OddsApi
from apps.snapshots.providers.ports import FetchOutcome, FetchRequest
from apps.snapshots.tests.factories import SATURDAY
from apps.snapshots.tests.wires import FaultyServer, Script, answer

NFL = "americanfootball_nfl"
KEY = "k3y/with+odd=characters"
ONE_GAME = b'[{"id": "game1"}]'


def api(server: FaultyServer, *, deadline_s: float = 5.0) -> OddsApi:
    return OddsApi(Client(server.address, Key(KEY), deadline_s=deadline_s))


def ask(server: FaultyServer, *, deadline_s: float = 5.0, **request: object) -> FetchOutcome:
    return api(server, deadline_s=deadline_s).fetch_odds(question(**request))


def question(**other: object) -> FetchRequest:
    return FetchRequest(**{"league_key": NFL, "at": SATURDAY, **other})


def error(status: int, code: str, **headers: str) -> Script:
    return answer(status, json.dumps({"message": "No.", "error_code": code}).encode(), **headers)
