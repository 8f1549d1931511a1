"""What every operation of the API may be asked and may answer, for its schema."""

from types import SimpleNamespace
from typing import Any

import django_filters
from django_filters.rest_framework import FilterSet
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, OpenApiResponse

from apps.api import answers
from apps.api.filters import (
    LONGEST_LEAGUE,
    MOST_DAYS,
    USUAL_DAYS,
    EventFilter,
    InstantFilter,
    ParlayFilter,
    PickFilter,
)
from apps.api.paging import CURSOR, HIGHEST_LIMIT, LIMIT, USUAL_LIMIT
from apps.core.problems import CONTENT_TYPE

_PROBLEMS = {
    400: "A parameter cannot be understood: PARAMETER_INVALID.",
    401: "No key, or one that opens nothing: NOT_AUTHENTICATED, API_KEY_INVALID,"
    " API_KEY_EXPIRED, API_KEY_REVOKED.",
    403: "Not for this key or person: API_KEY_FOREIGN, API_KEY_SCOPE_MISSING, PERMISSION_DENIED.",
    404: "There is nothing here: NOT_FOUND.",
    405: "Only GET, HEAD and OPTIONS: METHOD_NOT_ALLOWED.",
    406: "Only JSON: NOT_ACCEPTABLE.",
    500: "It failed on our side: INTERNAL_ERROR.",
    503: "Ask again after Retry-After: UNAVAILABLE, SWITCH_OFF.",
}
_PAGING = [
    OpenApiParameter(
        CURSOR, OpenApiTypes.STR, description="Where the page before ended; taken from `next`."
    ),
    OpenApiParameter(
        LIMIT,
        {"type": "integer", "minimum": 1, "maximum": HIGHEST_LIMIT, "default": USUAL_LIMIT},
        description="Rows on a page.",
    ),
]
_KEPT = [
    OpenApiParameter(
        "If-None-Match",
        OpenApiTypes.STR,
        OpenApiParameter.HEADER,
        description="The ETag of what the client has: unchanged is 304 without a body.",
    ),
    OpenApiParameter(
        "ETag",
        OpenApiTypes.STR,
        OpenApiParameter.HEADER,
        response=[200, 304],
        description="Names these bytes.",
    ),
]


def _filters(filters: type[FilterSet]) -> list[OpenApiParameter]:
    return [
        OpenApiParameter(name, _kind(one), description=one.extra.get("help_text", ""))
        for name, one in filters.base_filters.items()
    ]


def _kind(one: Any) -> Any:
    if isinstance(one, InstantFilter):
        return OpenApiTypes.DATETIME
    if isinstance(one, django_filters.UUIDFilter):
        return OpenApiTypes.UUID
    if isinstance(one, django_filters.ChoiceFilter):
        return {"type": "string", "enum": [word for word, _ in one.extra["choices"]]}
    return {"type": "string", "maxLength": LONGEST_LEAGUE}


def _operation(
    name: str, tag: str, answer: Any, *, parameters: Any = (), may: tuple[int, ...], kept: bool
) -> dict[str, Any]:
    responses: dict[Any, Any] = {200: answer}
    if kept:
        responses[304] = OpenApiResponse(description="Nothing changed.")
    for status in sorted({*may, 401, 403, 405, 406, 500, 503}):
        responses[status, CONTENT_TYPE] = OpenApiResponse(answers.Problem, _PROBLEMS[status])
    return {
        "operation_id": name,
        "tags": [tag],
        "parameters": [*parameters, *(_KEPT if kept else ())],
        "responses": responses,
    }


documented = SimpleNamespace(
    picks=_operation(
        "list_picks",
        "picks",
        answers.PickPage,
        parameters=[*_filters(PickFilter), *_PAGING],
        may=(400,),
        kept=True,
    ),
    pick=_operation("get_pick", "picks", answers.ShownPick, may=(400, 404), kept=True),
    parlays=_operation(
        "list_parlays",
        "parlays",
        answers.ParlayPage,
        parameters=[*_filters(ParlayFilter), *_PAGING],
        may=(400,),
        kept=True,
    ),
    parlay=_operation("get_parlay", "parlays", answers.ShownParlay, may=(400, 404), kept=True),
    events=_operation(
        "list_events",
        "events",
        answers.EventPage,
        parameters=[*_filters(EventFilter), *_PAGING],
        may=(400,),
        kept=True,
    ),
    event=_operation("get_event", "events", answers.ShownEvent, may=(400, 404), kept=True),
    grading=_operation(
        "list_grading_days",
        "grading",
        answers.GradingDays,
        parameters=[
            OpenApiParameter(
                "days",
                {"type": "integer", "minimum": 1, "maximum": MOST_DAYS, "default": USUAL_DAYS},
                description="How many days back.",
            )
        ],
        may=(400,),
        kept=False,
    ),
    record=_operation("get_record", "record", answers.Record, may=(400,), kept=True),
    health=_operation("get_health", "health", answers.Health, may=(400,), kept=False),
)
