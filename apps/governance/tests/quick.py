"""Settings for worker processes of tests: the same platform, with seconds for minutes."""

import os

from beatvegas.settings.test import *  # noqa: F403

TELEGRAM_URL = os.environ.get("TELEGRAM_URL", "")
WATCH_TURN_S = 1
DELIVERY_LEASE_S = 5
