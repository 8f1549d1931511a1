"""What every environment shares."""

from pathlib import Path
from typing import Any

from beatvegas.settings.api import *  # noqa: F403
from beatvegas.settings.console import *  # noqa: F403
from beatvegas.settings.environment import (
    Environment,
    comma_separated,
    database,
    numbers_by_name,
)
from beatvegas.settings.jobs import *  # noqa: F403
from beatvegas.settings.logs import *  # noqa: F403
from beatvegas.settings.logs import TEXT, logging_config
from beatvegas.settings.tenancy import SHARED_APPS, TENANT_APPS

BASE_DIR = Path(__file__).resolve().parent.parent.parent
ENV = Environment()

APP_VERSION = ENV.app_version
DEBUG = False
SECRET_KEY = ENV.secret_key
SECRET_KEY_FALLBACKS = comma_separated(ENV.secret_key_fallbacks)
ALLOWED_HOSTS = comma_separated(ENV.allowed_hosts)
# The first seals, all of them open.
SEALING_KEYS = [
    *comma_separated(ENV.sealing_key.get_secret_value()),
    *comma_separated(ENV.sealing_key_fallbacks.get_secret_value()),
]
TRUSTED_PROXIES = ENV.trusted_proxies
CSRF_TRUSTED_ORIGINS = comma_separated(ENV.csrf_trusted_origins)

INSTALLED_APPS = [*SHARED_APPS, *[app for app in TENANT_APPS if app not in SHARED_APPS]]

# Two users of one database: the login role serves, the owner (read by core.ddl alone) builds.
DATABASES = {"default": database(ENV.database_url, pool=ENV.database_pool)}
DATABASE_OWNER_URL = ENV.database_owner_url
DATABASE_ROUTERS = ["django_tenants.routers.TenantSyncRouter"]
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TENANT_MODEL = "tenants.Tenant"
TENANT_DOMAIN_MODEL = "tenants.Domain"
TENANT_LIMIT_SET_CALLS = True
TENANT_CREATION_FAKES_MIGRATIONS = False
GET_EXECUTOR_FUNCTION = "apps.tenants.executor.get_executor"
SHOW_PUBLIC_IF_NO_TENANT_FOUND = False
# Where the operators' console is found, and under which domain a tenant is by default.
OPERATORS_HOSTS = comma_separated(ENV.operators_hosts)
TENANT_PARENT_DOMAIN = ENV.tenant_parent_domain
PUBLIC_SCHEMA_NAME = "public"
PUBLIC_SCHEMA_URLCONF = "beatvegas.urls_public"
ROOT_URLCONF = "beatvegas.urls_tenant"
WSGI_APPLICATION = "beatvegas.wsgi.application"

AUTH_USER_MODEL = "tenants.User"
AUTHENTICATION_BACKENDS = ["apps.tenants.auth.TenantBackend"]
SESSION_ENGINE = "apps.tenants.sessions"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
LOGIN_URL = "admin:login"
LOGIN_REDIRECT_URL = "admin:index"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]

MIDDLEWARE = [
    # Probes first: whoever asks whether a process lives knows no host name.
    "apps.ops.health.HealthMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    # After the static files: a line for each of them would hide the others.
    "apps.ops.requests.RequestLog",
    "apps.core.content_policy.ContentPolicyMiddleware",
    # Host first; session and person on the login role; then the tenant is entered.
    "apps.tenants.middleware.HostMiddleware",
    "apps.tenants.middleware.TenantSessionMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "apps.tenants.middleware.ScopeMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
]

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    }
]

CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": ENV.redis_url,
        "KEY_FUNCTION": "django_tenants.cache.make_key",
        "REVERSE_KEY_FUNCTION": "django_tenants.cache.reverse_key",
    },
    # Without a tenant in the key: only for what is the same for everybody.
    "shared": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": ENV.redis_url,
        "KEY_PREFIX": "shared",
    },
}
# What is rolled out knows tenants, and is the same answer for whoever asks.
WAFFLE_FLAG_MODEL = "governance.Rollout"
WAFFLE_CACHE_NAME = "shared"
CELERY_BROKER_URL = ENV.redis_url

USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
LANGUAGE_CODE = "en"
FORMAT_MODULE_PATH = ["beatvegas.formats"]

STATIC_URL = "/static/"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATIC_ROOT = ENV.static_root or BASE_DIR / "static-collected"

# Days that leave the database: a folder here, an object store in production.
ARCHIVE: dict[str, Any] = {"BACKEND": ENV.archive_backend, "OPTIONS": ENV.archive_options}
if ENV.archive_backend == "django.core.files.storage.FileSystemStorage":
    ARCHIVE["OPTIONS"] = {"location": ENV.archive_root or BASE_DIR / ".stack" / "archive"}
STORAGES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    "archive": ARCHIVE,
}
# How many days the database keeps of each table that is cut into days; each is archived first.
# Evaluations are copied into the picks that came of them; what is proof is kept for seven years.
RETENTION_DAYS = {
    "market_evaluation": 30,
    "raw_body": 90,
    "market_snapshot": 400,
    "audit_entry": 2_557,
    **numbers_by_name(ENV.retention_days),
}

ODDS_API_KEY = ENV.odds_api_key.get_secret_value()
ODDS_API_URL = ENV.odds_api_url
# Where people put files of results and injuries; empty: nobody does.
PROVIDER_FILES = ENV.provider_files

# Where messages go. A process of which nobody may hear has no address here.
TELEGRAM_URL = ENV.telegram_url
TENANT_ADDRESS = ENV.tenant_address
# Whether a webhook may lead to this machine or its network: never where others enter addresses.
WEBHOOKS_MAY_STAY_INSIDE = False

# What kind of data the console shows, said at the top of every page: words and a tone.
CONSOLE_MARK = ["Production", "danger"]

# Name of a recording -> where it lies; a rehearsal replaces this with its recordings.
RECORDINGS: dict[str, dict[str, Any]] = {}

LOGGING = logging_config(ENV.log_format or TEXT, level=ENV.log_level, secrets=ENV.secrets())
# Who reads /metrics says it as a bearer token; empty: programs on this machine need none.
METRICS_TOKEN = ENV.metrics_token.get_secret_value()
