"""How an instant is written for a tenant's readers: in their zone, which is always named.

Board and message ask this module; the console writes UTC (``core.formats``). Where clocks are read
in two halves of a day, times are too.
"""

from datetime import datetime, timedelta
from typing import NamedTuple
from zoneinfo import ZoneInfo

from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.core import formats
from apps.core.formats import MISSING

# What people call a zone all year, and its name in a sentence.
_CALLED = {
    "America/New_York": ("ET", "Eastern"),
    "America/Detroit": ("ET", "Eastern"),
    "America/Toronto": ("ET", "Eastern"),
    "America/Chicago": ("CT", "Central"),
    "America/Denver": ("MT", "Mountain"),
    "America/Phoenix": ("MST", "Mountain Standard"),
    "America/Los_Angeles": ("PT", "Pacific"),
    "America/Vancouver": ("PT", "Pacific"),
    "America/Anchorage": ("AKT", "Alaska"),
    "Pacific/Honolulu": ("HST", "Hawaii"),
}
_DAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July", "August"),
    *("September", "October", "November", "December"),
)
_A_WEEK = timedelta(days=6)  # within it a weekday says which day is meant


class Place(NamedTuple):
    """Where a reader's clock hangs, and how it is read."""

    zone: ZoneInfo
    code: str  # as it stands behind a time; empty: the zone's own, which summer changes
    name: str  # as a sentence names it
    twelve: bool  # AM and PM

    @classmethod
    def of(cls, timezone: str) -> "Place":
        code, name = _CALLED.get(timezone, ("", ""))
        return cls(
            ZoneInfo(timezone),
            code,
            name or timezone.rpartition("/")[2].replace("_", " "),
            timezone.startswith("America/") or timezone == "Pacific/Honolulu",
        )

    def on(self, at: datetime) -> datetime:
        return at.astimezone(self.zone)

    def code_at(self, at: datetime) -> str:
        """Name the zone behind a time: ``ET``, ``CET``, ``UTC+3`` where it has no letters."""
        if self.code:
            return self.code
        own = self.on(at).tzname() or ""
        return (
            own
            if own.isalpha()
            else f"UTC{formats.MINUS if own[:1] == '-' else '+'}" + (own[1:].lstrip("0") or "0")
        )

    def day(self, at: datetime) -> str:
        """Write a day in full: ``Sunday 22 November``."""
        here = self.on(at)
        return f"{_DAYS[here.weekday()]} {here.day} {_MONTHS[here.month - 1]}"

    def short_day(self, at: datetime, *, year: bool = False) -> str:
        """Write a day in a table: ``Sun 22 Nov``."""
        here = self.on(at)
        text = f"{_DAYS[here.weekday()][:3]} {here.day} {_MONTHS[here.month - 1][:3]}"
        return f"{text} {here.year}" if year else text

    def time(self, at: datetime | None, *, seconds: bool = False, zone: bool = True) -> str:
        """Write the time of a day: ``4:25 PM ET``; below a named zone it is left out."""
        if at is None:
            return MISSING
        here = self.on(at)
        rest = f":{here:%M:%S}" if seconds else f":{here:%M}"
        text = f"{here.hour % 12 or 12}{rest} {here:%p}" if self.twelve else f"{here:%H}{rest}"
        return f"{text} {self.code_at(at)}" if zone else text

    def moment(self, at: datetime | None, now: datetime, *, seconds: bool = False) -> str:
        """Write an instant with its day where that is not today: ``Sun 4:25 PM ET``."""
        if at is None:
            return MISSING
        text, here, today = self.time(at, seconds=seconds), self.on(at), self.on(now)
        if here.date() == today.date():
            return text
        if abs(here - today) < _A_WEEK:
            return f"{_DAYS[here.weekday()][:3]} {text}"
        return f"{self.short_day(at, year=here.year != today.year)}, {text}"

    def when(self, at: datetime | None, now: datetime, *, seconds: bool = False) -> SafeString:
        """Write an instant as HTML that carries UTC for programs."""
        if at is None:
            return SafeString(MISSING)
        return format_html(
            '<time datetime="{}">{}</time>',
            at.astimezone(ZoneInfo("UTC")).strftime("%Y-%m-%dT%H:%M:%SZ"),
            self.moment(at, now, seconds=seconds),
        )


def until(at: datetime, now: datetime) -> str:
    """Write how far off an instant is: ``in 2 h 43 min``; empty once it has passed."""
    left = at - now
    return f"in {formats.age(left)}" if left > timedelta(0) else ""
