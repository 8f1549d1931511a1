"""Every pair of colours that carries text or data can be told apart, in both themes."""

import re
from pathlib import Path

import pytest

from beatvegas.settings.console import UNFOLD

STATIC = Path(__file__).resolve().parent.parent.parent / "static"
CONSOLE = STATIC / "console"
TOKENS = {"light": ("tokens.css", ":root"), "dark": ("dark.css", ".dark, .bv-site")}
TEXT, DATA = 4.5, 3.0  # WCAG 2, level AA: text; shapes, lines and bars that carry data

SOFT = ("ok-soft", "warn-soft", "crit-soft", "accent-soft")
GROUNDS = ("ground", "surface", "sunken", *SOFT)
PAIRS = (
    *[(ink, ground, TEXT) for ink in ("ink", "ink2", "ink3") for ground in GROUNDS],
    *[(tone, "surface", TEXT) for tone in ("accent", "ok", "warn", "crit")],
    *[(tone, f"{tone}-soft", TEXT) for tone in ("accent", "ok", "warn", "crit")],
    ("crit", "warn-soft", TEXT),  # a stop button in a row that needs somebody
    ("on-stop", "stop", TEXT),
    ("surface", "accent", TEXT),  # the label of an EDGE
    *[(line, "surface", DATA) for line in ("bar", "accent", "warn")],
    ("accent", "band", DATA),  # our line over the band
)


def themes() -> dict[str, dict[str, str]]:
    found = {}
    for name, (file, selector) in TOKENS.items():
        block = (CONSOLE / file).read_text().partition(f"{selector} {{")[2].partition("}")[0]
        found[name] = dict(re.findall(r"--bv-([\w-]+): (#[0-9A-F]{6});", block))
    return found


def stylesheets() -> list[Path]:
    """What we write ourselves for console and board."""
    return [*CONSOLE.glob("*.css"), *(STATIC / "site").glob("*.css")]


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one: str, other: str) -> float:
    bright, dim = sorted((luminance(one), luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


class TestTokens:
    def test_of_both_themes_are_the_same_names(self):
        light, dark = themes().values()

        assert light.keys() == dark.keys()
        assert len(light) >= 20

    @pytest.mark.parametrize("theme", ["light", "dark"])
    @pytest.mark.parametrize(
        ("front", "ground", "limit"), PAIRS, ids=[f"{a} on {b}" for a, b, _ in PAIRS]
    )
    def test_can_be_told_apart(self, theme, front, ground, limit):
        colours = themes()[theme]

        assert contrast(colours[front], colours[ground]) >= limit

    def test_of_the_theme_are_of_the_same_family(self):
        light, dark = themes().values()
        base, primary = UNFOLD["COLORS"]["base"], UNFOLD["COLORS"]["primary"]

        assert (base["50"], base["100"], base["200"]) == (
            light["ground"],
            light["sunken"],
            light["rule"],
        )
        assert (base["900"], base["950"]) == (dark["surface"], dark["ground"])
        assert (primary["600"], primary["400"]) == (light["accent"], dark["accent"])


class TestStyles:
    def test_name_no_colour_but_the_tenants_and_white(self):
        """Only the token file knows colours, so that dark is never forgotten."""
        strangers = {
            f"{path.name}: {line.strip()}"
            for path in stylesheets()
            if path.name not in {file for file, _ in TOKENS.values()}
            for line in path.read_text().splitlines()
            if re.search(r"#[0-9A-Fa-f]{3,8}\b(?![\w-]*\s*[.{:>])", line)
            and not re.match(r"\.bv-banner", line)
            and "color: #FFFFFF" not in line
            and not line.lstrip().startswith("#")
        }

        assert strangers == set()

    def test_use_only_tokens_that_exist(self):
        known = set(themes()["light"])
        used = {
            name
            for path in stylesheets()
            for name in re.findall(r"var\(--bv-([\w-]+)\)", path.read_text())
        }

        assert used <= known
        assert used >= {"ink", "surface", "accent", "crit"}


class TestTheMeasure:
    def test_knows_black_white_and_what_is_hard_to_read(self):
        assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
        assert contrast("#777777", "#FFFFFF") < TEXT
        assert contrast("#767676", "#FFFFFF") >= TEXT
