"""Which app lives in which schema, and nothing else."""

SHARED_APPS = [
    # The theme stands before django_tenants, or the latter's admin templates replace it.
    "unfold",
    "unfold.contrib.filters",
    "unfold.contrib.simple_history",
    "django_tenants",
    "django.contrib.contenttypes",
    "django.contrib.auth",
    "django.contrib.admin",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "simple_history",
    "django_celery_beat",
    "django_structlog",
    "beatvegas.waffle.Waffle",
    "rest_framework",
    "rest_framework_api_key",
    "django_filters",
    "drf_spectacular",
    "drf_spectacular_sidecar",
    "apps.core",
    "apps.governance",
    "apps.tenants",
    "apps.catalog",
    "apps.snapshots",
    "apps.simulations",
    "apps.api",
    "apps.site",
    "apps.ops",
]

TENANT_APPS = [
    # Also in every tenant from the first migration: a shared admin log would show one
    # tenant's history to another.
    "django.contrib.admin",
    "apps.picks",
    "apps.grading",
]
