"""The Celery app. A doorbell and no more: work that must happen is a row in the database.

Which settings it serves is said by whoever starts the process (DJANGO_SETTINGS_MODULE).
"""

from celery import Celery
from django.conf import settings

app = Celery("beatvegas")
app.set_default()  # in every thread: the web server's threads ring this bell, too
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(lambda: settings.INSTALLED_APPS)
