"""The pages of a configuration: what there is, the form, its preview, and two versions compared."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from unfold.admin import ModelAdmin

from apps.core import clock
from apps.core.actor import Actor
from apps.core.tenancy import PUBLIC, active_schemas, current_schema
from apps.governance import configs
from apps.governance.config_form.differences import differences
from apps.governance.config_form.drawing import SEEN
from apps.governance.config_form.form import ConfigForm
from apps.governance.config_form.outline import outline
from apps.governance.config_form.reading import read_document
from apps.governance.config_form.subjects import Subject, SubjectUnknown, newest_of_each
from apps.governance.models import PLATFORM, ConfigVersion, Section
from apps.rulebook.errors import RuleBroken

WRITE = "governance.add_configversion"


def overview(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Everything that can be configured here, what is in force for it, and what is to come."""
    at = clock.now()
    newest = newest_of_each()
    standing = {
        version.pk: version
        for version in ConfigVersion.objects.with_standing(at).exclude(standing="REPLACED")
    }
    in_force = {
        Subject.of(version): version
        for version in standing.values()
        if version.standing == "IN_FORCE"
    }
    lines: dict[Section, list[dict[str, Any]]] = {section: [] for section in Section}
    for subject in _subjects(newest):
        last = newest.get(subject)
        lines[subject.section].append(
            {
                "subject": subject,
                "in_force": in_force.get(subject),
                "to_come": last if last is not None and last.effective_from > at else None,
                "write": _address(model_admin, "write", subject),
                "may": _may_write(request, subject),
            }
        )
    leagues = sorted({subject.league for subject in newest if subject.league})
    context = {
        "title": "Configuration",
        "sections": [(section, _SAYS[section], rows) for section, rows in lines.items() if rows],
        "leagues": leagues,
        "tenants": active_schemas(),
        "may_begin": current_schema() == PUBLIC and request.user.has_perm(WRITE),
        "begin": _address(model_admin, "begin"),
        "all_versions": _list_of(model_admin),
    }
    return _page(model_admin, request, "overview", context)


def write(model_admin: ModelAdmin, request: HttpRequest, **named: str) -> HttpResponse:
    """The form, its preview, and the storing: three answers of one address."""
    subject = _subject(named)
    if not _may_write(request, subject):
        raise PermissionDenied
    at = clock.now()
    asked = request.POST.get("do", "preview")
    typed = request.POST if request.method == "POST" else None
    try:
        form = ConfigForm(subject, at=at, typed=typed, judged=asked in ("preview", "store"))
    except configs.ConfigMissing as refusal:
        raise Http404 from refusal
    if asked == "store" and form.is_valid:
        try:
            version = _store(form, request, at)
        except RuleBroken as refusal:
            form.problems[""].append(f"{refusal.sentence} ({refusal.code})")
        else:
            said = f"{subject}: version {version.number} is stored."
            model_admin.message_user(request, said, messages.SUCCESS)
            return HttpResponseRedirect(_page_of(model_admin, version))
    context = {
        "title": f"{subject}",
        "form": form,
        "subject": subject,
        "next": form.number + 1,
        "back": _address(model_admin, "overview"),
        "says": _SAYS[subject.section],
    }
    if asked == "preview" and form.is_valid:
        return _page(model_admin, request, "preview", {**context, **_preview(form)})
    return _page(model_admin, request, "form", context)


def version_page(model_admin: ModelAdmin, request: HttpRequest, version_id: str) -> HttpResponse:
    """One version: who wrote it, when it is in force, what it says, and its neighbours."""
    at = clock.now()
    version = get_object_or_404(ConfigVersion.objects.with_standing(at), pk=_uuid(version_id))
    subject = Subject.of(version)
    versions = list(
        ConfigVersion.objects.of(
            section=version.section,
            owner=version.tenant_schema,
            league=version.league,
            profile=version.profile,
        ).with_standing(at)
    )
    parts = outline(configs.KINDS[subject.section])
    context = {
        "title": f"{subject}, version {version.number}",
        "version": version,
        "subject": subject,
        "versions": [_line(model_admin, each) for each in versions],
        **read_document(parts, version.document),
        "compare": _address(model_admin, "compare"),
        "write": _address(model_admin, "write", subject),
        "may": _may_write(request, subject),
        "back": _address(model_admin, "overview"),
    }
    return _page(model_admin, request, "version", context)


def compare(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """The difference between any two versions of one section, the first taken as the older."""
    first, second = (
        get_object_or_404(ConfigVersion, pk=_uuid(request.GET.get(name, ""))) for name in ("a", "b")
    )
    if first.section != second.section:
        raise Http404
    parts = outline(configs.KINDS[Section(first.section)])
    context = {
        "title": "Two versions compared",
        "sides": [
            (f"{Subject.of(side)}, version {side.number}", _page_of(model_admin, side))
            for side in (first, second)
        ],
        "differences": differences(parts, first.document, second.document),
        "back": _page_of(model_admin, second),
    }
    return _page(model_admin, request, "compare", context)


def begin(model_admin: ModelAdmin, request: HttpRequest) -> HttpResponse:
    """Lead to the form of what has no version yet: another profile, a tenant's own opinion."""
    asked = {name: request.GET.get(name, "").strip() for name in ("section", "league", "profile")}
    try:
        subject = Subject.named(owner=request.GET.get("owner", PLATFORM), **asked)
    except SubjectUnknown as refusal:
        said = f"{refusal.sentence} A profile's name is small letters, digits, - and _."
        model_admin.message_user(request, said, messages.ERROR)
        return HttpResponseRedirect(_address(model_admin, "overview"))
    return HttpResponseRedirect(_address(model_admin, "write", subject))


_SAYS = {
    Section.MARKET: "How a league's market is read: the platform's, one per league and profile.",
    Section.MODEL: "How a league is simulated and how far its model is trusted: the platform's.",
    Section.OPINION: "What is worth publishing and how much of it: a tenant's own, or the"
    " platform's where it has none.",
    Section.PARLAY: "How parlays are put together: a tenant's own profiles, or the platform's of"
    " that name.",
}


def _subjects(newest: dict[Subject, ConfigVersion]) -> Sequence[Subject]:
    """List what has versions, and the opinions that a tenant here could write."""
    here = current_schema()
    tenants = active_schemas() if here == PUBLIC else [here]
    leagues = sorted({s.league for s in newest if s.section is Section.OPINION and s.league})
    possible = {
        Subject(Section.OPINION, tenant, league, "")
        for tenant in tenants
        for league in (leagues if here != PUBLIC else [])
    }
    if here != PUBLIC:
        profiles = {s.profile for s in newest if s.section is Section.PARLAY}
        possible |= {Subject(Section.PARLAY, here, "", profile) for profile in profiles}
    known = [*newest, *possible.difference(newest)]
    return sorted(
        known, key=lambda s: (s.section, s.owner != PLATFORM, s.owner, s.league, s.profile)
    )


def _subject(named: dict[str, str]) -> Subject:
    try:
        return Subject.named(**named)
    except SubjectUnknown as refusal:
        raise Http404 from refusal


def _may_write(request: HttpRequest, subject: Subject) -> bool:
    return bool(request.user.has_perm(WRITE)) and subject.may_be_written_here()


def _store(form: ConfigForm, request: HttpRequest, at: datetime) -> ConfigVersion:
    assert form.document is not None
    return configs.create_version(
        form.document,
        by=Actor.staff(request.user, request),
        at=at,
        reason=form.reason,
        tenant=form.subject.tenant,
        profile=form.subject.profile,
        effective_from=form.since,
        seen=form.number,
    )


def _line(model_admin: ModelAdmin, version: Any) -> dict[str, Any]:
    """A version in the list of those that it can be compared with."""
    return {
        "key": version.pk,
        "number": version.number,
        "page": _page_of(model_admin, version),
        "since": version.effective_from,
        "standing": version.standing,
        "reason": version.reason,
        "author": version.author,
    }


def _preview(form: ConfigForm) -> dict[str, Any]:
    assert form.version is not None
    return {
        "version": form.version,
        "differences": differences(form.parts, form.before, form.version.document),
        "before": f"Version {form.number}" if form.newest else "Inherited",
        "after": f"Version {form.number + 1}",
        "at_once": form.since is None,
        "seen_name": SEEN,
        "inherited": form.newest is None,
    }


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise Http404 from None


def _address(model_admin: ModelAdmin, page: str, subject: Subject | None = None) -> str:
    name = f"{model_admin.admin_site.name}:governance_configversion_{page}"
    return reverse(name, args=subject.address.split("/") if subject else [])


def _page_of(model_admin: ModelAdmin, version: ConfigVersion) -> str:
    return reverse(
        f"{model_admin.admin_site.name}:governance_configversion_change", args=[version.pk]
    )


def _list_of(model_admin: ModelAdmin) -> str:
    return reverse(f"{model_admin.admin_site.name}:governance_configversion_changelist")


def _page(
    model_admin: ModelAdmin, request: HttpRequest, name: str, context: dict[str, Any]
) -> HttpResponse:
    whole = {
        **model_admin.admin_site.each_context(request),
        "own_heading": True,
        "opts": model_admin.opts,
        **context,
    }
    return render(request, f"console/config/{name}.html", whole)
