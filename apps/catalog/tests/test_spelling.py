import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.catalog.spelling import normalise


class TestNormalise:
    @pytest.mark.parametrize(
        "spelling",
        [
            "New York Jets",
            "NEW YORK JETS",
            "  New\u00a0York   Jets ",
            "New York \uff2a\uff45\uff54\uff53",
        ],
    )
    def test_folds_case_width_and_space(self, spelling):
        assert normalise(spelling) == "new york jets"

    def test_takes_composed_and_decomposed_accents_for_one(self):
        composed = "Montr\u00e9al"

        assert normalise(composed) == normalise(unicodedata.normalize("NFD", composed))

    @pytest.mark.parametrize(
        "other",
        [
            "New York J\u0435ts",  # a Cyrillic letter that looks the same
            "New York Jets\u200b",  # a space of no width
            "New York Jet",
            "\u202eNew York Jets",
        ],
    )
    def test_never_takes_a_likeness_for_the_name(self, other):
        assert normalise(other) != normalise("New York Jets")

    @given(st.text())
    def test_changes_nothing_the_second_time(self, text):
        assert normalise(normalise(text)) == normalise(text)
