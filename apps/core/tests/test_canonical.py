from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest

from apps.core import canonical

NOON = datetime(2025, 10, 5, 12, 0, tzinfo=UTC)


class TestCanonicalForm:
    def test_ignores_key_order_and_trailing_zeros(self):
        one = {"line": Decimal("-3.50"), "price": Decimal("1.909091")}
        other = {"price": Decimal("1.9090910"), "line": Decimal("-3.5")}

        assert canonical.encode(one) == canonical.encode(other)
        assert canonical.encode(one) == b'{"line":"-3.5","price":"1.909091"}'

    def test_writes_one_instant_one_way(self):
        eastern = NOON.astimezone(timezone(-timedelta(hours=4)))

        assert canonical.encode(eastern) == canonical.encode(NOON)

    def test_folds_composed_and_decomposed_letters(self):
        assert canonical.fingerprint("Montréal") == canonical.fingerprint("Montre\u0301al")

    @pytest.mark.parametrize(
        "value", [float("nan"), Decimal("NaN"), NOON.replace(tzinfo=None)], ids=str
    )
    def test_refuses_what_names_nothing(self, value):
        with pytest.raises(ValueError):
            canonical.encode({"value": value})

    def test_refuses_a_type_without_a_form(self):
        with pytest.raises(TypeError):
            canonical.encode(object())

    def test_tells_null_zero_and_empty_apart(self):
        assert len({canonical.fingerprint(value) for value in (None, 0, "", "0", [])}) == 5
