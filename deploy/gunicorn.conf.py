"""How the web process serves in production; the laptop's is in apps.ops.up."""

import os

from beatvegas.settings.environment import Environment
from beatvegas.settings.logs import JSON, logging_config

_env = Environment()

bind = "0.0.0.0:8000"
# One blocking thread in each process keeps the slowest answers shortest (docs/deploy.md).
workers = int(os.environ.get("WEB_CONCURRENCY", "4"))
worker_class = "gthread"
threads = int(os.environ.get("WEB_THREADS", "1"))
timeout = 60
graceful_timeout = 30
keepalive = 30
# A connection remembers the tables of every tenant that it served: start anew now and then.
max_requests = 20_000
max_requests_jitter = 2_000
# Heartbeats are written here; a disk would make a busy machine look dead.
worker_tmp_dir = "/dev/shm"
# The proxy in front says https in X-Forwarded-Proto; Django asks for it, gunicorn need not.
forwarded_allow_ips = ""
control_socket_disable = True
# One line per request is written by the application, with tenant and request id.
accesslog = None
logconfig_dict = logging_config(
    _env.log_format or JSON, level=_env.log_level, secrets=_env.secrets()
)
