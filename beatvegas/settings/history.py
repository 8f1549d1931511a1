"""The sandbox's past, played into a developer's database by a process that rings for nobody.

Doorbells would wake workers for work that the player does itself, at the instant it belongs to.
"""

from beatvegas.settings.background import *  # noqa: F403

DOORBELLS = False
TELEGRAM_URL = ""  # nobody hears of the past
