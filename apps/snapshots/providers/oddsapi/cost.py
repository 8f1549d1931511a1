"""What a question costs, as the provider's price list has it, and how its lists are written.

Source: docs/domain.md section 2. A budget is planned with these figures; what a call really cost,
its answer says.
"""

from collections.abc import Mapping
from math import ceil
from typing import Any, Final

MARKETS: Final = "h2h,spreads,totals"
REGIONS: Final = "us"
BOOKS_OF_A_REGION: Final = 10  # named books are counted as one region, ten at a time
SCORES: Final = 2  # with the days before, and those are always asked for
HISTORY_TIMES: Final = 10


def odds_cost(options: Mapping[str, Any]) -> int:
    """Return the credits of one board: markets times regions."""
    markets = _count(listed(options.get("markets")) or MARKETS)
    books = listed(options.get("bookmakers"))
    if books:
        return markets * ceil(_count(books) / BOOKS_OF_A_REGION)
    return markets * _count(listed(options.get("regions")) or REGIONS)


def listed(value: Any) -> str:
    """Write a list the way the provider reads it; a text is taken as written."""
    if value is None or isinstance(value, str):
        return value or ""
    return ",".join(str(each) for each in value)


def _count(text: str) -> int:
    return len({each.strip() for each in text.split(",")} - {""})
