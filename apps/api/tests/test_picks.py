"""The published record over HTTP: all of it, as the card says it, and never anything else."""

from datetime import timedelta
from decimal import Decimal

import pytest

from apps.core.tenancy import tenant_scope
from apps.grading.actions import grade_due
from apps.grading.tests.factories import LATER, end, take_close
from apps.picks import actions
from apps.picks.card import card
from apps.picks.kinds import WithdrawReason
from apps.picks.models import Pick
from apps.picks.tests.factories import NOON_BEFORE, Game
from apps.rulebook.lifecycle import PickStatus
from apps.rulebook.markets import MarketType, Side
from apps.rulebook.thresholds import Tier

pytestmark = pytest.mark.django_db

LIST = "/api/v1/picks/"
NEVER_SEEN = [PickStatus.PROPOSED, PickStatus.EXPIRED]
# Parts of a pick that its reader pays attention to.
PARTS = {"recommendation", "standing", "analysis", "game"}


def ids(answer) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [pick["pick"] for pick in answer.json()["results"]]


class TestList:
    def test_shows_what_is_published_newest_first(self, program, publish):
        older = publish(at=NOON_BEFORE - timedelta(hours=2))
        newer = publish(at=NOON_BEFORE)

        assert ids(program.get(LIST)) == [str(newer.pk), str(older.pk)]

    @pytest.mark.parametrize("status", NEVER_SEEN)
    def test_leaves_out_what_nobody_published(self, status, program, publish):
        publish(status=status)

        assert ids(program.get(LIST)) == []

    def test_never_shows_what_was_blocked(self, program, publish):
        reasons = ["PROBABILITY_MISMATCH"]
        publish(
            status=PickStatus.BLOCKED,
            born_blocked=True,
            tier="BLOCKED",
            block_reason=reasons[0],
            block_reasons=reasons,
        )

        answer = program.get(LIST)

        assert ids(answer) == []
        assert b"PROBABILITY_MISMATCH" not in answer.content

    @pytest.mark.parametrize("status", [PickStatus.SUPERSEDED, PickStatus.GRADED])
    def test_keeps_what_was_superseded_and_graded(self, status, program, publish):
        """The record: nothing that was published is ever left out."""
        pick = publish(status=status)

        assert ids(program.get(LIST)) == [str(pick.pk)]

    def test_keeps_what_was_withdrawn_and_says_that_it_is_no_play(
        self, program, publish, acme, ops
    ):
        pick = publish()
        with tenant_scope(acme):
            actions.withdraw_pick(
                pick_id=pick.pk, reason=WithdrawReason.INJURY_UPDATE, by=ops, at=NOON_BEFORE
            )

        (shown,) = program.get(LIST).json()["results"]

        assert (shown["action"], shown["reason"]) == ("NO_PLAY", "INVALIDATED")
        assert shown["standing"]["validity"] == "INVALIDATED"

    @pytest.mark.parametrize("tier", [Tier.EDGE, Tier.LEAN, Tier.MARKET_ALIGNED])
    @pytest.mark.parametrize("market", [MarketType.SPREAD, MarketType.TOTAL, MarketType.MONEYLINE])
    def test_shows_every_tier_of_every_market_in_full(self, tier, market, program, publish):
        """Published cards were blank for most tiers once."""
        side = Side.OVER if market is MarketType.TOTAL else Side.HOME
        line = None if market is MarketType.MONEYLINE else "44.5"
        pick = publish(tier=tier, uncapped_tier=tier, market_type=market, side=side, line=line)

        for shown in (
            program.get(LIST).json()["results"][0],
            program.get(f"{LIST}{pick.pk}/").json(),
        ):
            assert shown["standing"]["tier"] == tier
            assert shown.keys() >= PARTS
            assert shown["recommendation"]["label"]
            assert shown["recommendation"]["price"] == pytest.approx(1.909091)
            assert shown["analysis"]["ev"] > 0

    @pytest.mark.parametrize(
        ("side", "line", "label"),
        [(Side.HOME, "-3.5", "Kansas City Chiefs -3.5"), (Side.AWAY, "3.5", "Buffalo Bills +3.5")],
    )
    def test_names_the_team_of_the_side_that_is_recommended(
        self, side, line, label, program, publish
    ):
        publish(side=side, line=line)

        (shown,) = program.get(LIST).json()["results"]

        said = shown["recommendation"]
        assert (said["side"], said["label"], said["line"]) == (side, label, float(line))

    def test_writes_plain_values(self, program, publish):
        """Signed numbers with an ASCII hyphen, no units, null for what is not there."""
        publish(market_type=MarketType.MONEYLINE, line=None)
        publish(line="0")

        level, moneyline = program.get(LIST).json()["results"]
        if level["market_type"] == MarketType.MONEYLINE:
            level, moneyline = moneyline, level

        assert moneyline["recommendation"]["line"] is None
        assert moneyline["recommendation"]["price_american"] == -110
        assert level["recommendation"]["line"] == 0
        assert level["standing"]["published_at"] == "2025-10-11T16:00:00Z"


class TestOnePick:
    def test_is_exactly_what_its_list_shows(self, program, publish):
        pick = publish()

        (listed,) = program.get(LIST).json()["results"]

        assert program.get(f"{LIST}{pick.pk}/").json() == listed

    def test_is_the_card_of_its_record(self, program, publish, acme):
        """One truth: what the platform's own pages show is what the API says."""
        pick = publish()
        with tenant_scope(acme):
            made = card(Pick.objects.get(pk=pick.pk))

        shown = program.get(f"{LIST}{pick.pk}/").json()

        assert shown.keys() == made.keys() | {"closing", "result"}
        for name in PARTS:
            assert shown[name].keys() == made[name].keys()
        assert shown["recommendation"]["label"] == made["recommendation"]["label"]
        assert Decimal(str(shown["recommendation"]["price"])) == made["recommendation"]["price"]
        assert shown["analysis"]["probability"] == made["analysis"]["probability"]

    @pytest.mark.parametrize("status", NEVER_SEEN)
    def test_is_not_found_before_it_is_published(self, status, program, publish):
        pick = publish(status=status)

        assert program.get(f"{LIST}{pick.pk}/").status_code == 404

    def test_is_not_found_where_there_is_none(self, program):
        answer = program.get(f"{LIST}{'0' * 8}-0000-0000-0000-{'0' * 12}/")

        assert (answer.status_code, answer.json()["code"]) == (404, "NOT_FOUND")

    def test_says_how_it_closed_and_ended(self, program, publish, acme, ops):
        game = Game()
        pick = publish(game)
        end(game, 24, 17)
        with tenant_scope(acme):
            take_close(pick)
            grade_due(by=ops, at=LATER)

        shown = program.get(f"{LIST}{pick.pk}/").json()

        assert (shown["status"], shown["action"]) == ("GRADED", "NO_PLAY")
        assert shown["result"]["outcome"] == "WIN"
        assert (shown["result"]["home_score"], shown["result"]["away_score"]) == (24, 17)
        assert shown["result"]["profit"] == pytest.approx(0.909091)
        assert shown["closing"]["source"] == "MISSING"
        assert shown["closing"]["clv_missing"] == "NO_PREGAME_QUOTE"
        assert shown["closing"]["clv_ev"] is None

    def test_says_nothing_of_an_end_that_has_not_come(self, program, publish):
        pick = publish()

        shown = program.get(f"{LIST}{pick.pk}/").json()

        assert (shown["closing"], shown["result"]) == (None, None)


class TestFilters:
    @pytest.mark.parametrize(
        ("asked", "found"),
        [
            ("league=NFL", True),
            ("league=NBA", False),
            ("market_type=SPREAD", True),
            ("market_type=TOTAL", False),
            ("side=HOME", True),
            ("side=AWAY", False),
            ("status=PUBLISHED", True),
            ("status=GRADED", False),
            ("tier=LEAN", True),
            ("tier=EDGE", False),
            ("validity=VALID", True),
            ("validity=INVALIDATED", False),
            ("published_from=2025-10-11T16:00:00Z", True),
            ("published_from=2025-10-11T16:00:00.000001Z", False),
            ("published_to=2025-10-11T16:00:00Z", False),
            ("published_to=2025-10-11T12:00:01-04:00", True),
            ("league=NFL&market_type=SPREAD&status=PUBLISHED", True),
            ("league=NFL&market_type=TOTAL", False),
        ],
    )
    def test_keep_what_they_describe(self, asked, found, program, publish):
        publish()

        assert bool(ids(program.get(f"{LIST}?{asked}"))) is found

    def test_find_the_picks_on_one_game(self, program, publish):
        game = Game()
        mine = publish(game)
        publish()

        assert ids(program.get(f"{LIST}?event={game.event.pk}")) == [str(mine.pk)]

    @pytest.mark.parametrize(
        ("asked", "parameter"),
        [
            ("leage=NFL", "leage"),
            ("status=BLOCKED", "status"),
            ("status=PROPOSED", "status"),
            ("tier=BLOCKED", "tier"),
            ("market_type=spread", "market_type"),
            ("event=1", "event"),
            ("published_from=2025-10-11T16:00:00", "published_from"),
            ("published_from=yesterday", "published_from"),
            ("published_from=2025-13-11T16:00:00Z", "published_from"),
            ("league=%00", "league"),
            (f"league={'X' * 17}", "league"),
            ("league=NFL&league=NBA", "league"),
            ("limit=0", "limit"),
            ("limit=201", "limit"),
            ("limit=-1", "limit"),
            ("limit=ten", "limit"),
            ("limit=%C2%B2", "limit"),
            ("cursor=", "cursor"),
            ("cursor=abc", "cursor"),
            ("cursor=%FF", "cursor"),
            ("cursor=MjAyNS0xMC0xMVQxNjowMDowMHwx", "cursor"),
        ],
    )
    def test_refuse_what_they_cannot_read(self, asked, parameter, program, publish):
        """A filter that is ignored shows everything to somebody who asked for less."""
        publish()

        answer = program.get(f"{LIST}?{asked}")

        assert (answer.status_code, answer.json()["code"]) == (400, "PARAMETER_INVALID")
        assert list(answer.json()["errors"]) == [parameter]


class TestPages:
    def walk(self, program, path: str) -> list[list[str]]:
        pages = []
        while path:
            answer = program.get(path)
            pages.append(ids(answer))
            path = answer.json()["next"]
            assert len(pages) < 20
        return pages

    def test_show_everything_once(self, program, publish):
        """Half of them at the same instant, where the order hangs on the id."""
        made = [publish(at=NOON_BEFORE - timedelta(minutes=n // 4)) for n in range(9)]

        pages = self.walk(program, f"{LIST}?limit=2")

        assert [len(page) for page in pages] == [2, 2, 2, 2, 1]
        told = [pick for page in pages for pick in page]
        assert sorted(told) == sorted(str(pick.pk) for pick in made)
        assert told == ids(program.get(LIST))

    def test_keep_their_filters(self, program, publish):
        for number in range(4):
            side = Side.HOME if number % 2 else Side.AWAY
            publish(side=side, line="3.5")

        pages = self.walk(program, f"{LIST}?limit=1&side=AWAY")

        assert [len(page) for page in pages] == [1, 1]

    def test_lose_nothing_to_what_is_published_meanwhile(self, program, publish):
        first = [publish(at=NOON_BEFORE - timedelta(minutes=n)) for n in range(4)]
        page = program.get(f"{LIST}?limit=2")

        publish(at=NOON_BEFORE + timedelta(minutes=1))
        rest = program.get(page.json()["next"])

        assert ids(page) + ids(rest) == [str(pick.pk) for pick in first]

    def test_that_are_full_and_last_say_so(self, program, publish):
        publish()
        publish()

        assert program.get(f"{LIST}?limit=2").json()["next"] is None

    def test_lead_on_under_the_address_that_was_asked(self, program, publish):
        publish()
        publish()

        following = program.get(f"{LIST}?limit=1").json()["next"]

        assert following.startswith("http://acme.localhost/api/v1/picks/?limit=1&cursor=")


class TestETag:
    def test_answers_304_to_who_has_these_bytes(self, program, publish):
        publish()
        first = program.get(LIST)

        again = program.get(LIST, headers={"if-none-match": first.headers["ETag"]})

        assert (again.status_code, again.content) == (304, b"")
        assert again.headers["ETag"] == first.headers["ETag"]
        assert again.headers["Cache-Control"] == "private, no-cache"

    def test_is_strong_and_of_the_bytes(self, program, publish):
        publish()

        tags = {program.get(LIST).headers["ETag"] for _ in range(2)}

        (tag,) = tags
        assert tag.startswith('"')

    @pytest.mark.parametrize("happens", ["published", "withdrawn", "graded"])
    def test_changes_with_whatever_happens_to_a_pick(self, happens, program, publish, acme, ops):
        game = Game()
        pick = publish(game)
        before = program.get(LIST).headers["ETag"]

        if happens == "published":
            publish()
        elif happens == "withdrawn":
            with tenant_scope(acme):
                actions.withdraw_pick(
                    pick_id=pick.pk, reason=WithdrawReason.MANUAL, by=ops, at=NOON_BEFORE
                )
        else:
            end(game, 24, 17)
            with tenant_scope(acme):
                take_close(pick)
                grade_due(by=ops, at=LATER)

        answer = program.get(LIST, headers={"if-none-match": before})
        assert answer.status_code == 200

    def test_of_a_head_is_that_of_the_answer_without_a_body(self, program, publish):
        publish()
        whole = program.get(LIST)

        head = program.head(LIST)

        assert (head.status_code, head.content) == (200, b"")
        assert head.headers["ETag"] == whole.headers["ETag"]
        assert head.headers["Content-Length"] == str(len(whole.content))


class TestQuestions:
    """Back to the login role, the key, into the tenant, and then what is shown."""

    def test_of_a_page_are_as_many_for_one_pick_as_for_twenty(
        self, program, publish, django_assert_num_queries
    ):
        publish()
        program.get(LIST)
        with django_assert_num_queries(4):
            program.get(LIST)

        for _ in range(19):
            publish()
        with django_assert_num_queries(4):
            assert len(ids(program.get(LIST))) == 20

    def test_of_settled_picks_are_one_more(
        self, program, publish, acme, ops, django_assert_num_queries
    ):
        for _ in range(5):
            game = Game()
            pick = publish(game)
            end(game, 24, 17)
            with tenant_scope(acme):
                take_close(pick)
        with tenant_scope(acme):
            grade_due(by=ops, at=LATER)
        program.get(LIST)

        with django_assert_num_queries(5):
            shown = program.get(LIST).json()["results"]

        assert [pick["result"]["outcome"] for pick in shown] == ["WIN"] * 5
