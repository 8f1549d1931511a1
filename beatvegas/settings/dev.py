"""A laptop: the embedded stack, debug pages, loopback hosts."""

import os
from urllib.parse import urlsplit

from beatvegas.settings.base import *  # noqa: F403
from beatvegas.settings.base import BEAT_DEFAULTS as PRODUCTION
from beatvegas.settings.base import ENV, ODDS_API_KEY, ODDS_API_URL, SEALING_KEYS

DEBUG = True
SECRET_KEY = ENV.secret_key or "development-only-key-never-used-in-production-" + "0" * 20
SEALING_KEYS = [*SEALING_KEYS, "development-only-sealing-key-" + "0" * 20]
TENANT_ADDRESS = os.environ.get("TENANT_ADDRESS") or "http://{host}:8000"
ALLOWED_HOSTS = ["localhost", "127.0.0.1", ".localhost", "[::1]"]
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
if urlsplit(ODDS_API_URL).hostname in ("localhost", "127.0.0.1"):
    CONSOLE_MARK = ["Sandbox data", "info"]
elif ODDS_API_KEY:
    CONSOLE_MARK = ["Live data", "warning"]
else:
    CONSOLE_MARK = ["Recorded data", "info"]

# A demonstration is watched while it happens: its clock strikes faster than production's.
BEAT_DEFAULTS = {
    **PRODUCTION,
    "snapshots.fetch": {"every": 10},  # asks only what is due: feeds have rhythms of their own
    "snapshots.read": {"every": 30},  # what a poll brought is read at once; this is the sweep
    "simulations.rate": {"every": 60},
    "simulations.simulate": {"every": 20},
    "simulations.evaluate": {"every": 20},
    "picks.propose": {"every": 20},
    "picks.publish": {"every": 60},
    "picks.sweep_deliveries": {"every": 20},
    "picks.watch": {"every": 30},
    "picks.close": {"every": 20},
    "grading.grade": {"every": 30},
    "ops.take_stock": {"every": 15},
}
