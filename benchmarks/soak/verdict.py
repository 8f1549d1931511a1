"""Whether a soak went well: nothing twice, nothing missing, everything done, memory flat."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from statistics import fmean
from typing import Final

from apps.catalog.models import League
from apps.core.db import fetch_all
from apps.snapshots import stages
from apps.snapshots.models import Feed, FeedKind, LatestQuote, PayloadReading, ResultSnapshot
from apps.snapshots.rhythm import EARLY
from benchmarks.soak.leagues import PROVIDER, asked

FLAT: Final = 1.15  # the last third of the samples over the first, on average
_LEAST_SAMPLES: Final = 30  # below which memory says nothing


@dataclass(frozen=True)
class Finding:
    """One promise and what became of it."""

    promise: str
    seen: str
    kept: bool


def findings(
    address: str, key: str, *, since: datetime, until: datetime, memory: dict[str, Sequence[int]]
) -> list[Finding]:
    return [
        _once("calls of a feed within its rhythm", _CLOSE_CALLS, [EARLY]),
        _once("bodies read twice", _READ_TWICE),
        _once("quotes written that were as before", _SAME_AGAIN),
        _gaps(since, until),
        *_done(until),
        _finals(address, key, since, until),
        _boards(),
        *(_flat(who, samples) for who, samples in memory.items()),
    ]


_CLOSE_CALLS: Final = """
SELECT count(*) FROM (
    SELECT poll.captured_at - lag(poll.captured_at) OVER (
        PARTITION BY poll.feed_id ORDER BY poll.captured_at) AS apart, feed.rhythm_s
    FROM provider_poll AS poll JOIN feed ON feed.id = poll.feed_id
) AS call WHERE apart < make_interval(secs => rhythm_s) - %s
"""
_READ_TWICE: Final = """
SELECT count(*) FROM (
    SELECT poll_id FROM payload_reading GROUP BY poll_id HAVING count(*) > 1
) AS twice
"""
_SAME_AGAIN: Final = """
SELECT count(*) FROM (
    SELECT (status, line, price_decimal) IS NOT DISTINCT FROM (
        lag(status) OVER quote, lag(line) OVER quote, lag(price_decimal) OVER quote) AS same
    FROM market_snapshot
    WINDOW quote AS (PARTITION BY selection_id, book_id ORDER BY poll_id, observed_at, seq)
) AS row WHERE same
"""
_LONGEST_GAP: Final = """
SELECT DISTINCT ON (feed_id) feed_id, began, ended - began FROM (
    SELECT feed_id, coalesce(lag(captured_at) OVER calls, %(since)s) AS began,
        captured_at AS ended
    FROM provider_poll WINDOW calls AS (PARTITION BY feed_id ORDER BY captured_at)
    UNION ALL
    SELECT feed_id, max(captured_at), %(until)s FROM provider_poll GROUP BY feed_id
) AS silence JOIN feed ON feed.id = feed_id
WHERE feed.adapter = 'oddsapi' ORDER BY feed_id, ended - began DESC
"""


def _once(what: str, statement: str, parameters: Sequence[object] = ()) -> Finding:
    [(count,)] = fetch_all(statement, parameters)
    return Finding(f"no {what}", f"{count}", count == 0)


def _gaps(since: datetime, until: datetime) -> Finding:
    """No feed is silent for as long as would be an alert."""
    feeds = {feed.pk: feed for feed in Feed.objects.filter(adapter="oddsapi")}
    limit = {
        feed.pk: timedelta(seconds=2 * feed.rhythm_s + feed.max_quote_age_s)
        for feed in feeds.values()
    }
    silences = {
        feed_id: (length, began)
        for feed_id, began, length in fetch_all(_LONGEST_GAP, {"since": since, "until": until})
    }
    beyond = [pk for pk in feeds if pk not in silences or silences[pk][0] > limit[pk]]
    longest, began = max(silences.values(), default=(timedelta.max, since))
    seen = f"{longest} from {began:%H:%M}"
    if beyond:
        seen += f", {len(beyond)} feeds"
    return Finding(f"no gap in {len(feeds)} feeds beyond {min(limit.values())}", seen, not beyond)


def _done(until: datetime) -> list[Finding]:
    """Results have a finding of their own: a game that is called off never has any."""
    return [
        Finding(
            f"{stage}: due equals done", f"{count.done:,} of {count.due:,}", count.due == count.done
        )
        for stage, count in stages.due_and_done(until).items()
        if stage != "results"
    ]


def _finals(address: str, key: str, since: datetime, until: datetime) -> Finding:
    """Every final that the provider tells of a game that we followed is ours, to the point."""
    ours = {
        result.source_event_id: (result.home_score, result.away_score)
        for result in ResultSnapshot.objects.current().filter(provider=PROVIDER)
    }
    told, missing = 0, []
    for league in League.objects.filter(feeds__adapter="oddsapi").distinct():
        path = f"/v4/sports/{league.provider_keys[PROVIDER]}/scores"
        for game in asked(address, key, path, daysFrom="1"):
            begun = datetime.fromisoformat(game["commence_time"])
            if not game["completed"] or begun < since:
                continue
            told += 1
            scores = {one["name"]: int(one["score"]) for one in game["scores"]}
            if ours.get(game["id"]) != (scores[game["home_team"]], scores[game["away_team"]]):
                missing.append(game["id"])
    return Finding("every final is known", f"{told - len(missing)} of {told}", not missing)


def _boards() -> Finding:
    """What is open is what the newest body of each feed showed, to the price."""
    wrong = 0
    for feed in Feed.objects.filter(adapter="oddsapi", kind=FeedKind.ODDS):
        newest = (
            PayloadReading.objects.filter(poll__feed=feed).order_by("-poll__captured_at").first()
        )
        shown = 0 if newest is None else newest.written + newest.unchanged
        wrong += LatestQuote.objects.filter(feed=feed, status="OPEN").count() != shown
    return Finding(
        "open quotes are those of the newest boards", f"{wrong} leagues differ", not wrong
    )


def _flat(who: str, samples: Sequence[int]) -> Finding:
    promise = f"memory of {who} is flat"
    if len(samples) < _LEAST_SAMPLES:
        return Finding(promise, "too short to say", True)
    third = len(samples) // 3
    first, last = fmean(samples[:third]), fmean(samples[-third:])
    seen = f"{first / 1e6:.0f} MB, then {last / 1e6:.0f} MB"
    return Finding(promise, seen, last <= FLAT * first)
