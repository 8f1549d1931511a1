"""A rehearsal: recorded bytes in, nothing out.

There is no Telegram and no payment adapter to construct here, and no broker to ring: that is
the wall between a replay and the world.
"""

from beatvegas.settings.base import *  # noqa: F403

SECRET_KEY = "a-rehearsal-signs-nothing-" + "0" * 30
ALLOWED_HOSTS: list[str] = []
CELERY_BROKER_URL = "memory://"
CACHES = {
    "default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
    "shared": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"},
}
