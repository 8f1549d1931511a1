"""The bytes as they came, the receipts of reading them, and what was not believed."""

import json
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.urls import URLPattern, path, reverse
from django.utils.safestring import SafeString
from unfold.decorators import display

from apps.core import formats
from apps.core.admin import ReadOnlyAdmin
from apps.core.archive import NotArchived
from apps.core.listing import one_of, recent, two_lines
from apps.core.shapes import state
from apps.core.subject import SubjectAdmin
from apps.core.tenancy import PUBLIC, current_schema
from apps.rulebook.errors import RuleBroken
from apps.snapshots.actions import payloads
from apps.snapshots.models import (
    PayloadReading,
    ProviderPoll,
    QuarantinedRow,
    RawPayload,
)
from apps.snapshots.reading.codes import Quarantined, Refused

SHOWN_AT_MOST = 120_000  # characters of a body on the page; all of it can be downloaded
POLLS_AT_MOST = 20


@admin.register(RawPayload)
class RawPayloadAdmin(SubjectAdmin):
    list_display = ["body", "num_size", "num_stored", "captured"]
    list_filter = [recent("first_captured_at")]
    search_exact = ["sha256"]
    ordering = ["-id"]
    page_template = "console/snapshots/payload.html"
    nothing_yet = "A body is stored before anything in it is read, once however often it comes."

    @display(description="Payload, sha256")
    def body(self, payload: RawPayload) -> SafeString:
        return formats.identifier(payload.sha256)

    @display(description="Bytes", ordering="size")
    def num_size(self, payload: RawPayload) -> str:
        return formats.count(payload.size)

    @display(description="Stored", ordering="stored_size")
    def num_stored(self, payload: RawPayload) -> SafeString:
        share = payload.stored_size / payload.size if payload.size else 0
        return two_lines(formats.count(payload.stored_size), f"{share:.0%} of it")

    @display(description="First captured", ordering="id")
    def captured(self, payload: RawPayload) -> SafeString:
        return formats.when(payload.first_captured_at)

    # Its own page, and the bytes.

    def titled(self, row: RawPayload) -> str:
        return f"Payload {formats.short_id(row.sha256)}"

    def shown(self, request: HttpRequest, row: RawPayload) -> dict[str, Any]:
        polls = row.polls.select_related("feed__league").order_by("-captured_at")  # type: ignore[attr-defined]
        seen = list(polls[: POLLS_AT_MOST + 1])
        shown: dict[str, Any] = {
            "payload": row,
            "polls": [
                {
                    "at": poll.captured_at,
                    "feed": poll.feed,
                    "state": state("poll", poll.outcome),
                    "id": self.link_id(ProviderPoll, poll.pk),
                }
                for poll in seen[:POLLS_AT_MOST]
            ],
            "more_polls": len(seen) > POLLS_AT_MOST,
        }
        if current_schema() != PUBLIC:
            return {**shown, "why_not": "Bodies are shown on the platform's own console."}
        try:
            text = _written(payloads.load(row.pk))
        except RuleBroken as refusal:
            return {**shown, "why_not": f"{refusal.sentence} ({refusal.code})"}
        return {
            **shown,
            "text": text[:SHOWN_AT_MOST],
            "left_out": max(0, len(text) - SHOWN_AT_MOST),
            "download": reverse(f"{self.admin_site.name}:snapshots_rawpayload_body", args=[row.pk]),
        }

    def get_urls(self) -> list[URLPattern]:
        body = path(
            "<int:payload_id>/body/",
            self.admin_site.admin_view(self.download),
            name="snapshots_rawpayload_body",
        )
        return [body, *super().get_urls()]

    def download(self, request: HttpRequest, payload_id: int) -> HttpResponse:
        """The bytes as they came, never to be run or drawn by a browser."""
        payload = get_object_or_404(RawPayload, pk=payload_id)
        if not self.has_view_permission(request, payload) or current_schema() != PUBLIC:
            raise PermissionDenied
        try:
            body = payloads.load(payload.pk)
        except NotArchived as refusal:
            raise Http404(refusal.sentence) from refusal
        return HttpResponse(
            body,
            content_type="application/octet-stream",
            headers={
                "Content-Disposition": f'attachment; filename="{payload.sha256}.body"',
                "X-Content-Type-Options": "nosniff",
            },
        )


def _written(body: bytes) -> str:
    """A body for reading: JSON in order, anything else as it is."""
    text = body.decode("utf-8", errors="replace")
    try:
        return json.dumps(json.loads(text), indent=1, ensure_ascii=False)
    except ValueError:
        return text


@admin.register(PayloadReading)
class PayloadReadingAdmin(ReadOnlyAdmin):
    list_display = [
        *("read", "num_prices", "num_written", "num_unchanged", "num_quarantined"),
        "num_withdrawn",
    ]
    list_filter = [one_of("refused_code", [code.value for code in Refused]), recent("read_at")]
    list_select_related = ["poll__feed__league"]
    ordering = ["-id"]
    nothing_yet = "Each poll that brought a body is read once; its receipt adds up to its prices."

    @display(description="Reading", ordering="id")
    def read(self, reading: PayloadReading) -> SafeString:
        feed = reading.poll.feed
        told = f"{feed.league.code} {feed.kind.lower()}, reader {reading.reader_version}"
        if reading.refused_code:
            told = f"{told}: {formats.words(reading.refused_code)}"
        return two_lines(formats.when(reading.poll.captured_at), told)

    @display(description="Prices", ordering="prices")
    def num_prices(self, reading: PayloadReading) -> SafeString:
        return two_lines(formats.count(reading.prices), formats.plural(reading.events, "event"))

    @display(description="Written", ordering="written")
    def num_written(self, reading: PayloadReading) -> str:
        return formats.count(reading.written)

    @display(description="Unchanged", ordering="unchanged")
    def num_unchanged(self, reading: PayloadReading) -> str:
        return formats.count(reading.unchanged)

    @display(description="Quarantined", ordering="quarantined_total")
    def num_quarantined(self, reading: PayloadReading) -> SafeString:
        codes = ", ".join(formats.words(code).lower() for code in sorted(reading.quarantined))
        return two_lines(formats.count(reading.quarantined_total), codes)

    @display(description="Left the board", ordering="withdrawn")
    def num_withdrawn(self, reading: PayloadReading) -> str:
        return formats.count(reading.withdrawn)


@admin.register(QuarantinedRow)
class QuarantinedRowAdmin(ReadOnlyAdmin):
    list_display = ["why", "said_by", "num_prices", "piece", "came_with"]
    list_filter = [one_of("code", [code.value for code in Quarantined])]
    list_select_related = ["poll"]
    search_exact = ["source_event_id"]
    ordering = ["-id"]
    nothing_yet = "Nothing was set aside: every piece of every payload was believed."

    @display(description="Why", ordering="id")
    def why(self, row: QuarantinedRow) -> SafeString:
        return two_lines(formats.words(row.code), f"{row.code} at {row.place}")

    @display(description="Event, book, market")
    def said_by(self, row: QuarantinedRow) -> SafeString:
        event = formats.identifier(row.source_event_id) if row.source_event_id else ""
        return two_lines(event, " ".join(part for part in (row.book_key, row.market_key) if part))

    @display(description="Prices", ordering="prices")
    def num_prices(self, row: QuarantinedRow) -> str:
        return formats.count(row.prices)

    @display(description="What it said")
    def piece(self, row: QuarantinedRow) -> str:
        return row.fragment[:80] + ("…" if len(row.fragment) > 80 else "")

    @display(description="Poll")
    def came_with(self, row: QuarantinedRow) -> SafeString:
        return self.link(ProviderPoll, row.poll_id, formats.when(row.poll.captured_at))
