from datetime import UTC, datetime, timedelta, timezone
from decimal import Decimal

import pytest
from django.utils.formats import localize
from hypothesis import given
from hypothesis import strategies as st

from apps.core import formats
from apps.core.formats import Measure
from apps.rulebook.odds import price_from_american

NOON = datetime(2026, 11, 22, 18, 42, 7, tzinfo=UTC)


class TestPrices:
    @pytest.mark.parametrize(
        ("quoted", "text"), [(-108, "−108"), (164, "+164"), (100, "+100"), (-100, "+100")]
    )
    def test_in_american_odds_carry_their_sign(self, quoted, text):
        assert formats.american(quoted) == text

    def test_in_full_show_the_decimal_odds_beside(self):
        assert formats.odds(Decimal("1.925926"), -108) == "−108 (1.926)"

    def test_quoted_in_decimal_odds_alone_are_converted(self):
        assert formats.odds(Decimal("2.640000")) == "+164 (2.640)"

    def test_that_are_missing_are_a_dash(self):
        assert formats.odds(None) == formats.american(None) == formats.decimal_odds(None) == "—"


class TestLines:
    @pytest.mark.parametrize(
        ("line", "text"),
        [
            ("-2.5", "−2.5"),
            ("6.50", "+6.5"),
            ("-3.00", "−3"),
            ("0", "PK"),
            ("0.00", "PK"),
            ("-0.25", "−0.25"),
            ("10", "+10"),
        ],
    )
    def test_of_a_spread_carry_their_sign(self, line, text):
        assert formats.line("SPREAD", Decimal(line)) == formats.spread(Decimal(line)) == text

    @pytest.mark.parametrize(("line", "text"), [("41.50", "41.5"), ("47.00", "47"), ("0", "0")])
    def test_of_a_total_carry_none(self, line, text):
        assert formats.line("TOTAL", Decimal(line)) == formats.total(Decimal(line)) == text

    def test_are_empty_where_the_market_has_none_and_a_dash_where_one_is_missing(self):
        assert formats.line("MONEYLINE", None) == ""
        assert formats.line("SPREAD", None) == formats.line("TOTAL", None) == "—"

    def test_in_a_column_leave_room_for_a_half_that_nobody_reads(self):
        assert formats.column_line("SPREAD", Decimal(-3)) == (
            '−3<span class="bv-pad" aria-hidden="true">.0</span>'
        )
        assert formats.column_line("SPREAD", Decimal("-3.5")) == "−3.5"
        assert formats.column_line("SPREAD", None) == "—"


class TestChances:
    def test_have_one_decimal(self):
        assert formats.probability(Decimal("0.55249")) == "55.2%"
        assert formats.probability(Decimal("0.0714"), 2) == "7.14%"
        assert formats.probability(None) == "—"

    @pytest.mark.parametrize("wrong", [Decimal("55.2"), Decimal("-0.01"), 1.001])
    def test_outside_nought_and_one_are_refused_and_never_clamped(self, wrong):
        with pytest.raises(ValueError, match="no probability"):
            formats.probability(wrong)

    def test_differ_by_percentage_points(self):
        assert formats.points(Decimal("0.056")) == "+5.6 pp"
        assert formats.points(Decimal("-0.0004")) == "0.0 pp"
        assert formats.points_of_line(Decimal("0.6")) == "+0.6 pts"

    @pytest.mark.parametrize(
        ("x", "written"),
        [("0.5", "+0.5 pts"), ("-1", "−1.0 pts"), ("0.25", "+0.25 pts"), ("0", "0.0 pts")],
    )
    def test_of_two_quoted_lines_may_be_a_quarter(self, x, written):
        assert formats.points_gained(Decimal(x)) == written

    def test_compared_get_another_digit_where_one_does_not_add_up(self):
        assert formats.compared(Decimal("0.552"), Decimal("0.496")) == ("55.2%", "49.6%", "+5.6 pp")
        assert formats.compared(Decimal("0.5526"), Decimal("0.4964")) == (
            "55.26%",
            "49.64%",
            "+5.62 pp",
        )

    @given(model=st.decimals(0, 1, places=5), market=st.decimals(0, 1, places=5))
    def test_compared_always_add_up_on_paper(self, model, market):
        shown = formats.compared(model, market)

        left, right, edge = (
            Decimal(part.replace("−", "-").strip("% p+")) for part in (shown.model, *shown[1:])
        )
        assert left - right == edge


class TestReturns:
    def test_are_percent_of_the_stake_with_a_sign(self):
        assert formats.ev(Decimal("0.0619")) == "+6.2%"
        assert formats.clv(Decimal("-0.037")) == "−3.7%"
        assert formats.ev(Decimal("0.0001")) == "0.0%"

    def test_are_named_where_they_stand_alone(self):
        assert formats.named_ev(Decimal("0.062")) == "EV +6.2%"
        assert formats.named_clv(Decimal("0.059")) == "CLV +5.9% EV"
        assert formats.named_clv(None) == "CLV —"

    def test_in_units_have_two_places_for_a_pick_and_one_for_a_sum(self):
        assert formats.units(Decimal("0.92593")) == "+0.93 u"
        assert formats.units(Decimal("-4.91"), 1) == "−4.9 u"
        assert formats.units(Decimal(0)) == "0.00 u"
        assert formats.units(None) == "—"

    def test_add_up_to_a_record(self):
        assert formats.record(221, 183, 8) == "221–183–8"


class TestIntervals:
    def test_of_a_share_have_a_dash(self):
        assert formats.interval(0.547, 0.4981, 0.5949, n=404) == "54.7% (95% 49.8–59.5), n = 404"

    def test_of_signed_values_say_to(self):
        assert (
            formats.interval(14.62, -24.2, 53.4, measure=Measure.UNITS)
            == "+14.6 u (95% −24.2 to +53.4)"
        )
        assert formats.bounds(0.012, 0.024, Measure.RETURN) == "95% +1.2 to +2.4"

    def test_that_do_not_exist_are_left_out_of_the_sentence(self):
        assert formats.interval(0.5, None, None, n=2) == "50.0%, n = 2"
        assert formats.bounds(None, None) == "—"


class TestCounts:
    def test_have_thousands_commas(self):
        assert formats.count(61_904) == "61,904"
        assert formats.count(-1_200) == "−1,200"

    def test_zero_and_missing_look_different(self):
        assert (formats.count(0), formats.count(None)) == ("0", "—")

    def test_stand_beside_what_they_are_part_of(self):
        assert formats.out_of(14, 412) == "14 of 412"
        assert formats.missing(14) == "14 missing"
        assert [formats.plural(n, "pick") for n in (0, 1, 2)] == ["0 picks", "1 pick", "2 picks"]
        assert formats.plural(2, "delivery", "deliveries") == "2 deliveries"


class TestTimes:
    @pytest.mark.parametrize(
        ("seconds", "text"),
        [
            (0, "0 s"),
            (41, "41 s"),
            (59.9, "59 s"),
            (60, "1 min"),
            (26 * 60 + 5, "26 min"),
            (3_600, "1 h"),
            (73 * 3_600 + 18 * 60, "73 h 18 min"),
            (12 * 86_400 + 4 * 3_600, "12 d 4 h"),
            (-90, "−1 min"),
            (None, "—"),
        ],
    )
    def test_that_passed_have_one_unit_or_two(self, seconds, text):
        assert formats.age(seconds) == text

    def test_look_the_same_where_the_framework_writes_them(self):
        at = datetime(2026, 11, 2, 18, 4, 7, tzinfo=UTC)

        assert localize(at) == formats.instant(at, year=True)
        assert localize(at.date()) == formats.day(at, year=True)

    def test_that_passed_stand_beside_their_limit(self):
        assert formats.age(41, 180) == "41 s (limit 180 s)"
        assert formats.age(timedelta(minutes=14), timedelta(hours=2)) == "14 min (limit 2 h)"

    def test_are_in_utc_and_say_so(self):
        berlin = NOON.astimezone(timezone(timedelta(hours=1)))

        assert formats.instant(berlin) == "Sun 22 Nov, 18:42:07 UTC"
        assert formats.instant(berlin, year=True, seconds=False) == "Sun 22 Nov 2026, 18:42 UTC"
        assert formats.day(berlin) == "Sun 22 Nov"
        assert formats.time_of_day(berlin) == "18:42:07"

    def test_of_no_zone_are_refused(self):
        with pytest.raises(ValueError, match="zone"):
            formats.instant(NOON.replace(tzinfo=None))

    def test_in_html_are_readable_by_programs(self):
        assert formats.when(NOON) == (
            '<time datetime="2026-11-22T18:42:07Z">Sun 22 Nov, 18:42:07 UTC</time>'
        )
        assert formats.when(None) == "—"

    def test_that_something_took_are_milliseconds_or_seconds(self):
        assert formats.milliseconds(1.6) == "2 ms"
        assert formats.milliseconds(1_430) == "1.4 s"


class TestIdentifiers:
    def test_are_shortened_in_the_middle(self):
        assert formats.short_id("4be1" + "0" * 56 + "c9d2") == "4be1…c9d2"
        assert formats.short_id("6f0c2e1b-0000-7000-8000-00000000a941") == "6f0c2e1b…a941"
        assert formats.short_id("NFL") == "NFL"
        assert formats.short_id(None) == "—"

    def test_are_links_and_whole_in_the_title(self):
        shown = formats.identifier("4be1" + "0" * 56 + "c9d2", "/x/?a=1&b=2")

        assert shown.startswith('<a href="/x/?a=1&amp;b=2"><code class="bv-id" title="4be10')
        assert ">4be1…c9d2</code></a>" in shown

    def test_that_somebody_else_wrote_are_escaped(self):
        assert "<b>" not in formats.identifier("<b>bold</b>")


@given(
    american=st.one_of(st.integers(-9_000, -100), st.integers(100, 10_000)),
    line=st.decimals(-60, 60, places=2),
    share=st.floats(0, 1),
)
def test_no_text_holds_a_character_that_html_would_escape_or_an_ascii_minus(american, line, share):
    written = [
        formats.odds(price_from_american(american, offered_above=Decimal(1)), american),
        formats.spread(line),
        formats.ev(line),
        formats.units(line),
        formats.probability(share),
        formats.interval(share, share, share, n=1),
        formats.instant(NOON),
    ]

    assert not set("".join(written)) & set("<>&\"'-")
