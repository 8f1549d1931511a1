"""The test suite: real PostgreSQL and Valkey, nothing beyond loopback."""

import os

from beatvegas.settings.base import *  # noqa: F403

SECRET_KEY = "test-only-key-" + "0" * 40
SEALING_KEYS = ["test-only-sealing-key-" + "0" * 40]
ALLOWED_HOSTS = ["*"]
# Several test processes share one Valkey, each with a database of its own.
WAFFLE_CACHE_PREFIX = f"waffle-{os.getpid()}:"
# Nobody is written to unless a test says where.
TELEGRAM_URL = ""
# Whatever key the shell holds: a test that wants a provider says which.
ODDS_API_KEY = ""
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "archive": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
}
# Nothing is collected for tests: static files are found where they are written.
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
