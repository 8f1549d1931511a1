"""A process with one database and nothing outside: where recorded bytes are played."""

import os
import subprocess
import sys
from collections.abc import Mapping

from django.conf import settings

from apps.core import ddl
from apps.ops.rehearsal.scratch import Scratch

_KEPT = {"PATH", "HOME", "LANG", "LC_ALL", "TERM", "COLUMNS", "VIRTUAL_ENV", "TMPDIR"}


def run_walled(scratch: Scratch, module: str, *arguments: str, told: Mapping[str, str]) -> int:
    """Run a module as a process whose settings know the recording and nothing outside.

    Its environment has this database and what it is ``told``, and neither a broker nor
    anybody's keys. Returns its exit code.
    """
    here = {
        key: value
        for key, value in os.environ.items()
        if key in _KEPT or key.startswith(("OPENBLAS_", "COVERAGE_"))
    }
    here |= {
        "DJANGO_SETTINGS_MODULE": "beatvegas.settings.rehearsal",
        "DATABASE_URL": ddl.login_url(scratch.name),
        "DATABASE_OWNER_URL": ddl.owner_url(scratch.name),
        **told,
    }
    command = [sys.executable, "-m", module, *arguments]
    child = subprocess.Popen(command, env=here, cwd=settings.BASE_DIR)
    try:
        return child.wait()
    except KeyboardInterrupt:
        child.terminate()
        child.wait()
        raise
