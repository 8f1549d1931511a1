"""Values and states in templates: what ``core.formats`` and ``core.shapes`` write, nothing else."""

from typing import Any

from django import template
from django.utils.safestring import SafeString

from apps.core import formats, shapes

register = template.Library()

for _name in (
    "age",
    "american",
    "clv",
    "count",
    "day",
    "decimal_odds",
    "ev",
    "identifier",
    "instant",
    "limit_of",
    "milliseconds",
    "missing",
    "named_clv",
    "named_ev",
    "points",
    "points_of_line",
    "probability",
    "short_id",
    "spread",
    "time_of_day",
    "total",
    "units",
    "when",
    "words",
):
    register.filter(_name, getattr(formats, _name))

for _tag in (
    "bounds",
    "column_line",
    "instant",
    "interval",
    "line",
    "odds",
    "out_of",
    "plural",
    "record",
    "when",
):
    register.simple_tag(getattr(formats, _tag), name=f"write_{_tag}")

register.simple_tag(shapes.pill, name="pill")
register.simple_tag(shapes.shape, name="shape")
register.simple_tag(shapes.state, name="state")
register.simple_tag(shapes.tier, name="tier")


@register.filter
def units1(value: Any) -> str:
    """Write a sum of profits, which has one place."""
    return formats.units(value, 1)


@register.simple_tag
def state_shape(kind: str, value: str) -> SafeString:
    """Draw a state's shape where its word stands elsewhere in the row."""
    seen = shapes.look(kind, value)
    return shapes.shape(seen.shape, seen.tone)


@register.simple_tag
def state_word(kind: str, value: str) -> str:
    return shapes.look(kind, value).word
