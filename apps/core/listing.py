"""How every list answers at once, however long its table is: pages, searches, filters, cells.

Nothing here counts. A page is read with one row more than it shows, which says whether another
follows; a search is a look-up of identifiers or a handful of names; a filter's choices are
known before the table is asked.
"""

from collections.abc import Callable, Iterable, Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

from django.contrib.admin import SimpleListFilter
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.utils import get_fields_from_path
from django.contrib.admin.views.main import PAGE_VAR
from django.core.paginator import Paginator
from django.db.models import Model, Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from unfold.views import ChangeList

from apps.core import clock, formats

NAMES_AT_MOST = 40  # rows of a small table that one searched word may stand for
FOUND_AT_MOST = 1_000  # rows that an identifier of another table may lead to
_LAST_PAGE = 100_000


class UncountedPaginator(Paginator):  # type: ignore[type-arg]
    """Says how many rows were seen, never how many there are."""

    template_name = "console/list_pages.html"
    seen = 0

    @property
    def count(self) -> int:
        return self.seen


class UncountedList(ChangeList):
    """A page of a list: its rows, and whether another page follows."""

    has_next: bool

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.is_popup:
            self.title = str(self.opts.verbose_name_plural).capitalize()

    def get_results(self, request: HttpRequest) -> None:
        per_page = self.list_per_page
        if not 1 <= self.page_num <= _LAST_PAGE:
            raise IncorrectLookupParameters
        start = (self.page_num - 1) * per_page
        rows = list(self.queryset[start : start + per_page + 1])
        if not rows and self.page_num > 1:
            raise IncorrectLookupParameters
        self.has_next = len(rows) > per_page
        self.result_list = rows[:per_page]
        self.result_count = start + len(self.result_list)
        self.full_result_count = self.result_count  # the theme says both where they differ
        self.show_full_result_count = False
        self.show_admin_actions = bool(rows)
        self.can_show_all = False
        self.multi_page = self.page_num > 1 or self.has_next
        self.paginator = self.model_admin.get_paginator(request, self.result_list, per_page)
        self.paginator.seen = self.result_count

    @property
    def pages(self) -> dict[str, str]:
        """What stands below the list: which rows these are, and the ways on and back."""
        noun = str(self.opts.verbose_name_plural)
        if not self.multi_page:
            one = str(self.opts.verbose_name)
            text = formats.plural(self.result_count, one, noun)
        else:
            first = formats.count(self.result_count - len(self.result_list) + 1)
            text = f"{noun.capitalize()} {first}–{formats.count(self.result_count)}"
            text += ", more follow" if self.has_next else ", the last"
        before = self.get_query_string({PAGE_VAR: self.page_num - 1}) if self.page_num > 1 else ""
        after = self.get_query_string({PAGE_VAR: self.page_num + 1}) if self.has_next else ""
        return {"text": text, "before": before, "after": after}


# Searches


def looked_up(
    queryset: QuerySet[Any],
    term: str,
    *,
    ids: Sequence[str] = (),
    exact: Sequence[str] = (),
    names: Sequence[str] = (),
) -> QuerySet[Any]:
    """Keep the rows that a typed term names: by identifier, by code, or by part of a name.

    ``ids`` are columns of UUIDs and are asked only where the term is one; ``exact`` are compared
    whole; ``names`` end on a column of a small table (``home__name``), whose rows are found first.
    """
    term = term.strip()
    found = Q(pk__in=[])
    if uuid := as_uuid(term):
        for column in ids:
            found |= _exactly(queryset.model, column, uuid)
    else:
        for column in names:
            found |= _by_name(queryset.model, column, term)
    for column in exact:
        found |= _exactly(queryset.model, column, term)
    return queryset.filter(found)


def _exactly(model: type[Model], column: str, value: Any) -> Q:
    """A column of another table is looked up first: an OR over two tables reads both whole."""
    if "__" not in column:
        return Q(**{column: value})
    rows = model._default_manager.filter(**{column: value}).order_by()
    return Q(pk__in=list(rows.values_list("pk", flat=True)[:FOUND_AT_MOST]))


def as_uuid(term: str) -> UUID | None:
    """Read what may be an identifier."""
    try:
        return UUID(term)
    except ValueError:
        return None


def _by_name(model: type[Model], path: str, term: str) -> Q:
    relation, _, column = path.rpartition("__")
    if not relation:
        return Q(**{f"{column}__icontains": term})
    found = _first_keys(model, relation, Q(**{f"{column}__icontains": term}), NAMES_AT_MOST)
    near, _, far = relation.rpartition("__")
    if not near:
        return Q(**{f"{relation}__in": found})
    # One step further out: teams first, then their newest events, then the rows of those.
    between = _first_keys(model, near, Q(**{f"{far}__in": found}), FOUND_AT_MOST)
    return Q(**{f"{near}__in": between})


def _first_keys(model: type[Model], relation: str, fits: Q, at_most: int) -> list[Any]:
    """Keys of the rows that a relation leads to and that fit, the last of their order first."""
    related: Any = get_fields_from_path(model, relation)[-1].related_model
    rows = related._default_manager.filter(fits).reverse()
    return list(rows.values_list("pk", flat=True)[:at_most])


# Filters


def recent(column: str, title: str = "") -> type[SimpleListFilter]:
    """Make a filter that keeps what lies in the last hour, day, week or month."""
    spans = {
        "hour": ("Last hour", timedelta(hours=1)),
        "day": ("Last 24 hours", timedelta(days=1)),
        "week": ("Last 7 days", timedelta(days=7)),
        "month": ("Last 30 days", timedelta(days=30)),
    }

    def lookups(_filter: Any, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        return [(name, label) for name, (label, _) in spans.items()]

    def queryset(_filter: Any, _request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        span = spans.get(_filter.value() or "")
        return rows.filter(**{f"{column}__gte": clock.now() - span[1]}) if span else rows

    return _filter(column, title or column.replace("_at", "").replace("_", " "), lookups, queryset)


def one_of(
    column: str, choices: Iterable[str] | Callable[[], Iterable[str]], title: str = ""
) -> type[SimpleListFilter]:
    """Make a filter on a column of codes; the codes are known, so the table is not asked."""

    def lookups(_filter: Any, _request: HttpRequest, _admin: Any) -> list[tuple[str, str]]:
        known = choices() if callable(choices) else choices
        return [(str(code), formats.words(str(code))) for code in known]

    def queryset(_filter: Any, _request: HttpRequest, rows: QuerySet[Any]) -> QuerySet[Any]:
        code = _filter.value()
        return rows.filter(**{column: code}) if code else rows

    return _filter(column, title or column.rpartition("__")[2].replace("_", " "), lookups, queryset)


def _filter(
    column: str, title: str, lookups: Callable[..., Any], queryset: Callable[..., Any]
) -> type[SimpleListFilter]:
    return type(
        f"{column.title().replace('_', '')}Filter",
        (SimpleListFilter,),
        {
            "title": title,
            "parameter_name": f"of_{column}",
            "lookups": lookups,
            "queryset": queryset,
        },
    )


# Cells


def two_lines(main: Any, below: Any = "", *, title: str = "") -> SafeString:
    """A cell with one main line and one quiet second line."""
    return format_html(
        '<div class="bv-cell"{}><div class="bv-main">{}</div><div class="bv-sub">{}</div></div>',
        format_html(' title="{}"', title) if title else "",
        main,
        below,
    )


def told(main: Any, sentence: Any) -> SafeString:
    """A cell that says what is the matter, in as many lines as it takes."""
    return format_html(
        '<div class="bv-cell bv-cell-told"><div class="bv-main">{}</div>'
        '<div class="bv-sub">{}</div></div>',
        main,
        sentence,
    )


def named(name: Any, figure: Any, below: Any = "") -> SafeString:
    """A cell whose name gives way where it is narrow: line and price are never cut."""
    return format_html(
        '<div class="bv-cell bv-cell-wide"><div class="bv-main bv-named" title="{} {}">'
        '<span class="bv-name">{}</span><span class="bv-figure">{}</span></div>'
        '<div class="bv-sub bv-cut-off" title="{}">{}</div></div>',
        name,
        figure,
        name,
        figure,
        below,
        below,
    )


def address(site: Any, model: type[Model], key: Any) -> str:
    """Where the page of a row stands on this site; empty where the site does not show it."""
    if key is None or key == "" or model not in site._registry:
        return ""
    meta = model._meta
    return reverse(f"{site.name}:{meta.app_label}_{meta.model_name}_change", args=[key])


def listed_at(site: Any, model: type[Model], query: str = "") -> str:
    """Where the list of a table stands on this site, filtered; empty where it is not shown."""
    if model not in site._registry:
        return ""
    meta = model._meta
    there = reverse(f"{site.name}:{meta.app_label}_{meta.model_name}_changelist")
    return f"{there}?{query}" if query else there


def linked(href: str, text: Any) -> SafeString:
    """A link, or the text alone where there is nowhere to go."""
    return format_html('<a href="{}">{}</a>', href, text) if href else format_html("{}", text)
