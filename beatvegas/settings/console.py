"""How the console looks: colours, mark and words of the theme; what it shows is in apps.ops."""

from typing import Any

UNFOLD: dict[str, Any] = {
    "SITE_TITLE": "BeatVegas",
    "SITE_HEADER": "BeatVegas",
    "SITE_SUBHEADER": "Operations",
    "SITE_SYMBOL": "stacked_line_chart",
    "SITE_FAVICONS": "apps.ops.console.favicons",
    "SITE_URL": None,
    "SHOW_VIEW_ON_SITE": False,
    "DASHBOARD_CALLBACK": "apps.ops.overview.overview",
    "ENVIRONMENT": "apps.ops.navigation.environment",
    "COMMAND": {"search_models": "apps.ops.navigation.searched", "show_history": False},
    "STYLES": ["apps.ops.console.stylesheet"],
    "BORDER_RADIUS": "7px",
    "COLORS": {
        "base": {
            "50": "#F6F7F9",
            "100": "#F1F3F6",
            "200": "#E1E5EB",
            "300": "#C5CCD7",
            "400": "#97A3B4",
            "500": "#596373",
            "600": "#3A4351",
            "700": "#2F3743",
            "800": "#2A323D",
            "900": "#151A21",
            "950": "#0E1217",
        },
        "primary": {
            "50": "#EEF2FE",
            "100": "#E0E7FD",
            "200": "#C7D3FB",
            "300": "#A9BBFF",
            "400": "#93AAFF",
            "500": "#6F8BF5",
            "600": "#2346C7",
            "700": "#1F3EB2",
            "800": "#1C3793",
            "900": "#1B3276",
            "950": "#131F4A",
        },
    },
    "SIDEBAR": {
        "show_search": True,
        "command_search": True,
        "show_all_applications": False,
        "navigation": "apps.ops.console.navigation",
    },
}
