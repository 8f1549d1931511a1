"""The pages of settlement rules: what there is, the form, its preview, two versions compared."""

from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from unfold.admin import ModelAdmin

from apps.catalog import actions
from apps.catalog.models import League, SettlementRuleset
from apps.catalog.ruleset_pages.form import PARTS, RulesForm
from apps.catalog.ruleset_pages.markets import Market, MarketUnsettled, main_markets_of
from apps.catalog.ruleset_pages.wording import in_words
from apps.core import clock, words
from apps.core.actor import Actor
from apps.core.tenancy import PUBLIC, current_schema
from apps.governance.config_form.differences import differences
from apps.governance.config_form.drawing import SEEN
from apps.governance.config_form.reading import read_document
from apps.rulebook.errors import RuleBroken

WRITE = "catalog.add_settlementruleset"
_SAYS = (
    "How bets on this market settle: the platform's, the same for every tenant, and stamped on"
    " each pick when it is published."
)


def overview(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Every market, by whose rules it settles today, and which are to come."""
    at = clock.now()
    standing: dict[Market, dict[str, Any]] = {}
    versions = SettlementRuleset.objects.with_standing(at).exclude(standing="REPLACED")
    for ruleset in versions.select_related("league").order_by("version"):
        standing.setdefault(Market.of(ruleset), {})[ruleset.standing] = ruleset
    leagues = []
    for league in League.objects.exclude(status="RETIRED").order_by("code"):
        markets = dict.fromkeys(main_markets_of(league))
        markets |= dict.fromkeys(market for market in standing if market.league == league)
        leagues.append(
            (league, [_market_line(model_admin, m, standing.get(m, {})) for m in markets])
        )
    context = {
        "title": "Settlement rules",
        "leagues": leagues,
        "may": may_write(request),
        "all_versions": _address(model_admin, "changelist"),
    }
    return _page(model_admin, request, "overview", context)


def write(model_admin: ModelAdmin, request: HttpRequest, **named: str) -> HttpResponse:
    """The form, its preview, and the storing: three answers of one address."""
    try:
        market = Market.named(**named)
    except MarketUnsettled as refusal:
        raise Http404 from refusal
    if not may_write(request):
        raise PermissionDenied
    at = clock.now()
    asked = request.POST.get("do", "preview")
    typed = request.POST if request.method == "POST" else None
    form = RulesForm(market, at=at, typed=typed, judged=asked in ("preview", "store"))
    if asked == "store" and form.is_valid:
        try:
            ruleset = _store(form, request, at)
        except RuleBroken as refusal:
            form.problems[""].append(f"{refusal.sentence} ({refusal.code})")
        else:
            said = f"{market}: version {ruleset.version} is stored."
            model_admin.message_user(request, said, messages.SUCCESS)
            return HttpResponseRedirect(_page_of(model_admin, ruleset))
    context = {
        "title": str(market),
        "form": form,
        "subject": market,
        "next": form.number + 1,
        "back": _address(model_admin, "overview"),
        "says": _SAYS,
    }
    if asked == "preview" and form.is_valid:
        return _page(model_admin, request, "preview", {**context, **_preview(form)})
    return _page(model_admin, request, "form", context)


def version_page(model_admin: ModelAdmin, request: HttpRequest, ruleset_id: str) -> HttpResponse:
    """One version as a person would read it, its neighbours, and what it would change."""
    at = clock.now()
    ruleset = _ruleset(ruleset_id)
    market = Market.of(ruleset)
    versions = SettlementRuleset.objects.of(
        league_id=ruleset.league_id, market_type=ruleset.market_type, period=ruleset.period
    ).with_standing(at)
    lines = [_line(model_admin, each) for each in versions]
    rules = ruleset.typed()
    context = {
        "title": f"{market}, version {ruleset.version}",
        "ruleset": ruleset,
        "standing": next(line["standing"] for line in lines if line["key"] == ruleset.pk),
        "subject": market,
        "in_words": in_words(rules),
        "versions": lines,
        "regrade": _regrade(market, ruleset.version, at) if ruleset.version > 1 else "",
        **read_document(PARTS, ruleset.rules),
        "compare": _address(model_admin, "compare"),
        "write": _address(model_admin, "write", *market.address),
        "may": may_write(request) and market in main_markets_of(market.league),
        "back": _address(model_admin, "overview"),
    }
    return _page(model_admin, request, "version", context)


def compare(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """The difference between any two versions, the first taken as the older."""
    first, second = (_ruleset(request.GET.get(name, "")) for name in ("a", "b"))
    context = {
        "title": "Two versions compared",
        "sides": [
            (f"{Market.of(side)}, version {side.version}", _page_of(model_admin, side))
            for side in (first, second)
        ],
        "differences": differences(PARTS, first.rules, second.rules),
        "back": _page_of(model_admin, second),
    }
    return _page(model_admin, request, "compare", context, folder="config")


def may_write(request: HttpRequest) -> bool:
    """Rules are the platform's: a tenant's console shows them, and changes none."""
    return bool(request.user.has_perm(WRITE)) and current_schema() == PUBLIC


def _store(form: RulesForm, request: HttpRequest, at: datetime) -> SettlementRuleset:
    assert form.ruleset is not None
    return actions.add_ruleset(
        league=form.market.league.code,
        market_type=form.market.market_type,
        period=form.market.period,
        says=form.ruleset.rules,
        effective_from=form.since,
        by=Actor.staff(request.user, request),
        at=at,
        reason=form.reason,
        seen=form.number,
    )


def _preview(form: RulesForm) -> dict[str, Any]:
    assert form.ruleset is not None
    return {
        "ruleset": form.ruleset,
        "in_words": in_words(form.ruleset.typed()),
        "differences": differences(form.parts, form.before, form.ruleset.rules),
        "before": f"Version {form.number}" if form.newest else "None",
        "after": f"Version {form.number + 1}",
        "at_once": form.since is None,
        "regrade": _regrade(form.market, form.number + 1, form.at) if form.newest else "",
        "seen_name": SEEN,
    }


def _regrade(market: Market, version: int, at: datetime) -> str:
    """Write the command that shows what the rules would change, of the league's last 28 days."""
    today = at.astimezone(ZoneInfo(market.league.timezone)).date()
    days = f"--from {today - timedelta(days=28)} --to {today}"
    return f"manage.py regrade {days} --rules v{version} --league {market.league.code} --dry-run"


def _market_line(
    model_admin: ModelAdmin, market: Market, standing: dict[str, SettlementRuleset]
) -> dict[str, Any]:
    rows = {
        name: {
            "ruleset": ruleset,
            "page": _page_of(model_admin, ruleset),
        }
        for name, ruleset in standing.items()
    }
    return {
        "name": words.market(market.market_type).capitalize(),
        "period": words.period(market.period),
        "in_force": rows.get("IN_FORCE"),
        "to_come": rows.get("TO_COME"),
        "write": _address(model_admin, "write", *market.address),
    }


def _line(model_admin: ModelAdmin, ruleset: Any) -> dict[str, Any]:
    """A version in the list of those that it can be compared with."""
    return {
        "key": ruleset.pk,
        "number": ruleset.version,
        "page": _page_of(model_admin, ruleset),
        "since": ruleset.effective_from,
        "standing": ruleset.standing,
        "reason": ruleset.reason,
        "author": ruleset.author,
    }


def _ruleset(key: str) -> SettlementRuleset:
    if not key.isdecimal():
        raise Http404
    found: SettlementRuleset = get_object_or_404(
        SettlementRuleset.objects.select_related("league"), pk=int(key)
    )
    return found


def _address(model_admin: ModelAdmin, page: str, *args: Any) -> str:
    name = f"{model_admin.admin_site.name}:catalog_settlementruleset_{page}"
    return reverse(name, args=args)


def _page_of(model_admin: ModelAdmin, ruleset: SettlementRuleset) -> str:
    return _address(model_admin, "change", ruleset.pk)


def _page(
    model_admin: ModelAdmin,
    request: HttpRequest,
    name: str,
    context: dict[str, Any],
    folder: str = "rules",
) -> HttpResponse:
    whole = {
        **model_admin.admin_site.each_context(request),
        "own_heading": True,
        "opts": model_admin.opts,
        **context,
    }
    return render(request, f"console/{folder}/{name}.html", whole)
