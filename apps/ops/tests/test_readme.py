"""The example of the README works as pasted, against a server that is running."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from apps.core.tenancy import tenant_scope
from apps.ops import embedded
from apps.ops.embedded.place import Place
from apps.ops.sample import KEYS_FILE, ensure_keys
from apps.ops.setup import TEST_TENANTS
from apps.picks.tests.factories import NOON_BEFORE, make_pick
from apps.rulebook.lifecycle import PickStatus

README = Path(embedded.PROJECT) / "README.md"
EXAMPLE = re.compile(r"^```sh\n(KEY=.*?)^```", re.MULTILINE | re.DOTALL)
PORT = ":8000/"


@pytest.fixture
def remembered(tmp_path, fresh_database, ops) -> Path:
    """A home in which `make up` has made the tenants' keys."""
    place = Place(tmp_path, "dev")
    place.prepare()
    ensure_keys(place.folder / KEYS_FILE, tenants=TEST_TENANTS, by=ops, at=NOON_BEFORE)
    return tmp_path


def pasted(script: str, home: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["bash", "-euc", script],
        cwd=embedded.PROJECT,
        env={
            **os.environ,
            "BEATVEGAS_HOME": str(home),
            "DJANGO_SETTINGS_MODULE": "beatvegas.settings.dev",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.slow
class TestExample:
    def test_shows_the_published_picks(self, served, remembered, acme):
        with tenant_scope(acme):
            pick = make_pick(status=PickStatus.PUBLISHED)
        (example,) = EXAMPLE.findall(README.read_text())
        assert PORT in example

        done = pasted(example.replace(PORT, f":{served.port}/"), remembered)

        assert done.returncode == 0, done.stderr
        head, _, body = done.stdout.partition("\n\n")
        assert " 200 OK" in head
        assert re.search(r'^ETag: "\w{32}"$', head, re.MULTILINE)
        (shown,) = json.loads(body)["results"]
        assert shown["pick"] == str(pick.pk)

    def test_says_what_to_do_before_there_is_a_key(self, tmp_path):
        done = pasted(".venv/bin/python manage.py sample_key acme", tmp_path)

        assert done.returncode == 1
        assert "`make up` makes one" in done.stderr
