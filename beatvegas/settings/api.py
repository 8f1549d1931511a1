"""The API: who is let in, how refusals look, how it is described, what its page may load."""

from typing import Any

from csp.constants import NONE, SELF, UNSAFE_EVAL, UNSAFE_INLINE

REST_FRAMEWORK: dict[str, Any] = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "apps.api.authentication.KeyAuthentication",
        "apps.api.authentication.StaffSession",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["apps.api.permissions.MayRead"],
    "DEFAULT_RENDERER_CLASSES": ["rest_framework.renderers.JSONRenderer"],
    "DEFAULT_PARSER_CLASSES": [],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "EXCEPTION_HANDLER": "apps.api.errors.handle",
    "URL_FORMAT_OVERRIDE": None,
}

SPECTACULAR_SETTINGS: dict[str, Any] = {
    "TITLE": "BeatVegas API",
    "DESCRIPTION": (
        "What one tenant may read: its published picks, the games behind them, and whether they"
        " are being kept up. The host says which tenant; an API key opens the host of its own"
        " tenant only. Values are plain: decimal odds, points, probabilities from 0 to 1,"
        " instants in UTC. Every refusal is a problem document with a stable `code`."
    ),
    "VERSION": "1.0.0",
    "OAS_VERSION": "3.1.1",
    "SCHEMA_PATH_PREFIX": "/api/v1",
    "SERVE_INCLUDE_SCHEMA": False,
    "SERVE_PERMISSIONS": ["rest_framework.permissions.AllowAny"],
    "SERVE_AUTHENTICATION": [],
    "ENUM_GENERATE_CHOICE_DESCRIPTION": False,
    # Sets of words that fields of one name have in different answers: each keeps its own name.
    "ENUM_NAME_OVERRIDES": {
        "OutcomeEnum": "apps.rulebook.settlement.Outcome",
        "ParlayOutcomeEnum": "apps.rulebook.parlays.ParlayOutcome",
        "ParlayStatusEnum": "apps.rulebook.parlays.ParlayStatus",
        "ShownPickStatusEnum": [(word, word) for word in ("PUBLISHED", "SUPERSEDED", "GRADED")],
    },
    "SWAGGER_UI_DIST": "SIDECAR",
    "SWAGGER_UI_FAVICON_HREF": "SIDECAR",
    "SWAGGER_UI_SETTINGS": {
        "deepLinking": True,
        "displayRequestDuration": True,
        "validatorUrl": None,
    },
}

# What a browser may load for an answer. Answers for programs: nothing at all.
CONTENT_SECURITY_POLICY: dict[str, Any] = {
    "DIRECTIVES": {"default-src": [NONE], "frame-ancestors": [NONE], "base-uri": [NONE]}
}
_FROM_HERE: dict[str, Any] = {
    "default-src": [NONE],
    "script-src": [SELF],
    "style-src": [SELF],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
    "base-uri": [NONE],
    "form-action": [SELF],
    "frame-ancestors": [NONE],
}
# A tenant's own pages: colours, type and pictures from here, and not one script.
BOARD_POLICY: dict[str, Any] = {
    "default-src": [NONE],
    "style-src": [SELF],
    "img-src": [SELF],
    "font-src": [SELF],
    "base-uri": [NONE],
    "form-action": [NONE],
    "frame-ancestors": [NONE],
}
# Path -> what its pages may load instead; the first that fits.
CONTENT_POLICIES: dict[str, dict[str, Any]] = {
    "/api/v1/docs/": _FROM_HERE,
    # The theme's scripts make functions of texts, and its styles stand in the pages.
    "/admin/": {
        **_FROM_HERE,
        "script-src": [SELF, UNSAFE_EVAL],
        "style-src": [SELF, UNSAFE_INLINE],
    },
}
