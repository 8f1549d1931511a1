from xml.etree import ElementTree as ET

import pytest
from django.template import Context, Template

from apps.core import shapes
from apps.core.shapes import STATES, Look, StateUnknown

EVERY = [
    pytest.param(kind, value, id=f"{kind}-{value}")
    for kind, states in STATES.items()
    for value in states
]


def stripped_of_colour(kind: str) -> list[tuple[str, str]]:
    return [(look.shape, look.word) for look in STATES[kind].values()]


class TestStates:
    @pytest.mark.parametrize(("kind", "value"), EVERY)
    def test_are_a_hidden_drawing_and_a_word(self, kind, value):
        shown = ET.fromstring(shapes.state(kind, value))

        drawing, word = shown
        assert drawing.attrib["aria-hidden"] == "true"
        assert list(drawing)
        assert word.text == STATES[kind][value].word

    def test_that_nobody_drew_are_refused(self):
        with pytest.raises(StateUnknown) as refused:
            shapes.state("pick", "LOST")

        assert refused.value.code == "STATE_UNKNOWN"

    def test_may_say_a_more_exact_word_which_is_escaped(self):
        assert "<span>Blocked: &lt;script&gt;</span>" in shapes.state(
            "pick", "BLOCKED", "Blocked: <script>"
        )

    @pytest.mark.parametrize("kind", STATES)
    def test_of_one_kind_are_told_apart_without_colour(self, kind):
        """Two states may share shape and word only where they are one thing to a reader."""
        told = [pair for pair in stripped_of_colour(kind)]
        same = {pair for pair in told if told.count(pair) > 1}

        assert same <= {("square_pause", "Stopped"), ("ring", "Waiting"), ("octagon", "Failed")}

    def test_without_colour_would_be_told_apart_only_by_their_tone(self, monkeypatch):
        twins = {
            "A": Look("ring", "Same", shapes.Tone.OK),
            "B": Look("ring", "Same", shapes.Tone.CRIT),
        }
        monkeypatch.setitem(STATES, "twins", twins)

        assert len(set(stripped_of_colour("twins"))) == 1

    def test_red_is_for_what_stopped_or_is_critical_and_for_no_loss(self):
        assert STATES["outcome"]["LOSS"].tone == "ink"
        assert STATES["outcome"]["HALF_LOSS"].tone == "ink"


class TestShapes:
    @pytest.mark.parametrize("name", shapes.SHAPES)
    def test_are_drawn_in_the_colour_of_the_text_around(self, name):
        svg = shapes.shape(name)

        ET.fromstring(svg)
        assert "currentColor" in svg
        assert "#" not in svg

    def test_that_no_state_uses_do_not_exist(self):
        used = {look.shape for states in STATES.values() for look in states.values()}

        assert set(shapes.SHAPES) == used


class TestText:
    def test_keeps_the_signs_of_tiers_and_results(self):
        assert shapes.text_state("tier", "EDGE") == "◆ EDGE"
        assert shapes.text_state("tier", "LEAN") == "◇ LEAN"
        assert shapes.text_state("outcome", "WIN", "WON, +0.93 u") == "✓ WON, +0.93 u"
        assert shapes.text_state("outcome", "LOSS", "LOST, −1.00 u") == "✗ LOST, −1.00 u"
        assert shapes.text_state("outcome", "PUSH") == "= Push"
        assert shapes.text_state("validity", "VALID") == "Playable"


class TestTags:
    def test_write_values_and_states_in_templates(self):
        page = Template(
            "{% load bv %}{{ edge|points }} {{ n|count }} {% write_line 'SPREAD' line %}"
            " {% state 'switch' 'ON' %} {{ nothing|units }} {{ sum|units1 }}"
        ).render(Context({"edge": 0.056, "n": 61904, "line": -3, "nothing": None, "sum": 14.62}))

        assert page.startswith("+5.6 pp 61,904 −3 <span")
        assert page.endswith("<span>On</span></span> — +14.6 u")
