"""Celery: queues, routes and the beat defaults that `install_schedule` writes into the database."""

from typing import Any

# Whether a commit rings for the work that it made due.
DOORBELLS = True
CELERY_TASK_DEFAULT_QUEUE = "pipeline"
CELERY_TASK_ROUTES = {
    # Only the worker of this queue knows the owner's connection.
    "ops.make_partitions": {"queue": "ddl"},
    "ops.archive_days": {"queue": "ddl"},
    "ops.drop_days": {"queue": "ddl"},
    "tenants.provision": {"queue": "ddl"},
}
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_TASK_IGNORE_RESULT = True
# A worker that dies gives its task back at once; every task is idempotent.
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_TRACK_STARTED = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_TIME_LIMIT = 300
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 900}
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
# Log lines are Django's own (beatvegas.celery), a worker's among them.
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"
CELERY_ENABLE_UTC = True
CELERY_BEAT_SCHEDULER = "django_celery_beat.schedulers:DatabaseScheduler"

# Seconds in which a second beat of the watch finds the turn taken; less than its rhythm.
WATCH_TURN_S = 30
# Seconds for which one worker has a message to itself; longer than any call may take.
DELIVERY_LEASE_S = 60

# task name -> seconds between two runs; operators may retime the installed copies.
BEAT_DEFAULTS: dict[str, dict[str, Any]] = {
    "snapshots.fetch": {"every": 60},
    "snapshots.read": {"every": 60},
    "snapshots.reread": {"every": 60},
    "snapshots.check": {"every": 60},
    "simulations.rate": {"every": 300},
    "simulations.simulate": {"every": 60},
    "simulations.evaluate": {"every": 60},
    "picks.propose": {"every": 60},
    "picks.publish": {"every": 300},
    "picks.sweep_deliveries": {"every": 60},
    "picks.watch": {"every": 120},
    "picks.close": {"every": 60},
    "grading.grade": {"every": 300},
    "ops.take_stock": {"every": 60},
    "governance.watch_jobs": {"every": 60},
    "governance.sweep_alerts": {"every": 60},
    "ops.make_partitions": {"every": 3600},
    "ops.archive_days": {"every": 3600},
    "ops.drop_days": {"every": 3600},
    "tenants.provision": {"every": 300},
}
