"""Production: everything that must be said is said by the environment, or nothing starts."""

from django.core.exceptions import ImproperlyConfigured

from beatvegas.settings.base import *  # noqa: F403
from beatvegas.settings.base import ARCHIVE, ENV
from beatvegas.settings.logs import JSON, logging_config

# What has no default, and what has one that fits a laptop only.
REQUIRED = (
    "database_url",
    "redis_url",
    "secret_key",
    "sealing_key",
    "allowed_hosts",
    "operators_hosts",
    "tenant_parent_domain",
)
_missing = [
    name.upper() for name in REQUIRED if name not in ENV.model_fields_set or not getattr(ENV, name)
]
if _missing:
    raise ImproperlyConfigured(f"Set these before starting: {', '.join(_missing)}.")

# Probes and figures are asked inside, without TLS.
SECURE_SSL_REDIRECT = True
SECURE_REDIRECT_EXEMPT = [r"^metrics$"]
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
SECURE_HSTS_PRELOAD = True
# The proxy in front overwrites it; without one nobody else may reach this process.
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE = True
CSRF_COOKIE_SECURE = True
X_FRAME_OPTIONS = "DENY"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
    "archive": ARCHIVE,
}
LOGGING = logging_config(ENV.log_format or JSON, level=ENV.log_level, secrets=ENV.secrets())
