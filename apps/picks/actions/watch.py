"""Following published picks through the market: one sweep for all of them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db import transaction

from apps.core.actor import Actor
from apps.core.db import execute, fetch_all
from apps.governance import audit, history
from apps.picks.actions.locks import hold_sweep
from apps.picks.actions.owing import owe_validities
from apps.picks.models import Pick
from apps.picks.models.pick import AUDITED
from apps.picks.sweeping import NO_WORSE_LINE, NOW, REASON, VALIDITY, minima
from apps.snapshots.querysets import LAST_SEEN, OF_SIGHTING

# Two questions, because one plan for both goes wrong where picks are many: the first finds those
# that differ, mostly none; the second writes these, and what RETURNING gives becomes the history
# and the audit.
_JUDGED = {  # what is found, and what that is
    "id": ("id", "uuid"),
    "validity": (VALIDITY, "text"),
    "reason": (REASON, "text"),
    "book_id": ("book_id", "smallint"),
    "status": ("status", "text"),
    "observed_at": ("observed_at", "timestamptz"),
    "seq": ("seq", "smallint"),
    "last_seen_at": ("last_seen_at", "timestamptz"),
    "line": ("line", "numeric"),
    "price": ("price", "numeric"),
    "ev": ("ev", "float8"),
}
# As text, for it goes back as it came.
_DIFFER = f"""
WITH now AS ({NOW})
SELECT {", ".join(f"({column})::text" for column, _ in _JUDGED.values())}
FROM now WHERE validity_state <> {VALIDITY}
"""
_ARRAYS = ", ".join(f"%({name})s::{kind}[]" for name, (_, kind) in _JUDGED.items())
_SWEEP = f"""
WITH judged AS (
    SELECT * FROM unnest({_ARRAYS})
        AS judged ({", ".join(_JUDGED)})
), moved AS (
    UPDATE pick SET validity_state = judged.validity, validity_reason = judged.reason,
        validity_at = %(at)s
    FROM judged
    WHERE pick.id = judged.id AND pick.status = 'PUBLISHED'
      AND pick.validity_state <> judged.validity AND pick.validity_state <> 'INVALIDATED'
    RETURNING new.id, old.validity_state AS old_validity, old.validity_reason AS old_reason,
        old.validity_at AS old_at, judged.book_id AS quoted_by, judged.status AS quote_status,
        judged.observed_at AS quoted_at, judged.seq, judged.last_seen_at AS seen_at,
        judged.line AS line_now, judged.price AS price_now, judged.ev AS ev_now,
        {", ".join(f"new.{name}" for name in AUDITED)}
), kept AS (
    INSERT INTO pick_change (pick_id, changed_at, from_status, to_status, from_validity,
        to_validity, reason, by, book_id, quote_status, quote_observed_at, quote_seq,
        quote_last_seen_at, line, price, ev)
    SELECT moved.id, %(at)s, 'PUBLISHED', 'PUBLISHED', moved.old_validity, moved.validity_state,
        moved.validity_reason, %(by)s, moved.quoted_by, moved.quote_status, moved.quoted_at,
        moved.seq, moved.seen_at, moved.line_now, moved.price_now, moved.ev_now
    FROM moved ORDER BY moved.id
    RETURNING id, pick_id, to_validity
), audited AS ({{audited}})
SELECT id, to_validity, EXISTS (
    SELECT FROM delivery WHERE delivery.pick_id = kept.pick_id
        AND delivery.cause = 'PUBLISHED' AND delivery.recipient <> ''
) FROM kept
"""

# The best price at the taken line or a better one, among open quotes that are fresh. What is
# better is found first, by two columns: mostly nothing, and the rest is asked of that alone.
_BEST = f"""
WITH tracked AS MATERIALIZED (
    SELECT pick.id, pick.selection_id, pick.side, pick.line, pick.published_at, tracked.best_price
    FROM pick
    JOIN line_tracking AS tracked ON tracked.pick_id = pick.id
    JOIN event ON event.id = pick.event_id
    WHERE tracked.completed_at IS NULL AND event.begins_at > %(at)s
), better AS MATERIALIZED (
    SELECT tracked.id AS pick_id, tracked.side, tracked.published_at, quote.feed_id, quote.event_id,
        quote.book_id, quote.line, quote.price_decimal, quote.observed_at, quote.seq,
        quote.seen_until
    FROM tracked
    JOIN latest_quote AS quote ON quote.selection_id = tracked.selection_id
    WHERE quote.status = 'OPEN' AND quote.pre_game
      AND (tracked.best_price IS NULL OR quote.price_decimal > tracked.best_price)
      AND {NO_WORSE_LINE}
), best AS (
    SELECT DISTINCT ON (quote.pick_id) quote.pick_id, quote.book_id, quote.line,
        quote.price_decimal, quote.observed_at, quote.seq, {LAST_SEEN} AS last_seen_at
    FROM better AS quote
    JOIN sighting ON {OF_SIGHTING}
    JOIN feed ON feed.id = quote.feed_id
    JOIN book ON book.id = quote.book_id AND book.kind = 'SPORTSBOOK' AND book.status = 'ACTIVE'
    WHERE {LAST_SEEN} BETWEEN
          greatest(quote.published_at, %(at)s - make_interval(secs => feed.max_quote_age_s))
          AND %(at)s
    ORDER BY quote.pick_id, quote.price_decimal DESC,
        CASE WHEN quote.side = 'OVER' THEN quote.line ELSE -quote.line END, book.key
)
UPDATE line_tracking SET best_book_id = best.book_id, best_line = best.line,
    best_price = best.price_decimal, best_observed_at = best.observed_at, best_seq = best.seq,
    best_last_seen_at = best.last_seen_at,
    best_age_s = round(extract(epoch FROM %(at)s - best.last_seen_at))
FROM best
WHERE line_tracking.pick_id = best.pick_id
"""


@dataclass(frozen=True, slots=True)
class WatchedLive:
    """What one sweep found for one tenant."""

    changed: int = 0
    now: dict[str, int] = field(default_factory=dict)  # what the changed ones became
    better: int = 0  # picks whose best price so far rose


@transaction.atomic
def watch_live(*, by: Actor, at: datetime) -> WatchedLive:
    """Hold every published pick whose game is ahead against its market, and say what changed.

    Asks no switch: a pick that is out is watched also while nothing may be published.
    """
    hold_sweep()
    differing = fetch_all(_DIFFER, {"at": at, **minima()})
    changed = _write(differing, by=by, at=at) if differing else []
    owe_validities([change for change, _, told in changed if told], by=by, at=at)
    became = Counter(validity for _, validity, _ in changed)
    return WatchedLive(
        changed=len(changed),
        now=dict(sorted(became.items())),
        better=execute(_BEST, {"at": at}),
    )


def _write(
    differing: Sequence[tuple[Any, ...]], *, by: Actor, at: datetime
) -> list[tuple[Any, ...]]:
    """Write what the picks became, with history and audit.

    Returns the key of each change, the validity, and whether a channel was told of the pick.
    """
    columns = zip(_JUDGED, (list(column) for column in zip(*differing, strict=True)), strict=True)
    after = {name: f"moved.{name}" for name in AUDITED}
    audited, params = audit.entries_from(
        "moved",
        model=Pick,
        key="moved.id",
        action="'pick.validity_changed'",
        before={
            **after,
            "validity_state": "moved.old_validity",
            "validity_reason": "moved.old_reason",
            "validity_at": "moved.old_at",
        },
        after=after,
        config_version="moved.config_version_id",
        by=by,
        at=at,
    )
    return fetch_all(
        _SWEEP.format(audited=audited),
        {"at": at, "by": history.operator(by), **dict(columns), **params},
    )
