"""A day's picks as one message, against a real Telegram over sockets."""

from datetime import timedelta

import pytest

from apps.core.db import execute, fetch_all
from apps.governance import rollouts, switches
from apps.governance.models import FeatureFlag, OpsAlert
from apps.governance.tests.test_rollouts import forget
from apps.picks import actions, tasks
from apps.picks.actions.delivering import slates
from apps.picks.actions.delivering.leasing import lease_next
from apps.picks.kinds import WithdrawReason
from apps.picks.models import Delivery, Pick, SlateMessage
from apps.picks.tests.channels import enter_bot, open_chat, telegram
from apps.picks.tests.factories import NOON_BEFORE, Game, american, facts, make_pick
from apps.tenants.models import Channel

pytestmark = pytest.mark.usefixtures("in_acme")

LATER = NOON_BEFORE + timedelta(minutes=2)
TWO_GAMES = (("Kansas City Chiefs", "Buffalo Bills"), ("Chicago Bears", "Green Bay Packers"))


@pytest.fixture(scope="module")
def far_away(module_sandbox):
    from apps.picks.tests.test_deliver_due import EPOCH

    return module_sandbox(epoch=EPOCH, messages_a_minute=100_000, messages_a_second=100_000)


@pytest.fixture
def outside(far_away):
    with telegram(far_away) as seen:
        yield seen


@pytest.fixture
def channel(acme) -> Channel:
    enter_bot(acme, NOON_BEFORE)
    return open_chat(acme, NOON_BEFORE)


@pytest.fixture
def before(outside) -> int:
    """How many messages there were when the test began."""
    return len(outside.messages())


def publish(ops, which: int = 0, game: Game | None = None, at=LATER) -> Pick:
    home, away = TWO_GAMES[which]
    pick = make_pick(game or Game(home=home, away=away))
    return actions.publish_pick(pick_id=pick.pk, by=ops, at=at)


def deliver(ops, *, on: bool = True, at=LATER) -> dict[str, int]:
    return actions.deliver_due(in_slates=on, by=ops, at=at).outcomes


def withdraw(pick: Pick, ops) -> None:
    actions.withdraw_pick(pick_id=pick.pk, reason=WithdrawReason.MANUAL, by=ops, at=LATER)


def first_of(pick: Pick) -> Delivery:
    return Delivery.objects.get(channel="TELEGRAM", kind="NEW", pick=pick)


def now_due() -> None:
    execute("UPDATE delivery SET not_before = clock_timestamp() WHERE not_before IS NOT NULL")


class TestOneMessage:
    def test_is_sent_once_and_edited_for_each_further_pick(self, channel, ops, outside, before):
        one = publish(ops)
        assert deliver(ops) == {"SENT": 1}
        two = publish(ops, 1)
        sent = outside.calls("sendMessage")

        assert deliver(ops) == {"SENT": 1}

        (message,) = outside.messages()[before:]
        assert outside.calls("sendMessage") == sent
        assert message["text"].startswith("NFL, Sunday 12 October\n\n◇ LEAN · NFL spread\n")
        assert "Kansas City Chiefs −3.5 at −110" in message["text"]
        assert "Chicago Bears −3.5 at −110" in message["text"]
        assert "Help: 1-800-GAMBLER" in message["text"]
        rows = [first_of(one), first_of(two)]
        assert {row.message_id for row in rows} == {message["message_id"]}
        assert {row.template_version for row in rows} == {"slate/1"}
        slate = SlateMessage.objects.get()
        assert (slate.league, slate.day.isoformat(), slate.opener_id) == (
            "NFL",
            "2025-10-12",
            rows[0].pk,
        )

    def test_is_one_for_what_is_published_together(self, channel, ops, outside, before):
        publish(ops)
        publish(ops, 1)

        assert deliver(ops) == {"SENT": 2}

        assert len(outside.messages()) == before + 1

    def test_is_of_one_league_day_and_channel(self, acme, channel, ops, outside, before):
        open_chat(acme, NOON_BEFORE, "-1001000000002", "Members")
        publish(ops)
        home, away = TWO_GAMES[1]
        publish(ops, game=Game(home=home, away=away, kickoff=Game().kickoff + timedelta(days=1)))

        assert deliver(ops) == {"SENT": 4}

        assert len(outside.messages()) == before + 4
        assert SlateMessage.objects.count() == 4

    def test_goes_on_in_a_further_part_when_it_is_full(
        self, channel, ops, outside, before, monkeypatch
    ):
        monkeypatch.setattr(slates, "PICKS_OF_A_PART", 1)
        publish(ops)
        publish(ops, 1)

        assert deliver(ops) == {"SENT": 2}

        first, second = outside.messages()[before:]
        assert first["text"].startswith("NFL, Sunday 12 October\n")
        assert second["text"].startswith("NFL, Sunday 12 October, part 2\n")

    def test_said_again_is_no_second_one(self, channel, ops, outside, before):
        publish(ops)
        deliver(ops)
        two = publish(ops, 1)
        outside.plan({"fault": "bot_accepts_then_drops", "times": 1})

        assert deliver(ops) == {"RETRY": 1}
        now_due()
        assert deliver(ops) == {"SENT": 1}

        assert len(outside.messages()) == before + 1
        assert first_of(two).error_code == "NOT_MODIFIED"
        assert not OpsAlert.objects.not_over().exists()


class TestLife:
    def test_a_move_edits_it_and_tells_nobody(self, channel, ops, outside, before):
        game = Game()
        publish(ops, game=game)
        publish(ops, 1)
        deliver(ops)
        sent = outside.calls("sendMessage")
        game.pair(line="-3.5", prices=(american(-115), american(-105)), at=LATER)

        actions.watch_live(by=ops, at=LATER + timedelta(minutes=1))
        assert deliver(ops) == {"SENT": 2}  # what the other is worth now is not known either

        (message,) = outside.messages()[before:]
        assert outside.calls("sendMessage") == sent
        assert "refresh due\nKansas City Chiefs −3.5 at −110" in message["text"]
        assert "Now −3.5 at −115" in message["text"]
        assert "Chicago Bears −3.5 at −110" in message["text"]

    def test_a_withdrawal_strikes_its_entry_and_answers_the_message(
        self, channel, ops, outside, before
    ):
        one = publish(ops)
        publish(ops, 1)
        deliver(ops)

        withdraw(one, ops)
        assert deliver(ops) == {"SENT": 2}

        message, reply = outside.messages()[before:]
        assert reply["text"].startswith("NO LONGER PLAYABLE · was LEAN, NFL spread\nKansas City")
        assert reply["reply_to_message"]["message_id"] == message["message_id"]
        assert [entity["type"] for entity in message["entities"]].count("strikethrough") == 1
        assert "NO LONGER PLAYABLE · was LEAN, NFL spread\nKansas City" in message["text"]
        assert "◇ LEAN · NFL spread\nChicago Bears" in message["text"]

    def test_a_result_stands_in_it(self, channel, ops, outside, before):
        one = publish(ops)
        publish(ops, 1)
        deliver(ops)
        result = {
            "at": (LATER + timedelta(days=1)).isoformat(),
            "outcome": "WIN",
            "profit": "0.90909091",
            "home_score": 27,
            "away_score": 20,
            "close_missing": "NO_QUOTE",
        }

        actions.owe_results({one.pk: result}, revisions={one.pk: 1}, by=ops, at=LATER)
        assert deliver(ops) == {"SENT": 1}

        (message,) = outside.messages()[before:]
        assert "✓ WON, +0.91 u · LEAN, NFL spread\nKansas City Chiefs −3.5" in message["text"]
        assert "Final: Kansas City Chiefs 27, Buffalo Bills 20" in message["text"]

    def test_news_of_another_pick_waits_for_its_own_turn(self, channel, ops, outside, before):
        """What stands behind a closed switch does not go out with somebody else's edit."""
        one = publish(ops)
        deliver(ops)
        withdraw(one, ops)
        Delivery.objects.filter(pick=one, kind__in=["EDIT", "REPLY"]).update(
            status="RETRY", not_before=LATER + timedelta(days=10_000)
        )
        publish(ops, 1)

        assert deliver(ops) == {"SENT": 1}

        (message,) = outside.messages()[before:]
        assert "NO LONGER PLAYABLE" not in message["text"]
        now_due()
        assert deliver(ops) == {"SENT": 2}
        assert "NO LONGER PLAYABLE" in outside.messages()[before]["text"]


class TestDoubt:
    """Nobody knows whether the day's message arrived: nothing is added, and nothing sent beside."""

    @pytest.fixture
    def doubtful(self, channel, ops, outside, before) -> Delivery:
        one = publish(ops)
        outside.plan({"fault": "bot_accepts_then_drops", "times": 1})
        assert deliver(ops) == {"UNKNOWN": 1}
        publish(ops, 1)
        assert deliver(ops) == {"HALTED": 1}
        assert deliver(ops) == {}
        assert len(outside.messages()) == before + 1
        return first_of(one)

    def test_ends_by_who_saw_it(self, doubtful, ops, outside, before):
        number = outside.messages()[-1]["message_id"]
        actions.confirm_delivered(delivery_id=doubtful.pk, message_id=number, by=ops, at=LATER)

        assert deliver(ops) == {"SENT": 1}

        (message,) = outside.messages()[before:]
        assert "Kansas City" in message["text"]
        assert "Chicago" in message["text"]

    def test_ends_by_sending_it_again(self, doubtful, ops, outside, before):
        actions.send_again(delivery_id=doubtful.pk, by=ops, at=LATER)

        assert deliver(ops) == {"SENT": 2}

        assert len(outside.messages()) == before + 2  # the one in doubt had arrived
        assert "Kansas City" in outside.messages()[-1]["text"]
        assert "Chicago" in outside.messages()[-1]["text"]

    @pytest.mark.parametrize("number", [None, "let it be"])
    def test_ends_with_another_message_where_that_one_cannot_be_edited(
        self, number, doubtful, ops, outside, before
    ):
        if number is None:
            actions.confirm_delivered(delivery_id=doubtful.pk, by=ops, at=LATER)
        else:
            actions.give_up(delivery_id=doubtful.pk, reason="Too late.", by=ops, at=LATER)

        assert deliver(ops) == {"SENT": 1}

        text = outside.messages()[-1]["text"]
        assert len(outside.messages()) == before + 2
        assert "Chicago" in text
        assert "Kansas City" not in text

    @pytest.mark.parametrize(("opens", "became"), [(True, "UNKNOWN"), (False, "RETRY")])
    def test_of_a_lease_is_only_where_it_opens(self, opens, became, channel, ops, outside):
        if not opens:
            publish(ops, 1)
            deliver(ops)
        publish(ops)
        row = lease_next([("TELEGRAM", "NFL", "SPREAD", "LEAN")], tried=[])
        assert row is not None
        assert slates.place(row, by=ops, at=LATER)
        execute(
            "UPDATE delivery SET lease_until = clock_timestamp() - interval '1 s'"
            " WHERE status = 'LEASED'"
        )

        assert actions.sweep_deliveries(by=ops, at=LATER).expired == {became: 1}


class TestTurns:
    def test_an_opener_that_waits_gives_way(self, channel, ops, outside, before):
        """A switch, a pause or an error holds up its own pick, not the day."""
        one = publish(ops)
        outside.plan({"fault": "bot_entities", "times": 1})
        deliver(ops)
        assert first_of(one).status == "RETRY"
        Delivery.objects.filter(pick=one).update(not_before=LATER + timedelta(days=10_000))
        two = publish(ops, 1)

        assert deliver(ops) == {"SENT": 1}
        now_due()
        assert deliver(ops) == {"SENT": 1}

        (message,) = outside.messages()[before:]
        assert SlateMessage.objects.get().opener_id == first_of(two).pk
        assert "Kansas City" in message["text"]

    def test_nothing_is_added_behind_a_closed_switch(self, channel, ops, outside, before):
        publish(ops)
        deliver(ops)
        edits = outside.calls("editMessageText")
        publish(ops, 1)
        with facts():
            flag = FeatureFlag.objects.filter(name=switches.PUBLISH_TELEGRAM, scope="league:NFL")
            flag.update(enabled=False)

        assert deliver(ops) == {}
        assert outside.calls("editMessageText") == edits

        with facts():
            flag.update(enabled=True)
        assert deliver(ops) == {"SENT": 1}

    def test_nobody_writes_while_another_does(self, channel, ops, outside, before):
        publish(ops)
        deliver(ops)
        publish(ops, 1)
        row = lease_next([("TELEGRAM", "NFL", "SPREAD", "LEAN")], tried=[])
        assert row is not None
        assert slates.place(row, by=ops, at=LATER)
        third = make_pick(Game(home="Dallas Cowboys", away="New York Giants"))
        actions.publish_pick(pick_id=third.pk, by=ops, at=LATER)
        placed = Delivery.objects.filter(pick=third, channel="TELEGRAM")
        placed.update(slate=SlateMessage.objects.get())

        assert deliver(ops) == {}

        Delivery.objects.filter(pk=row.pk).update(
            status="PENDING", lease_until=None, lease_token=None
        )
        assert deliver(ops) == {"SENT": 2}
        assert len(outside.messages()) == before + 1

    def test_a_message_that_was_deleted_is_opened_anew(self, channel, ops, outside, before):
        one = publish(ops)
        deliver(ops)
        outside.delete(first_of(one).message_id)
        two = publish(ops, 1)

        assert deliver(ops) == {"RETRY": 1}
        assert deliver(ops) == {"SENT": 1}

        assert SlateMessage.objects.get().opener_id == first_of(two).pk
        assert "Chicago" in outside.messages()[-1]["text"]


class TestTurningItOnAndOff:
    def test_on_leaves_what_was_told_by_itself(self, channel, ops, outside, before):
        one = publish(ops)
        deliver(ops, on=False)
        publish(ops, 1)

        assert deliver(ops) == {"SENT": 1}
        withdraw(one, ops)
        assert deliver(ops) == {"SENT": 2}

        alone, slate, reply = outside.messages()[before:]
        assert alone["text"].startswith("NO LONGER PLAYABLE")
        assert slate["text"].startswith("NFL, Sunday 12 October\n")
        assert "Kansas City" not in slate["text"]
        assert reply["reply_to_message"]["message_id"] == alone["message_id"]

    def test_off_goes_on_with_what_was_begun(self, channel, ops, outside, before):
        one = publish(ops)
        deliver(ops)
        publish(ops, 1)

        assert deliver(ops, on=False) == {"SENT": 1}
        withdraw(one, ops)
        assert deliver(ops, on=False) == {"SENT": 2}

        slate, alone, reply = outside.messages()[before:]
        assert "NO LONGER PLAYABLE" in slate["text"]
        assert "Chicago" not in slate["text"]
        assert alone["text"].startswith("◇ LEAN · NFL spread\nChicago Bears")
        assert reply["reply_to_message"]["message_id"] == slate["message_id"]

    def test_off_keeps_a_pick_in_the_message_in_which_it_was_placed(
        self, channel, ops, outside, before
    ):
        publish(ops)
        deliver(ops)
        publish(ops, 1)
        outside.plan({"fault": "bot_accepts_then_drops", "times": 1})
        assert deliver(ops) == {"RETRY": 1}
        now_due()

        assert deliver(ops, on=False) == {"SENT": 1}

        assert len(outside.messages()) == before + 1


class TestTheDoor:
    @pytest.fixture(autouse=True)
    def asked_anew(self):
        forget()
        yield
        forget()

    @pytest.mark.parametrize("on", [True, False])
    def test_is_where_the_roll_out_is_asked(
        self, on, acme, channel, ops, outside, before, django_capture_on_commit_callbacks
    ):
        publish(ops)
        with facts():
            if on:
                with django_capture_on_commit_callbacks(execute=True):
                    rollouts.turn(
                        rollouts.SLATE_MESSAGE,
                        tenant=acme,
                        on=True,
                        by=ops,
                        at=LATER,
                        reason="To see it.",
                    )
            tasks.deliver.apply(headers={"tenant_schema": acme}, throw=True)

        assert [row.status for row in Delivery.objects.filter(channel="TELEGRAM")] == ["VOID"]
        assert SlateMessage.objects.exists() is on
        assert fetch_all("SELECT error_code FROM delivery WHERE channel = 'TELEGRAM'") == [
            ("GAME_BEGUN",)
        ]
