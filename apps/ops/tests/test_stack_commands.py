"""`make stop`, `make clean`, `make reset`: what they end, what they delete, what they keep."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from apps.ops import embedded

pytestmark = pytest.mark.slow


@pytest.fixture
def home(brief_home: Any) -> Iterator[Path]:
    with brief_home("a home") as folder:
        yield folder
        for kind in ("dev", "test"):
            embedded.stop(kind, project=folder)


def stack(home: Path, *words: str, answer: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "apps.ops.embedded", *words],
        cwd=embedded.PROJECT,
        env={**os.environ, "BEATVEGAS_HOME": str(home)},
        input=answer,
        capture_output=True,
        text=True,
        check=False,
    )


def data(home: Path, kind: str) -> Path:
    return home / ".stack" / kind / "postgres"


class TestClean:
    def test_stops_everything_and_keeps_what_somebody_made(self, home):
        for kind in ("dev", "test"):
            embedded.ensure(kind, project=home)

        assert stack(home, "clean").returncode == 0

        for kind in ("dev", "test"):
            assert set(embedded.status(kind, project=home).values()) == {None}
        assert data(home, "dev").exists()
        assert not data(home, "test").exists()

    def test_has_nothing_to_do_in_a_fresh_folder(self, home):
        done = stack(home, "clean")

        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


class TestReset:
    def test_asks_first(self, home):
        embedded.ensure("dev", project=home)
        embedded.stop("dev", project=home)

        refused = stack(home, "reset", answer="no\n")

        assert refused.returncode == 1
        assert "Nothing was deleted" in refused.stderr
        assert data(home, "dev").exists()

        assert stack(home, "reset", answer="yes\n").returncode == 0
        assert not data(home, "dev").exists()

    def test_does_not_pull_the_floor_from_under_a_user(self, home):
        with embedded.hold("dev", project=home):
            refused = stack(home, "reset", "--yes")

            assert refused.returncode == 1
            assert "still uses" in refused.stderr
            assert None not in embedded.status("dev", project=home).values()


class TestStatus:
    def test_tells_what_runs(self, home):
        embedded.ensure("test", project=home)
        pid = embedded.status("test", project=home)["PostgreSQL"]

        told = stack(home, "status").stdout

        assert f"runs, pid {pid}" in told

        embedded.stop("test", project=home)
        assert stack(home, "status").stdout.count("does not run") == 2
