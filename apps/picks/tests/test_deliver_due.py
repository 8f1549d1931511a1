"""The outbox against a real Telegram over sockets: what is sent, once, and what it says."""

from datetime import UTC, datetime, timedelta

import pytest

from apps.core.db import execute, fetch_all
from apps.core.sealing import unseal
from apps.governance import switches
from apps.governance.models import AuditEntry, FeatureFlag, OpsAlert
from apps.picks import actions
from apps.picks.kinds import WithdrawReason
from apps.picks.models import Delivery, Pick
from apps.picks.tests.channels import PICKS_CHAT, TOKEN, enter_bot, open_chat, telegram
from apps.picks.tests.factories import NOON_BEFORE, Game, american, facts, make_pick
from apps.tenants.models import Bot, Channel, Tenant

pytestmark = pytest.mark.usefixtures("in_acme")

LATER = NOON_BEFORE + timedelta(minutes=2)
AFTER_THE_START = datetime(2025, 10, 12, 18, 0, tzinfo=UTC)
EPOCH = datetime(2026, 11, 24, 9, tzinfo=UTC)


@pytest.fixture(scope="module")
def far_away(module_sandbox):
    return module_sandbox(epoch=EPOCH, messages_a_minute=100_000, messages_a_second=100_000)


@pytest.fixture
def outside(far_away):
    with telegram(far_away) as seen:
        yield seen


@pytest.fixture
def channel(acme) -> Channel:
    enter_bot(acme, NOON_BEFORE)
    return open_chat(acme, NOON_BEFORE)


def publish(ops, game: Game | None = None, at=LATER, **columns) -> Pick:
    pick = make_pick(game, **columns)
    return actions.publish_pick(pick_id=pick.pk, by=ops, at=at)


def deliver(ops, at=LATER):
    return actions.deliver_due(by=ops, at=at)


def withdraw(pick: Pick, ops, reason="MANUAL", at=LATER) -> None:
    actions.withdraw_pick(pick_id=pick.pk, reason=WithdrawReason(reason), by=ops, at=at)


def of_telegram(**how) -> Delivery:
    return Delivery.objects.get(channel="TELEGRAM", **how)


def now_due() -> None:
    """Let the time pass that rows were told to wait."""
    execute("UPDATE delivery SET not_before = clock_timestamp() WHERE not_before IS NOT NULL")


class TestPublication:
    def test_owes_each_channel_that_wants_it_one_message(self, acme, ops):
        enter_bot(acme, NOON_BEFORE)
        everything = open_chat(acme, NOON_BEFORE)
        lean = open_chat(acme, NOON_BEFORE, "-1001000000002", "Lean", tiers=["LEAN"])
        open_chat(acme, NOON_BEFORE, "-1000000005", "Edge", tiers=["EDGE"])
        open_chat(acme, NOON_BEFORE, "2000000001", "NBA", leagues=["NBA"])
        open_chat(acme, LATER + timedelta(hours=1), "2000000002", "Opened later")

        publish(ops)

        owed = Delivery.objects.filter(channel="TELEGRAM")
        assert {row.recipient for row in owed} == {str(everything.pk), str(lean.pk)}
        assert {(row.kind, row.status, row.cause) for row in owed} == {
            ("NEW", "PENDING", "PUBLISHED")
        }
        assert set(
            AuditEntry.objects.filter(object_type="Delivery").values_list("action", flat=True)
        ) == {"delivery.sent", "delivery.owed"}

    def test_rings_for_the_deliverer(
        self, channel, ops, queued, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            publish(ops)

        assert queued == [("picks.deliver", {}, "acme")]

    def test_rings_for_nobody_where_there_is_no_channel(
        self, ops, queued, django_capture_on_commit_callbacks
    ):
        with django_capture_on_commit_callbacks(execute=True):
            publish(ops)

        assert queued == []


class TestDeliverDue:
    def test_sends_the_message_and_keeps_its_number(self, channel, ops, outside):
        before = len(outside.messages())
        pick = publish(ops)

        done = deliver(ops)

        row = of_telegram()
        assert (done.sent, done.outcomes) == (1, {"SENT": 1})
        assert (row.status, row.sent_at, row.attempts, row.error_code) == ("SENT", LATER, 1, "")
        (message,) = outside.messages()[before:]
        assert (message["message_id"], message["chat"]["id"]) == (
            row.message_id,
            int(PICKS_CHAT),
        )
        assert "Kansas City Chiefs −3.5 at −110" in message["text"]
        assert row.template_version == "message/2"
        assert len(row.text_sha256) == 64
        told = Pick.objects.with_deliveries().get(pk=pick.pk)
        assert (told.published_to, told.telegram_message_id) == (
            ["APP", "TELEGRAM"],
            row.message_id,
        )

    def test_sends_nothing_twice(self, channel, ops, outside):
        publish(ops)
        deliver(ops)
        before = outside.calls("sendMessage")

        assert deliver(ops).outcomes == {}

        assert outside.calls("sendMessage") == before

    def test_waits_where_a_process_has_no_telegram(self, channel, ops):
        publish(ops)

        assert deliver(ops).outcomes == {}
        assert (of_telegram().status, of_telegram().attempts) == ("PENDING", 0)

    @pytest.mark.parametrize(
        ("name", "scope"),
        [
            *((switches.PUBLISH, scope) for scope in ("GLOBAL", "tenant:acme", "league:NFL")),
            *((switches.PUBLISH_TELEGRAM, scope) for scope in ("GLOBAL", "market:SPREAD")),
        ],
    )
    def test_waits_behind_a_closed_switch_and_catches_up(self, name, scope, channel, ops, outside):
        publish(ops)
        before = outside.calls("sendMessage")
        with facts():
            flag = FeatureFlag.objects.filter(name=name, scope=scope)
            flag.update(enabled=False)

        assert deliver(ops).outcomes == {}
        assert outside.calls("sendMessage") == before
        assert (of_telegram().status, of_telegram().attempts) == ("PENDING", 0)

        with facts():
            flag.update(enabled=True)
        assert deliver(ops).outcomes == {"SENT": 1}

    def test_gives_back_what_a_switch_stops_at_the_last_moment(
        self, channel, ops, outside, monkeypatch
    ):
        publish(ops)
        before = outside.calls("sendMessage")
        with facts():
            FeatureFlag.objects.filter(name=switches.PUBLISH_TELEGRAM, scope="GLOBAL").update(
                enabled=False
            )
        from apps.picks.actions.delivering import sending

        monkeypatch.setattr(sending, "open_ways", lambda: [("TELEGRAM", "NFL", "SPREAD", "LEAN")])

        assert deliver(ops).outcomes == {"HALTED": 1}

        row = of_telegram()
        assert (row.status, row.attempts, row.lease_token) == ("PENDING", 0, None)
        assert outside.calls("sendMessage") == before

    def test_gives_back_what_a_suspended_tenant_owes(self, channel, ops, outside):
        publish(ops)
        before = outside.calls("sendMessage")
        with facts():
            Tenant.objects.filter(pk="acme").update(status="SUSPENDED")

        assert deliver(ops).outcomes == {"HALTED": 1}

        assert of_telegram().status == "PENDING"
        assert outside.calls("sendMessage") == before

    def test_does_not_announce_what_is_no_longer_on_offer(self, channel, ops, outside):
        pick = publish(ops)
        before = outside.calls("sendMessage")
        withdraw(pick, ops, "MANUAL", LATER)

        done = deliver(ops)

        assert done.outcomes == {"VOID": 3}
        assert outside.calls("sendMessage") == before
        codes = Delivery.objects.filter(channel="TELEGRAM").order_by("due_at", "kind")
        assert list(codes.values_list("kind", "error_code")) == [
            ("EDIT", "NOTHING_TO_ANSWER"),
            ("NEW", "OVERTAKEN"),
            ("REPLY", "NOTHING_TO_ANSWER"),
        ]

    def test_does_not_announce_a_game_that_has_begun(self, channel, ops, outside):
        publish(ops)

        assert deliver(ops, at=AFTER_THE_START).outcomes == {"VOID": 1}
        assert of_telegram().error_code == "GAME_BEGUN"

    def test_sends_nothing_to_a_closed_channel(self, channel, ops, outside):
        publish(ops)
        with facts():
            from apps.tenants import actions as tenants

            tenants.close_channel(channel_id=channel.pk, by=ops, at=LATER, reason="It moved.")

        assert deliver(ops).outcomes == {"VOID": 1}
        assert of_telegram().error_code == "CHANNEL_CLOSED"

    def test_goes_on_after_one_that_cannot_be_made_ready(self, channel, ops, outside, monkeypatch):
        """Row 12: a row that breaks whoever reads it is tried until it is DEAD; others go out."""
        from apps.picks.actions.delivering import sending

        poison = publish(ops, Game(home="Chicago Bears", away="Green Bay Packers"))
        publish(ops, Game())
        compose = sending.compose

        def broken(subject):
            if subject.pick_id == poison.pk:
                raise ZeroDivisionError
            return compose(subject)

        monkeypatch.setattr(sending, "compose", broken)

        assert deliver(ops).outcomes == {"RETRY": 1, "SENT": 1}
        for _ in range(7):
            now_due()
            deliver(ops)

        row = of_telegram(pick=poison)
        assert (row.status, row.attempts, row.error_code) == ("DEAD", 8, "ZeroDivisionError")
        alert = OpsAlert.objects.get(kind="DELIVERY_FAILED")
        assert alert.key == str(row.pk)

    def test_keeps_the_token_sealed_and_out_of_the_audit(self, channel, ops):
        bot = Bot.objects.get()

        assert TOKEN not in bot.token_sealed
        assert unseal(bot.token_sealed) == TOKEN
        with facts():
            entry = AuditEntry.across_tenants.get(action="bot.entered")
        assert "AAsandbox" not in bytes(entry.row_bytes).decode()


class TestRefusals:
    """Rows 64 to 67: what Telegram says no to."""

    def test_429_pauses_the_whole_bot_by_the_databases_clock(self, acme, channel, ops, outside):
        open_chat(acme, NOON_BEFORE, "-1001000000002", "Members")
        publish(ops)
        outside.plan({"fault": "bot_flooded", "retry_after": 77, "times": 1})
        before = outside.calls("sendMessage")

        assert deliver(ops).outcomes == {"RETRY": 1}

        [(pause, wait)] = fetch_all(
            "SELECT extract(epoch FROM paused_until - clock_timestamp()),"
            " (SELECT extract(epoch FROM max(not_before) - clock_timestamp()) FROM delivery)"
            " FROM bot"
        )
        assert 60 < pause <= 77
        assert 60 < wait <= 77
        # Neither the one nor the other goes out before: a restart would find the same rows.
        now_due()
        assert deliver(ops).outcomes == {}
        execute("UPDATE bot SET paused_until = clock_timestamp()")
        assert deliver(ops).outcomes == {"SENT": 2}
        assert outside.calls("sendMessage") == before + 2
        assert set(Delivery.objects.values_list("attempts", flat=True)) == {1}

    def test_429_of_an_old_server_that_does_not_say_how_long_is_waited_for(
        self, channel, ops, outside
    ):
        publish(ops)
        outside.plan({"fault": "bot_flooded", "old": True, "times": 1})

        assert deliver(ops).outcomes == {"RETRY": 1}
        [(pause,)] = fetch_all("SELECT paused_until > clock_timestamp() FROM bot")
        assert pause

    @pytest.mark.parametrize(
        ("chat", "code"),
        [
            ("2000000002", "BOT_WAS_BLOCKED_BY_THE_USER"),
            ("2000000003", "USER_IS_DEACTIVATED"),
            ("-1001000000004", "BOT_IS_NOT_A_MEMBER_OF_THE_CHANNEL_CHAT"),
            ("-1009999999999", "CHAT_NOT_FOUND"),
        ],
    )
    def test_of_a_chat_close_the_channel_and_tell_somebody(self, chat, code, acme, ops, outside):
        enter_bot(acme, NOON_BEFORE)
        closed = open_chat(acme, NOON_BEFORE, chat)
        publish(ops)

        assert deliver(ops).outcomes == {"REJECTED": 1}

        closed.refresh_from_db()
        assert closed.status == "CLOSED"
        assert code in closed.closed_reason
        assert OpsAlert.objects.get(kind="DELIVERY_FAILED").key == str(closed.pk)
        assert of_telegram().error_code == code

    def test_of_a_chat_that_moved_is_followed(self, acme, ops, outside):
        enter_bot(acme, NOON_BEFORE)
        moved = open_chat(acme, NOON_BEFORE, "-1000000003")
        publish(ops)

        assert deliver(ops).outcomes == {"RETRY": 1}
        assert deliver(ops).outcomes == {"SENT": 1}

        moved.refresh_from_db()
        assert moved.chat == "-1001000000003"
        assert outside.messages()[-1]["chat"]["id"] == -1001000000003
        assert AuditEntry.objects.get(action="channel.moved").diff["address"] == [
            "-1000000003",
            "-1001000000003",
        ]

    def test_401_stops_the_bot_until_its_new_token_is_entered(self, acme, channel, ops, outside):
        publish(ops)
        publish(ops, Game(home="Chicago Bears", away="Green Bay Packers"))
        outside.plan({"fault": "bot_unauthorized", "times": 1})

        assert deliver(ops).outcomes == {"RETRY": 1}
        now_due()
        assert deliver(ops).outcomes == {}

        assert Bot.objects.get().status == "REFUSED"
        assert OpsAlert.objects.get(kind="DELIVERY_FAILED").key == "bot 7000000001"
        enter_bot(acme, LATER)
        assert deliver(ops).outcomes == {"SENT": 2}

    def test_of_its_marks_is_answered_with_plain_text_once(self, channel, ops, outside):
        publish(ops)
        outside.plan({"fault": "bot_entities", "times": 1})

        assert deliver(ops).outcomes == {"RETRY": 1}
        assert deliver(ops).outcomes == {"SENT": 1}

        message = outside.messages()[-1]
        assert "entities" not in message
        assert "Kansas City Chiefs −3.5 at −110" in message["text"]
        assert "<b>" not in message["text"]

    def test_of_plain_text_too_ends_it(self, channel, ops, outside):
        publish(ops)
        outside.plan({"fault": "bot_entities"})
        before = outside.calls("sendMessage")

        assert deliver(ops).outcomes == {"RETRY": 1}
        assert deliver(ops).outcomes == {"REJECTED": 1}
        assert deliver(ops).outcomes == {}
        assert outside.calls("sendMessage") == before

    @pytest.mark.parametrize(
        "name", ["<b>Bold</b> & Sons", "</a><script>", "Q&amp;A_*[x](y)~`>#", "Zero​Width\n‮Turn"]
    )
    def test_of_a_name_that_looks_like_marks_never_come(self, name, channel, ops, outside):
        """Row 67: names are escaped, and shown as they are."""
        game = Game()
        with facts():
            game.event.home.name = name
            game.event.home.save(update_fields=["name"])
        publish(ops, game)

        assert deliver(ops).outcomes == {"SENT": 1}

        shown = outside.messages()[-1]["text"]
        clean = name.replace("​", "").replace("‮", "").replace("\n", " ")
        assert f"{clean} −3.5 at −110" in shown

    def test_before_anything_was_written_are_tried_again(self, channel, ops, settings):
        settings.TELEGRAM_URL = "http://127.0.0.1:9"  # nobody listens
        publish(ops)

        assert deliver(ops).outcomes == {"RETRY": 1}
        row = of_telegram()
        assert (row.error_code, row.attempts) == ("NOT_CONNECTED", 1)
        [(later,)] = fetch_all(
            "SELECT not_before > clock_timestamp() FROM delivery WHERE id=%s", [row.pk]
        )
        assert later


class TestDoubt:
    """Row 66: it may have arrived, so nobody sends it again but a person."""

    FAULTS = ("bot_accepts_then_drops", "bot_accepts_then_fails")

    @pytest.mark.parametrize("fault", FAULTS)
    def test_makes_one_message_at_most(self, fault, channel, ops, outside):
        before = len(outside.messages())
        publish(ops)
        outside.plan({"fault": fault, "times": 1})

        assert deliver(ops).outcomes == {"UNKNOWN": 1}
        now_due()
        actions.sweep_deliveries(by=ops, at=LATER)
        assert deliver(ops).outcomes == {}

        assert len(outside.messages()) == before + 1
        row = of_telegram()
        alert = OpsAlert.objects.get(kind="DELIVERY_UNKNOWN")
        assert (row.status, alert.key) == ("UNKNOWN", str(row.pk))

    @pytest.mark.slow
    def test_of_a_silence_ends_within_the_time_a_kill_may_wait(self, channel, ops, outside):
        publish(ops)
        outside.plan({"fault": "bot_accepts_then_hangs", "seconds": 30, "times": 1})

        assert deliver(ops).outcomes == {"UNKNOWN": 1}
        assert of_telegram().error_code == "DEADLINE"

    def test_is_ended_by_who_saw_that_it_arrived(self, channel, ops, outside):
        pick = publish(ops)
        outside.plan({"fault": "bot_accepts_then_drops", "times": 1})
        deliver(ops)
        number = outside.messages()[-1]["message_id"]
        row = of_telegram()

        actions.confirm_delivered(delivery_id=row.pk, message_id=number, by=ops, at=LATER)

        row.refresh_from_db()
        assert (row.status, row.message_id) == ("SENT", number)
        assert not OpsAlert.objects.not_over().exists()
        withdraw(pick, ops, "MANUAL", LATER)
        assert deliver(ops).outcomes == {"SENT": 2}

    def test_is_ended_by_sending_it_again(self, channel, ops, outside):
        publish(ops)
        outside.plan({"fault": "bot_accepts_then_drops", "times": 1})
        deliver(ops)

        actions.send_again(delivery_id=of_telegram().pk, by=ops, at=LATER)

        assert deliver(ops).outcomes == {"SENT": 1}
        assert not OpsAlert.objects.not_over().exists()

    def test_is_ended_by_letting_it_be(self, channel, ops, outside):
        publish(ops)
        outside.plan({"fault": "bot_accepts_then_drops", "times": 1})
        deliver(ops)

        actions.give_up(delivery_id=of_telegram().pk, reason="Too late.", by=ops, at=LATER)

        assert (of_telegram().status, deliver(ops).outcomes) == ("VOID", {})

    def test_is_nothing_that_anybody_decides_of_what_was_sent(self, channel, ops, outside):
        publish(ops)
        deliver(ops)

        with pytest.raises(actions.NotInDoubt):
            actions.send_again(delivery_id=of_telegram().pk, by=ops, at=LATER)

    def test_does_not_keep_word_back_that_a_pick_is_no_longer_playable(self, channel, ops, outside):
        pick = publish(ops)
        outside.plan({"fault": "bot_accepts_then_drops", "times": 1})
        deliver(ops)
        outside.plan()

        withdraw(pick, ops, "INJURY_UPDATE", LATER)

        assert deliver(ops).outcomes == {"SENT": 1}
        assert of_telegram(kind="EDIT").status == "PENDING"
        assert "NO LONGER PLAYABLE" in outside.messages()[-1]["text"]

    def test_of_an_edit_is_none_because_saying_it_again_changes_nothing(
        self, channel, ops, outside
    ):
        pick = publish(ops)
        deliver(ops)
        outside.plan({"fault": "bot_accepts_then_drops", "times": 1})
        before = len(outside.messages())
        withdraw(pick, ops, "MANUAL", LATER)

        assert deliver(ops).outcomes == {"RETRY": 1, "SENT": 1}
        now_due()
        outside.plan()
        assert deliver(ops).outcomes == {"SENT": 1}

        edit = of_telegram(kind="EDIT")
        assert (edit.status, edit.error_code) == ("SENT", "NOT_MODIFIED")
        assert len(outside.messages()) == before + 1


class TestLife:
    """What happens to a pick that is out: edits, and a new message where somebody has to act."""

    def test_a_move_is_an_edit_only(self, channel, ops, outside):
        game = Game()
        publish(ops, game)
        deliver(ops)
        before, calls = len(outside.messages()), outside.calls("sendMessage")
        game.pair(line="-3.5", prices=(american(-115), american(-105)), at=LATER)

        actions.watch_live(by=ops, at=LATER + timedelta(minutes=1))
        assert deliver(ops).outcomes == {"SENT": 1}

        assert (len(outside.messages()), outside.calls("sendMessage")) == (before, calls)
        text = outside.messages()[-1]["text"]
        assert "refresh due" in text
        assert "Now −3.5 at −115" in text

    def test_an_invalidation_is_an_edit_and_a_new_message_in_reply(self, channel, ops, outside):
        game = Game()
        publish(ops, game)
        deliver(ops)
        first, before = outside.messages()[-1], len(outside.messages())
        game.pair(line="-4.5", at=LATER)

        actions.watch_live(by=ops, at=LATER + timedelta(minutes=1))
        assert deliver(ops).outcomes == {"SENT": 2}

        edited, reply = outside.messages()[before - 1 :]
        assert edited["message_id"] == first["message_id"]
        assert edited["text"].startswith("NO LONGER PLAYABLE · was LEAN, NFL spread")
        assert reply["text"] == edited["text"]
        assert reply["reply_to_message"]["message_id"] == first["message_id"]
        assert "The line is −4.5 at −110" in reply["text"]
        assert [entity["type"] for entity in edited["entities"]].count("strikethrough") == 1

    def test_a_withdrawal_says_why_and_that_the_record_keeps_it(self, channel, ops, outside):
        pick = publish(ops)
        deliver(ops)

        withdraw(pick, ops, "LINEUP_CHANGE", LATER)
        deliver(ops)

        text = outside.messages()[-1]["text"]
        assert "Withdrawn by its publisher: lineup change." in text
        assert "it stays in the record and will be graded" in text
        pick.refresh_from_db()
        assert (pick.status, pick.withdrawn_reason) == ("PUBLISHED", "LINEUP_CHANGE")

    def test_a_withdrawal_after_the_start_calls_nobody(self, channel, ops, outside):
        pick = publish(ops)
        deliver(ops)
        before = len(outside.messages())

        withdraw(pick, ops, "DATA_INTEGRITY", AFTER_THE_START)
        assert deliver(ops, at=AFTER_THE_START).outcomes == {"SENT": 1}

        assert len(outside.messages()) == before
        assert outside.messages()[-1]["text"].startswith("NO LONGER PLAYABLE")

    def test_of_several_edits_only_the_last_is_sent(self, channel, ops, outside):
        game = Game()
        pick = publish(ops, game)
        deliver(ops)
        calls = outside.calls("editMessageText")
        game.pair(line="-3.5", prices=(american(-115), american(-105)), at=LATER)
        actions.watch_live(by=ops, at=LATER + timedelta(minutes=1))
        withdraw(pick, ops, "MANUAL", LATER + timedelta(minutes=2))

        assert deliver(ops).outcomes == {"SENT": 2, "VOID": 1}

        assert outside.calls("editMessageText") == calls + 1

    def test_every_message_is_one_for_its_pick_cause_and_kind(self, channel, ops):
        pick = publish(ops)
        withdraw(pick, ops, "MANUAL", LATER)
        told = list(
            Delivery.objects.filter(channel="TELEGRAM")
            .order_by("kind")
            .values_list("kind", "cause", "turn")
        )

        assert told == [
            ("EDIT", "WITHDRAWN", 0),
            ("NEW", "PUBLISHED", 0),
            ("REPLY", "WITHDRAWN", 0),
        ]


class TestSweep:
    def lapse(self) -> None:
        execute(
            "UPDATE delivery SET lease_until = clock_timestamp() - interval '1 s'"
            " WHERE status = 'LEASED'"
        )

    def lease(self) -> Delivery:
        from apps.picks.actions.delivering.leasing import lease_next

        row = lease_next(
            [("TELEGRAM", "NFL", "SPREAD", tier) for tier in ("EDGE", "LEAN")], tried=[]
        )
        assert row is not None
        return row

    def test_leaves_a_lease_that_lasts(self, channel, ops):
        publish(ops)
        self.lease()

        assert actions.sweep_deliveries(by=ops, at=LATER).expired == {}
        assert of_telegram().status == "LEASED"

    def test_doubts_a_message_whose_lease_ran_out(self, channel, ops):
        publish(ops)
        self.lease()
        self.lapse()

        assert actions.sweep_deliveries(by=ops, at=LATER).expired == {"UNKNOWN": 1}
        assert OpsAlert.objects.get(kind="DELIVERY_UNKNOWN").key == str(of_telegram().pk)

    def test_lets_an_edit_be_sent_again(self, channel, ops, outside):
        pick = publish(ops)
        deliver(ops)
        withdraw(pick, ops, "MANUAL", AFTER_THE_START)
        self.lease()
        self.lapse()

        assert actions.sweep_deliveries(by=ops, at=LATER).expired == {"RETRY": 1}
        assert deliver(ops).outcomes == {"SENT": 1}

    def test_rings_for_what_is_due_and_for_nothing_else(
        self, channel, ops, outside, queued, django_capture_on_commit_callbacks
    ):
        publish(ops)

        with django_capture_on_commit_callbacks(execute=True):
            assert actions.sweep_deliveries(by=ops, at=LATER).rung
        assert queued == [("picks.deliver", {}, "acme")]
        deliver(ops)
        assert not actions.sweep_deliveries(by=ops, at=LATER).rung

    def test_takes_a_lease_from_who_came_too_late(self, channel, ops, outside):
        """Who wakes up after its lease finds that the row is not its own any more."""
        from apps.picks.actions.delivering.sending import _deliver

        publish(ops)
        row = self.lease()
        self.lapse()
        before = outside.calls("sendMessage")

        assert _deliver(row, by=ops, at=LATER) == "LOST"
        assert outside.calls("sendMessage") == before
