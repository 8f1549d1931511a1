"""The Celery app. A doorbell and no more: work that must happen is a row in the database.

Which settings it serves is said by whoever starts the process (DJANGO_SETTINGS_MODULE).
"""

import logging.config
from typing import Any

from celery import Celery, signals
from django.conf import settings

app = Celery("beatvegas")
app.set_default()  # in every thread: the web server's threads ring this bell, too
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(lambda: settings.INSTALLED_APPS)


@signals.setup_logging.connect
def log_as_everybody_does(**_given: Any) -> None:
    """Keep Celery from making loggers of its own: one form of line, and no secrets in it."""
    logging.config.dictConfig(settings.LOGGING)
