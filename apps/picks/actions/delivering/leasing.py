"""Who sends a row: exactly one, for as long as its lease lasts by the database's clock."""

from collections.abc import Collection
from uuid import UUID, uuid4

from django.conf import settings
from django.db import transaction

from apps.core.db import fetch_all
from apps.core.tenancy import current_schema
from apps.governance import switches
from apps.picks.kinds import Channel, publish_scopes
from apps.picks.message import Cause
from apps.picks.models import Delivery
from apps.rulebook.thresholds import Tier

SWITCHES = {
    Channel.TELEGRAM.value: (switches.PUBLISH, switches.PUBLISH_TELEGRAM),
    Channel.WEBHOOK.value: (switches.PUBLISH, switches.PUBLISH_WEBHOOK),
}

# Which tier the gate is asked about: a pick's own where it goes out, and the best one where there
# is only news of what is out already.
_TIER = "CASE WHEN owed.cause = 'PUBLISHED' THEN pick.tier ELSE 'EDGE' END"
# Nothing of a bot that was told to wait, or whose token is refused, however many workers there
# are and however often they were started anew.
_WAITING = f"""
SELECT DISTINCT owed.channel, pick.league, pick.market_type, {_TIER}
FROM delivery AS owed JOIN pick ON pick.id = owed.pick_id
WHERE owed.status IN ('PENDING', 'RETRY') AND owed.channel <> 'APP'
  AND (owed.channel <> 'TELEGRAM' OR EXISTS (
    SELECT FROM bot WHERE tenant_schema = %s AND status = 'WORKING'
      AND (paused_until IS NULL OR paused_until <= clock_timestamp())))
"""
# The oldest row that may be sent now. An answer waits for what it answers, but word that a pick
# is no longer playable does not wait for a message of which nobody knows whether it arrived.
# A day's message is opened before anything is added, and written to by one at a time.
_NEXT = f"""
UPDATE delivery SET status = 'LEASED', lease_token = %(token)s, not_before = NULL,
    lease_until = clock_timestamp() + make_interval(secs => %(lease)s), attempts = attempts + 1
WHERE id = (
    SELECT owed.id FROM delivery AS owed
    JOIN pick ON pick.id = owed.pick_id
    LEFT JOIN delivery AS said ON said.id = owed.answers_id
    LEFT JOIN slate ON slate.id = COALESCE(owed.slate_id, said.slate_id)
    LEFT JOIN delivery AS opener ON opener.id = slate.opener_id
    WHERE owed.status IN ('PENDING', 'RETRY') AND NOT owed.id = ANY(%(tried)s)
      AND (owed.channel, pick.league, pick.market_type, {_TIER}) IN (
        SELECT * FROM unnest(%(channels)s::text[], %(leagues)s::text[], %(markets)s::text[],
            %(tiers)s::text[]))
      AND (owed.not_before IS NULL OR owed.not_before <= clock_timestamp())
      AND (said.id IS NULL OR said.status IN ('SENT', 'VOID', 'REJECTED', 'DEAD')
        OR said.status = 'UNKNOWN' AND owed.kind = 'REPLY')
      AND NOT EXISTS (
        SELECT FROM delivery AS other
        WHERE other.status = 'LEASED' AND other.answers_id = owed.answers_id)
      AND (owed.slate_id IS NULL OR opener.id = owed.id
        OR opener.status NOT IN ('LEASED', 'UNKNOWN'))
      AND (slate.id IS NULL OR owed.kind = 'REPLY' OR NOT EXISTS (
        SELECT FROM delivery AS other LEFT JOIN delivery AS first ON first.id = other.answers_id
        WHERE other.status = 'LEASED' AND other.kind <> 'REPLY'
          AND slate.id IN (other.slate_id, first.slate_id)))
    ORDER BY owed.due_at, owed.kind, owed.id  -- an edit before the reply that calls for it
    LIMIT 1 FOR UPDATE OF owed SKIP LOCKED
)
RETURNING id
"""

Way = tuple[str, str, str, str]  # channel, league, market type, tier


def open_ways() -> list[Way]:
    """Find where rows wait that may be sent now, as the switches stand; the send asks again."""
    schema = current_schema()
    return [
        (channel, league, market_type, tier)
        for channel, league, market_type, tier in sorted(fetch_all(_WAITING, [schema]))
        if (channel != Channel.TELEGRAM or settings.TELEGRAM_URL)
        and switches.explain(SWITCHES[channel], publish_scopes(schema, league, market_type)).lets(
            tier
        )
    ]


def lease_next(ways: Collection[Way], *, tried: Collection[UUID]) -> Delivery | None:
    """Take the next row that may be sent now, if there is one; committed when this returns."""
    with transaction.atomic(durable=True):
        found = fetch_all(
            _NEXT,
            {
                "token": uuid4(),
                "lease": settings.DELIVERY_LEASE_S,
                "channels": [channel for channel, _, _, _ in ways],
                "leagues": [league for _, league, _, _ in ways],
                "markets": [market_type for _, _, market_type, _ in ways],
                "tiers": [tier for _, _, _, tier in ways],
                "tried": list(tried),
            },
        )
    if not found:
        return None
    row: Delivery = Delivery.objects.select_related("answers__slate", "slate", "pick").get(
        pk=found[0][0]
    )
    return row


def tier_asked(row: Delivery) -> str:
    """Which tier the gate is asked about for a row, as ``_TIER`` says it."""
    return str(row.pick.tier) if row.cause == Cause.PUBLISHED else Tier.EDGE.value


def still_leased(row: Delivery) -> bool:
    """Lock the row and ask whether it is still ours to send."""
    found = fetch_all(
        "SELECT FROM delivery WHERE id = %s AND status = 'LEASED' AND lease_token = %s"
        " AND lease_until > clock_timestamp() FOR UPDATE",
        [row.pk, row.lease_token],
    )
    return bool(found)
