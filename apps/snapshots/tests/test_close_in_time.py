"""Whether a quote is a close, in SQL and in the rulebook: the same on ten thousand quotes."""

import random
from datetime import timedelta
from decimal import Decimal

from apps.catalog.models import Event
from apps.core.db import execute
from apps.rulebook.clv import Close, LastQuote, choose_close
from apps.rulebook.markets import MARKET_SIDES, MarketType
from apps.snapshots.models import LatestQuote
from apps.snapshots.tests.factories import JETS, KICKOFF, SATURDAY, golden, quote

CASES = 10_000
MAX_AGE_S = 600
# Seconds before the start: far and near, at either limit and a millionth beside it.
AGES = (-60.0, -0.000001, 0.0, 0.000001, 1.0, 599.999999, 600.0, 600.000001, 4_000.0)
_KINDS = {
    "side": "text",
    "market_type": "text",
    "pre_game": "bool",
    "observed_at": "timestamptz",
    "seen_until": "timestamptz",
    "closing_observed_at": "timestamptz",
    "closing_last_seen_at": "timestamptz",
}
_WRITE = f"""
WITH made AS (
    SELECT * FROM unnest({", ".join(f"%({name})s::{kind}[]" for name, kind in _KINDS.items())})
        WITH ORDINALITY AS made ({", ".join(_KINDS)}, no)
), selected AS (
    INSERT INTO selection (uuid, event_id, market_type, period, side, participant)
    SELECT uuidv7(), %(event)s, market_type, 'FULL_GAME', side, 'case ' || no FROM made
    RETURNING id, participant
)
INSERT INTO latest_quote (selection_id, event_id, book_id, feed_id, status, status_since,
    checked_at, pre_game, price_decimal, observed_at, seq, seen_until, poll_id,
    closing_price_decimal, closing_observed_at, closing_last_seen_at)
SELECT selected.id, model.event_id, model.book_id, model.feed_id, model.status,
    model.status_since, model.checked_at, made.pre_game, 1.9, made.observed_at, model.seq,
    made.seen_until, model.poll_id, CASE WHEN made.closing_last_seen_at IS NOT NULL THEN 1.8 END,
    made.closing_observed_at, made.closing_last_seen_at
FROM made JOIN selected ON selected.participant = 'case ' || made.no
JOIN latest_quote AS model ON model.id = %(model)s
"""


def random_quotes() -> list[dict[str, object]]:
    chance = random.Random("closes in time")

    def before(choices=AGES):
        return KICKOFF - timedelta(seconds=chance.choice(choices))

    quotes = []
    for _ in range(CASES):
        market = chance.choice(list(MarketType))
        closed = chance.random() < 0.8
        quotes.append(
            {
                "market_type": market,
                "side": chance.choice(MARKET_SIDES[market]),
                "pre_game": chance.random() < 0.5,
                "observed_at": before(),
                "seen_until": before(),
                "closing_observed_at": before() if closed else None,
                "closing_last_seen_at": before() if closed else None,
            }
        )
    return quotes


def is_a_close(quote: dict[str, object]) -> bool:
    """Ask the rulebook about the quote that was the last one before the game."""
    names = ("observed_at", "seen_until")
    if not quote["pre_game"]:
        names = ("closing_observed_at", "closing_last_seen_at")
    observed_at, last_seen_at = (quote[name] for name in names)
    if last_seen_at is None:
        return False
    last = LastQuote("draftkings", None, Decimal("1.9"), 0.5, observed_at, last_seen_at)
    close = choose_close(
        [last],
        None,
        book="draftkings",
        sharp_books=(),
        consensus_books_min=3,
        start=KICKOFF,
        max_age=timedelta(seconds=MAX_AGE_S),
    )
    return isinstance(close, Close)


def test_a_quote_is_in_time_in_sql_where_the_rulebook_takes_it_as_the_close(odds):
    odds.show((SATURDAY, golden()))
    model = quote(MarketType.SPREAD, "HOME")
    model.feed.max_close_age_s = MAX_AGE_S
    model.feed.save()
    event = Event.objects.get(home__name=JETS)
    quotes = random_quotes()
    columns = {name: [made[name] for made in quotes] for name in _KINDS}

    execute(_WRITE, {**columns, "event": event.pk, "model": model.pk})

    found = (
        LatestQuote.objects.with_close()
        .filter(selection__participant__startswith="case ")
        .order_by("selection__participant")
        .values_list("selection__participant", "close_in_time")
    )
    in_time = {place: bool(said) for place, said in found}
    wrong = [
        made for no, made in enumerate(quotes, start=1) if in_time[f"case {no}"] != is_a_close(made)
    ]
    assert event.begins_at == KICKOFF
    assert wrong == []
    assert 0.1 < sum(in_time.values()) / CASES < 0.5
