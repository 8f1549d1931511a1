"""The bot: what it may do, what it is refused, and how its words are read."""

import json
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from time import monotonic, sleep
from urllib.parse import urlencode

import pytest

from sandbox.doors import Sandbox
from sandbox.protocol.account import Account
from sandbox.telegram.bot import TOKEN, Bot
from sandbox.telegram.entities import CannotParse, length, parsed
from sandbox.telegram.hook import SECRET
from sandbox.telegram.methods import METHODS
from sandbox.tests.conftest import KEY
from sandbox.tests.test_recorded_shape import shape

CHANNEL = "@sandbox_picks"
PERSON, BLOCKED, DEACTIVATED, STRANGER = 2000000001, 2000000002, 2000000003, 2000000004
OLD_GROUP, NEW_GROUP, LOGGING, NOT_OURS = -1000000003, -1001000000003, -1000000005, -1001000000004


@pytest.fixture
def bot(client):
    """Call a method with JSON, as our client does."""

    def call(method, token=TOKEN, **asked):
        body = json.dumps(asked).encode()
        kind = {"Content-Type": "application/json"}
        return client.send("POST", f"/bot{token}/{method}", body, **kind)

    call.client = client
    return call


def told(reply):
    return reply.status, reply.body.get("description")


class TestSending:
    def test_gives_back_the_message_as_it_was_accepted(self, bot):
        reply = bot("sendMessage", chat_id=CHANNEL, text="<b>Over</b> 47.5", parse_mode="HTML")
        message = reply.body["result"]

        assert message["text"] == "Over 47.5"
        assert message["entities"] == [{"offset": 0, "length": 4, "type": "bold"}]
        assert message["chat"]["type"] == "channel"
        assert bot("sendMessage", chat_id=CHANNEL, text="x").body["result"]["message_id"] == (
            message["message_id"] + 1
        )

    def test_is_understood_as_a_form_and_in_the_address_too(self, client):
        form = urlencode({"chat_id": PERSON, "text": "a & b"}).encode()
        kind = {"Content-Type": "application/x-www-form-urlencoded"}

        posted = client.send("POST", f"/bot{TOKEN}/sendMessage", form, **kind)
        got = client.get(f"/bot{TOKEN}/sendMessage", key=None, chat_id=str(PERSON), text="c")
        assert [reply.body["result"]["text"] for reply in (posted, got)] == ["a & b", "c"]

    def test_has_the_recorded_shape(self, bot, shared_data):
        known = json.loads(
            (shared_data / "oddsapi" / "telegram" / "bot_api_replies.json").read_text()
        )
        [recorded] = [case["body"] for case in known["cases"] if case["http"] == 200]

        ours = bot("sendMessage", chat_id=LOGGING, text="Hello World").body
        assert shape(ours) == shape(recorded)

    @pytest.mark.parametrize(
        ("chat", "status", "description"),
        [
            (BLOCKED, 403, "Forbidden: bot was blocked by the user"),
            (DEACTIVATED, 403, "Forbidden: user is deactivated"),
            (STRANGER, 403, "Forbidden: bot can't initiate conversation with a user"),
            (NOT_OURS, 403, "Forbidden: bot is not a member of the channel chat"),
            (12345, 400, "Bad Request: chat not found"),
            (OLD_GROUP, 400, "Bad Request: group chat was upgraded to a supergroup chat"),
        ],
    )
    def test_is_refused_in_the_recorded_words(self, bot, shared_data, chat, status, description):
        known = json.loads(
            (shared_data / "oddsapi" / "telegram" / "bot_api_replies.json").read_text()
        )
        recorded = {
            case["body"]["description"]
            for case in known["cases"]
            if "error_code" in case.get("body", {})
        }

        reply = bot("sendMessage", chat_id=chat, text="x")
        assert told(reply) == (status, description)
        assert description in recorded
        assert bot.client.sandbox.bot.state()["messages"] == []

    def test_goes_to_the_chat_that_a_group_became(self, bot):
        moved = bot("sendMessage", chat_id=OLD_GROUP, text="x").body["parameters"]

        assert moved == {"migrate_to_chat_id": NEW_GROUP}
        assert bot("sendMessage", chat_id=moved["migrate_to_chat_id"], text="x").status == 200

    @pytest.mark.parametrize(
        ("text", "description"),
        [
            ("", "Bad Request: message text is empty"),
            ("   ", "Bad Request: message text is empty"),
            ("x" * 4097, "Bad Request: message is too long"),
            ("\N{AMERICAN FOOTBALL}" * 2049, "Bad Request: message is too long"),
        ],
    )
    def test_is_refused_for_its_length(self, bot, text, description):
        assert told(bot("sendMessage", chat_id=CHANNEL, text=text)) == (400, description)

    def test_counts_its_length_once_the_marks_are_out(self, bot):
        text = f"<b>{'x' * 4096}</b>"

        assert bot("sendMessage", chat_id=CHANNEL, text=text, parse_mode="HTML").status == 200

    def test_answers_a_message(self, bot):
        first = bot("sendMessage", chat_id=CHANNEL, text="one").body["result"]["message_id"]
        reply = bot(
            "sendMessage", chat_id=CHANNEL, text="two", reply_parameters={"message_id": first}
        )

        assert reply.body["result"]["reply_to_message"]["text"] == "one"
        assert told(
            bot("sendMessage", chat_id=CHANNEL, text="x", reply_parameters={"message_id": 99})
        ) == (400, "Bad Request: message to be replied not found")


class TestToken:
    def test_of_nobody_is_unauthorized(self, bot):
        assert told(bot("getMe", token="1:x")) == (401, "Unauthorized")

    def test_is_never_logged(self, bot, capfd):
        bot("getMe")
        bot("sendMessage", chat_id=CHANNEL)

        captured = capfd.readouterr()
        assert TOKEN not in captured.out + captured.err

    def test_knows_itself(self, bot):
        assert bot("getMe").body["result"]["is_bot"] is True

    def test_knows_no_other_method(self, bot):
        assert told(bot("sendTelepathy")) == (404, "Not Found")

    def test_knows_those_that_the_platform_needs(self):
        assert {"sendmessage", "editmessagetext", "deletemessage", "getme", "getchat"} <= set(
            METHODS
        )


class TestEditing:
    def test_changes_what_was_sent(self, bot):
        sent = bot("sendMessage", chat_id=CHANNEL, text="v1").body["result"]["message_id"]
        edited = bot("editMessageText", chat_id=CHANNEL, message_id=sent, text="v2").body["result"]

        assert (edited["text"], "edit_date" in edited) == ("v2", True)
        [message] = bot.client.get("/sandbox/telegram").body["messages"]
        assert message["text"] == "v2"

    def test_the_same_again_is_refused_in_the_recorded_words(self, bot, shared_data):
        known = json.loads(
            (shared_data / "oddsapi" / "telegram" / "bot_api_replies.json").read_text()
        )
        [recorded] = [case for case in known["cases"] if case["method"] == "editMessageText"]

        sent = bot("sendMessage", chat_id=CHANNEL, text="v1").body["result"]["message_id"]
        reply = bot("editMessageText", chat_id=CHANNEL, message_id=sent, text="v1")
        assert (reply.status, reply.body) == (recorded["http"], recorded["body"])

    def test_of_what_is_gone_is_refused(self, bot):
        sent = bot("sendMessage", chat_id=CHANNEL, text="v1").body["result"]["message_id"]

        assert bot("deleteMessage", chat_id=CHANNEL, message_id=sent).body["result"] is True
        assert told(bot("editMessageText", chat_id=CHANNEL, message_id=sent, text="v2")) == (
            400,
            "Bad Request: message to edit not found",
        )


class TestLimits:
    def test_hold_a_group_back_and_say_for_how_long(self, serve, world):
        client = serve(world)
        client.sandbox.bot = Bot(a_second=100, a_minute=3)

        replies = [
            client.get(f"/bot{TOKEN}/sendMessage", key=None, chat_id=CHANNEL, text="x")
            for _ in range(4)
        ]
        assert [reply.status for reply in replies] == [200, 200, 200, 429]
        wait = replies[-1].body["parameters"]["retry_after"]
        assert 50 < wait <= 61
        assert replies[-1].headers["Retry-After"] == str(wait)
        assert replies[-1].body["description"] == f"Too Many Requests: retry after {wait}"

    def test_hold_the_whole_bot_back(self, world):
        sandbox = Sandbox([world], Account(KEY), bot=Bot(a_second=2, a_minute=99))
        paths = [f"chat_id={chat}&text=x" for chat in (CHANNEL, LOGGING, PERSON)]

        assert [sandbox.get(f"/bot{TOKEN}/sendMessage", p).status for p in paths] == [200, 200, 429]


class TestFaults:
    def test_accept_a_message_and_drop_the_line(self, bot):
        bot.client.sandbox.faults.replace([{"fault": "bot_accepts_then_drops", "times": 1}])

        with pytest.raises(ConnectionError):
            bot("sendMessage", chat_id=CHANNEL, text="once")
        assert [m["text"] for m in bot.client.sandbox.bot.state()["messages"]] == ["once"]

    def test_accept_it_and_answer_that_it_failed(self, bot):
        bot.client.sandbox.faults.replace([{"fault": "bot_accepts_then_fails", "times": 1}])

        assert told(bot("sendMessage", chat_id=CHANNEL, text="once")) == (502, "Bad Gateway")
        assert len(bot.client.sandbox.bot.state()["messages"]) == 1

    def test_refuse_it_and_accept_nothing(self, bot):
        bot.client.sandbox.faults.replace([{"fault": "bot_flooded", "retry_after": 41, "times": 1}])

        reply = bot("sendMessage", chat_id=CHANNEL, text="once")
        assert (reply.status, reply.body["parameters"]) == (429, {"retry_after": 41})
        assert bot.client.sandbox.bot.state()["messages"] == []

    def test_of_the_other_api_leave_the_bot_alone(self, bot):
        bot.client.sandbox.faults.replace([{"fault": "server"}])

        assert bot("getMe").status == 200


class TestPeople:
    def act(self, bot, **deed):
        return bot.client.send("POST", "/sandbox/telegram", json.dumps(deed).encode())

    def test_who_writes_is_heard_and_may_be_written_to(self, bot):
        assert self.act(bot, user=STRANGER, text="/start abc").status == 200

        [update] = bot("getUpdates").body["result"]
        assert update["message"]["from"]["id"] == STRANGER
        assert update["message"]["text"] == "/start abc"
        assert bot("getUpdates", offset=update["update_id"] + 1).body["result"] == []
        assert bot("sendMessage", chat_id=STRANGER, text="Welcome").status == 200

    def test_who_blocks_the_bot_is_not_reached(self, bot):
        self.act(bot, user=PERSON, blocks=True)

        [update] = bot("getUpdates").body["result"]
        assert update["my_chat_member"]["new_chat_member"]["status"] == "kicked"
        assert bot("sendMessage", chat_id=PERSON, text="x").status == 403

    def test_who_asks_to_join_is_let_in_and_thrown_out(self, bot):
        members = -1001000000002
        link = bot("createChatInviteLink", chat_id=members, creates_join_request=True).body[
            "result"
        ]
        self.act(bot, user=PERSON, joins=members)

        [update] = bot("getUpdates").body["result"]
        who = {"chat_id": members, "user_id": PERSON}
        assert update["chat_join_request"]["invite_link"]["invite_link"] == link["invite_link"]
        assert bot("approveChatJoinRequest", **who).status == 200
        assert bot("getChatMember", **who).body["result"]["status"] == "member"
        bot("banChatMember", **who)
        bot("unbanChatMember", **who)
        assert bot("getChatMember", **who).body["result"]["status"] == "left"
        assert bot("approveChatJoinRequest", **who).status == 400

    def test_nobody_else_does_anything(self, bot):
        for deed in ({"user": 5, "text": "x"}, {"user": PERSON}, {"text": "x"}):
            assert self.act(bot, **deed).status == 422

    def test_are_told_of_over_a_webhook_or_by_asking_not_both(self, bot):
        bot("setWebhook", url="https://example.org/hook", secret_token="s3cret")

        assert bot("getUpdates").status == 409
        assert bot("getWebhookInfo").body["result"]["url"] == "https://example.org/hook"
        assert "s3cret" not in json.dumps(bot("getWebhookInfo").body)
        assert bot("setWebhook", url="https://example.org/hook", secret_token="ä").status == 400
        bot("deleteWebhook")
        assert bot("getUpdates").status == 200


class TestWebhook:
    @pytest.fixture
    def listener(self):
        """Somebody who is told, and says no so often first."""
        told, refusals = [], []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                told.append((self.headers.get(SECRET), json.loads(body)))
                self.send_response(refusals.pop() if refusals else 200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        serving = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        serving.start()
        yield f"http://127.0.0.1:{server.server_address[1]}/hook", told, refusals
        server.shutdown()
        serving.join()
        server.server_close()

    def act(self, bot, text):
        deed = json.dumps({"user": PERSON, "text": text}).encode()
        assert bot.client.send("POST", "/sandbox/telegram", deed).status == 200

    def wait_for(self, told, count):
        ends = monotonic() + 10
        while len(told) < count and monotonic() < ends:
            sleep(0.01)
        assert len(told) == count

    def test_is_told_with_its_secret_in_order(self, bot, listener):
        url, told, _ = listener
        self.act(bot, "before")
        bot("setWebhook", url=url, secret_token="s3cret")
        self.act(bot, "after")

        self.wait_for(told, 2)
        assert [secret for secret, _ in told] == ["s3cret", "s3cret"]
        assert [update["message"]["text"] for _, update in told] == ["before", "after"]

    def test_is_told_again_until_it_takes_it(self, bot, listener):
        url, told, refusals = listener
        refusals += [500, 503]
        bot("setWebhook", url=url)
        self.act(bot, "once")

        self.wait_for(told, 3)
        assert len({update["update_id"] for _, update in told}) == 1
        assert "503" in bot("getWebhookInfo").body["result"]["last_error_message"] or (
            "500" in bot("getWebhookInfo").body["result"]["last_error_message"]
        )

    @pytest.mark.parametrize(
        "url", ["ftp://x", "http://example.org/hook", "https://example.org:8444/", "hook"]
    )
    def test_is_nowhere_else(self, bot, url):
        assert bot("setWebhook", url=url).status == 400


class TestEntities:
    @pytest.mark.parametrize(
        ("text", "plain"),
        [
            ("A &amp; B &lt; C", "A & B < C"),
            ('<a href="https://x.org">link</a>', "link"),
            ("<b>a<i>b</i></b>", "ab"),
            ("5 > 3 & true", "5 > 3 & true"),
        ],
    )
    def test_html_is_read(self, text, plain):
        assert parsed(text, "HTML")[0] == plain

    @pytest.mark.parametrize("text", ["<b>", "</b>", "<h1>x</h1>", "a < b", "<b><i></b></i>", "<3"])
    def test_html_that_is_none_is_refused(self, text):
        with pytest.raises(CannotParse):
            parsed(text, "HTML")

    @pytest.mark.parametrize("text", ["Over 47.5 (-110)", "a-b", "*bold", "x!"])
    def test_markdown_wants_its_marks_escaped(self, text):
        with pytest.raises(CannotParse):
            parsed(text, "MarkdownV2")

    def test_markdown_is_read(self):
        plain, entities = parsed(r"*Over* 47\.5 \(\-110\)", "MarkdownV2")

        assert plain == "Over 47.5 (-110)"
        assert entities == [{"offset": 0, "length": 4, "type": "bold"}]

    def test_a_message_with_a_team_of_evil_name_is_refused_in_the_recorded_words(self, bot):
        reply = bot("sendMessage", chat_id=CHANNEL, text="<b>A <x> B</b>", parse_mode="HTML")

        assert reply.status == 400
        assert reply.body["description"].startswith("Bad Request: can't parse entities")

    def test_length_counts_halves_of_characters(self):
        assert length("a\N{AMERICAN FOOTBALL}") == 3
