"""Early pytest plugin: decides before settings are imported where tests find their servers.

Only the addresses are decided here. The servers start when the first test asks for a database
(`django_db_setup` in the root conftest), so tests of the rulebook alone start nothing. The
addresses are always those of the test servers: no DATABASE_URL of the shell can make a test
run touch somebody's data.
"""

import ipaddress
import os
import socket
import sys
from typing import Any

import pytest

from apps.ops import embedded

KIND = "test"
# Every process that runs tests has a Valkey database of its own; it empties it at its end.
VALKEY_DATABASES = 1024


class BeyondLoopback(RuntimeError):
    """A test wants to talk to another machine. No OSError: nothing may take it for a time-out."""

    def __init__(self, where: object) -> None:
        super().__init__(f"Tests talk to this machine only, and this one wanted {where!r}.")


def decide_environment() -> None:
    where = embedded.addresses(KIND)
    os.environ["DJANGO_SETTINGS_MODULE"] = "beatvegas.settings.test"
    os.environ["DATABASE_URL"] = where.database_url
    os.environ["DATABASE_OWNER_URL"] = where.owner_url
    number = 1 + os.getpid() % (VALKEY_DATABASES - 1)
    os.environ["REDIS_URL"] = f"{where.redis_url.rpartition('/')[0]}/{number}"


def is_this_machine(host: object) -> bool:
    if isinstance(host, bytes):
        host = host.decode(errors="replace")
    if host is None or host in ("", socket.gethostname()):
        return True
    name = str(host).partition("%")[0].lower()
    if name == "localhost" or name.endswith(".localhost"):
        return True
    try:
        address = ipaddress.ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def refuse_other_machines(event: str, arguments: tuple[Any, ...]) -> None:
    """Audit hook of the interpreter: sees every connection that Python code opens."""
    if event in ("socket.connect", "socket.sendto", "socket.sendmsg"):
        line, address = arguments
        if line.family in (socket.AF_INET, socket.AF_INET6) and address is not None:
            host = address[0] if isinstance(address, tuple) else address
            if not is_this_machine(host):
                raise BeyondLoopback(address)
    elif event == "socket.getaddrinfo" and not is_this_machine(arguments[0]):
        raise BeyondLoopback(arguments[0])


decide_environment()
sys.addaudithook(refuse_other_machines)


def pytest_unconfigure(config: pytest.Config) -> None:
    """On a developer's machine the servers stay for the next run; on CI nothing may stay."""
    if os.environ.get("CI") and not hasattr(config, "workerinput"):
        embedded.stop_if_unused(KIND)
