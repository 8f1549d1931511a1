"""How log lines look: for eyes on a laptop, as JSON in production, without secrets in both.

They go to standard error: what a command prints is for the program that reads it.
"""

import logging
from collections.abc import Iterable
from typing import Any

import structlog

from apps.core.logs import HideInText, hide_named

TEXT, JSON = "text", "json"

# Who says everything twice, or says every few seconds what a receipt says better.
_QUIETER = {
    "celery.app.trace": "WARNING",
    "celery.beat": "WARNING",
    "celery.worker.strategy": "WARNING",
    "django.request": "CRITICAL",
    "httpcore": "WARNING",
    "urllib3": "WARNING",
}

_COMMON: list[Any] = [
    structlog.contextvars.merge_contextvars,
    structlog.stdlib.add_logger_name,
    structlog.stdlib.add_log_level,
    structlog.stdlib.ExtraAdder(),
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]

# What the request log says of itself: one line when a request is over.
DJANGO_STRUCTLOG_STATUS_START_LOG_LEVEL = logging.DEBUG
DJANGO_STRUCTLOG_IP_LOGGING_ENABLED = False  # the audit keeps it; here it could be made up
DJANGO_STRUCTLOG_USER_ID_FIELD = "login"
DJANGO_STRUCTLOG_CELERY_ENABLED = True
DJANGO_STRUCTLOG_CELERY_TASK_START_LOG_LEVEL = logging.DEBUG


def logging_config(form: str, *, level: str, secrets: Iterable[str] = ()) -> dict[str, Any]:
    """Return Django's LOGGING: every line of every library in one form, on standard error."""
    if form == JSON:
        rendering: list[Any] = [
            structlog.processors.dict_tracebacks,
            hide_named,
            structlog.processors.JSONRenderer(ensure_ascii=False),
        ]
    else:
        # Not Rich's, which draws the source and the locals of every frame: .14 s each time.
        plain = structlog.dev.plain_traceback
        rendering = [
            hide_named,
            structlog.dev.ConsoleRenderer(colors=False, sort_keys=False, exception_formatter=plain),
        ]
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "line": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": _COMMON,
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    *rendering,
                    HideInText(secrets),
                ],
            }
        },
        "handlers": {
            "console": {
                "class": "logging.StreamHandler",
                "formatter": "line",
            }
        },
        "root": {"handlers": ["console"], "level": level},
        "loggers": {name: {"level": quieter} for name, quieter in _QUIETER.items()}
        | {
            name: {"level": level, "handlers": [], "propagate": True}
            for name in ("gunicorn.error", "gunicorn.access")
        },
    }


structlog.configure(
    processors=[
        structlog.stdlib.filter_by_level,
        *_COMMON,
        structlog.stdlib.PositionalArgumentsFormatter(),
        structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
    ],
    logger_factory=structlog.stdlib.LoggerFactory(),
    wrapper_class=structlog.stdlib.BoundLogger,
    cache_logger_on_first_use=True,
)
