"""Charts say their result in a sentence, carry exact values, and stay inside their drawing."""

from datetime import UTC, datetime
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from apps.core import charts
from apps.core.charts import PHONE, THIRD, Step, Whisker

NOVEMBER = datetime(2026, 11, 1, tzinfo=UTC)
NAMES = ("15m", "30m", "45m", "1h", "90m", "2h", "3h", "more")


def drawn(svg: str) -> ET.Element:
    return ET.fromstring(svg)


def texts(svg: str) -> list[str]:
    return [element.text or "" for element in drawn(svg).iter() if element.tag == "text"]


def of(svg: str, tag: str, kind: str) -> list[ET.Element]:
    return [one for one in drawn(svg).iter(tag) if one.attrib.get("class") == kind]


class TestHourBars:
    def test_are_as_tall_as_their_hour_was_busy(self):
        svg = charts.HourBars([0, 5, 10, *[0] * 21], label="Fetch: 15 done.")(0)

        tall = [float(bar.attrib["height"]) for bar in of(svg, "rect", "bv-c-bar")]
        assert tall == [7, 14]
        assert drawn(svg).attrib["aria-label"] == "Fetch: 15 done."

    def test_of_an_idle_day_are_none(self):
        svg = charts.HourBars([0] * 24, label="Nothing.")(0)

        assert of(svg, "rect", "bv-c-bar") == []


class TestDelayBars:
    COUNTS = (118, 171, 63, 28, 11, 4, 2, 1)

    def chart(self, width: int = THIRD) -> str:
        return charts.DelayBars(self.COUNTS, NAMES, within=6, label="Delays.")(width)

    def test_carry_their_counts(self):
        assert [text for text in texts(self.chart()) if text not in NAMES] == [
            str(n) for n in self.COUNTS
        ]

    def test_mark_what_took_longer_than_the_limit(self):
        assert len(of(self.chart(), "rect", "bv-c-late")) == 2
        assert len(of(self.chart(), "line", "bv-c-mark")) == 1

    def test_begin_at_zero(self):
        bars = of(self.chart(), "rect", "bv-c-bar")

        tall = [float(bar.attrib["height"]) for bar in bars]
        assert tall[0] / tall[1] == pytest.approx(118 / 171, abs=0.01)

    @pytest.mark.parametrize("width", [THIRD, PHONE])
    def test_are_drawn_at_the_width_they_are_shown(self, width):
        assert drawn(self.chart(width)).attrib["width"] == str(width)


class TestWhiskers:
    def test_show_each_estimate_inside_its_interval(self):
        svg = charts.Whiskers(
            [
                Whisker("All", "n = 404", 0.547, 0.498, 0.595),
                Whisker("EDGE", "n = 3", 0.5, 0.1, 0.9),
            ],
            mark=0.521,
            mark_name="break-even 52.1%",
            label="Win rates.",
        )(THIRD)

        dots = [float(dot.attrib["cx"]) for dot in of(svg, "circle", "bv-c-dot")]
        spans = [
            (float(line.attrib["x1"]), float(line.attrib["x2"]))
            for line in of(svg, "line", "bv-c-ours")
            if line.attrib["y1"] == line.attrib["y2"]
        ]
        assert [low < dot < high for dot, (low, high) in zip(dots, spans, strict=True)] == [
            True
        ] * 2
        assert "break-even 52.1%" in texts(svg)

    @given(
        rows=st.lists(
            st.tuples(st.floats(0, 1), st.floats(0, 1), st.floats(0, 1)).map(sorted),
            min_size=1,
            max_size=5,
        ),
        mark=st.one_of(st.none(), st.floats(0.01, 0.99)),
    )
    def test_stay_inside_their_drawing(self, rows, mark):
        svg = charts.Whiskers(
            [Whisker("x", "n", mid, low, high) for low, mid, high in rows],
            mark=mark,
            mark_name="m",
            label="x",
        )(THIRD)

        assert all(0 <= float(dot.attrib["cx"]) <= THIRD for dot in of(svg, "circle", "bv-c-dot"))
        assert len([line for line in of(svg, "line", "bv-c-grid")]) <= 5


class TestProfitBand:
    def test_ends_where_the_profit_ends(self):
        svg = charts.ProfitBand([Step(1, 1.0, 0.1, 1.0), Step(2, 0.0, 0.2, 1.4)], label="x")(THIRD)

        assert "0.0 u" in texts(svg)
        assert "2 bets" in texts(svg)

    @given(
        path=st.lists(
            st.tuples(st.floats(-300, 300), st.floats(-50, 50), st.floats(0, 60)), max_size=40
        )
    )
    def test_stays_inside_its_drawing(self, path):
        steps = [Step(n, *point) for n, point in enumerate(path, start=1)]

        svg = charts.ProfitBand(steps, label="x")(THIRD)

        [band] = of(svg, "polygon", "bv-c-band")
        ys = [float(point.split(",")[1]) for point in band.attrib["points"].split()]
        assert all(-1 <= y <= charts.ProfitBand.HEIGHT for y in ys)


class TestCredits:
    def test_show_what_is_left_and_where_the_pace_leads(self):
        svg = charts.CreditsLine(
            [(NOVEMBER, 100_000), (NOVEMBER.replace(day=22), 41_280)],
            allowance=100_000,
            begins=NOVEMBER,
            resets=NOVEMBER.replace(month=12),
            ends_with=19_200,
            label="41,280 left.",
        )(charts.NARROW)

        assert {"100k", "50k", "0", "19.2k left", "1 Nov", "1 Dec"} <= set(texts(svg))

    @pytest.mark.parametrize(
        ("left", "text"), [(950, "950"), (41_280, "41.3k"), (2_500_000, "2.5M"), (5_000_000, "5M")]
    )
    def test_are_written_short_on_an_axis(self, left, text):
        svg = charts.CreditsLine(
            [(NOVEMBER, left)],
            allowance=5_000_000,
            begins=NOVEMBER,
            resets=NOVEMBER.replace(month=12),
            ends_with=left,
            label="x",
        )(charts.NARROW)

        assert f"{text} left" in texts(svg)

    def test_begin_with_the_month_and_end_with_it(self):
        assert charts.month_of(datetime(2026, 12, 31, 23, 59, tzinfo=UTC)) == (
            datetime(2026, 12, 1, tzinfo=UTC),
            datetime(2027, 1, 1, tzinfo=UTC),
        )


class TestSafety:
    def test_labels_are_escaped(self):
        svg = charts.HourBars([1], label='<script>"x"</script>')(0)

        assert "<script>" not in svg
        assert drawn(svg).attrib["aria-label"] == '<script>"x"</script>'

    def test_both_draws_for_the_card_and_for_a_phone(self):
        html = charts.both(charts.DelayBars([1], ["1h"], within=1, label="x"))

        assert f'width="{THIRD}"' in html
        assert f'width="{PHONE}"' in html
