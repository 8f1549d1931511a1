"""Make `.venv` and install the pinned packages: `install.py runtime | dev | bench`.

Needs nothing but Python's standard library. When nothing changed it takes a moment, so every
target of the Makefile can begin with it.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import venv
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
VENV = PROJECT / ".venv"
# Each set contains the ones before it.
SETS = {
    "runtime": PROJECT / "requirements.txt",
    "dev": PROJECT / "requirements-dev.txt",
    "bench": PROJECT / "requirements-bench.txt",
}
BAR_WIDTH = 30
STEP = re.compile(r"^\s*(Collecting|Requirement already satisfied:)\s")


def main() -> int:
    wanted = sys.argv[1] if len(sys.argv) == 2 else ""
    if wanted not in SETS:
        sys.stderr.write(f"usage: install.py {' | '.join(SETS)}\n")
        return 2
    if not works(VENV):
        create(VENV)
    if stamp(wanted).exists() and stamp(wanted).read_bytes() == SETS[wanted].read_bytes():
        return 0
    status = install(SETS[wanted])
    if status == 0:
        make_importable()
        names = list(SETS)
        for included in names[: names.index(wanted) + 1]:
            shutil.copyfile(SETS[included], stamp(included))
    return status


def python() -> Path:
    return VENV / "bin" / "python"


def stamp(name: str) -> Path:
    """A copy of what was installed: file times do not survive a checkout."""
    return VENV / f"installed-{name}.txt"


def works(folder: Path) -> bool:
    """Whether the environment is usable: its Python may have been upgraded away."""
    if not python().exists():
        return False
    check = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    return subprocess.run([python(), "-c", check], capture_output=True, check=False).returncode == 0


def create(folder: Path) -> None:
    say(f"Making {folder.name} with Python {sysconfig.get_python_version()}\n")
    venv.EnvBuilder(with_pip=True, clear=True, symlinks=os.name != "nt").create(folder)


def install(pins: Path) -> int:
    """Let pip install the pins, with a progress bar where somebody watches."""
    text = pins.read_text()
    total = sum(1 for line in text.splitlines() if line[:1].isalnum())
    say(f"Installing {total} packages of {pins.name}\n")
    pip = [str(python()), "-m", "pip", "install", "--disable-pip-version-check", "--no-input"]
    told: list[str] = []
    with subprocess.Popen(
        [*pip, "--progress-bar", "off", "-r", str(pins)],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        assert process.stdout is not None
        done = 0
        for line in process.stdout:
            told.append(line)
            if STEP.match(line):
                done = min(done + 1, total)
                show(done, total)
            elif line.startswith("Installing collected packages"):
                show(total, total, "unpacking")
    if sys.stdout.isatty():
        say("\n")
    if process.returncode != 0:
        sys.stderr.write("".join(told[-20:]))
        sys.stderr.write(f"\npip could not install {pins.name}; its last words are above.\n")
    return process.returncode


def make_importable() -> None:
    """Let every program of the environment find the project, from whatever folder it starts."""
    where = subprocess.run(
        [python(), "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"],
        capture_output=True,
        text=True,
        check=True,
    )
    Path(where.stdout.strip(), "beatvegas-project.pth").write_text(f"{PROJECT}\n")


def show(done: int, total: int, doing: str = "") -> None:
    if sys.stdout.isatty():
        full = BAR_WIDTH * done // max(total, 1)
        say(f"\r  {'█' * full}{'░' * (BAR_WIDTH - full)} {done}/{total} {doing:<10}")


def say(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
