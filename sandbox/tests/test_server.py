"""The server itself: its clock, its page, its process, many callers at once."""

import http.client
import json
import os
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path
from time import monotonic, sleep, time

import pytest

from sandbox.faults.kinds import KINDS
from sandbox.tests.conftest import SFL, unix
from sandbox.world.leagues import LEAGUES

PROJECT = Path(__file__).resolve().parent.parent.parent
BOARD = {"regions": "us", "markets": "h2h,spreads,totals"}


class TestClock:
    def test_is_real_until_somebody_makes_it_stand(self, serve, world):
        client = serve(world)
        before = int(time())

        state = client.get("/sandbox/clock").body

        assert before <= unix(state["now"]) <= time()
        assert state["at"] is None
        assert state["epoch"] == "2026-03-04T15:00:00Z"
        assert state["opening"] < "2026-01-08"

    def test_stands_where_it_was_set_until_it_is_let_go(self, client):
        stands = client.set_clock("2026-02-20T18:00:00Z")
        first = client.get(f"{SFL}/odds", **BOARD).raw
        second = client.get(f"{SFL}/odds", **BOARD).raw
        runs = client.set_clock(None)

        assert stands.body["at"] == stands.body["now"] == "2026-02-20T18:00:00Z"
        assert first == second != b"[]"
        assert runs.body["at"] is None
        assert abs(unix(runs.body["now"]) - time()) < 60

    def test_runs_from_an_instant_faster_than_time_does(self, client):
        began = monotonic()
        runs = client.put_clock({"at": "2026-02-20T18:00:00Z", "speed": 600})
        sleep(0.3)
        state = client.get("/sandbox/clock").body
        passed = monotonic() - began

        assert (runs.body["speed"], state["at"]) == (600.0, None)
        moved = unix(state["now"]) - unix("2026-02-20T18:00:00Z")
        assert 150 <= moved <= 600 * passed + 1

    @pytest.mark.parametrize("speed", [-1, 3601, "fast", None])
    def test_has_no_other_speed(self, client, speed):
        reply = client.put_clock({"at": "2026-02-20T18:00:00Z", "speed": speed})

        assert reply.status == 422
        assert client.get("/sandbox/clock").body["speed"] == 0.0

    def test_in_real_time_is_not_sped_up(self, client):
        assert client.put_clock({"at": None, "speed": 60}).status == 422

    def test_takes_any_offset(self, client):
        assert client.set_clock("2026-02-20T19:00:00+01:00").body["at"] == "2026-02-20T18:00:00Z"

    @pytest.mark.parametrize(
        "body",
        [b"", b"{}", b"[]", b'{"at": "noon"}', b'{"at": "2026-02-20T18:00:00"}', b'{"at": 5}'],
    )
    def test_refuses_what_is_no_instant_and_stays(self, client, body):
        before = client.get("/sandbox/clock").body

        reply = client.send("PUT", "/sandbox/clock", body)

        assert reply.status == 422
        assert "2026-11-20T18:00:00Z" in reply.body["message"]
        assert client.get("/sandbox/clock").body == before

    def test_is_set_by_a_small_body_only(self, client):
        assert client.send("PUT", "/sandbox/clock", b"x" * 200_000).status == 413

    def test_is_the_only_thing_that_can_be_put(self, client):
        assert client.send("PUT", "/sandbox/", b"{}").status == 404


class TestHealth:
    def test_asks_for_no_key(self, client):
        assert client.get("/sandbox/health", key=None).status == 200


class TestOneConnection:
    def test_is_kept_for_many_questions(self, client):
        with closing(http.client.HTTPConnection("127.0.0.1", client.port, timeout=10)) as line:
            for _ in range(20):
                line.request("GET", f"{SFL}/events?apiKey=a-key-for-tests")
                answer = line.getresponse()
                answer.read()
                assert answer.status == 200
            first = line.sock
            line.request("HEAD", "/sandbox/health")
            assert line.getresponse().read() == b""
            assert line.sock is first

    def test_ends_after_a_body_that_nobody_reads(self, client):
        reply = client.send("GET", "/sandbox/health", b"GET /smuggled HTTP/1.1\r\n\r\n")

        assert reply.headers["Connection"] == "close"


class TestNonsense:
    @pytest.mark.parametrize(
        ("line", "status"),
        [
            (b"GARBAGE\r\n\r\n", b"400"),
            (b"GET /sandbox/health HTTP/9.9\r\n\r\n", b"505"),
            (b"GET /" + b"x" * 70_000 + b" HTTP/1.1\r\n\r\n", b"414"),
        ],
    )
    def test_is_refused_and_others_are_still_answered(self, client, line, status, capfd):
        with closing(socket.create_connection(("127.0.0.1", client.port), timeout=10)) as wire:
            wire.sendall(line)
            told = b"".join(iter(lambda: wire.recv(65_536), b""))

        assert status in told.partition(b"\r\n")[0]
        assert client.get("/sandbox/health", key=None).status == 200
        assert capfd.readouterr().err == ""


class TestHangingUp:
    def test_in_the_middle_of_a_question_is_nobodys_trouble(self, client, capfd):
        for _ in range(3):
            wire = socket.create_connection(("127.0.0.1", client.port), timeout=10)
            wire.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            wire.sendall(b"GET /sandbox/health HTTP/1.1\r\nHost:")
            sleep(0.05)
            wire.close()  # with a reset
        sleep(0.1)

        assert client.get("/sandbox/health", key=None).status == 200
        assert capfd.readouterr().err == ""


class TestManyAtOnce:
    def test_get_the_same_bytes(self, client):
        def ask(_: int) -> bytes:
            return client.get(f"{SFL}/odds", **BOARD).raw

        with ThreadPoolExecutor(16) as pool:
            answers = set(pool.map(ask, range(64)))

        assert len(answers) == 1

    def test_see_one_instant_each_while_the_clock_is_moved(self, client):
        instants = ["2026-02-20T18:00:00Z", "2026-02-26T18:00:00Z"]
        boards = set()
        for instant in instants:
            client.set_clock(instant)
            boards.add(client.get(f"{SFL}/odds", **BOARD).raw)

        with ThreadPoolExecutor(8) as pool:
            moves = [pool.submit(client.set_clock, instants[n % 2]) for n in range(40)]
            asked = [pool.submit(client.get, f"{SFL}/odds", **BOARD) for _ in range(40)]

        assert all(move.result().status == 200 for move in moves)
        assert {question.result().raw for question in asked} <= boards


@contextmanager
def process(*arguments: str) -> Iterator[tuple[subprocess.Popen[str], int]]:
    command = [sys.executable, "-m", "sandbox", "--port", "0", *arguments]
    with subprocess.Popen(
        command,
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
    ) as running:
        try:
            assert running.stdout is not None
            address = running.stdout.readline()
            yield running, int(address.split(":")[3].partition("/")[0])
        finally:
            running.kill()


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "sandbox", *arguments]
    return subprocess.run(
        command, cwd=PROJECT, capture_output=True, text=True, timeout=20, check=False
    )


def ask(port: int, path: str, method: str = "GET", body: str | None = None) -> bytes:
    with closing(http.client.HTTPConnection("127.0.0.1", port, timeout=10)) as line:
        line.request(method, path, body)
        return line.getresponse().read()


@pytest.mark.slow
class TestProcess:
    ODDS = f"{SFL}/odds?apiKey=k&regions=us&markets=h2h,spreads,totals"
    STAND = json.dumps({"at": "2026-02-24T18:05:00Z"})

    def test_says_the_same_after_a_kill(self):
        answers = []
        for _ in range(2):
            with process("--epoch", "2026-03-04T15:00:00Z", "--key", "k") as (running, port):
                ask(port, "/sandbox/clock", "PUT", self.STAND)
                answers.append(ask(port, self.ODDS))
                running.kill()

        assert answers[0] == answers[1]
        assert len(json.loads(answers[0])) >= 6

    @pytest.mark.parametrize("request_", [signal.SIGTERM, signal.SIGINT])
    def test_ends_politely_and_says_nothing_of_the_key(self, request_):
        with process("--epoch", "2026-03-04T15:00:00Z", "--key", "k-e-y") as (running, port):
            ask(port, f"{SFL}/odds?apiKey=k-e-y&regions=mars")
            running.send_signal(request_)
            out, err = running.communicate(timeout=10)

        assert running.returncode == 0
        assert err == ""
        assert "k-e-y" not in out

    def test_says_when_its_port_is_taken(self, client):
        ended = run("--epoch", "2026-03-04T15:00:00Z", "--port", str(client.port))

        assert ended.returncode == 1
        assert ended.stderr.startswith(f"The sandbox cannot listen on 127.0.0.1:{client.port}")

    def test_goes_on_in_the_world_that_its_state_remembers(self, tmp_path):
        state = tmp_path / "a state.json"
        clocks = []
        for seed in ("5", "6"):
            with process("--state", str(state), "--seed", seed) as (_, port):
                clocks.append(json.loads(ask(port, "/sandbox/clock")))

        assert clocks[0]["epoch"] == clocks[1]["epoch"]
        assert abs(unix(clocks[0]["epoch"]) - time()) < 60
        assert json.loads(state.read_text())["seed"] == 5

    def test_reads_what_goes_wrong_from_a_file_and_from_its_command_line(self, tmp_path):
        plan = tmp_path / "plan.json"
        plan.write_text('{"faults": [{"fault": "auth", "times": 1}]}')
        told = ("--faults", str(plan), "--fault", "number token=NaN", "--fault", "empty skip=1")

        with process("--epoch", "2026-03-04T15:00:00Z", *told) as (_, port):
            faults = json.loads(ask(port, "/sandbox/faults"))["faults"]

        assert [fault["fault"] for fault in faults] == ["auth", "number", "empty"]
        assert faults[1]["token"] == "NaN"

    @pytest.mark.parametrize("fault", ["nonsense", "server soon", "server status=soon"])
    def test_says_when_it_cannot_read_what_goes_wrong(self, fault):
        ended = run("--port", "0", "--epoch", "2026-03-04T15:00:00Z", "--fault", fault)

        assert ended.returncode == 1
        assert ended.stderr.startswith("The sandbox cannot read what is to go wrong: ")

    def test_plays_the_leagues_that_it_is_told_to(self):
        with process("--epoch", "2026-03-04T15:00:00Z", "--leagues", "SBA,SPL") as (_, port):
            sports = json.loads(ask(port, "/v4/sports?apiKey=sandbox"))

        assert [sport["key"] for sport in sports] == ["basketball_sba", "soccer_spl"]

    def test_knows_no_other_league(self):
        ended = run("--port", "0", "--epoch", "2026-03-04T15:00:00Z", "--leagues", "NFL")

        assert ended.returncode == 2
        assert "no league NFL" in ended.stderr

    def test_tells_a_new_user_everything(self):
        told = run("--help").stdout

        assert all(kind.name in told and kind.says in told for kind in KINDS)
        assert all(title in told for title in LEAGUES)
        assert "/sandbox/telegram" in told
        assert "curl" in told

    def test_says_when_its_state_is_something_else(self, tmp_path):
        state = tmp_path / "state.json"
        state.write_text("[]")

        ended = run("--port", "0", "--state", str(state))

        assert ended.returncode == 1
        assert ended.stderr.startswith("The sandbox cannot keep its beginning in")

    @pytest.mark.parametrize("epoch", ["2026-03-04T15:00:00", "tomorrow"])
    def test_wants_an_epoch_with_an_offset(self, epoch):
        ended = run("--port", "0", "--epoch", epoch)

        assert ended.returncode == 2
