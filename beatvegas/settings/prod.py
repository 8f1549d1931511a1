"""Production: secrets from the environment or no start at all."""

from django.core.exceptions import ImproperlyConfigured

from beatvegas.settings.base import *  # noqa: F403
from beatvegas.settings.base import ENV

_missing = [
    name.upper()
    for name in ("database_url", "redis_url", "secret_key", "allowed_hosts")
    if not getattr(ENV, name)
]
if _missing:
    raise ImproperlyConfigured(f"Set these before starting: {', '.join(_missing)}.")

SECURE_SSL_REDIRECT = True
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
X_FRAME_OPTIONS = "DENY"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
