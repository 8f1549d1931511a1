"""The margins that a run simulated, as a drawing: bars, with the numbers that games end on."""

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

from apps.core import formats
from apps.simulations.models import SimulationRun

_HEIGHT, _FOOT, _TOP, _LEFT = 150, 22, 20, 40
_SHARE_SHOWN = 0.985  # of the games; the tails are told in words
_NAMED_AT_MOST = 4


def draw_margins(run: SimulationRun, *, width: int) -> SafeString:
    """Draw how often the home team won by how much; text beside it says the same."""
    margin = run.scores().margin
    shares = dict(zip(margin.support.tolist(), margin.pmf.tolist(), strict=True))
    reach = _reach(shares)
    shown = {points: shares.get(points, 0.0) for points in range(-reach, reach + 1)}
    highest = max(shown.values()) or 1.0
    room = (width - _LEFT - 8) / len(shown)
    named = sorted(shown, key=lambda points: -shown[points])[:_NAMED_AT_MOST]

    def x(points: float) -> float:
        return round(_LEFT + (points + reach) * room, 1)

    def y(share: float) -> float:
        return round(_TOP + (1 - share / highest) * (_HEIGHT - _TOP), 1)

    bars = format_html_join(
        "",
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>',
        (
            (
                "bar-key" if points in named else "bar",
                x(points),
                y(share),
                round(max(room - 1, 1), 1),
                round(_HEIGHT - y(share), 1),
                f"{_by(points)}: {formats.probability(share)}",
            )
            for points, share in shown.items()
        ),
    )
    words = format_html_join(
        "",
        '<text class="t-ink2 halo" x="{}" y="{}" text-anchor="middle">{}</text>',
        (
            (x(points) + room / 2, y(shown[points]) - 5, formats.probability(shown[points]))
            for points in named[: 2 if width < 500 else _NAMED_AT_MOST]
        ),
    )
    marks = range(-reach + reach % 7, reach + 1, 14 if width < 500 else 7)
    axis = format_html_join(
        "",
        '<text x="{}" y="{}" text-anchor="middle">{}</text>',
        (
            (x(points) + room / 2, _HEIGHT + 15, formats.spread(points) if points else "0")
            for points in marks
        ),
    )
    likeliest = ", ".join(f"{_by(points)} {formats.probability(shown[points])}" for points in named)
    return format_html(
        '<svg width="{0}" height="{1}" viewBox="0 0 {0} {1}" role="img" aria-label="{2}">'
        '<line class="axis" x1="{3}" y1="{4}" x2="{5}" y2="{4}"/>{6}{7}{8}</svg>',
        width,
        _HEIGHT + _FOOT,
        f"Margins of {formats.count(run.sim_count)} simulated games; the likeliest: {likeliest}.",
        _LEFT,
        _HEIGHT,
        width - 8,
        bars,
        words,
        axis,
    )


def _reach(shares: dict[int, float]) -> int:
    """Up to which margin most games lie, on the larger side."""
    reach, inside = 0, shares.get(0, 0.0)
    while inside < _SHARE_SHOWN and reach < 60:
        reach += 1
        inside += shares.get(reach, 0.0) + shares.get(-reach, 0.0)
    return max(reach, 7)


def _by(points: int) -> str:
    if not points:
        return "a tie"
    return f"{'home' if points > 0 else 'away'} by {abs(points)}"
