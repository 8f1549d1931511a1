"""What the database refuses, whoever writes: the rules of a pick's life, tried one by one."""

from collections.abc import Callable
from decimal import Decimal
from functools import partial
from itertools import permutations

import pytest
from django.db import DatabaseError, IntegrityError, connection, transaction

from apps.core.append_only import AppendOnlyRefused
from apps.core.db import execute, fetch_all
from apps.picks.models import Pick, PickChange
from apps.picks.tests.factories import NOON_BEFORE, Game, make_pick
from apps.rulebook.lifecycle import BIRTHS, MOVES, PickStatus, Validity, may_turn
from apps.rulebook.markets import MarketType, Side

pytestmark = pytest.mark.usefixtures("in_acme")

# The columns that a status needs besides itself, so that only the move itself is judged.
COMPANIONS = {
    PickStatus.PROPOSED: {},
    PickStatus.BLOCKED: {
        "tier": "BLOCKED",
        "block_reason": "LEAGUE_RANGE",
        "block_reasons": ["LEAGUE_RANGE"],
    },
    PickStatus.EXPIRED: {"expiry_reason": "REPLACED"},
}
ENDED = (PickStatus.SUPERSEDED, PickStatus.GRADED)
# What may still change once a pick does not wait any more.
TRAVELLING = {"status", "validity_state", "validity_reason", "validity_at", "withdrawn_reason"}


STALE = "SNAPSHOT_STALE"
BORN_BLOCKED = {**COMPANIONS[PickStatus.BLOCKED], "born_blocked": True, "quoted": False}


def rule_of(error: IntegrityError) -> str:
    return error.__cause__.diag.constraint_name


def rule_that_refuses(write: Callable[[], object]) -> str:
    """Name the rule that refuses a write; empty where nothing does."""
    try:
        with transaction.atomic():
            write()
    except IntegrityError as error:
        return rule_of(error)
    return ""


def refusal(statement: str, *params: object) -> str:
    return rule_that_refuses(partial(execute, statement, params))


def denied(statement: str, *params: object) -> DatabaseError:
    with pytest.raises(DatabaseError) as caught, transaction.atomic():
        execute(statement, params)
    return caught.value


def reach(status: PickStatus) -> Pick:
    if status in COMPANIONS:
        pick = make_pick()
        for name, value in COMPANIONS[status].items():
            setattr(pick, name, value)
        pick.status = status
        pick.save()
        return pick
    return make_pick(status=status)


def publish_as(pick: Pick, validity: Validity) -> None:
    """Publish a waiting pick, and let it have this validity from the first."""
    execute(
        "UPDATE pick SET status = 'PUBLISHED', published_at = %s, validity_state = %s,"
        " settlement_ruleset_id = (SELECT min(id) FROM settlement_ruleset) WHERE id = %s",
        [NOON_BEFORE, validity, pick.pk],
    )


def prepare(pick: Pick, target: PickStatus) -> None:
    """Give a waiting pick what its target status demands, short of the status."""
    for name, value in COMPANIONS.get(target, {}).items():
        setattr(pick, name, value)


class TestMovesOfAPick:
    @pytest.mark.parametrize(("current", "target"), permutations(PickStatus, 2))
    def test_are_those_of_the_rulebook_and_no_other(self, current, target):
        pick = reach(current)
        if current is PickStatus.PROPOSED and target is PickStatus.PUBLISHED:
            move = partial(make_pick, Game(), status=target)
        else:
            prepare(pick, target) if current is PickStatus.PROPOSED else None
            pick.status = target
            move = pick.save
        rule = rule_that_refuses(move)

        assert rule == ("" if target in MOVES[current] else "pick_moves_as_the_rules_say")

    @pytest.mark.parametrize("birth", PickStatus)
    def test_begin_where_the_rulebook_says(self, birth):
        pick = make_pick(Game())
        twin = Pick(**{field.attname: getattr(pick, field.attname) for field in Pick._meta.fields})
        twin.pk, twin.idempotency_key = twin.event_id, "k" * 64
        twin.market_type, twin.line = MarketType.MONEYLINE, None
        prepare(twin, birth)
        twin.status = birth

        rule = rule_that_refuses(partial(twin.save, force_insert=True))

        assert rule == ("" if birth in BIRTHS else "pick_is_born_waiting_or_blocked")

    def test_show_that_what_was_born_blocked_never_waits(self):
        pick = make_pick(Game())
        twin = Pick(**{field.attname: getattr(pick, field.attname) for field in Pick._meta.fields})
        twin.born_blocked = True

        rule = rule_that_refuses(partial(twin.save, force_insert=True))

        assert rule == "pick_born_blocked_stays_blocked"

    def test_end_never_in_deletion(self):
        pick = make_pick()

        assert "its rows are facts" in str(denied("DELETE FROM pick WHERE id = %s", pick.pk))
        assert "permission denied" in str(denied("TRUNCATE pick CASCADE"))


class TestContentOfAPick:
    def test_is_guarded_column_by_column(self):
        ((guarded,),) = fetch_all(
            "SELECT array_agg(a.attname::text) FROM pg_trigger t, unnest(t.tgattr) AS number"
            " JOIN pg_attribute a ON a.attnum = number"
            " WHERE t.tgname = 'pick_content' AND t.tgrelid = 'pick'::regclass"
            " AND a.attrelid = t.tgrelid"
        )

        columns = {field.column for field in Pick._meta.fields}

        assert columns - set(guarded) == TRAVELLING

    @pytest.mark.parametrize("column", ["price", "ev", "snapshot_id", "last_seen_at", "tier"])
    def test_may_be_brought_up_to_date_while_it_waits(self, column):
        pick = make_pick()
        value = {
            "price": Decimal("1.95"),
            "ev": 0.07,
            "snapshot_id": pick.event_id,
            "last_seen_at": NOON_BEFORE.replace(minute=1),
            "tier": "EDGE",
        }[column]

        execute(f"UPDATE pick SET {column} = %s WHERE id = %s", [value, pick.pk])

        pick.refresh_from_db()
        assert getattr(pick, column) == value

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("price", Decimal("1.95")),
            ("snapshot_id", "00000000-0000-0000-0000-000000000001"),
            ("settlement_ruleset_id", 2),
            ("published_at", NOON_BEFORE.replace(minute=30)),
            ("tier", "EDGE"),
            ("ev", 0.2),
        ],
    )
    def test_is_frozen_once_published(self, column, value):
        pick = make_pick(status=PickStatus.PUBLISHED)

        rule = refusal(f"UPDATE pick SET {column} = %s WHERE id = %s", value, pick.pk)

        assert rule == "pick_content_is_frozen"

    @pytest.mark.parametrize(
        ("column", "value"),
        [
            ("selection_id", 1),
            ("line", Decimal("-3")),
            ("side", "AWAY"),
            ("decision_prob", 0.6),
            ("model_prob", 0.6),
            ("fair_prob", 0.4),
            ("a", 0.6),
            ("pick_version", 9),
            ("config_version_id", "00000000-0000-0000-0000-000000000001"),
        ],
    )
    @pytest.mark.parametrize("status", [PickStatus.PROPOSED, PickStatus.PUBLISHED])
    def test_of_what_and_why_is_written_once(self, column, value, status):
        pick = make_pick(status=status)

        rule = refusal(f"UPDATE pick SET {column} = %s WHERE id = %s", value, pick.pk)

        assert rule == "pick_content_is_written_once"


class TestValidityOfAPick:
    @pytest.mark.parametrize("status", [PickStatus.PUBLISHED, *ENDED])
    def test_turns_as_the_rulebook_says_and_no_other_way(self, status):
        """Every validity, from every other, of every pick that has one."""
        for current, target in permutations(Validity, 2):
            pick = make_pick(Game())
            publish_as(pick, current)
            if status is not PickStatus.PUBLISHED:
                execute("UPDATE pick SET status = %s WHERE id = %s", [status, pick.pk])

            rule = refusal("UPDATE pick SET validity_state = %s WHERE id = %s", target, pick.pk)

            assert (rule == "") == may_turn(status, current, target), (current, target)

    @pytest.mark.parametrize("status", [PickStatus.PROPOSED, PickStatus.EXPIRED])
    def test_is_none_before_it_is_published(self, status):
        pick = reach(status)

        rule = refusal("UPDATE pick SET validity_state = 'VALID' WHERE id = %s", pick.pk)

        assert rule != ""
        assert not may_turn(status, "", Validity.VALID)

    def test_never_leaves_invalidated(self):
        pick = make_pick(status=PickStatus.PUBLISHED)
        execute("UPDATE pick SET validity_state = %s", [Validity.INVALIDATED])

        for state in set(Validity) - {Validity.INVALIDATED}:
            rule = refusal("UPDATE pick SET validity_state = %s WHERE id = %s", state, pick.pk)
            assert rule == "pick_invalidated_is_final"

    def test_goes_any_other_way_while_it_is_live(self):
        pick = make_pick(status=PickStatus.PUBLISHED)
        others = [state for state in Validity if state is not Validity.INVALIDATED]

        for state in [*others, *reversed(others), Validity.INVALIDATED]:
            execute("UPDATE pick SET validity_state = %s WHERE id = %s", [state, pick.pk])

        pick.refresh_from_db()
        assert pick.validity_state == Validity.INVALIDATED

    @pytest.mark.parametrize("status", [PickStatus.SUPERSEDED, PickStatus.GRADED])
    def test_stays_as_it_is_afterwards(self, status):
        pick = make_pick(status=status)

        rule = refusal("UPDATE pick SET validity_state = 'MOVED_BUT_OK' WHERE id = %s", pick.pk)

        assert rule == "pick_validity_is_of_a_live_pick"


class TestIdea:
    def test_has_one_waiting_pick(self):
        game = Game()
        make_pick(game)

        with pytest.raises(IntegrityError, match="pick_is_proposed_once"), transaction.atomic():
            make_pick(game, side=Side.AWAY, line="3.5", quoted=False)

    def test_has_one_live_pick_and_never_both_sides(self):
        game = Game()
        make_pick(game, status=PickStatus.PUBLISHED)

        with pytest.raises(IntegrityError, match="pick_is_published_once"), transaction.atomic():
            make_pick(game, side=Side.AWAY, line="3.5", quoted=False, status=PickStatus.PUBLISHED)

    def test_is_one_for_each_market_of_a_game(self):
        game = Game()

        make_pick(game, status=PickStatus.PUBLISHED)
        make_pick(
            game,
            market_type=MarketType.TOTAL,
            side=Side.OVER,
            line="47.5",
            status=PickStatus.PUBLISHED,
        )

        assert Pick.objects.live().count() == 2

    def test_blocks_a_selection_once_for_a_reason(self):
        game = Game()
        make_pick(game, **BORN_BLOCKED)

        make_pick(game, **BORN_BLOCKED, side=Side.AWAY, line="3.5")
        make_pick(
            game,
            **{
                **BORN_BLOCKED,
                "block_reason": "SNAPSHOT_STALE",
                "block_reasons": ["SNAPSHOT_STALE"],
            },
        )
        with pytest.raises(IntegrityError) as caught, transaction.atomic():
            make_pick(game, **BORN_BLOCKED)

        assert rule_of(caught.value) == "pick_is_blocked_once_for_a_reason"


class TestRules:
    @pytest.mark.parametrize(
        ("columns", "rule"),
        [
            ({"price": "1", "quoted": False}, "pick_price_exceeds_stake"),
            ({"side": Side.OVER, "quoted": False}, "pick_side_suits_its_market"),
            ({"line": None}, "pick_line_suits_its_market"),
            ({"win": 1.0}, "pick_probability_is_uncertain"),
            ({"v": 0.2}, "pick_shares_add_up"),
            ({"a": 0.551, "b": 0.45, "v": -0.001}, "pick_shares_are_not_negative"),
            ({"edge_prob": -0.05}, "pick_edge_is_signed_and_of_its_own_selection"),
            ({"confidence": 38.0}, "pick_confidence_is_a_share"),
            ({"tier": "BLOCKED"}, "pick_blocked_says_why"),
            ({"block_reasons": ["LEAGUE_RANGE"]}, "pick_blocked_says_why"),
            ({"status": PickStatus.EXPIRED, "expiry_reason": ""}, "pick_expired_says_why"),
            ({"withdrawn_reason": "MANUAL"}, "pick_withdrawn_is_invalidated"),
            ({"validity_state": "VALID"}, "pick_published_has_time_rules_and_validity"),
            (
                {"status": PickStatus.PUBLISHED, "ev": -0.01},
                "pick_published_has_expected_value",
            ),
            (
                {"status": PickStatus.PUBLISHED, "expires_at": NOON_BEFORE},
                "pick_published_before_the_start",
            ),
        ],
    )
    def test_refuse(self, columns, rule):
        with pytest.raises(IntegrityError) as caught, transaction.atomic():
            make_pick(**columns)

        assert rule_of(caught.value) == rule

    @pytest.mark.parametrize(
        ("market_type", "side", "line"),
        [
            (MarketType.SPREAD, Side.HOME, "0"),
            (MarketType.TOTAL, Side.UNDER, "47"),
            (MarketType.MONEYLINE, Side.AWAY, None),
        ],
    )
    def test_take_a_pick_em_for_a_line_and_a_moneyline_for_none(self, market_type, side, line):
        pick = make_pick(market_type=market_type, side=side, line=line)

        pick.refresh_from_db()
        assert pick.line == (None if line is None else Decimal(line))


class TestHistory:
    def test_is_appended_to_only(self):
        pick = make_pick()
        change = PickChange.objects.create(
            pick=pick, changed_at=NOON_BEFORE, to_status="PROPOSED", by="JOB:test"
        )

        with pytest.raises(AppendOnlyRefused):
            change.save()
        for statement in ("UPDATE pick_change SET reason = 'x'", "DELETE FROM proposal_round"):
            assert "permission denied" in str(denied(statement))

    def test_tables_leave_room_for_the_next_version(self):
        options = dict(
            fetch_all(
                "SELECT relname, reloptions::text FROM pg_class"
                " WHERE relname IN ('pick', 'line_tracking') AND relnamespace = %s::regnamespace",
                [connection.schema_name],
            )
        )

        assert options == {"pick": "{fillfactor=70}", "line_tracking": "{fillfactor=70}"}
