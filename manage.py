#!/usr/bin/env python
"""Django's commands. Without DATABASE_URL they run on the embedded servers of this folder."""

import contextlib
import os
import sys
from contextlib import AbstractContextManager

# These read code and not rows; and `up` starts the servers itself, under its progress bar.
WITHOUT_SERVERS = {"check", "help", "makemigrations", "up", "version", "--help", "--version"}


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "beatvegas.settings.dev")
    try:
        from django.core.management import execute_from_command_line

        from apps.ops import embedded
    except ImportError as error:
        sys.exit(f"The package {error.name} is missing: run `make install`, then .venv/bin/python.")
    try:
        with servers(sys.argv[1] if len(sys.argv) > 1 else "help"):
            execute_from_command_line(sys.argv)
    except embedded.StackTrouble as trouble:
        sys.exit(str(trouble))


def servers(command: str) -> AbstractContextManager[object]:
    """The embedded servers for as long as the command runs, unless it brings its own."""
    from apps.ops import embedded

    if os.environ["DJANGO_SETTINGS_MODULE"] != "beatvegas.settings.dev" or (
        os.environ.get("DATABASE_URL") and os.environ.get("REDIS_URL")
    ):
        return contextlib.nullcontext()
    embedded.export_environment("dev")
    return contextlib.nullcontext() if command in WITHOUT_SERVERS else embedded.hold("dev")


if __name__ == "__main__":
    main()
