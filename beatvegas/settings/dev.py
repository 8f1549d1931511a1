"""A laptop: the embedded stack, debug pages, loopback hosts."""

from beatvegas.settings.base import *  # noqa: F403
from beatvegas.settings.base import ENV

DEBUG = True
SECRET_KEY = ENV.secret_key or "development-only-key-never-used-in-production-" + "0" * 20
ALLOWED_HOSTS = ["localhost", "127.0.0.1", ".localhost", "[::1]"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_AUTOREFRESH = True
WHITENOISE_USE_FINDERS = True
