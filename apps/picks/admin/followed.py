"""What people see of what follows a pick: its moves, its rounds, its lines, its messages."""

from collections.abc import Sequence
from typing import Any

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.safestring import SafeString
from unfold.decorators import display

from apps.core import formats, words
from apps.core.admin import ReadOnlyAdmin
from apps.core.listing import named, one_of, recent, two_lines
from apps.core.shapes import state
from apps.picks.admin.pick import active_leagues
from apps.picks.card import who
from apps.picks.models import LineTracking, Pick, PickChange, ProposalRound
from apps.rulebook.clv import CloseGap, CloseSource


class OfAPick(ReadOnlyAdmin):
    """A table whose rows belong to picks: each names the bet and leads to its pick."""

    list_select_related = ["pick__event__home", "pick__event__away"]
    search_ids = ["pick_id", "pick__event_id"]
    list_display_links: Sequence[str] | None = None

    @display(description="Pick")
    def bet(self, row: Any) -> SafeString:
        pick = row.pick
        figure = formats.line(pick.market_type, pick.line) or words.market(pick.market_type)
        return self.link(Pick, pick.pk, named(who(pick), figure, f"{pick.league} · {pick.event}"))


@admin.register(PickChange)
class PickChangeAdmin(OfAPick):
    list_display = ["bet", "moved", "num_then", "because", "changed"]
    list_filter = ["to_status", "to_validity", recent("changed_at")]
    ordering = ["-id"]
    nothing_yet = "Every move of a pick's state or validity is written here as it happens."

    @display(description="Move")
    def moved(self, change: PickChange) -> SafeString:
        if change.from_status != change.to_status:
            return state("pick", change.to_status)
        return state("validity", change.to_validity)

    @display(description="Market then, EV")
    def num_then(self, change: PickChange) -> str:
        if change.price is None:
            return formats.MISSING
        line = formats.line(change.pick.market_type, change.line)
        return two_lines(
            f"{line} {formats.odds(change.price)}".strip(), formats.named_ev(change.ev)
        )

    @display(description="Why, by whom")
    def because(self, change: PickChange) -> SafeString:
        why = formats.words(change.reason) if change.reason else formats.MISSING
        return two_lines(why, change.by)

    @display(description="When", ordering="id")
    def changed(self, change: PickChange) -> SafeString:
        return formats.when(change.changed_at)


@admin.register(ProposalRound)
class ProposalRoundAdmin(ReadOnlyAdmin):
    list_display = ["looked", "num_evaluations", "num_proposed", "num_blocked", "stopped", "batch"]
    list_filter = [one_of("league", active_leagues), recent("decided_at")]
    search_ids = ["id", "batch_id"]
    ordering = ["-decided_at", "-id"]
    nothing_yet = "Each evaluation batch of a league is looked at once by this tenant."

    @display(description="Poll of", ordering="decided_at")
    def looked(self, round_: ProposalRound) -> SafeString:
        return two_lines(formats.when(round_.captured_at), round_.league)

    @display(description="Evaluations", ordering="evaluations")
    def num_evaluations(self, round_: ProposalRound) -> str:
        return formats.count(round_.evaluations)

    @display(description="Proposed", ordering="proposed")
    def num_proposed(self, round_: ProposalRound) -> SafeString:
        return two_lines(
            formats.count(round_.proposed), f"{formats.count(round_.replaced)} replaced"
        )

    @display(description="Born blocked", ordering="blocked")
    def num_blocked(self, round_: ProposalRound) -> str:
        return formats.count(round_.blocked)

    @display(description="Reached each gate")
    def stopped(self, round_: ProposalRound) -> str:
        gates: list[dict[str, Any]] = round_.gates
        return ", ".join(
            f"{formats.words(gate['gate']).lower()} {formats.count(gate['reached'])}"
            for gate in gates
        )

    @display(description="Batch")
    def batch(self, round_: ProposalRound) -> SafeString:
        batches = self.opts.apps.get_model("simulations", "EvaluationBatch")
        return self.link_id(batches, round_.batch_id)


@admin.register(LineTracking)
class LineTrackingAdmin(OfAPick):
    list_display = ["bet", "num_taken", "num_close", "source", "num_clv", "num_points"]
    list_filter = [
        one_of("close_source", [source.value for source in CloseSource]),
        one_of("clv_missing", [gap.value for gap in CloseGap]),
    ]
    ordering = ["-pick__published_at"]
    nothing_yet = "A published pick's lines are followed from its publication to the start."

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Every one of them is of a published pick, which the index has to be told."""
        return super().get_queryset(request).filter(pick__published_at__isnull=False)

    @display(description="Taken")
    def num_taken(self, row: LineTracking) -> SafeString:
        return self._quote(row, row.pick.line, row.pick.price)

    @display(description="Close")
    def num_close(self, row: LineTracking) -> Any:
        if not row.completed_at:
            return "not started"
        if row.close_fair_prob is None:
            return formats.MISSING
        if row.close_price is None:  # a consensus, which nobody offers
            line = formats.line(row.pick.market_type, row.close_line)
            return two_lines(line or formats.MISSING, formats.probability(row.close_fair_prob))
        return self._quote(row, row.close_line, row.close_price)

    @display(description="Source")
    def source(self, row: LineTracking) -> Any:
        if not row.completed_at:
            return formats.MISSING
        said = formats.words(row.close_missing or row.close_source)
        more = [f"{formats.age(row.close_age_s)} before"] if row.close_age_s else []
        if row.filled_at:
            more.append(f"filled later, was {formats.words(row.missed).lower()}")
        return two_lines(said, ", ".join(more))

    @display(description="CLV, EV", ordering="clv_ev")
    def num_clv(self, row: LineTracking) -> str:
        if row.clv_ev is None and row.clv_missing:
            return formats.words(row.clv_missing)
        return formats.clv(row.clv_ev)

    @display(description="CLV, points", ordering="clv_points")
    def num_points(self, row: LineTracking) -> str:
        return formats.points_gained(row.clv_points)

    def _quote(self, row: LineTracking, line: Any, price: Any) -> SafeString:
        told = formats.line(row.pick.market_type, line) or words.market(row.pick.market_type)
        return two_lines(told, formats.odds(price))
