"""What a price is, and how American odds become decimal odds and back.

The canonical price is decimal odds, stake included, kept with six places: two places break the
round trip of 810 of the whole American prices between -1000 and 1000, six break none
(docs/domain.md section 3). Adapters convert once, here; nothing downstream converts again.
"""

from decimal import ROUND_HALF_EVEN, Decimal
from functools import lru_cache

from apps.rulebook.errors import RuleBroken

PRICE_STEP = Decimal("0.000001")
EVENS = Decimal(2)

# A side that pays a hundredth or less is a book's way of saying that it does not offer it.
NOT_OFFERED_UP_TO = Decimal("1.01")

# Above every outright seen in the recorded bodies; beyond it a number is a mistake.
HIGHEST_PRICE = Decimal(10_000)

# Feeds that have no price sometimes send one of these in its place.
PLACEHOLDERS = frozenset({-9_999, 999_900})


class NotOdds(RuleBroken):
    """The number cannot be odds at all: whoever quoted it meant something else."""

    code = "PRICE_NOT_ODDS"


class NotOffered(RuleBroken):
    """The number is odds, but so short that the side is not on offer."""

    code = "PRICE_NOT_OFFERED"


def price_from_american(
    quoted: int | Decimal, *, offered_above: Decimal = NOT_OFFERED_UP_TO
) -> Decimal:
    """Convert American odds to a price: +150 is 2.5, -200 is 1.5, and -100 is +100.

    Source: docs/domain.md section 3.

    Raises:
        NotOdds: not whole, strictly between -100 and 100, a placeholder, or beyond HIGHEST_PRICE.
        NotOffered: the price is at most ``offered_above``.
    """
    if isinstance(quoted, Decimal):
        if not quoted.is_finite() or abs(quoted.adjusted()) > 12 or quoted % 1:
            raise NotOdds(f"American odds are whole numbers, not {quoted}.")
        quoted = int(quoted)
    return _offered(_decimal_of_whole(quoted), offered_above)


def price_from_decimal(quoted: Decimal, *, offered_above: Decimal = NOT_OFFERED_UP_TO) -> Decimal:
    """Bring decimal odds to their canonical six places. Source: docs/domain.md section 3.

    Raises:
        NotOdds: not a number, at most 1, or beyond HIGHEST_PRICE.
        NotOffered: the price is at most ``offered_above``.
    """
    if not quoted.is_finite() or not 1 < quoted <= HIGHEST_PRICE:
        raise NotOdds(f"Decimal odds lie above 1 and up to {HIGHEST_PRICE}, not at {quoted}.")
    return _offered(_at_six_places(quoted), offered_above)


def american_from_price(price: Decimal) -> int:
    """Return the whole American odds nearest to a price; 2 is +100, never -100.

    Source: docs/domain.md section 3.

    Raises:
        NotOdds: the price is not above 1.
    """
    if not price.is_finite() or price <= 1:
        raise NotOdds(f"A price lies above 1, not at {price}.")
    profit = price - 1
    american = profit * 100 if price >= EVENS else -100 / profit
    return int(american.to_integral_value(ROUND_HALF_EVEN))


# A board repeats the same few hundred quotes thousands of times.
@lru_cache(maxsize=4096)
def _decimal_of_whole(american: int) -> Decimal:
    if -100 < american < 100:
        raise NotOdds(f"{american} is no American odds: they are at most -100 or at least +100.")
    if american in PLACEHOLDERS:
        raise NotOdds(f"{american} stands for a missing price.")
    ratio = Decimal(american) / 100 if american > 0 else Decimal(100) / -american
    price = 1 + ratio
    if price > HIGHEST_PRICE:
        raise NotOdds(f"{american:+d} pays more than {HIGHEST_PRICE} times the stake.")
    return _at_six_places(price)


def _at_six_places(price: Decimal) -> Decimal:
    return price.quantize(PRICE_STEP, ROUND_HALF_EVEN)


def _offered(price: Decimal, above: Decimal) -> Decimal:
    if price <= above:
        raise NotOffered(f"{price} is at most {above}: the side is not offered.")
    return price
