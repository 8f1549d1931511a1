"""The page of a pick: what it says, how it lived, why it was made, and what it was made from."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.decorators import action

from apps.catalog.models import Event
from apps.core import clock, formats, words
from apps.core.actor import Actor
from apps.core.asking import ReasonForm, ask, choice_field
from apps.core.listing import address
from apps.core.shapes import shape, state, tier
from apps.core.subject import SubjectAdmin
from apps.governance.models import (
    Approval,
    ApprovalState,
    AuditEntry,
    AuditLine,
    ConfigVersion,
)
from apps.grading import actions as grading
from apps.grading.models import Grade
from apps.ops.pages.checks import Check, checks
from apps.ops.pages.life import life
from apps.ops.pages.numbers import closing, figure, figures, gates, numbers, price
from apps.ops.pages.recompute import compare
from apps.picks.admin import standing
from apps.picks.card import who
from apps.picks.models import Delivery, Pick
from apps.rulebook.evaluation import CAPS, RiskFlag
from apps.rulebook.lifecycle import PickStatus, Validity
from apps.rulebook.settlement import Outcome
from apps.simulations.models import EvaluationBatch, MarketEvaluation, SimulationRun
from apps.snapshots.models import LatestQuote, RawPayload

AUDIT_AT_MOST = 200
# A button -> what is said to somebody who may not press it.
_NEEDED = {
    "recompute_this": "may see picks",
    "publish_this": "may publish picks",
    "replace_this": "may publish picks",
    "withdraw_this": "may withdraw picks",
    "override_this": "may override grades",
    "carry_out_this": "may override grades",
}


class OverrideForm(ReasonForm):
    outcome = choice_field(
        [(one.value, formats.words(one.value)) for one in Outcome if one != Outcome.UNGRADEABLE],
        help_text="How the pick is settled, whatever the result says.",
    )
    field_order = ("outcome", "reason")


class PickPage(SubjectAdmin):
    """Stands before the room's own admin class of picks."""

    page_template = "console/pick/page.html"
    actions_detail = [
        *("publish_this", "withdraw_this", "replace_this", "override_this", "carry_out_this"),
        "recompute_this",
    ]

    def has_override_permission(self, request: HttpRequest, object_id: Any = None) -> bool:
        return bool(request.user.has_perm("grading.override_grade"))

    @action(
        description="Override the grade…",
        url_path="override",
        permissions=["override"],
    )
    def override_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        by, at = Actor.staff(request.user, request), clock.now()

        def act(said: dict[str, Any]) -> str:
            grading.ask_to_override(
                pick_id=UUID(object_id),
                outcome=Outcome(said["outcome"]),
                reason=said["reason"],
                by=by,
                at=at,
            )
            return "asked for; another person has to approve it"

        return ask(
            self,
            request,
            form_class=OverrideForm,
            title="Settle this pick otherwise than its rules say?",
            consequence="Nothing happens yet: another person has to agree. Carried out, it is a"
            " revision of its own with both names; what was said before stays in the record.",
            verb="Ask for it",
            act=act,
            there=self._page(object_id),  # type: ignore[attr-defined]
            stops=False,
        )

    @action(
        description="Carry out the override…",
        url_path="carry-out",
        permissions=["override"],
    )
    def carry_out_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        by, at = Actor.staff(request.user, request), clock.now()
        approval = get_object_or_404(_agreed(object_id, at))
        return ask(
            self,
            request,
            form_class=Form,
            title=f"Settle this pick as {formats.words(approval.arguments['outcome'])}?",
            consequence=f"{approval.requester} asked: {approval.reason} {approval.approver}"
            " agreed. It stands against every later result until people decide again.",
            verb="Carry out",
            act=lambda _said: grading.carry_out_override(approval_id=approval.pk, by=by, at=at),
            there=self._page(object_id),  # type: ignore[attr-defined]
            stops=False,
        )

    @action(description="Compute it again", url_path="recompute", permissions=["view"])
    def recompute_this(self, request: HttpRequest, object_id: str) -> HttpResponse:
        """Show what comes out now beside what was stored; nothing is written."""
        pick = self.get_object(request, object_id)
        if pick is None or pick.status == PickStatus.BLOCKED:
            raise Http404
        found = compare(pick, self._evidence(pick))
        title = f"{self.titled(pick)}, computed again"
        context = {
            **self.admin_site.each_context(request),  # type: ignore[attr-defined]
            "opts": self.opts,  # type: ignore[attr-defined]
            "title": title,
            "own_heading": True,
            "is_fullwidth": "1",
            "pick": pick,
            "at": clock.now(),
            "found": found,
            "good": formats.out_of(found.equal, len(found.fields)),
            "back": self._page(object_id),  # type: ignore[attr-defined]
        }
        return TemplateResponse(request, "console/pick/recompute.html", context)

    def titled(self, row: Pick) -> str:
        return f"{who(row)} {figure(row)} at {price(row)}"

    def get_object(
        self, request: HttpRequest, object_id: str, from_field: str | None = None
    ) -> Any:
        found = super().get_object(request, object_id, from_field)
        if found is None:
            return None
        return (
            self.get_queryset(request)
            .select_related(
                *("event__home", "event__away", "event__league", "book", "selection", "tracking"),
                *("config_version", "settlement_ruleset", "supersedes"),
            )
            .get(pk=found.pk)
        )

    def shown(self, request: HttpRequest, row: Any) -> dict[str, Any]:
        pick: Pick = row
        grades = list(
            Grade.objects.filter(pick=pick)
            .select_related("settlement_ruleset")
            .order_by("-revision_no")
        )
        platform = _Platform(request, self.admin_site)
        evidence = self._evidence(pick)
        shown: dict[str, Any] = {
            "pick": pick,
            "tier": "" if pick.status == PickStatus.BLOCKED else tier(pick.tier),
            "state": _told_state(pick, grades),
            "market": f"{pick.league} {words.market(pick.market_type)}",
            "period": words.period(pick.period),
            "event_at": address(self.admin_site, Event, pick.event_id),
            "buttons": self._buttons(request, pick),
            "asked": _asked(pick, clock.now()),
            "days": life(pick, grades, self.admin_site),
            "told": [_message(one) for one in pick.deliveries.order_by("due_at", "id")],  # type: ignore[attr-defined]
            "chain": _chain(pick, evidence, platform, self.admin_site),
            "audit": platform.audit_of(pick),
        }
        if pick.status == PickStatus.BLOCKED:
            return {**shown, "reasons": [words.sentence(one) for one in pick.block_reasons]}
        held = checks(
            pick,
            provider=evidence["provider"],
            run=evidence["run"],
            evaluation=evidence["evaluation"],
            payload=evidence["payload"],
        )
        return {
            **shown,
            "checked": _checked(held),
            "figures": figures(pick),
            "numbers": numbers(pick, evidence, self.admin_site),
            "gates": gates(pick, evidence),
            "config": pick.config_version,
            "caps": [words.sentence(flag) for flag in pick.risk_flags if RiskFlag(flag) in CAPS],
            "closing": closing(pick),
        }

    def _buttons(self, request: HttpRequest, pick: Pick) -> list[dict[str, str]]:
        """What may happen to the pick now; what this person may not do says so."""
        agreed = _agreed(pick.pk, clock.now()).exists()
        fits = {
            "override_this": pick.published_at is not None and not agreed,
            "carry_out_this": agreed,
            "recompute_this": pick.status != PickStatus.BLOCKED,
            "publish_this": pick.status == PickStatus.PROPOSED,
            "replace_this": pick.status == PickStatus.PUBLISHED,
            "withdraw_this": pick.status == PickStatus.PUBLISHED
            and pick.validity_state != Validity.INVALIDATED,
        }
        allowed = {one.action_name for one in self.get_actions_detail(request, pick.pk)}  # type: ignore[arg-type]
        found = []
        for each in self._get_base_actions_detail():
            name = each.action_name.removeprefix("picks_pick_")
            if not fits.get(name, False):
                continue
            there = reverse(f"{self.admin_site.name}:{each.action_name}", args=[pick.pk])
            may = each.action_name in allowed
            found.append(
                {
                    "words": str(each.description),
                    "href": there if may else "",
                    "why_not": "" if may else f"Only who {_NEEDED[name]} can do this.",
                }
            )
        return found

    def _evidence(self, pick: Pick) -> dict[str, Any]:
        """The rows that the pick copied from, where they are still there."""
        evaluation = (
            MarketEvaluation.objects.filter(
                batch_id=pick.batch_id, selection_id=pick.selection_id, book_id=pick.book_id
            ).first()
            if pick.batch_id
            else None
        )
        quote = (
            LatestQuote.objects.filter(selection_id=pick.selection_id, book_id=pick.book_id)
            .select_related("feed")
            .first()
        )
        runs = SimulationRun.objects.defer("distribution", "inputs").select_related("model_version")
        return {
            "evaluation": evaluation,
            "batch": EvaluationBatch.objects.filter(pk__in=[pick.batch_id]).first(),
            "quote": quote,
            "provider": quote.feed.provider if quote else "",
            "run": runs.filter(pk=pick.run_id).first() if pick.run_id else None,
            "payload": RawPayload.objects.filter(sha256=pick.payload_sha256).first(),
        }


def _overrides(pick_id: Any, at: datetime) -> QuerySet[Any]:
    asked = Approval.objects.filter(what=grading.OVERRIDE, subject=str(pick_id))
    return asked.filter(expires_at__gt=at)


def _agreed(pick_id: Any, at: datetime) -> QuerySet[Any]:
    """Overrides of a pick that another person agreed to and nobody carried out yet."""
    return _overrides(pick_id, at).filter(state=ApprovalState.APPROVED)


def _asked(pick: Pick, at: datetime) -> Approval | None:
    """The override that waits for its second person."""
    found: Approval | None = _overrides(pick.pk, at).filter(state=ApprovalState.REQUESTED).first()
    return found


class _Platform:
    """Addresses on the operators' own console, for operators who look at a tenant through it."""

    def __init__(self, request: HttpRequest, site: Any) -> None:
        self.is_operator = bool(getattr(request, "via_ops_console", False))
        self.may = request.user.has_perm
        self.site = site

    def row(self, model: Any, key: Any) -> str:
        meta = model._meta
        if not self.is_operator or not self.may(f"{meta.app_label}.view_{meta.model_name}"):
            return address(self.site, model, key)
        return f"/admin/{meta.app_label}/{meta.model_name}/{key}/change/"

    def audit_of(self, pick: Pick) -> dict[str, Any]:
        entries = AuditEntry.objects.filter(object_type="Pick", object_id=str(pick.pk))
        last = entries.order_by("-occurred_at").first()
        told = entries.filter(action="pick.published").first() or last
        href = ""
        if self.is_operator and self.may("governance.view_auditline"):
            href = f"/admin/governance/auditline/?q={pick.pk}"
        return {"entry": told, "count": entries[:AUDIT_AT_MOST].count(), "href": href}


def _told_state(pick: Pick, grades: list[Grade]) -> SafeString:
    if grades:
        last = grades[0]
        word = formats.words(last.outcome)
        return state("outcome", last.outcome, f"{word}, {formats.units(last.profit)}")
    return standing(pick)


def _checked(held: list[Check]) -> dict[str, Any]:
    broken = [check.name for check in held if not check.holds]
    good = formats.out_of(len(held) - len(broken), len(held))
    if broken:
        return {
            "tone": "crit",
            "shape": shape("octagon", "crit"),
            "verdict": f"Computed again just now: {good} hold.",
            "text": f"Does not hold: {', '.join(broken)}.",
        }
    return {
        "tone": "ok",
        "shape": shape("disc_check", "ok"),
        "verdict": f"Computed again just now: equal, {good}.",
        "text": "Keys, ids, sums and copies follow from what is stored.",
    }


def _message(delivery: Delivery) -> dict[str, Any]:
    return {
        "channel": formats.words(delivery.channel),
        "state": state("delivery", delivery.status),
        "kind": formats.words(delivery.kind),
        "tries": formats.count(delivery.attempts),
    }


def _chain(
    pick: Pick, evidence: Mapping[str, Any], platform: _Platform, site: Any
) -> list[dict[str, Any]]:
    """Payload, snapshot, run, evaluation, configuration, audit: each names the one before it."""
    payload, quote, run = evidence["payload"], evidence["quote"], evidence["run"]
    evaluation, batch = evidence["evaluation"], evidence["batch"]
    config, audit = pick.config_version, platform.audit_of(pick)
    quote_at = address(site, LatestQuote, quote.pk) if quote else ""
    batch_at = address(site, EvaluationBatch, pick.batch_id) if batch else ""
    if batch_at:
        batch_at += f"?event={pick.event_id}#e-{pick.selection_id}-{pick.book_id}"
    entry = audit["entry"]
    return [
        {
            "name": "Payload",
            "id": formats.identifier(
                pick.payload_sha256, address(site, RawPayload, payload.pk) if payload else ""
            ),
            "lines": [
                f"{formats.count(payload.size)} bytes" if payload else "not stored any more",
                formats.when(payload.first_captured_at) if payload else "",
            ],
        },
        {
            "name": "Snapshot",
            "id": formats.identifier(
                pick.snapshot_id, quote_at and f"{quote_at}#s-{pick.snapshot_id}"
            ),
            "lines": [
                f"{figure(pick)}, {price(pick)}, {pick.book.title}",
                formats.when(pick.observed_at),
            ],
        },
        {
            "name": "Run",
            "id": formats.identifier(pick.run_id, address(site, SimulationRun, pick.run_id)),
            "lines": [
                f"{formats.count(pick.sims)} games, {pick.model_version}",
                format_html("seed {}", _seed(run)) if run else "not stored any more",
            ],
        },
        {
            "name": "Evaluation",
            "id": formats.identifier(
                pick.batch_id,
                batch_at
                and f"{batch_at}?event={pick.event_id}#e-{pick.selection_id}-{pick.book_id}",
            ),
            "lines": [
                f"{formats.points(pick.edge_prob)}, {formats.named_ev(pick.ev)}"
                if pick.status != PickStatus.BLOCKED
                else "held back",
                formats.when(batch.captured_at) if batch else "",
                "" if evaluation else "its row was dropped with its day",
            ],
        },
        {
            "name": "Configuration",
            "id": formats.identifier(config.document_hash, platform.row(ConfigVersion, config.pk)),
            "lines": [
                f"version {config.number}, {config.tenant_schema} {config.league}".strip(),
                f"by {config.author}",
                formats.when(config.effective_from, seconds=False),
            ],
        },
        {
            "name": "Audit",
            "id": formats.identifier(
                entry.id if entry else None, platform.row(AuditLine, entry.id) if entry else ""
            ),
            "lines": [
                f"{entry.action.replace('.', ' ')} by {entry.actor_id}" if entry else "no entry",
                formats.when(entry.occurred_at) if entry else "",
            ],
        },
    ]


def _seed(run: SimulationRun) -> SafeString:
    return format_html('<code class="bv-id">0x{}</code>', f"{int(run.seed or 0):x}")
