"""What people see of feeds, polls, payloads, quotes and results. Facts: looked at, not changed."""

from typing import Any

from django import forms
from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from unfold.admin import TabularInline
from unfold.decorators import display

from apps.core import clock
from apps.core.actor import Actor
from apps.core.admin import ActionAdmin, ReadOnlyAdmin
from apps.snapshots import actions
from apps.snapshots.models import (
    Consensus,
    Feed,
    LatestQuote,
    PayloadReading,
    ProviderPoll,
    QuarantinedRow,
    RawPayload,
    ResultSnapshot,
)


class FeedForm(forms.ModelForm):
    reason = forms.CharField(help_text="Kept in the audit.")

    class Meta:
        model = Feed
        fields = [
            "rhythm_s",
            "max_quote_age_s",
            "max_close_age_s",
            "odds_format",
            "options",
            "enabled",
        ]


@admin.register(Feed)
class FeedAdmin(ActionAdmin):
    form = FeedForm
    list_display = [
        *("__str__", "kind", "league", "enabled", "rhythm_s", "last_captured_at"),
        *("read_through", "next_due_at"),
    ]
    list_filter = ["kind", "league", "adapter", "enabled"]
    list_select_related = ["league"]

    def has_add_permission(self, request: HttpRequest) -> bool:
        return False

    def save_by_action(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        changes = {name: form.cleaned_data[name] for name in form.changed_data if name != "reason"}
        actions.change_feed(
            feed_id=obj.pk,
            changes=changes,
            by=Actor.staff(request.user, request),
            at=clock.now(),
            reason=form.cleaned_data["reason"],
        )


class ReadingInline(TabularInline):
    model = PayloadReading
    fields = readonly_fields = [
        *("reader_version", "read_at", "refused_code", "events", "prices", "written"),
        *("unchanged", "quarantined", "withdrawn"),
    ]
    extra = 0
    can_delete = False

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return False


@admin.register(ProviderPoll)
class ProviderPollAdmin(ReadOnlyAdmin):
    list_display = [
        *("captured_at", "feed", "outcome", "http_status", "error_code", "credits_remaining"),
        *("duration_ms", "bytes_came"),
    ]
    list_filter = ["outcome", "feed"]
    list_select_related = ["feed__league", "payload"]
    search_fields = ["=payload__sha256", "=error_code"]
    date_hierarchy = "captured_at"
    ordering = ["-captured_at", "feed_id"]
    inlines = [ReadingInline]

    @display(description="Payload")
    def bytes_came(self, poll: ProviderPoll) -> str:
        if poll.payload is None:
            return "-"
        link = reverse(
            f"{self.admin_site.name}:snapshots_rawpayload_change", args=[poll.payload_id]
        )
        return format_html('<a href="{}">{}</a>', link, poll.payload)


@admin.register(RawPayload)
class RawPayloadAdmin(ReadOnlyAdmin):
    list_display = ["sha256", "size", "stored_size", "first_captured_at"]
    search_fields = ["=sha256"]
    ordering = ["-first_captured_at"]


@admin.register(PayloadReading)
class PayloadReadingAdmin(ReadOnlyAdmin):
    list_display = [
        *("poll", "reader_version", "read_at", "refused_code", "prices", "written"),
        *("unchanged", "quarantined_total", "withdrawn"),
    ]
    list_filter = ["refused_code", "reader_version"]
    list_select_related = ["poll"]
    ordering = ["-id"]


@admin.register(QuarantinedRow)
class QuarantinedRowAdmin(ReadOnlyAdmin):
    list_display = [
        *("code", "source_event_id", "book_key", "market_key", "prices", "fragment"),
        "poll",
    ]
    list_filter = ["code", "market_key"]
    list_select_related = ["poll"]
    search_fields = ["=source_event_id", "=book_key"]
    ordering = ["-id"]


@admin.register(LatestQuote)
class LatestQuoteAdmin(ReadOnlyAdmin):
    list_display = [
        *("event", "market", "book", "line", "price_decimal", "price_american"),
        *("status", "last_seen_at", "observed_at"),
    ]
    list_filter = ["status", "selection__market_type", "book"]
    list_select_related = ["event__home", "event__away", "selection", "book"]
    search_fields = ["=event__id", "=selection__uuid", "event__home__name", "event__away__name"]
    ordering = ["-id"]

    @display(description="Market")
    def market(self, quote: LatestQuote) -> str:
        return f"{quote.selection.market_type} {quote.selection.side}"


@admin.register(Consensus)
class ConsensusAdmin(ReadOnlyAdmin):
    list_display = [
        *("captured_at", "event", "market_type", "side", "line", "fair_prob", "gap"),
        *("books", "books_total", "dispersion"),
    ]
    list_filter = ["market_type", "gap"]
    list_select_related = ["event__home", "event__away", "selection"]
    search_fields = ["=event__id", "=selection__uuid"]
    ordering = ["-id"]

    @display(description="Side")
    def side(self, consensus: Consensus) -> str:
        return consensus.selection.side


@admin.register(ResultSnapshot)
class ResultSnapshotAdmin(ReadOnlyAdmin):
    list_display = [
        *("event", "home_score", "away_score", "overtime", "status", "suspect_code"),
        *("provider", "captured_at", "reported_at"),
    ]
    list_filter = ["status", "provider", "event__league"]
    list_select_related = ["event__home", "event__away"]
    search_fields = ["=event__id", "=source_event_id", "event__home__name", "event__away__name"]
    date_hierarchy = "captured_at"
    ordering = ["-captured_at", "-id"]
