"""Feeds, which people may retime, and every call that was made for one."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.contrib import admin
from django.db.models import Subquery
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from apps.core import clock, formats
from apps.core.actor import Actor
from apps.core.admin import ActionAdmin
from apps.core.listing import address, linked, listed_at, recent, two_lines
from apps.core.shapes import state
from apps.core.subject import SubjectAdmin
from apps.core.tenancy import PUBLIC, current_schema
from apps.snapshots import actions
from apps.snapshots.actions.accounts import games_near
from apps.snapshots.models import (
    Feed,
    FeedKind,
    LatestQuote,
    OddsFormat,
    ProviderPoll,
    QuarantinedRow,
    RawPayload,
)
from apps.snapshots.providers import registry
from apps.snapshots.spending import planned_credits

QUARANTINED_AT_MOST = 50


class FeedForm(forms.ModelForm):
    reason = forms.CharField(help_text="Kept in the audit.")

    class Meta:
        model = Feed
        fields = [
            "rhythm_s",
            "near_games",
            "frozen_after_polls",
            "max_quote_age_s",
            "max_close_age_s",
            "odds_format",
            "options",
            "enabled",
        ]


class NewFeedForm(FeedForm):
    """What a feed is: chosen once, never changed."""

    adapter = forms.ChoiceField(
        choices=[(name, name) for name in registry.ASKED], help_text="Who is asked."
    )

    class Meta(FeedForm.Meta):
        fields = ["adapter", "provider", "kind", "league", "source", *FeedForm.Meta.fields]
        fields.remove("enabled")
        fields.remove("frozen_after_polls")


@admin.register(Feed)
class FeedAdmin(ActionAdmin):
    form = FeedForm
    list_fullwidth = True
    list_display = [
        *("asks", "standing", "num_rhythm", "num_limits", "heard", "moved", "num_failed"),
        *("num_credits", "due"),
    ]
    list_filter = ["kind", "league", "adapter", "enabled"]
    list_select_related = ["league"]
    nothing_yet = "A feed is registered for each league that a provider is asked about."

    def get_form(
        self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any
    ) -> Any:
        chosen = {} if obj else {"form": NewFeedForm}
        return super().get_form(request, obj, change, **{**kwargs, **chosen})

    def get_queryset(self, request: HttpRequest) -> Any:
        at = clock.now()
        oldest = LatestQuote.objects.of_outer_feed(at).order_by("last_seen_at")
        feeds = (
            super()
            .get_queryset(request)
            .with_health(at)
            .annotate(oldest_quote_at=Subquery(oldest.values("last_seen_at")[:1]))
        )
        return feeds.with_breakers() if current_schema() == PUBLIC else feeds

    def save_by_action(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        if not change:
            obj.pk = self._register(form.cleaned_data, Actor.staff(request.user, request)).pk
            return
        changes = {name: form.cleaned_data[name] for name in form.changed_data if name != "reason"}
        actions.change_feed(
            feed_id=obj.pk,
            changes=changes,
            by=Actor.staff(request.user, request),
            at=clock.now(),
            reason=form.cleaned_data["reason"],
        )

    def _register(self, said: dict[str, Any], by: Actor) -> Feed:
        return actions.register_feed(
            adapter=said["adapter"],
            provider=said["provider"],
            kind=FeedKind(said["kind"]),
            league=said["league"].code,
            source=said["source"],
            rhythm_s=said["rhythm_s"],
            near_games=said["near_games"] or (),
            max_quote_age_s=said["max_quote_age_s"],
            max_close_age_s=said["max_close_age_s"],
            odds_format=OddsFormat(said["odds_format"]),
            options=said["options"],
            by=by,
            at=clock.now(),
            reason=said["reason"],
        )

    @display(description="Feed", ordering="provider")
    def asks(self, feed: Feed) -> SafeString:
        source = f" · {feed.source}" if feed.source else ""
        return two_lines(
            f"{feed.league.code} {feed.kind.lower()}", f"{feed.provider}, {feed.adapter}{source}"
        )

    @display(description="State")
    def standing(self, feed: Feed) -> SafeString:
        """How fresh it is, and whether its provider or its league is left alone."""
        return two_lines(self._freshness(feed), _left_alone(feed))

    def _freshness(self, feed: Feed) -> SafeString:
        """Fresh while its newest answer is younger than a quote may be."""
        if not feed.enabled:
            return state("work", "STOPPED")
        if feed.next_due_at is None:
            return state("work", "NOT_DUE", "Nothing more to give")
        if feed.last_captured_at is None:
            return state("work", "NOT_DUE", "Never asked")
        if feed.heard_at is None:  # type: ignore[attr-defined]
            return state("work", "STALE", "Silent for a week")
        now = clock.now()
        pause = feed.rhythm.every(now, games_near(feed, now))
        age = now - feed.heard_at  # type: ignore[attr-defined]
        late = age > max(timedelta(seconds=feed.max_quote_age_s), 2 * pause)
        return state("work", "STALE" if late else "FRESH")

    @display(description="Rhythm", ordering="rhythm_s")
    def num_rhythm(self, feed: Feed) -> SafeString:
        near = ", ".join(
            f"{formats.age(step.every_s)} within {formats.age(step.within_s)}"
            for step in feed.rhythm.steps
        )
        return two_lines(f"every {formats.age(feed.rhythm_s)}", near)

    @display(description="Limits")
    def num_limits(self, feed: Feed) -> SafeString:
        return two_lines(
            f"quote {formats.age(feed.max_quote_age_s)}",
            f"close {formats.age(feed.max_close_age_s)}",
        )

    @display(description="Newest answer")
    def heard(self, feed: Feed) -> SafeString:
        polls = listed_at(self.admin_site, ProviderPoll, f"feed__id__exact={feed.pk}")
        return two_lines(_ago(feed.heard_at), linked(polls, "all polls"))  # type: ignore[attr-defined]

    @display(description="Newest change")
    def moved(self, feed: Feed) -> SafeString:
        oldest = feed.oldest_quote_at  # type: ignore[attr-defined]
        quotes = f"oldest quote {_ago(oldest)}" if oldest else ""
        return two_lines(_ago(feed.moved_at), quotes)  # type: ignore[attr-defined]

    @display(description="Failed in 24 h")
    def num_failed(self, feed: Feed) -> SafeString:
        polls, failed = feed.polls_lately, feed.failed_lately  # type: ignore[attr-defined]
        share = formats.probability(failed / polls) if polls else ""
        return two_lines(formats.out_of(failed, polls) if polls else formats.MISSING, share)

    @display(description="Credits in 30 days")
    def num_credits(self, feed: Feed) -> SafeString:
        """What its rhythm is planned to cost; a recording costs nothing."""
        cost = registry.cost_of(feed.adapter, feed.kind, feed.options)
        if not cost:
            return two_lines(formats.MISSING, "costs nothing")
        planned = planned_credits([feed], clock.now())[feed.pk]
        return two_lines(formats.count(planned), f"{formats.count(cost)} a call")

    @display(description="Next", ordering="next_due_at")
    def due(self, feed: Feed) -> Any:
        return formats.when(feed.next_due_at)


def _left_alone(feed: Feed) -> str:
    """Who is left alone, and for how long; a tenant is not told."""
    for since, what in (
        (getattr(feed, "provider_alone_since", None), feed.adapter),
        (getattr(feed, "league_alone_since", None), feed.league.code),
    ):
        if since is not None:
            return f"{what} left alone for {formats.age((clock.now() - since).total_seconds())}"
    return ""


def _ago(moment: datetime | None) -> str:
    if moment is None:
        return formats.MISSING
    return f"{formats.age((clock.now() - moment).total_seconds())} ago"


@admin.register(ProviderPoll)
class ProviderPollAdmin(SubjectAdmin):
    list_display = ["captured", "asked", "ended", "num_credits", "num_took", "body"]
    list_filter = ["outcome", "feed", recent("captured_at")]
    list_select_related = ["feed__league", "payload"]
    search_exact = ["payload__sha256"]
    ordering = ["-captured_at", "-id"]
    page_template = "console/snapshots/poll.html"
    nothing_yet = "A poll is written for every call to a provider, also where nothing came."

    @display(description="Captured", ordering="captured_at")
    def captured(self, poll: ProviderPoll) -> SafeString:
        return formats.when(poll.captured_at)

    @display(description="Feed")
    def asked(self, poll: ProviderPoll) -> SafeString:
        feed = poll.feed
        name = self.link(Feed, feed.pk, f"{feed.league.code} {feed.kind.lower()}")
        return two_lines(name, feed.provider)

    @display(description="Outcome", ordering="outcome")
    def ended(self, poll: ProviderPoll) -> SafeString:
        said = [f"HTTP {poll.http_status}" if poll.http_status else "", poll.error_code]
        return two_lines(state("poll", poll.outcome), " ".join(part for part in said if part))

    @display(description="Credits left", ordering="credits_remaining")
    def num_credits(self, poll: ProviderPoll) -> SafeString:
        cost = "" if poll.credits_cost is None else f"{formats.count(poll.credits_cost)} spent"
        return two_lines(formats.count(poll.credits_remaining), cost)

    @display(description="Took", ordering="duration_ms")
    def num_took(self, poll: ProviderPoll) -> str:
        return formats.milliseconds(poll.duration_ms)

    @display(description="Payload")
    def body(self, poll: ProviderPoll) -> SafeString:
        if poll.payload is None:
            return two_lines(formats.MISSING, "no body came")
        return two_lines(
            self.link_payload(poll.payload), f"{formats.count(poll.payload.size)} bytes"
        )

    def link_payload(self, payload: RawPayload) -> SafeString:
        return formats.identifier(payload.sha256, address(self.admin_site, RawPayload, payload.pk))

    # Its own page.

    def titled(self, row: ProviderPoll) -> str:
        return f"Poll of {formats.instant(row.captured_at, year=True)}"

    def shown(self, request: HttpRequest, row: ProviderPoll) -> dict[str, Any]:
        quarantined = (
            QuarantinedRow.objects.filter(poll=row)
            if request.user.has_perm("snapshots.view_quarantinedrow")
            and QuarantinedRow in self.admin_site._registry
            else QuarantinedRow.objects.none()
        )
        return {
            "poll": row,
            "state": state("poll", row.outcome),
            "feed": self.link(Feed, row.feed_id, row.feed),
            "payload": self.link_payload(row.payload) if row.payload else None,
            "readings": list(row.readings.order_by("reader_version")),  # type: ignore[attr-defined]
            "quarantined": list(quarantined[:QUARANTINED_AT_MOST]),
        }
