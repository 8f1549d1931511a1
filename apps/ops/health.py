"""Whether this process lives, and whether it could serve: for whoever restarts and balances it.

Answered before anything else, for any host name: a probe knows a container's address and not
the name of the operators' host. Nothing is said to it that an outsider could use.
"""

from collections.abc import Callable, Mapping
from functools import cache

import psycopg
import redis
from django.apps import AppConfig, apps
from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed, JsonResponse

ALIVE, READY = "/healthz", "/readyz"
PATIENCE_S = 2
OK = "ok"
_ADDRESS = ("dbname", "user", "password", "host", "port", "sslmode", "sslrootcert")

GetResponse = Callable[[HttpRequest], HttpResponse]


class HealthMiddleware:
    """Stands first: neither host, tenant, session nor redirect is asked before it."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info not in (ALIVE, READY):
            return self.get_response(request)
        if request.method not in ("GET", "HEAD"):
            return HttpResponseNotAllowed(["GET", "HEAD"])
        if request.path_info == ALIVE:
            return _unstored(HttpResponse("alive\n", content_type="text/plain; charset=utf-8"))
        checks = readiness()
        ready = set(checks.values()) == {OK}
        return _unstored(
            JsonResponse({"ready": ready, "checks": checks}, status=200 if ready else 503)
        )


def readiness() -> Mapping[str, str]:
    """Ask everything that a request needs, each for two seconds at most."""
    database, migrations = _database()
    return {"database": database, "migrations": migrations, "valkey": _valkey()}


def _database() -> tuple[str, str]:
    """Ask on a connection of its own, so that a pool in full use is not taken for an outage."""
    told = connection.get_connection_params()
    address = {key: told[key] for key in _ADDRESS if key in told}
    try:
        with psycopg.connect(**address, connect_timeout=PATIENCE_S, autocommit=True) as line:
            line.execute(f"SET statement_timeout = '{PATIENCE_S}s'")
            found = line.execute("SELECT app, name FROM django_migrations").fetchall()
    except psycopg.OperationalError:
        return "no answer", "not known"
    except psycopg.Error:
        return OK, "not known"
    missing = len(_on_disk().difference(found))
    return OK, OK if not missing else f"{missing} to apply"


@cache
def _on_disk() -> frozenset[tuple[str, str]]:
    """Every migration that the code of this process brings; it does not change while it lives."""
    loader = MigrationLoader(None)
    shared = {config.label for config in apps.get_app_configs() if _is_shared(config)}
    return frozenset(key for key in loader.disk_migrations if key[0] in shared)


def _is_shared(config: AppConfig) -> bool:
    """An app is listed under its own name or under that of its configuration's class."""
    kind = type(config)
    return bool(
        {config.name, f"{kind.__module__}.{kind.__qualname__}"}.intersection(settings.SHARED_APPS)
    )


def _valkey() -> str:
    limits = {"socket_connect_timeout": PATIENCE_S, "socket_timeout": PATIENCE_S}
    try:
        with redis.Redis.from_url(settings.CELERY_BROKER_URL, **limits) as line:
            line.ping()
    except redis.RedisError:
        return "no answer"
    return OK


def _unstored(answer: HttpResponse) -> HttpResponse:
    answer.headers["Cache-Control"] = "no-store"
    return answer
