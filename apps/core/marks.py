"""What charts are drawn with: lines, boxes, dots and labels as SVG, in the page's own colours."""

from collections.abc import Iterable, Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString


def number(value: float) -> str:
    """Write a coordinate: two places at most."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def svg(width: int, height: int, says: str, parts: Iterable[SafeString]) -> SafeString:
    return format_html(
        '<svg class="bv-draw" viewBox="0 0 {0} {1}" width="{0}" height="{1}" role="img"'
        ' aria-label="{2}">{3}</svg>',
        width,
        height,
        says,
        format_html_join("", "{}", ((part,) for part in parts)),
    )


def line(x1: float, y1: float, x2: float, y2: float, kind: str) -> SafeString:
    return format_html(
        '<line class="{}" x1="{}" y1="{}" x2="{}" y2="{}"/>',
        kind,
        number(x1),
        number(y1),
        number(x2),
        number(y2),
    )


def box(x: float, y: float, width: float, height: float, kind: str) -> SafeString:
    return format_html(
        '<rect class="{}" x="{}" y="{}" width="{}" height="{}"/>',
        kind,
        number(x),
        number(y),
        number(width),
        number(height),
    )


def dot(x: float, y: float) -> SafeString:
    return format_html('<circle class="bv-c-dot" cx="{}" cy="{}" r="4"/>', number(x), number(y))


def path(points: Sequence[tuple[float, float]], kind: str) -> SafeString:
    return format_html('<polyline class="{}" points="{}"/>', kind, _listed(points))


def shape(points: Sequence[tuple[float, float]], kind: str) -> SafeString:
    return format_html('<polygon class="{}" points="{}"/>', kind, _listed(points))


def _listed(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{number(x)},{number(y)}" for x, y in points)


def label(x: float, y: float, said: str, anchor: str, kind: str = "bv-c-axis") -> SafeString:
    return format_html(
        '<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>',
        kind,
        number(x),
        number(y),
        anchor,
        said,
    )


def halo(x: float, y: float, said: str, anchor: str) -> SafeString:
    """A label that crosses lines."""
    return label(x, y, said, anchor, "bv-c-axis bv-c-halo")
