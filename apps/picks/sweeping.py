"""The validity rule as SQL, and the market that it is asked about.

``rulebook.validity`` is the rule; what stands here repeats it so that a sweep of all live picks
is one statement. A property test holds the two equal on ten thousand random cases of every market.
"""

from typing import Any

from apps.governance.models import ConfigVersion
from apps.picks.models import Pick
from apps.rulebook.lifecycle import Validity
from apps.rulebook.thresholds import OpinionConfig, Tier
from apps.rulebook.validity import ValidityReason
from apps.snapshots.querysets import LAST_SEEN, OF_SIGHTING

# Over a relation ``now`` with the columns of ``rulebook.validity.Now`` and the two limits; NULL
# where the rule has None or NaN. The first condition that holds decides.
_BEYOND = (
    "CASE WHEN now.line IS NULL OR now.taken_line IS NULL OR now.line = now.taken_line"
    " THEN now.price < now.playable_price"
    " WHEN now.side = 'OVER' THEN now.line > now.playable_line"
    " ELSE now.line < now.playable_line END"
)
_RULES: tuple[tuple[str, Validity, ValidityReason], ...] = (
    ("now.is_another_game", Validity.INVALIDATED, ValidityReason.MAPPING_DRIFT),
    (
        "now.status = 'ABSENT' AND now.out_s > now.max_quote_age_s",
        Validity.INVALIDATED,
        ValidityReason.MARKET_ABSENT,
    ),
    (
        "now.status <> 'OPEN' AND now.out_s > now.max_quote_age_s",
        Validity.INVALIDATED,
        ValidityReason.MARKET_SUSPENDED,
    ),
    ("now.ev <= 0", Validity.INVALIDATED, ValidityReason.NO_VALUE),
    (_BEYOND, Validity.INVALIDATED, ValidityReason.BEYOND_PLAYABLE),
    ("now.inputs_changed", Validity.REFRESH_RECOMMENDED, ValidityReason.INPUTS_CHANGED),
    (
        "now.age_s > now.max_quote_age_s",
        Validity.REFRESH_RECOMMENDED,
        ValidityReason.QUOTE_STALE,
    ),
    ("now.ev IS NULL", Validity.REFRESH_RECOMMENDED, ValidityReason.VALUE_UNKNOWN),
    ("now.ev >= now.ev_min", Validity.VALID, ValidityReason.AS_GOOD),
)


def _case(column: int, otherwise: str) -> str:
    whens = " ".join(f"WHEN {rule[0]} THEN '{rule[column]}'" for rule in _RULES)
    return f"CASE {whens} ELSE '{otherwise}' END"


VALIDITY = _case(1, Validity.MOVED_BUT_OK)
REASON = _case(2, ValidityReason.LESS_VALUE)

# Whether a quote's line is the taken one or better: ``rulebook.clv.points`` between the two is not
# negative. Without lines there is nothing to be worse at.
NO_WORSE_LINE = (
    "(tracked.line IS NULL OR CASE WHEN tracked.side = 'OVER' THEN quote.line <= tracked.line"
    " ELSE quote.line >= tracked.line END)"
)

# Every live pick whose game is ahead, with its book's quote, the newest word on that quote and
# the newest run. Parameters: at, and ``minima`` as three arrays (opinion, tier, ev_min).
NOW = f"""
SELECT pick.id, pick.status AS pick_status, pick.validity_state, pick.validity_reason, pick.side,
    quote.status,
    CASE WHEN quote.status = 'OPEN' THEN 0
        ELSE extract(epoch FROM %(at)s - quote.status_since) END AS out_s,
    extract(epoch FROM %(at)s - {LAST_SEEN}) AS age_s,
    quote.line, quote.price_decimal AS price, newest.ev,
    event.start_time <> pick.expires_at OR run.id IS DISTINCT FROM pick.run_id OR EXISTS (
        SELECT FROM injury_report AS news
        WHERE news.team_id IN (event.home_id, event.away_id)
          AND news.captured_at > pick.published_at AND news.captured_at <= %(at)s
    ) AS inputs_changed,
    event.merged_into_id IS NOT NULL OR event.home_id <> pick.home_team_id
        OR event.away_id <> pick.away_team_id AS is_another_game,
    pick.line AS taken_line, pick.playable_to_price AS playable_price,
    pick.playable_to_line AS playable_line,
    feed.max_quote_age_s, minimum.ev_min,
    quote.book_id, quote.observed_at, quote.seq, {LAST_SEEN} AS last_seen_at
FROM pick
JOIN event ON event.id = pick.event_id
JOIN latest_quote AS quote
  ON (quote.selection_id, quote.book_id) = (pick.selection_id, pick.book_id)
JOIN sighting ON {OF_SIGHTING}
JOIN feed ON feed.id = quote.feed_id
JOIN unnest(%(opinions)s::uuid[], %(tiers)s::text[], %(ev_mins)s::float8[])
  AS minimum (opinion, tier, ev_min)
  ON (minimum.opinion, minimum.tier) = (pick.config_version_id, pick.tier)
LEFT JOIN LATERAL (
    SELECT valued.ev
    FROM market_evaluation AS valued
    JOIN evaluation_batch AS batch ON batch.id = valued.batch_id
    WHERE (valued.selection_id, valued.book_id, valued.observed_at, valued.seq)
        = (quote.selection_id, quote.book_id, quote.observed_at, quote.seq)
      AND (batch.market_config_hash, batch.model_config_hash)
        = (pick.market_config_hash, pick.model_config_hash)
      AND batch.evaluated_at <= %(at)s
    ORDER BY batch.captured_at DESC, batch.poll_id DESC
    LIMIT 1
) AS newest ON true
LEFT JOIN LATERAL (
    SELECT made.id FROM simulation_run AS made
    WHERE made.event_id = pick.event_id AND made.sim_config_hash = pick.sim_config_hash
      AND made.simulated_at <= %(at)s
    ORDER BY made.simulated_at DESC, made.id
    LIMIT 1
) AS run ON true
WHERE pick.status = 'PUBLISHED' AND pick.validity_state <> 'INVALIDATED'
  AND event.begins_at > %(at)s
"""


def minima() -> dict[str, list[Any]]:
    """The least expected value of each tier under every opinion that live picks were made by."""
    versions = ConfigVersion.objects.filter(
        pk__in=Pick.objects.live().values("config_version_id").distinct()
    )
    found: dict[str, list[Any]] = {"opinions": [], "tiers": [], "ev_mins": []}
    for version in versions.order_by("pk"):
        opinion = OpinionConfig.model_validate(version.document)
        for tier in Tier:
            found["opinions"].append(version.pk)
            found["tiers"].append(tier.value)
            found["ev_mins"].append(float(opinion.threshold(tier).ev_min))
    return found
