"""The settlement rule as SQL, and the statement that settles picks by it.

``rulebook.settlement`` is the rule; what stands here repeats it, so that a set of picks is settled
without leaving the database. A property test holds the two equal on ten thousand random bets of
every market.
"""

from collections.abc import Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from apps.grading.kinds import GradeSource
from apps.grading.reading import CLV_NOW
from apps.grading.verdicts import Verdict
from apps.rulebook.markets import LINED_MARKETS, MARKET_SIDES, MarketType, Side
from apps.rulebook.settlement import GRADEABLE_MARKETS, Outcome, Problem, Standing
from apps.rulebook.thresholds import TieRule

PROFIT_STEP: Final = Decimal("0.00000001")

_SIDES = ", ".join(
    f"('{market}', '{side}')" for market, sides in MARKET_SIDES.items() for side in sides
)


def _any_of(markets: frozenset[MarketType]) -> str:
    return "bet.market_type IN (" + ", ".join(f"'{one}'" for one in sorted(markets)) + ")"


_LINED: Final = _any_of(frozenset(LINED_MARKETS))

# Over a relation ``bet`` with market_type, side, line, home, away, tie, nil_nil_possible, standing,
# decided_stands and outcome; NULL where the rule has None. The first condition that holds is named.
_OF_THE_LINE: Final[tuple[tuple[str, Problem], ...]] = (
    (f"NOT {_any_of(GRADEABLE_MARKETS)}", Problem.MARKET_NOT_GRADEABLE),
    (f"(bet.market_type, bet.side) NOT IN ({_SIDES})", Problem.SIDE_NOT_IN_MARKET),
    (f"NOT {_LINED} AND bet.line IS NOT NULL", Problem.LINE_UNEXPECTED),
    (f"{_LINED} AND bet.line IS NULL", Problem.LINE_MISSING),
    (f"{_LINED} AND 4 * bet.line <> trunc(4 * bet.line)", Problem.LINE_NOT_QUARTERS),
)
_OF_THE_SCORE: Final[tuple[tuple[str, Problem], ...]] = (
    ("bet.home IS NULL OR bet.away IS NULL", Problem.SCORES_MISSING),
    ("bet.home < 0 OR bet.away < 0", Problem.SCORE_SUSPECT),
    ("bet.home = 0 AND bet.away = 0 AND NOT bet.nil_nil_possible", Problem.SCORE_SUSPECT),
    (f"bet.home = bet.away AND bet.tie = '{TieRule.IMPOSSIBLE}'", Problem.TIE_IMPOSSIBLE),
)


def _case(rules: Sequence[tuple[str, object]], otherwise: str) -> str:
    whens = " ".join(f"WHEN {condition} THEN '{word}'" for condition, word in rules)
    return f"CASE {whens} ELSE {otherwise} END"


# What the side is ahead by with its line, in quarter points: HOME and OVER look up the axis.
_OVER_BY: Final = "4 * (bet.home + bet.away) - 4 * bet.line"
_AHEAD: Final = (
    f"CASE WHEN bet.market_type = '{MarketType.TOTAL}'"
    f" THEN CASE bet.side WHEN '{Side.OVER}' THEN {_OVER_BY} ELSE -({_OVER_BY}) END"
    f" WHEN bet.side = '{Side.HOME}' THEN 4 * (bet.home - bet.away + coalesce(bet.line, 0))"
    " ELSE 4 * (bet.away - bet.home + coalesce(bet.line, 0)) END"
)
_WINNER: Final = (
    f"CASE WHEN home > away THEN '{Side.HOME}' WHEN home < away THEN '{Side.AWAY}'"
    f" ELSE '{Side.DRAW}' END"
)
_SETTLED: Final = (
    f"CASE WHEN line_problem <> '' OR score_problem <> '' THEN '{Outcome.UNGRADEABLE}'"
    f" WHEN market_type = '{MarketType.MONEYLINE_3WAY}'"
    f" THEN CASE WHEN side = {_WINNER} THEN '{Outcome.WIN}' ELSE '{Outcome.LOSS}' END"
    f" WHEN ahead >= 2 THEN '{Outcome.WIN}' WHEN ahead <= -2 THEN '{Outcome.LOSS}'"
    f" WHEN ahead = 1 THEN '{Outcome.HALF_WIN}' WHEN ahead = -1 THEN '{Outcome.HALF_LOSS}'"
    f" ELSE '{Outcome.PUSH}' END"
)
# A game that was cut short: void, unless its total had been passed.
_CUT_SHORT: Final = (
    f"CASE WHEN market_type <> '{MarketType.TOTAL}' OR NOT decided_stands"
    f" OR home IS NULL OR away IS NULL THEN '{Outcome.VOID}'"
    f" WHEN line_problem <> '' THEN '{Outcome.UNGRADEABLE}'"
    f" WHEN over_by < 2 THEN '{Outcome.VOID}'"
    f" WHEN side = '{Side.OVER}' THEN '{Outcome.WIN}' ELSE '{Outcome.LOSS}' END"
)
# From the relation ``bet``, in steps that are each computed once, to ``decided``: how each bet ends
# (``outcome``, where it was decided before), the problem that it has, and its three numbers.
DECIDED: Final = f"""
axis AS MATERIALIZED (
    SELECT bet.*, {_case(_OF_THE_LINE, "''")} AS line_problem,
        {_case(_OF_THE_SCORE, "''")} AS score_problem, {_AHEAD} AS ahead, {_OVER_BY} AS over_by
    FROM bet
), ended AS MATERIALIZED (
    SELECT axis.*, CASE WHEN outcome <> '' THEN outcome
        WHEN standing = '{Standing.CUT_SHORT}' THEN {_CUT_SHORT} ELSE {_SETTLED} END AS ends
    FROM axis
), decided AS MATERIALIZED (
    SELECT ended.*,
        CASE WHEN line_problem <> '' THEN line_problem ELSE score_problem END AS problem,
        CASE WHEN ends IN ('{Outcome.WIN}', '{Outcome.HALF_WIN}') THEN 1 ELSE 0 END AS won,
        CASE WHEN ends IN ('{Outcome.WIN}', '{Outcome.LOSS}') THEN 0
            WHEN ends IN ('{Outcome.HALF_WIN}', '{Outcome.HALF_LOSS}') THEN 0.5
            ELSE 1 END AS void_factor
    FROM ended
)
"""

# Of what was decided, at the pick's price: per unit staked.
PROFIT: Final = "round(void_factor + (1 - void_factor) * won * price - 1, 8)"

# Of each verdict: what the grades of its picks have in common.
_OF_A_VERDICT: Final[tuple[tuple[str, str], ...]] = (
    ("picks", "text"),
    ("revisions", "text"),
    ("standing", "text"),
    ("outcome", "text"),
    ("reason", "text"),
    ("revised", "text"),
    ("home", "int"),
    ("away", "int"),
    ("result_id", "bigint"),
    ("result_sha256", "text"),
    ("payload_sha256", "text"),
    ("final_at", "timestamptz"),
    ("ruleset_id", "int"),
    ("tie", "text"),
    ("nil_nil_possible", "bool"),
    ("decided_stands", "bool"),
)
_VERDICTS: Final = (
    "SELECT * FROM unnest("
    + ", ".join(f"%({name})s::{kind}[]" for name, kind in _OF_A_VERDICT)
    + ") WITH ORDINALITY AS verdict ("
    + ", ".join(name for name, _ in _OF_A_VERDICT)
    + ", no)"
)

# Whoever settled a pick meanwhile has the last word. One without a grade is held and looked at in
# the same breath: its status says whether it has one by now. Those with a grade are held before, so
# that the newest revision is the one judged on.
_BETS: Final = """
WITH verdict AS ({verdicts}), bet AS (
    SELECT verdict.*, asked.revision_no, pick.id AS pick_id, pick.market_type, pick.side,
        pick.line, pick.price, coalesce({clv}, '') AS clv_version
    FROM verdict
    CROSS JOIN LATERAL unnest(verdict.picks::uuid[], verdict.revisions::int[])
        AS asked (pick_id, revision_no)
    JOIN pick ON pick.id = asked.pick_id
    LEFT JOIN line_tracking AS tracking
      ON tracking.pick_id = pick.id AND tracking.completed_at IS NOT NULL
    WHERE CASE asked.revision_no WHEN 0 THEN pick.status IN ('PUBLISHED', 'SUPERSEDED')
        ELSE pick.status = 'GRADED' AND asked.revision_no = (
            SELECT max(grade.revision_no) FROM grade WHERE grade.pick_id = asked.pick_id) END
    {held}
), {decided}
"""
_HELD: Final = "ORDER BY pick.id FOR NO KEY UPDATE OF pick"
_ROWS: Final = f"""
SELECT uuidv7() AS id, pick_id, revision_no + 1 AS revision_no, ends AS outcome,
    CASE WHEN reason <> '' THEN reason
        WHEN ends = '{Outcome.UNGRADEABLE}' THEN problem
        WHEN ends = '{Outcome.VOID}' THEN standing ELSE revised END AS reason,
    won, void_factor, 1 AS dead_heat_factor,
    {PROFIT} AS profit,
    home AS home_score, away AS away_score, result_sha256, ruleset_id AS settlement_ruleset_id,
    clv_version, %(source)s::text AS source, %(tag)s::text AS tag, '' AS override_reason,
    '' AS override_by, '' AS override_approved_by, result_id, payload_sha256, final_at,
    %(at)s::timestamptz AS graded_at
FROM decided
"""


def settled(
    verdicts: Sequence[Verdict], *, at: datetime, tag: str = "", held: bool = True
) -> tuple[str, dict[str, Any]]:
    """Return the query of the grades that these verdicts come to, and its parameters.

    ``held``: it locks the picks, in key order. Whoever only wants to know leaves them alone.
    """
    columns = list(zip(*(_of_a_verdict(verdict) for verdict in verdicts), strict=True))
    params = dict(zip((name for name, _ in _OF_A_VERDICT), map(list, columns), strict=True))
    query = _BETS.format(
        verdicts=_VERDICTS, clv=CLV_NOW, decided=DECIDED, held=_HELD if held else ""
    )
    return query + _ROWS, {**params, "at": at, "source": GradeSource.PIPELINE.value, "tag": tag}


def _of_a_verdict(verdict: Verdict) -> tuple[Any, ...]:
    asked, rules = verdict.asked, verdict.rules
    return (
        asked.pick_array,
        asked.revisions,
        verdict.standing or "",
        verdict.outcome or "",
        verdict.reason,
        verdict.why_revised,
        asked.home_score,
        asked.away_score,
        asked.result_id,
        verdict.result_sha256,
        asked.payload_sha256,
        asked.final_at,
        asked.ruleset_id,
        rules.tie,
        rules.nil_nil_possible,
        rules.decided_stands,
    )
