import gzip
import logging
import ssl
import subprocess
import time
import traceback
import tracemalloc
from pathlib import Path

import pytest

from apps.core import line
from apps.snapshots.providers.oddsapi import AddressRefused, Client, Key, OddsApi, client
from apps.snapshots.providers.ports import (
    Outcome,
)
from apps.snapshots.tests.asking import KEY, ONE_GAME, api, ask, question
from apps.snapshots.tests.wires import (
    answer,
    drip,
    faulty,
    hang_up,
    raw,
    say_nothing,
    zipped,
)


@pytest.fixture(autouse=True)
def _hurried(monkeypatch):
    """Pauses between tries are a matter of politeness: short here."""
    monkeypatch.setattr(client, "_FIRST_PAUSE_S", 0.01)
    monkeypatch.setattr(client, "_TOO_FAST_S", 0.02)


class TestDeadline:
    HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n["

    @pytest.mark.parametrize(
        "script",
        [
            drip(HEAD),
            drip(b"HTTP/1.1 200 OK\r\nX-Slow: ", drop=b"x"),
            say_nothing,
        ],
        ids=["body", "headers", "silence"],
    )
    def test_holds_however_slowly_the_answer_comes(self, script):
        with faulty(script) as server:
            began = time.monotonic()
            told = ask(server, deadline_s=0.6)
            took = time.monotonic() - began

            assert (told.outcome, told.error_code) == (Outcome.NETWORK, "DEADLINE")
            assert 0.5 < took < 1.2
            assert server.calls == 1

    def test_is_ten_seconds_in_all(self):
        assert client.DEADLINE_S == 10.0
        assert OddsApi(Client("https://api.example.com", Key(KEY))).client.deadline_s == 10.0


@pytest.fixture(scope="module")
def certificate(tmp_path_factory):
    """A certificate that nobody vouches for, and its key, in one file."""
    file = tmp_path_factory.mktemp("tls") / "both.pem"
    what = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    where = ["-addext", "subjectAltName=IP:127.0.0.1", "-keyout", str(file), "-out", f"{file}.crt"]
    subprocess.run(["openssl", *what, *where], check=True, capture_output=True)
    file.write_text(file.read_text() + Path(f"{file}.crt").read_text())
    return file


@pytest.fixture
def tls(certificate):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    return context


@pytest.fixture
def _trusted(certificate, monkeypatch):
    monkeypatch.setattr("requests.adapters.DEFAULT_CA_BUNDLE_PATH", f"{certificate}.crt")


class TestSecureLine:
    def test_sends_no_key_to_somebody_unknown(self, tls):
        with faulty(answer(), tls=tls) as server:
            told = ask(server)

        assert (told.outcome, told.error_code) == (Outcome.NETWORK, "NOT_CONNECTED")
        assert server.asked == []

    @pytest.mark.usefixtures("_trusted")
    def test_reads_what_somebody_known_says(self, tls):
        with faulty(zipped(ONE_GAME), tls=tls) as server:
            assert ask(server).body == ONE_GAME

    @pytest.mark.usefixtures("_trusted")
    def test_ends_at_the_deadline_as_well(self, tls):
        with faulty(drip(TestDeadline.HEAD), tls=tls) as server:
            began = time.monotonic()
            told = ask(server, deadline_s=0.6)

        assert told.error_code == "DEADLINE"
        assert time.monotonic() - began < 1.5

    def test_waits_for_no_handshake_that_never_comes(self, monkeypatch):
        monkeypatch.setattr(line, "CONNECT_S", 0.2)
        with faulty(say_nothing) as server:
            address = server.address.replace("http:", "https:")
            began = time.monotonic()
            told = OddsApi(Client(address, Key(KEY), deadline_s=0.5)).fetch_odds(question())
            took = time.monotonic() - began

        assert told.outcome is Outcome.NETWORK
        assert took < 1.5


class TestTransfers:
    def test_a_packed_body_is_unpacked(self):
        with faulty(zipped(ONE_GAME * 1000)) as server:
            assert ask(server).body == ONE_GAME * 1000

    def test_a_body_cut_short_is_kept_as_evidence_and_not_as_a_board(self):
        with faulty(answer(body=b'[{"id": "ga', length=500)) as server:
            told = ask(server)

        assert (told.outcome, told.error_code) == (Outcome.UNREADABLE, "CUT")
        assert told.body == b'[{"id": "ga'
        assert server.calls == 3

    def test_so_is_a_chunked_one(self):
        head = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
        with faulty(raw(head + b'5\r\n[{"id\r\nFF\r\nand then')) as server:
            told = ask(server)

        assert (told.outcome, told.error_code, told.body) == (
            Outcome.UNREADABLE,
            "CUT",
            b'[{"id',
        )

    def test_so_is_a_packed_one(self):
        whole = bytes(range(256)) * 400
        with faulty(zipped(whole, most_sent=200)) as server:
            told = ask(server)

        assert (told.outcome, told.error_code) == (Outcome.UNREADABLE, "CUT")
        assert told.body
        assert whole.startswith(told.body)

    def test_a_bomb_is_not_unpacked(self):
        bomb = gzip.compress(b"\0" * 300_000_000, compresslevel=1)
        with faulty(answer(body=bomb, Content_Encoding="gzip")) as server:
            tracemalloc.start()
            told = ask(server)
            _, peak = tracemalloc.get_traced_memory()
            tracemalloc.stop()

        assert (told.outcome, told.error_code) == (Outcome.UNREADABLE, "TOO_LARGE")
        assert told.body is None
        assert peak < 60_000_000
        assert server.calls == 1

    @pytest.mark.parametrize("length", [None, 10_000_001])
    def test_nor_is_a_body_beyond_ten_megabytes_read(self, length):
        body = b" " * 10_000_001 if length is None else b" "
        with faulty(answer(body=body, length=length)) as server:
            told = ask(server)

        assert (told.outcome, told.error_code) == (Outcome.UNREADABLE, "TOO_LARGE")

    def test_ten_megabytes_are(self):
        with faulty(zipped(b"[" + b" " * 9_999_998 + b"]")) as server:
            assert len(ask(server).body) == 10_000_000

    @pytest.mark.parametrize("encoding", ["br", "gzip, gzip", "deflate"])
    def test_an_encoding_that_nobody_asked_for_is_refused(self, encoding):
        with faulty(answer(body=gzip.compress(ONE_GAME), Content_Encoding=encoding)) as server:
            told = ask(server)

        assert (told.outcome, told.error_code) == (Outcome.UNREADABLE, "ENCODING")
        assert server.calls == 1

    def test_so_is_one_that_lies(self):
        with faulty(answer(body=ONE_GAME, Content_Encoding="gzip")) as server:
            assert ask(server).error_code == "ENCODING"

    @pytest.mark.parametrize(
        "body", [b"<html>oops</html>", b"\xef\xbb\xbf[]", "[]".encode("utf-16"), b"[NaN]", b""]
    )
    def test_what_the_bytes_mean_is_the_readers_business(self, body):
        with faulty(answer(body=body)) as server:
            told = ask(server)

        assert (told.outcome, told.body) == (Outcome.OK, body)

    def test_an_answer_that_is_no_http_is_a_broken_connection(self):
        with faulty(raw(b"SSH-2.0-OpenSSH_9.2\r\n")) as server:
            assert ask(server).outcome is Outcome.NETWORK


class TestAddress:
    @pytest.mark.parametrize(
        "address",
        [
            "http://api.the-odds-api.com",
            "http://169.254.169.254",
            "http://[fd00::1]",
            "ftp://localhost",
            "api.the-odds-api.com",
            "https://somebody:secret@api.the-odds-api.com",
            "https://api.the-odds-api.com?x=1",
            "",
        ],
    )
    def test_refuses_one_where_the_key_is_not_safe(self, address):
        with pytest.raises(AddressRefused) as refusal:
            Client(address, Key(KEY))

        assert "secret" not in str(refusal.value)

    @pytest.mark.parametrize(
        "address",
        [
            "https://api.the-odds-api.com",
            "https://ipv6-api.the-odds-api.com/",
            "http://127.0.0.1:9000",
            "http://[::1]:9000",
            "http://sandbox.localhost:9000",
            "http://sandbox:9000",  # a neighbour in the same private network
        ],
    )
    def test_takes_one_where_it_is(self, address):
        assert Client(address, Key(KEY)).address == address.rstrip("/")


class TestSecrecy:
    def test_the_key_is_written_to_the_wire_and_nowhere_else(self, caplog, monkeypatch, tmp_path):
        """Looked for in answers, logs at their chattiest, representations, and a netrc nearby."""
        (tmp_path / ".netrc").write_text("machine 127.0.0.1 login me password home-secret\n")
        monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))
        caplog.set_level(logging.DEBUG)
        caplog.set_level(logging.DEBUG, logger="urllib3")
        shown = []
        echo = answer(401, f'{{"message": "No key {KEY}, apiKey=abc&x", "e": 1}}'.encode())
        for script in (answer(), echo, hang_up, answer(500), say_nothing, answer(302, b"")):
            with faulty(script) as server:
                provider = api(server, deadline_s=0.5)
                told = provider.fetch_odds(question())
                shown += [repr(told), repr(provider), repr(provider.client), str(vars(provider))]
                assert "apiKey=k3y%2Fwith%2Bodd%3Dcharacters" in server.asked[0]
                assert "Authorization" not in server.asked[0]

        logged = "\n".join(record.getMessage() for record in caplog.records)
        assert "apiKey=***" in logged
        everything = "\n".join([*shown, logged, caplog.text])
        for written in (KEY, "k3y%2Fwith", "k3y", "apiKey=abc", "home-secret"):
            assert written not in everything

    def test_nor_does_a_breaking_connection_tell_it(self, caplog):
        with faulty(answer()) as server:
            address = server.address
        told = OddsApi(Client(address, Key(KEY))).fetch_odds(question())

        assert "k3y" not in repr(told) + caplog.text

    def test_nor_does_a_mistake_of_ours_in_all_its_frames(self, monkeypatch):
        def mistaken(_session: object, _method: str, url: str, **asked: object) -> None:
            raise KeyError(f"{url}?{asked}")

        monkeypatch.setattr("requests.Session.request", mistaken)
        provider = OddsApi(Client("https://api.example.com", Key(KEY)))
        with pytest.raises(line.CallBroke, match="KeyError") as broke:
            provider.fetch_odds(question())

        told = traceback.TracebackException.from_exception(broke.value, capture_locals=True)
        assert "k3y" not in "".join(told.format())
        assert broke.value.__context__ is None

    def test_a_key_shows_itself_to_nobody(self):
        key = Key(KEY)

        assert "k3y" not in f"{key} {key!r} {[key]}"
        assert key == Key(KEY)
        assert key != Key("another")
