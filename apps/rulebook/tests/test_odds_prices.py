from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.rulebook.odds import (
    HIGHEST_PRICE,
    NotOdds,
    NotOffered,
    american_from_price,
    price_from_american,
    price_from_decimal,
)

# Below -9,998 a price is 1.01 or less, or a placeholder. Above +20,000, at the length of outrights,
# every 89th (prime: all last digits appear).
WHOLE_AMERICAN = [*range(-9_998, -99), *range(100, 20_001), *range(20_001, 999_901, 89)]

STEP = Fraction(1, 1_000_000)


def exact(american: int) -> Fraction:
    return 1 + (Fraction(american, 100) if american > 0 else Fraction(100, -american))


class TestAmericanOdds:
    def test_convert_within_half_a_step_of_the_exact_fraction(self):
        off = [
            a for a in WHOLE_AMERICAN if abs(Fraction(price_from_american(a)) - exact(a)) * 2 > STEP
        ]

        assert off == []

    def test_come_back_as_they_were_quoted(self):
        came_back = {a: american_from_price(price_from_american(a)) for a in WHOLE_AMERICAN}

        assert {a: back for a, back in came_back.items() if a != back} == {-100: 100}

    def test_would_lose_810_prices_with_two_places(self):
        usual = [*range(-1000, -100), *range(100, 1001)]
        at_two = {a: round(price_from_american(a), 2) for a in usual}

        lost = [a for a, price in at_two.items() if american_from_price(price) != a]

        assert len(lost) == 810

    @pytest.mark.parametrize(
        ("quoted", "price"),
        [
            (-100, "2.000000"),
            (100, "2.000000"),
            (-110, "1.909091"),
            (-120, "1.833333"),
            (170, "2.700000"),
            (Decimal("130.0"), "2.300000"),
            (Decimal("3.4E+2"), "4.400000"),
            (999_899, "9999.990000"),
        ],
    )
    def test_are_kept_with_six_places(self, quoted, price):
        assert str(price_from_american(quoted)) == price

    @pytest.mark.parametrize(
        "quoted",
        [
            0,
            -50,
            99,
            -99,
            -9_999,  # placeholders of feeds that have no price
            999_900,
            999_901,
            10**400,
            Decimal("-110.5"),
            Decimal("NaN"),
            Decimal("-Infinity"),
            Decimal("1E+999999"),
            Decimal("1E-999999"),
        ],
    )
    def test_refuse_what_is_no_odds(self, quoted):
        with pytest.raises(NotOdds):
            price_from_american(quoted)

    @pytest.mark.parametrize("quoted", [-10_000, -25_000, -(10**400)])
    def test_refuse_what_is_not_offered(self, quoted):
        with pytest.raises(NotOffered):
            price_from_american(quoted)

    @given(st.integers().filter(lambda a: not -100 < a < 100), st.integers())
    def test_pay_more_the_higher_they_are(self, one, other):
        def price(american):
            try:
                return price_from_american(american)
            except (NotOffered, NotOdds):
                return Decimal(0) if american < 0 else HIGHEST_PRICE + 1

        low, high = sorted((one, other if not -100 < other < 100 else one))
        # -100 and +100 are one price, so the order is weak there and after rounding.
        assert price(low) <= price(high)


class TestDecimalOdds:
    @pytest.mark.parametrize(
        ("quoted", "price"),
        [("1.91", "1.910000"), ("1.0100004", "1.010000"), ("2.1234565", "2.123456")],
    )
    def test_are_kept_with_six_places(self, quoted, price):
        assert str(price_from_decimal(Decimal(quoted), offered_above=Decimal(1))) == price

    @pytest.mark.parametrize(
        "quoted", ["1.0", "0.9", "0", "-1.91", "NaN", "sNaN", "Infinity", "1E+500"]
    )
    def test_refuse_what_is_no_odds(self, quoted):
        with pytest.raises(NotOdds):
            price_from_decimal(Decimal(quoted))

    @pytest.mark.parametrize("quoted", ["1.01", "1.0000001", "1.0100004"])
    def test_refuse_what_is_not_offered(self, quoted):
        with pytest.raises(NotOffered):
            price_from_decimal(Decimal(quoted))

    def test_take_the_bound_of_an_offer_from_the_configuration(self):
        quoted = Decimal("1.02")

        assert price_from_decimal(quoted) == quoted
        with pytest.raises(NotOffered):
            price_from_decimal(quoted, offered_above=quoted)

    @pytest.mark.parametrize("price", ["1", "0.5", "NaN"])
    def test_become_no_american_odds_where_they_are_none(self, price):
        with pytest.raises(NotOdds):
            american_from_price(Decimal(price))

    @given(st.decimals(min_value="1.02", max_value="5000", places=6))
    def test_become_the_nearest_whole_american_odds(self, price):
        american = american_from_price(price)

        exact_american = (price - 1) * 100 if price >= 2 else -100 / (price - 1)
        assert abs(american - exact_american) <= Decimal("0.5")
        assert abs(american) >= 100
