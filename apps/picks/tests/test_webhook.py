"""A customer's own address: signed, told again until it says yes, and never one of ours."""

import hmac
import json
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from hashlib import sha256
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from apps.core import line
from apps.core.db import execute
from apps.core.sealing import unseal
from apps.governance import switches
from apps.governance.models import FeatureFlag, OpsAlert
from apps.picks import actions
from apps.picks.kinds import WithdrawReason
from apps.picks.models import Delivery, Pick
from apps.picks.tests.factories import NOON_BEFORE, facts, make_pick
from apps.picks.webhook import signature
from apps.picks.webhook.client import is_outside
from apps.tenants import actions as tenants
from apps.tenants.models import Channel

pytestmark = pytest.mark.usefixtures("in_acme")

LATER = NOON_BEFORE + timedelta(minutes=2)
SECRET = "a-secret-that-both-sides-know"


class Customer:
    """A program of a customer's, on a port of this machine, that says what it is told to."""

    def __init__(self) -> None:
        self.heard: list[tuple[dict[str, str], bytes]] = []
        self.answers: list[int] = []
        customer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                customer.heard.append((dict(self.headers), body))
                status = customer.answers.pop(0) if customer.answers else 200
                if status == 0:  # hangs up
                    self.connection.close()
                    return
                self.send_response(status)
                if status == 302:
                    self.send_header("Location", customer.url)
                self.end_headers()

            def log_message(self, *_: Any) -> None:
                """Nobody reads it."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/picks?from=us"


@contextmanager
def serving(customer: Customer) -> Iterator[Customer]:
    thread = Thread(target=customer.server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield customer
    finally:
        customer.server.shutdown()
        thread.join()
        customer.server.server_close()


@pytest.fixture
def customer(settings) -> Iterator[Customer]:
    settings.WEBHOOKS_MAY_STAY_INSIDE = True
    with serving(Customer()) as listening:
        yield listening


@pytest.fixture
def channel(acme, customer, ops) -> Channel:
    return open_webhook(acme, customer.url, ops)


@facts()
def open_webhook(acme: str, url: str, ops) -> Channel:
    return tenants.open_webhook(
        schema=acme, name="Their system", url=url, secret=SECRET, by=ops, at=NOON_BEFORE
    )


def publish(ops) -> Pick:
    return actions.publish_pick(pick_id=make_pick().pk, by=ops, at=LATER)


def deliver(ops) -> dict[str, int]:
    execute("UPDATE delivery SET not_before = clock_timestamp() WHERE not_before IS NOT NULL")
    return actions.deliver_due(by=ops, at=LATER).outcomes


class TestTelling:
    def test_brings_the_card_signed(self, channel, customer, ops):
        pick = publish(ops)

        assert deliver(ops) == {"SENT": 1}

        [(headers, body)] = customer.heard
        row = Delivery.objects.get(channel="WEBHOOK")
        told = json.loads(body)
        assert told["id"] == headers["X-BeatVegas-Delivery"] == str(row.pk)
        assert (told["cause"], told["kind"]) == ("PUBLISHED", "NEW")
        assert told["pick"]["pick"] == str(pick.pk)
        assert told["pick"]["recommendation"]["line"] == "-3.5"
        instant, _, mark = headers["X-BeatVegas-Signature"].partition(",")
        expected = hmac.new(
            SECRET.encode(), instant.removeprefix("t=").encode() + b"." + body, sha256
        )
        assert mark == f"v1={expected.hexdigest()}"
        assert row.template_version == "webhook/1"
        assert unseal(channel.secret_sealed) == SECRET
        assert SECRET not in channel.secret_sealed

    def test_a_signature_is_of_the_instant_and_of_every_byte(self):
        one = signature(SECRET, 1, b"{}")

        assert one != signature(SECRET, 2, b"{}")
        assert one != signature(SECRET, 1, b"{ }")
        assert one != signature("another-secret-of-some-length", 1, b"{}")

    def test_is_tried_again_with_the_same_id_until_it_is_taken(self, channel, customer, ops):
        publish(ops)
        customer.answers = [500, 429, 0, 200]

        assert [deliver(ops) for _ in range(4)] == [
            *({"RETRY": 1}, {"RETRY": 1}, {"RETRY": 1}),
            {"SENT": 1},
        ]

        assert len({headers["X-BeatVegas-Delivery"] for headers, _ in customer.heard}) == 1
        assert Delivery.objects.get(channel="WEBHOOK").attempts == 4

    def test_gives_up_after_eight_attempts_and_tells_somebody(self, channel, customer, ops):
        publish(ops)
        customer.answers = [503] * 20

        for _ in range(9):
            deliver(ops)

        row = Delivery.objects.get(channel="WEBHOOK")
        assert (row.status, row.attempts, len(customer.heard)) == ("DEAD", 8, 8)
        assert OpsAlert.objects.get(kind="DELIVERY_FAILED").key == str(row.pk)

    @pytest.mark.parametrize("status", [404, 410])
    def test_closes_where_nobody_is_any_more(self, status, channel, customer, ops):
        publish(ops)
        customer.answers = [status]

        assert deliver(ops) == {"REJECTED": 1}

        channel.refresh_from_db()
        assert channel.status == "CLOSED"

    def test_follows_no_redirect(self, channel, customer, ops):
        publish(ops)
        customer.answers = [302]

        assert deliver(ops) == {"REJECTED": 1}
        assert len(customer.heard) == 1

    def test_tells_of_changes_under_ids_of_their_own(self, channel, customer, ops):
        pick = publish(ops)
        deliver(ops)
        actions.withdraw_pick(
            pick_id=pick.pk, reason=WithdrawReason.INJURY_UPDATE, by=ops, at=LATER
        )

        assert deliver(ops) == {"SENT": 2}

        told = [json.loads(body) for _, body in customer.heard]
        assert [(one["kind"], one["cause"]) for one in told] == [
            ("NEW", "PUBLISHED"),
            ("EDIT", "WITHDRAWN"),
            ("REPLY", "WITHDRAWN"),
        ]
        assert told[1]["facts"]["reason"] == "INJURY_UPDATE"
        assert {one["answers"] for one in told[1:]} == {told[0]["id"]}

    def test_waits_behind_its_own_switch(self, channel, customer, ops):
        publish(ops)
        with facts():
            FeatureFlag.objects.filter(name=switches.PUBLISH_WEBHOOK, scope="GLOBAL").update(
                enabled=False
            )

        assert deliver(ops) == {}
        assert customer.heard == []


class TestGuard:
    """What others enter leads nowhere inside, whatever it is called."""

    INSIDE = (
        *("127.0.0.1", "127.8.9.1", "10.1.2.3", "172.16.0.1", "192.168.1.1", "169.254.169.254"),
        *("0.0.0.0", "100.64.0.1", "224.0.0.1", "255.255.255.255", "::1", "::", "fe80::1%eth0"),
        *("fc00::1", "fd12::1", "::ffff:127.0.0.1", "::ffff:10.0.0.1", "64:ff9b::7f00:1"),
        *("2002:7f00:1::", "2002:a00:1::", "ff02::1"),
    )

    @pytest.mark.parametrize("address", INSIDE)
    def test_knows_an_address_of_ours_in_every_spelling(self, address):
        assert not is_outside(address)

    @pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111"])
    def test_lets_the_open_internet_through(self, address):
        assert is_outside(address)

    @pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "[::1]"])
    def test_looks_at_where_a_name_leads_when_it_connects(
        self, host, acme, customer, ops, settings
    ):
        settings.WEBHOOKS_MAY_STAY_INSIDE = False
        port = customer.server.server_port
        made = open_webhook(acme, f"https://{host}:{port}/", ops)
        publish(ops)

        assert deliver(ops) == {"REJECTED": 1}

        made.refresh_from_db()
        row = Delivery.objects.get(channel="WEBHOOK")
        assert (row.error_code, made.status) == ("LEADS_INSIDE", "CLOSED")
        assert customer.heard == []

    def test_looks_at_the_very_address_that_it_connects_to(self, customer, monkeypatch, settings):
        """A name that resolves to something else the second time gains nothing by it."""
        settings.WEBHOOKS_MAY_STAY_INSIDE = False
        asked: list[str] = []

        def admits(address: str) -> bool:
            asked.append(address)
            return is_outside(address)

        reply = line.ask(
            "POST", customer.url, body=b"{}", ends=line.time.monotonic() + 5, most=10, admits=admits
        )

        assert reply.flaw is line.Flaw.NOT_ADMITTED
        assert asked == ["127.0.0.1"]
        assert customer.heard == []

    def test_takes_nothing_but_https(self, acme, customer, ops, settings):
        settings.WEBHOOKS_MAY_STAY_INSIDE = False
        open_webhook(acme, customer.url, ops)
        publish(ops)

        assert deliver(ops) == {"REJECTED": 1}
        assert Delivery.objects.get(channel="WEBHOOK").error_code == "NOT_HTTPS"

    @pytest.mark.parametrize(
        "url", ["", "ftp://x.example/", "https://", "https://user:pass@x.example/", "x.example"]
    )
    def test_refuses_at_once_what_is_no_address(self, url, acme, ops):
        with pytest.raises(tenants.ChannelAddressUnfit):
            open_webhook(acme, url, ops)
