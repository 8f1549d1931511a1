"""`python -m apps.ops.embedded status | stop | clean | reset`: look after the servers by hand."""

import argparse
import sys

from apps.ops import embedded
from apps.ops.embedded.place import Place

KEPT = "dev"  # what somebody made up his mind to keep; everything else can be made again


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m apps.ops.embedded", description=__doc__)
    parser.add_argument("what", choices=("status", "stop", "clean", "reset"))
    parser.add_argument("--yes", action="store_true", help="reset without asking")
    asked = parser.parse_args()
    try:
        match asked.what:
            case "status":
                show_status()
            case "stop":
                stop_all()
            case "clean":
                stop_all()
                for kind in kinds():
                    if kind != KEPT:
                        forget(kind)
            case "reset":
                reset(sure=asked.yes)
    except embedded.StackTrouble as trouble:
        sys.exit(str(trouble))


def kinds() -> list[str]:
    """Every kind of which there is a folder: of development, tests, benchmarks."""
    return sorted(file.parent.name for file in (embedded.HOME / ".stack").glob("*/stack.json"))


def show_status() -> None:
    for kind in kinds():
        for name, pid in embedded.status(kind).items():
            say(f"{kind:<7}{name:<12}{f'runs, pid {pid}' if pid else 'does not run'}")


def stop_all() -> None:
    for kind in kinds():
        embedded.stop(kind)


def reset(*, sure: bool) -> None:
    if not Place(embedded.HOME, KEPT).folder.exists():
        say("There is no development database to delete.")
        return
    if not sure:
        question = "This deletes every row of the development database. Type 'yes' to go on: "
        if not agrees(question):
            sys.exit("Nothing was deleted.")
    if not embedded.stop_if_unused(KEPT):
        sys.exit("Something in this folder still uses the database: end `make up` first.")
    forget(KEPT)
    say("The next `make up` begins with an empty database.")


def agrees(question: str) -> bool:
    """Whether somebody is there to say yes, and does."""
    try:
        return input(question).strip().lower() == "yes"
    except EOFError:
        return False


def forget(kind: str) -> None:
    Place(embedded.HOME, kind).forget()


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")


if __name__ == "__main__":
    main()
