"""P7: the validity of 100,000 published picks held against the market, of which 5 % has moved.

The limit asks the same question of the same tables and writes the answer with one UPDATE: no
reasons, no history, no audit, no best price. (A limit that reads the quotes alone answers
another question: what a pick is worth follows from the newest run's evaluation of its quote.) The
peer is the usual way, a loop over objects with their rows prefetched, the rule asked of each, and a
bulk update of those that changed. Ours adds to the limit all that a change leaves behind.
"""

from datetime import datetime
from statistics import median
from time import perf_counter
from typing import Any

from benchmarks import live
from benchmarks.database import BUILT_AT, scratch_database
from benchmarks.harness import Row, Target, at_least, at_most

GAMES = 33_334  # with three markets each
EVERY = 20  # markets of which one moves
ROUNDS = 7
PEER_ROUNDS = 1  # a minute each, and nobody promised a figure
BOUND = 1.5


def run() -> list[Row]:
    scratch_database()

    from django.db import connection, transaction

    from apps.core.actor import Actor
    from apps.core.db import execute, fetch_all
    from apps.core.tenancy import tenant_scope
    from apps.picks import actions
    from apps.picks.models import Pick
    from apps.picks.sweeping import NOW, VALIDITY, minima
    from apps.rulebook.markets import QuoteStatus, Side
    from apps.rulebook.validity import Now, judge
    from apps.simulations.models import MarketEvaluation
    from apps.snapshots.models import LatestQuote
    from apps.tenants import provisioning
    from apps.tenants.kinds import TenantType

    by, at = Actor.system("benchmarks.p07"), live.WATCHED_AT
    provisioning.provision_tenant(
        schema="peer", name="peer", type=TenantType.CONSUMER, by=by, at=BUILT_AT
    )
    picks = live.multiply(GAMES, ["acme", "rival", "peer"])
    ask = f"WITH now AS ({NOW}) SELECT id, {VALIDITY} FROM now WHERE validity_state <> {VALIDITY}"
    lean = (
        "UPDATE pick SET validity_state = judged.validity, validity_at = %s"
        " FROM unnest(%s::uuid[], %s::text[]) AS judged (id, validity) WHERE pick.id = judged.id"
    )

    def ours() -> int:
        return actions.watch_live(by=by, at=at).changed

    def limit() -> int:
        with transaction.atomic():
            ids, validities = zip(*fetch_all(ask, {"at": at, **minima()}), strict=True)
            return execute(lean, [at, list(ids), list(validities)])

    def peer() -> int:
        with transaction.atomic():
            return _by_objects(at)

    def _by_objects(at: datetime) -> int:
        quotes: dict[Any, Any] = {
            (quote.selection_id, quote.book_id): quote
            for quote in LatestQuote.objects.select_related("feed").iterator(chunk_size=5_000)
        }
        worth = {
            (one.selection_id, one.book_id, one.observed_at): one.ev
            for one in MarketEvaluation.objects.only("selection_id", "book_id", "observed_at", "ev")
        }
        changed = []
        for pick in Pick.objects.live().iterator(chunk_size=5_000):
            quote = quotes[pick.selection_id, pick.book_id]
            judged = judge(
                Now(
                    side=Side(pick.side),
                    status=QuoteStatus(quote.status),
                    out_s=0.0,
                    age_s=(at - quote.last_seen_at).total_seconds(),
                    line=None if quote.line is None else float(quote.line),
                    price=float(quote.price_decimal),
                    ev=worth[pick.selection_id, pick.book_id, quote.observed_at],
                    inputs_changed=False,
                    taken_line=None if pick.line is None else float(pick.line),
                    playable_price=float(pick.playable_to_price or 0),
                    playable_line=None
                    if pick.playable_to_line is None
                    else float(pick.playable_to_line),
                ),
                max_quote_age_s=quote.feed.max_quote_age_s,
                ev_min=0.01,
            )
            if judged.validity != pick.validity_state:
                pick.validity_state, pick.validity_at = judged.validity.value, at
                changed.append(pick)
        Pick.objects.bulk_update(changed, ["validity_state", "validity_at"], batch_size=500)
        return len(changed)

    seconds: dict[str, list[float]] = {"ours": [], "limit": [], "peer": []}
    works = {"ours": ("acme", ours), "limit": ("rival", limit), "peer": ("peer", peer)}
    moved = live.OF_A_GAME * len([n for n in range(1, GAMES + 1) if n % EVERY == 1])
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0; SET idle_in_transaction_session_timeout = 0")
    before = _updates(fetch_all)
    for round_ in range(ROUNDS):
        live.move(EVERY, 1)
        for name, (schema, work) in works.items():
            if name == "peer" and round_ >= PEER_ROUNDS:
                continue
            with tenant_scope(schema):
                start = perf_counter()
                changed = work()
                seconds[name].append(perf_counter() - start)
            if changed != moved:
                raise RuntimeError(f"{name} changed {changed} picks of {moved} that moved.")
    updates, hot = (now - then for now, then in zip(_updates(fetch_all), before, strict=True))
    connection.close()

    def ratio(of: str, to: str) -> float:
        return median(a / b for a, b in zip(seconds[of], seconds[to], strict=False))

    return [
        Row(
            f"sweep {picks:,} published picks, {moved:,} moved",
            ours=median(seconds["ours"]),
            limit=median(seconds["limit"]),
            peer=median(seconds["peer"]),
            targets=(
                at_most(BOUND, ratio("ours", "limit"), "the limit"),
                at_least(1, ratio("peer", "ours"), "faster than the peer"),
                Target(">= 95 % HOT updates", f"{hot / updates:.1%}", hot >= 0.95 * updates),
            ),
        )
    ]


def _updates(fetch_all: Any) -> tuple[int, int]:
    """Updates of acme's picks, and those that stayed on their page."""
    fetch_all("SELECT pg_stat_force_next_flush()")
    [(updates, hot)] = fetch_all(
        "SELECT n_tup_upd, n_tup_hot_upd FROM pg_stat_all_tables"
        " WHERE (schemaname, relname) = ('acme', 'pick')"
    )
    return int(updates), int(hot)
