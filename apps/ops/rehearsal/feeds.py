"""The feeds of a rehearsal: one per recording and league, with the recording's own rhythm."""

import csv
import json
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from apps.catalog.models import League
from apps.core import days
from apps.core.actor import Actor
from apps.ops.rehearsal.recording import Recording, RecordingUnusable, instant
from apps.snapshots.actions import register_feed
from apps.snapshots.models import FeedKind
from apps.snapshots.providers.recorded.bodies import NAME
from apps.snapshots.providers.registry import RECORDED

BY = Actor.system("ops.rehearsal")
ODDS_API = "the_odds_api"
# What a recording showed holds until it shows otherwise; its polls lie up to hours apart.
FIVE_HOURS_S = 300 * 60


@dataclass(frozen=True, slots=True)
class Span:
    """From the first to the last capture that is played."""

    first: datetime
    last: datetime


def register_feeds(recording: Recording) -> Span:
    """Register every feed of the recording and make room for its days.

    Raises:
        RecordingUnusable: it holds no league that we know, or nothing inside the window.
    """
    captures = _captures(recording)
    window = {
        key: value for key, value in (("from", recording.start), ("to", recording.end)) if value
    }
    inside = [
        moment
        for moments in captures.values()
        for moment in moments
        if (not recording.start or moment >= instant(recording.start))
        and (not recording.end or moment <= instant(recording.end))
    ]
    if not inside:
        raise RecordingUnusable("Nothing was recorded inside the window.")
    span = Span(first=min(inside), last=max(inside))
    days.ensure_partitions(span.first.date(), span.last.date())
    for league in _leagues(recording):
        for index in range(len(recording.histories)):
            _register(
                league.archive_provider, FeedKind.ARCHIVE, league, f"history{index}", {}, span
            )
        for source in captures:
            _register(ODDS_API, FeedKind.ODDS, league, source, window, span)
        if recording.results and recording.events:
            _register(ODDS_API, FeedKind.RESULTS, league, "results", window, span)
    return span


def _register(
    provider: str,
    kind: FeedKind,
    league: League,
    source: str,
    options: dict[str, str],
    span: Span,
) -> None:
    register_feed(
        adapter=RECORDED,
        provider=provider,
        kind=kind,
        league=league.code,
        source=source,
        rhythm_s=60,
        max_quote_age_s=FIVE_HOURS_S,
        max_close_age_s=FIVE_HOURS_S,
        options=options,
        by=BY,
        at=span.first,
    )


def _leagues(recording: Recording) -> list[League]:
    """Return the leagues that the recording is about, as far as we know them."""
    wanted = _sport_keys(recording)
    found = [
        league
        for league in League.objects.active().order_by("code")
        if league.provider_keys.get(ODDS_API) in wanted
    ]
    if not found:
        raise RecordingUnusable(f"No league of ours is recorded here: {', '.join(sorted(wanted))}.")
    return found


def _sport_keys(recording: Recording) -> set[str]:
    names = {Path(name).name for name in recording.changelogs}
    keys: set[str] = set()
    if recording.changelogs:
        if not recording.events:
            raise RecordingUnusable("A change log needs --events: it does not say who plays.")
        with Path(recording.events).open(newline="", encoding="utf-8") as file:
            keys = {row["sport_key"] for row in csv.DictReader(file) if row["file"] in names}
    for folder in recording.bodies:
        for path in sorted(Path(folder).glob("*.json")):
            keys |= {str(event.get("sport_key", "")) for event in _events(path)}
    return keys - {""}


def _events(path: Path) -> list[dict[str, object]]:
    """Read a body as far as it can be read: a broken one is quarantined when it is played."""
    try:
        events = json.loads(path.read_bytes())
    except ValueError:
        return []
    return (
        [event for event in events if isinstance(event, dict)] if isinstance(events, list) else []
    )


def _captures(recording: Recording) -> dict[str, list[datetime]]:
    """Return when each odds source was captured; the keys are those of the settings."""
    captures: dict[str, list[datetime]] = {}
    if recording.changelogs:
        captures["odds"] = [
            instant(row["captured_at"])
            for name in recording.changelogs
            for row in csv.DictReader(Path(name).read_text(encoding="utf-8").splitlines())
        ]
    for index, folder in enumerate(recording.bodies):
        captures[f"bodies{index}"] = [
            datetime.strptime(path.stem, NAME).replace(tzinfo=UTC)
            for path in Path(folder).glob("*.json")
        ]
    return captures
