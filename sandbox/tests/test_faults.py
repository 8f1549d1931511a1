"""Faults strike when they are told to, do what they say, and are counted."""

import gzip
import http.client
import json
import socket
import time
from contextlib import closing, suppress

import pytest

from sandbox.faults import Fault, FaultPlan, Unreadable
from sandbox.faults.kinds import BY_NAME, KINDS
from sandbox.faults.plan import read_fault, read_line, read_plan
from sandbox.tests.conftest import SFL

BOARD = {"regions": "us,us2", "markets": "h2h,spreads,totals", "oddsFormat": "american"}
ROWS = range(42, 68)  # of the fault table: what outsiders do to us


@pytest.fixture
def faulty(client):
    """Plan faults over the wire, and give back who asks."""

    def plan(*faults):
        body = json.dumps({"faults": list(faults)}).encode()
        assert client.send("PUT", "/sandbox/faults", body).status == 200
        return client

    return plan


def board(client):
    return client.get(f"{SFL}/odds", **BOARD)


def struck(client):
    return [one["struck"] for one in client.get("/sandbox/faults").body["faults"]]


class TestTable:
    def test_has_a_fault_for_every_row(self):
        assert {row for kind in KINDS for row in kind.rows} == set(ROWS)

    def test_names_each_fault_once(self):
        assert len(BY_NAME) == len(KINDS)

    def test_every_fault_strikes_without_options(self, client):
        """Whatever is drawn from the table, the server survives it and answers the next call."""
        for kind in KINDS:
            if kind.name in (
                "hang",
                "drip",
                "drip_headers",
                "hang_in_body",
                "bomb",
                "huge",
                "many",
            ):
                continue  # slow or large by what they are: asked for below, or by the fault suite
            fault = read_fault({"fault": kind.name})
            client.sandbox.faults.replace([{"fault": kind.name, "times": 1}])
            path = "/v4/sports" if fault.path == "/v4/*" else "/bot1/getMe"
            with (
                closing(http.client.HTTPConnection("127.0.0.1", client.port, timeout=0.5)) as line,
                suppress(http.client.HTTPException, TimeoutError, ConnectionError),
            ):
                line.request("GET", f"{path}?apiKey=a-key-for-tests")
                line.getresponse().read()
            assert struck(client) == [1]


class TestPlan:
    def test_strikes_so_often_and_no_more(self, faulty):
        client = faulty({"fault": "server", "times": 2})

        assert [board(client).status for _ in range(4)] == [503, 503, 200, 200]
        assert struck(client) == [2]

    def test_lets_the_first_calls_pass(self, faulty):
        client = faulty({"fault": "server", "skip": 1, "times": 1})

        assert [board(client).status for _ in range(3)] == [200, 503, 200]

    def test_strikes_every_third_call(self, faulty):
        client = faulty({"fault": "server", "every": 3})

        assert [board(client).status for _ in range(6)] == [503, 200, 200, 503, 200, 200]

    def test_strikes_at_its_address_only(self, faulty):
        client = faulty({"fault": "server", "path": "*/scores"})

        assert board(client).status == 200
        assert client.get(f"{SFL}/scores").status == 503

    def test_strikes_between_two_instants_of_its_clock(self, faulty):
        client = faulty(
            {"fault": "server", "from": "2026-03-03T20:00:00Z", "until": "2026-03-03T21:00:00Z"}
        )

        seen = []
        for at in ("2026-03-03T19:59:59Z", "2026-03-03T20:00:00Z", "2026-03-03T21:00:00Z"):
            client.set_clock(at)
            seen.append(board(client).status)
        assert seen == [200, 503, 200]

    def test_one_after_the_other(self, faulty):
        client = faulty({"fault": "server", "times": 1}, {"fault": "auth", "times": 1})

        assert [board(client).status for _ in range(3)] == [503, 401, 200]

    def test_a_new_one_begins_at_nothing(self, faulty):
        client = faulty({"fault": "server"})
        board(client)

        assert struck(faulty()) == []
        assert board(client).status == 200

    @pytest.mark.parametrize(
        "fault",
        [
            {"fault": "nonsense"},
            {},
            {"fault": "server", "token": "NaN"},
            {"fault": "server", "times": "many"},
            {"fault": "server", "every": 0},
            {"fault": "auth", "code": "NO_SUCH_CODE"},
            {"fault": "server", "from": "noon"},
            {"fault": "server", "from": "2026-03-03T20:00:00"},
        ],
    )
    def test_that_nobody_understands_is_refused_and_the_old_one_stays(self, faulty, fault):
        client = faulty({"fault": "server"})

        body = json.dumps({"faults": [fault]}).encode()
        assert client.send("PUT", "/sandbox/faults", body).status == 422
        assert len(client.get("/sandbox/faults").body["faults"]) == 1

    @pytest.mark.parametrize("body", [b"", b"[]", b'{"faults": {}}', b'{"faults": [5]}', b"\xff"])
    def test_is_a_list_of_objects(self, client, body):
        assert client.send("PUT", "/sandbox/faults", body).status == 422

    def test_is_read_from_a_command_line_too(self):
        assert read_line("server status=502 times=3") == {
            "fault": "server",
            "status": 502,
            "times": 3,
        }
        assert read_line("number token=1e999 path='*/odds'") == {
            "fault": "number",
            "token": "1e999",
            "path": "*/odds",
        }
        with pytest.raises(Unreadable):
            read_line("server three times")

    def test_is_read_from_a_file(self):
        faults = read_plan('{"faults": [{"fault": "number", "token": "NaN"}]}')

        plan = FaultPlan(faults)
        assert isinstance(plan.struck("/v4/sports", 0), Fault)
        assert plan.struck("/bot1/getMe", 0) is None


class TestInstead:
    def test_is_not_charged(self, faulty):
        client = faulty({"fault": "auth", "code": "OUT_OF_USAGE_CREDITS", "times": 1})
        reply = board(client)

        assert (reply.status, reply.body["error_code"]) == (401, "OUT_OF_USAGE_CREDITS")
        assert reply.quota[2] == 0
        assert board(client).quota == (6, 4_999_994, 6)

    def test_says_how_long_to_wait_as_it_is_told(self, faulty):
        client = faulty(
            {"fault": "frequency", "retry_after": 7, "times": 1},
            {"fault": "frequency", "retry_after": "Wed, 04 Mar 2026 10:00:00 GMT", "times": 1},
            {"fault": "frequency", "times": 1},
        )

        told = [board(client).headers["Retry-After"] for _ in range(3)]
        assert told == ["7", "Wed, 04 Mar 2026 10:00:00 GMT", None]


class TestLine:
    def raw(self, client, seconds=2.0):
        """Read to the end, or as much as comes in time; gives also how long it took."""
        began = time.monotonic()
        heard = b""
        with closing(socket.create_connection(("127.0.0.1", client.port), timeout=5)) as line:
            line.sendall(
                f"GET {SFL}/events?apiKey=a-key-for-tests HTTP/1.1\r\nHost: x\r\n\r\n".encode()
            )
            while time.monotonic() < began + seconds:
                line.settimeout(max(began + seconds - time.monotonic(), 0.001))
                try:
                    piece = line.recv(65_536)
                except TimeoutError:
                    break
                if not piece:
                    break
                heard += piece
        return heard, time.monotonic() - began

    def test_hangs_until_the_other_side_has_had_enough(self, faulty):
        heard, took = self.raw(faulty({"fault": "hang", "times": 1}), seconds=0.3)

        assert heard == b""
        assert took >= 0.29

    def test_hangs_for_so_long_at_most(self, faulty):
        heard, took = self.raw(faulty({"fault": "hang", "seconds": 0.1, "times": 1}))

        assert heard == b""
        assert took < 1.5

    def test_drips(self, faulty):
        heard, _ = self.raw(faulty({"fault": "drip", "pause": 0.02, "times": 1}), seconds=0.5)
        head, _, body = heard.partition(b"\r\n\r\n")

        assert head.startswith(b"HTTP/1.1 200 OK")
        assert 2 < len(body) < 60

    def test_is_cut_in_the_middle_of_a_body(self, faulty):
        heard, _ = self.raw(faulty({"fault": "cut", "times": 1}))
        head, _, body = heard.partition(b"\r\n\r\n")

        [length] = [line for line in head.split(b"\r\n") if line.startswith(b"Content-Length")]
        assert len(body) == int(length.split(b":")[1]) // 2

    def test_carries_a_bomb(self, faulty):
        client = faulty({"fault": "bomb", "megabytes": 3, "times": 1})

        reply = client.get(f"{SFL}/events")
        assert len(reply.raw) < 10_000
        assert gzip.decompress(reply.raw) == bytes(3_000_000)


class TestBodies:
    def spoil(self, faulty, fault, **more):
        client = faulty()
        good = board(client).body
        faulty({"fault": fault, "times": 1, **more})
        return good, board(client)

    @pytest.mark.parametrize("token", ["NaN", "null", '""', "1e999", "-99", '"−110"', "true"])
    def test_a_price_is_written_as_the_token_says(self, faulty, token):
        good, reply = self.spoil(faulty, "number", token=token)

        first = next(
            market
            for event in good
            for book in event["bookmakers"]
            for market in book["markets"]
            if market["key"] == "spreads"
        )
        assert f'"price":{token},'.encode() in reply.raw
        assert reply.raw.count(f'"price":{token},'.encode()) == 1
        assert first["outcomes"][0]["price"] != token

    @pytest.mark.parametrize(
        "how", ["nfd", "right_to_left", "zero_width", "homoglyph", "emoji", "long"]
    )
    def test_a_name_is_spelled_otherwise_all_over_its_game(self, faulty, how):
        client = faulty({"fault": "spelling", "how": how, "event": 0, "times": 1})
        spoiled = board(client).body[0]
        good = board(client).body[0]

        if how != "nfd":  # these names have no accents, and are the same in both forms
            assert spoiled["home_team"] != good["home_team"]
        names = {
            outcome["name"]
            for book in spoiled["bookmakers"]
            for market in book["markets"]
            if market["key"] != "totals"
            for outcome in market["outcomes"]
        }
        assert names == {spoiled["home_team"], spoiled["away_team"]}

    def test_sides_are_swapped_and_nothing_else(self, faulty):
        good, reply = self.spoil(faulty, "swapped")

        assert reply.body[0]["home_team"] == good[0]["away_team"]
        assert reply.body[0]["bookmakers"] == good[0]["bookmakers"]
        assert reply.body[1:] == good[1:]

    def test_a_board_is_told_once_more_whatever_happened_since(self, faulty):
        client = faulty()
        first = board(client)
        client.set_clock("2026-03-03T20:30:00Z")
        faulty({"fault": "replay", "times": 1})

        assert board(client).raw == first.raw
        assert board(client).raw != first.raw

    def test_an_older_board_is_what_was_true(self, faulty):
        client = faulty()
        then = board(client).body
        client.set_clock("2026-03-03T20:20:00Z")
        faulty({"fault": "older", "seconds": 1200, "times": 1})

        assert board(client).body == then

    def test_what_cannot_be_spoiled_goes_out_as_it_is(self, faulty):
        client = faulty({"fault": "third_side", "book": "nobody", "times": 1})

        assert board(client).status == 200
        assert struck(client) == [1]

    def test_a_final_is_told_wrongly_and_then_corrected(self, faulty):
        client = faulty({"fault": "wrong_score", "times": 1})

        wrong, right = (client.get(f"{SFL}/scores", daysFrom="3").body for _ in range(2))
        [changed] = [(a, b) for a, b in zip(wrong, right, strict=True) if a != b]
        assert int(changed[0]["scores"][0]["score"]) == int(changed[1]["scores"][0]["score"]) + 3
