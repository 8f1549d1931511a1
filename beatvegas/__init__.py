"""The BeatVegas project: settings, URL roots, the Celery app, the test plugin."""

# Whoever imports the project rings this app's bell and not Celery's default one.
from beatvegas.celery import app as celery_app

__all__ = ["celery_app"]
