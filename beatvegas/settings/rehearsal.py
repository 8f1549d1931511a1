"""A rehearsal: recorded bytes in, nothing out.

There is no Telegram and no payment adapter to construct here, and no broker to ring: that is
the wall between a replay and the world.
"""

import json
import os
from typing import Any

from beatvegas.settings.base import *  # noqa: F403

SECRET_KEY = "a-rehearsal-signs-nothing-" + "0" * 30
ALLOWED_HOSTS = []
ODDS_API_KEY = ""
TELEGRAM_URL = ""
DOORBELLS = False
CELERY_BROKER_URL = "memory://"
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "shared": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}


def recordings(recording: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """Describe each recorded source under the name that its feed carries."""
    sources: dict[str, dict[str, Any]] = {}
    if recording.get("changelogs"):
        sources["odds"] = {"changelogs": recording["changelogs"], "events": recording["events"]}
    for index, folder in enumerate(recording.get("bodies", [])):
        sources[f"bodies{index}"] = {"folder": folder}
    if recording.get("results"):
        sources["results"] = {"results": recording["results"], "events": recording["events"]}
    for index, archive in enumerate(recording.get("histories", [])):
        sources[f"history{index}"] = {"archive": archive}
    return sources


RECORDINGS = recordings(json.loads(os.environ.get("BEATVEGAS_RECORDING", "{}")))
