"""The page of a pick: what it says, how it lived, why it was made, and what it was made from."""

from collections.abc import Mapping
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from apps.catalog.models import Event
from apps.core import formats, words
from apps.core.listing import address
from apps.core.shapes import shape, state, tier
from apps.core.subject import SubjectAdmin
from apps.governance.models import AuditEntry, AuditLine, ConfigVersion
from apps.grading.models import Grade
from apps.ops.pages.checks import Check, checks
from apps.ops.pages.life import life
from apps.ops.pages.numbers import closing, figure, figures, gates, numbers, price
from apps.picks.admin import standing
from apps.picks.card import who
from apps.picks.models import Delivery, Pick
from apps.rulebook.evaluation import CAPS, RiskFlag
from apps.rulebook.lifecycle import PickStatus, Validity
from apps.simulations.models import EvaluationBatch, MarketEvaluation, SimulationRun
from apps.snapshots.models import LatestQuote, RawPayload

AUDIT_AT_MOST = 200
# The name of a button's permission -> what somebody says who has none.
_NEEDED = {"publish": "may publish picks", "withdraw": "may withdraw picks"}


class PickPage(SubjectAdmin):
    """Stands before the room's own admin class of picks."""

    page_template = "console/pick/page.html"

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
            "numbers": numbers(pick, evidence),
            "gates": gates(pick, evidence),
            "config": pick.config_version,
            "caps": [words.sentence(flag) for flag in pick.risk_flags if RiskFlag(flag) in CAPS],
            "closing": closing(pick),
        }

    def _buttons(self, request: HttpRequest, pick: Pick) -> list[dict[str, str]]:
        """What may happen to the pick now; what this person may not do says so."""
        fits = {
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
            kind = "withdraw" if name == "withdraw_this" else "publish"
            there = reverse(f"{self.admin_site.name}:{each.action_name}", args=[pick.pk])
            may = each.action_name in allowed
            found.append(
                {
                    "words": str(each.description),
                    "href": there if may else "",
                    "why_not": "" if may else f"Only who {_NEEDED[kind]} can do this.",
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
