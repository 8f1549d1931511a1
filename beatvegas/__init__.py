"""The BeatVegas project: settings, URL roots, the Celery app, the test plugin."""
