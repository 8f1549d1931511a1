"""Deterministic identities: the same thing gets the same id on every replay.

Ids are UUIDv5 over canonical text (docs/domain.md section 2); rows whose identity
does not matter to a replay use UUIDv7 instead (``apps.core.ids``).
"""

from datetime import UTC, datetime
from decimal import Decimal
from hashlib import sha256
from uuid import UUID, uuid5

from apps.rulebook.errors import RuleBroken
from apps.rulebook.markets import MarketType, Period, QuoteStatus, Side

NAMESPACE = uuid5(UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8"), "https://beatvegas.app/keys")


class NotCanonical(RuleBroken):
    code = "KEY_NOT_CANONICAL"


def _join(*parts: str) -> str:
    """Join parts with a bar; a bar inside a part would make two texts one."""
    for part in parts:
        if "|" in part:
            raise NotCanonical(f"A key part must not contain a bar: {part!r}.")
    return "|".join(parts)


def canonical_decimal(value: Decimal | None) -> str:
    """Write a number one way only: ``-3.50`` and ``-3.5`` are ``-3.5``, zero is ``0``.

    Source: docs/domain.md section 2.
    """
    if value is None:
        return ""
    text = format(value.normalize() if value else Decimal(0), "f")
    return "0" if text == "-0" else text


def canonical_instant(moment: datetime) -> str:
    """Write an aware instant as UTC with microseconds. Source: docs/domain.md section 2.

    Raises:
        NotCanonical: for a naive datetime, which names no instant.
    """
    if moment.tzinfo is None:
        raise NotCanonical(f"A naive datetime names no instant: {moment}.")
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def league_id(code: str) -> UUID:
    """Name a league by its code. Source: docs/domain.md section 2."""
    return uuid5(NAMESPACE, _join("league", code))


def book_id(key: str) -> UUID:
    """Name a book by its key. Source: docs/domain.md section 2."""
    return uuid5(NAMESPACE, _join("book", key))


def feed_id(adapter: str, provider: str, kind: str, league: str, source: str) -> UUID:
    """Name a feed by what answers for it and what it is asked. Source: docs/domain.md section 2."""
    return uuid5(NAMESPACE, _join("feed", adapter, provider, kind, league, source))


def team_id(league: str, name: str) -> UUID:
    """Name a team by its league and its canonical name. Source: docs/domain.md section 2."""
    return uuid5(NAMESPACE, _join("team", league, name))


def event_id(identity_provider: str, source_event_id: str) -> UUID:
    """Name an event by what its league's identity provider calls it.

    Source: docs/domain.md section 2.
    """
    return uuid5(NAMESPACE, _join("event", identity_provider, source_event_id))


def selection_id(
    event: UUID, market_type: MarketType, period: Period, side: Side, participant: str = ""
) -> UUID:
    """Name a selection; the line is no part of it, because lines move.

    Source: docs/domain.md section 2.
    """
    return uuid5(NAMESPACE, _join("selection", str(event), market_type, period, side, participant))


def snapshot_id(
    selection: UUID,
    provider: str,
    book: str,
    observed_at: datetime,
    line: Decimal | None,
    price: Decimal | None,
    status: QuoteStatus,
) -> UUID:
    """Compute the public id of a market snapshot, which is not stored.

    Source: docs/domain.md section 2.
    """
    return uuid5(
        NAMESPACE,
        _join(
            "snapshot",
            str(selection),
            provider,
            book,
            canonical_instant(observed_at),
            canonical_decimal(line),
            canonical_decimal(price),
            status,
        ),
    )


def simulation_run_id(
    event: UUID, model_version: str, data_version: str, sim_config_hash: str
) -> UUID:
    """Name a run by everything that decides what comes out of it.

    Source: docs/domain.md section 2.
    """
    return uuid5(NAMESPACE, _join("run", str(event), model_version, data_version, sim_config_hash))


def simulation_seed(
    event: UUID, model_version: str, data_version: str, sim_config_hash: str
) -> int:
    """Derive the 64-bit seed of a run from what identifies it, so it can be run again.

    Source: docs/domain.md section 2.
    """
    text = _join("seed", str(event), model_version, data_version, sim_config_hash)
    return int.from_bytes(sha256(text.encode()).digest()[:8], "big")


def evaluation_batch_id(
    feed: UUID, captured_at: datetime, market_config_hash: str, model_config_hash: str
) -> UUID:
    """Name a look at one poll of a feed under one pair of configurations.

    Source: docs/domain.md section 2.
    """
    return uuid5(
        NAMESPACE,
        _join(
            "batch",
            str(feed),
            canonical_instant(captured_at),
            market_config_hash,
            model_config_hash,
        ),
    )


def pick_key(
    tenant_schema: str, event: UUID, market_type: MarketType, period: Period, pick_version: int
) -> str:
    """Compute the idempotency key: what makes the pick, never the run or the quote.

    Source: docs/domain.md section 2.
    """
    text = _join("pick", tenant_schema, str(event), market_type, period, str(pick_version))
    return sha256(text.encode()).hexdigest()


def pick_id(idempotency_key: str) -> UUID:
    """Name a pick by its idempotency key. Source: docs/domain.md section 2."""
    return uuid5(NAMESPACE, _join("pick", idempotency_key))


def parlay_id(tenant_schema: str, key: str) -> UUID:
    """Name a parlay by what its asker calls it: asking again finds it.

    Source: docs/domain.md section 9.
    """
    return uuid5(NAMESPACE, _join("parlay", tenant_schema, key))
