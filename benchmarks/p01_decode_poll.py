"""P1: one poll from its bytes to rows that can be stored, everything in it validated.

The limit is msgspec decoding the same bytes into the same types and doing nothing else. The peer
is the plain way: the standard json, a uuid5 and a Decimal for every price. Ours reads and judges
every market, holds its sides against each other, and gives rows under cached keys. Eight boards
that moved from one to the next are read in turn, as polls are.
"""

import json
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import cycle
from typing import Any
from uuid import UUID, uuid5

import msgspec

from benchmarks.boards import BOOKS, Board
from benchmarks.harness import Row, Target, at_least, at_most, interleaved

POLLS = 8
CHANGED = 0.08
SPACE = UUID("6ba7b811-9dad-11d1-80b4-00c04fd430c8")


def run() -> list[Row]:
    from apps.rulebook.markets import MarketType, Period, mirror_line
    from apps.rulebook.thresholds import line_ranges, market_config
    from apps.snapshots.reading.bench import ReadingRules
    from apps.snapshots.reading.odds import read_board
    from apps.snapshots.reading.wire import AmericanEvent

    board = Board([f"Team {n:02d}" for n in range(32)], [f"book{n:02d}" for n in range(BOOKS)])
    polls = [(board.body(), board.at)]
    for _ in range(POLLS - 1):
        board.move(CHANGED)
        polls.append((board.body(), board.at))
    config = market_config("NFL")
    rules = ReadingRules(
        american=True,
        winner_market=MarketType.MONEYLINE,
        period=Period.FULL_GAME,
        ranges={span.market_type: span for span in line_ranges("NFL")},
        overround=config.overround,
        offered_above=config.price_offered_above,
    )
    decoder = msgspec.json.Decoder(list[AmericanEvent])
    ids: dict[str, dict[Any, tuple[int, int]]] = {}

    def rows(body: bytes, at: datetime) -> list[tuple[Any, ...]]:
        found = []
        for event in read_board(body, rules, captured_at=at).events:
            sides = ids.setdefault(event.source_event_id, {})
            for book, kind, observed_at, line, prices, quoted in event.markets:
                if kind not in sides:
                    first = len(ids) * 10 + len(sides) * 2
                    sides[kind] = first, first + 1
                one, two = sides[kind]
                found.append((one, book, observed_at, line, prices[0], quoted[0]))
                line = mirror_line(kind, line)
                found.append((two, book, observed_at, line, prices[1], quoted[1]))
        return found

    def turns(work: Callable[[bytes, datetime], object]) -> Callable[[], object]:
        following: Iterator[tuple[bytes, datetime]] = cycle(polls)
        return lambda: work(*next(following))

    samples = interleaved(
        {
            "ours": turns(rows),
            "limit": turns(lambda body, _at: decoder.decode(body)),
            "peer": turns(lambda body, _at: plainly(body)),
        }
    )
    complete = all(len(rows(body, at)) == board.prices for body, at in polls)
    return [
        Row(
            f"one poll, {board.prices:,} prices in {len(polls[0][0]) / 1000:.0f} kB, to rows",
            ours=samples.median("ours"),
            limit=samples.median("limit"),
            peer=samples.median("peer"),
            targets=(
                at_most(4, samples.ratio("ours", "limit"), "the bare decode"),
                at_least(5, samples.ratio("peer", "ours"), "faster than the plain way"),
                Target("every price a row", "all" if complete else "some lost", complete),
            ),
        )
    ]


def plainly(body: bytes) -> list[tuple[Any, ...]]:
    """As one writes it at first: a dictionary of dictionaries, and an id for each price."""
    found = []
    for event in json.loads(body):
        start = datetime.fromisoformat(event["commence_time"])
        for book in event["bookmakers"]:
            for market in book["markets"]:
                seen = datetime.fromisoformat(market["last_update"])
                if seen > start + timedelta(days=400):
                    continue
                for outcome in market["outcomes"]:
                    american = Decimal(outcome["price"])
                    gain = american / 100 if american > 0 else 100 / -american
                    point = outcome.get("point")
                    line = None if point is None else Decimal(str(point))
                    name = f"{event['id']}|{book['key']}|{market['key']}|{outcome['name']}"
                    found.append(
                        (
                            uuid5(SPACE, name),
                            uuid5(SPACE, f"{name}|{line}|{american}|{seen}"),
                            seen,
                            line,
                            (1 + gain).quantize(Decimal("0.000001")),
                            american,
                        )
                    )
    return found
