"""A real server and a real browser, for tests that look at a page as a person does.

`served` answers over loopback from the test's own database, `browse` opens windows of Debian's
Chromium on it, which can reach nothing but this machine.
"""

import os
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest

LAUNCH = (
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-quic",
    "--disable-sync",
    "--host-resolver-rules=MAP * ~NOTFOUND, EXCLUDE localhost, EXCLUDE *.localhost, "
    "EXCLUDE 127.0.0.1",
)
# Axe reads every style sheet again for a rule that is experimental and off, takes their imports
# for addresses beside the page, and so asks for five pages that are none on each look. What it
# has against a page is the same without; sound that starts by itself is still listened for.
LOOK = {"resultTypes": ["violations"], "preload": {"assets": ["media"]}}
# A whole stack may be starting on the same two cores.
NOBODY_WAITS_LONGER_MS = 30_000


@dataclass(frozen=True)
class Served:
    """Where the platform answers during one test."""

    port: int

    def at(self, path: str, *, host: str = "localhost") -> str:
        return f"http://{host}:{self.port}{path}"


@pytest.fixture
def served(fresh_database: Any) -> Iterator[Served]:
    """The whole platform on a free port, one thread a request, on a database that commits."""
    from django.core.servers.basehttp import ThreadedWSGIServer
    from django.test.testcases import QuietWSGIRequestHandler

    from beatvegas.wsgi import application

    server = ThreadedWSGIServer(
        ("127.0.0.1", 0), QuietWSGIRequestHandler, allow_reuse_address=False
    )
    server.set_app(application)
    ends_soon = {"poll_interval": 0.02}
    thread = threading.Thread(target=server.serve_forever, kwargs=ends_soon, daemon=True)
    thread.start()
    try:
        yield Served(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# Not for the whole session: while it runs, Playwright's own loop turns in this thread, and Django
# keeps other connections for asynchronous code: a child that is forked meanwhile finds a wrong one.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """The browser of one module; without one these tests are skipped, and fail on CI."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        missing = "This test needs a browser: apt-get install chromium"
        if os.environ.get("CI"):
            pytest.fail(missing)
        pytest.skip(missing)
    from playwright.sync_api import sync_playwright

    before = os.environ.get("DJANGO_ALLOW_ASYNC_UNSAFE")
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "1"
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=[*LAUNCH, *root])
        yield browser
        browser.close()
    if before is None:
        del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def browse(chromium: Any) -> Iterator[Callable[..., Any]]:
    """Open a window: ``browse(width=390, dark=True)`` is a page of nobody who is signed in."""
    opened = []

    def window(*, width: int = 1280, height: int = 900, dark: bool = False) -> Any:
        context = chromium.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            reduced_motion="reduce",
        )
        context.set_default_timeout(NOBODY_WAITS_LONGER_MS)
        opened.append(context)
        return context.new_page()

    yield window
    for context in opened:
        context.close()


def appears(thing: Any) -> bool:
    """Whether a locator's first element is to be seen, by the time nobody would wait longer.

    What a page shows after a click is never there at once: to ask without waiting is to race.
    """
    from playwright.sync_api import TimeoutError as NobodyWaited

    try:
        thing.first.wait_for()
    except NobodyWaited:
        return False
    return True


def faults(page: Any, *, allowed: frozenset[str] = frozenset()) -> list[str]:
    """What axe-core has against a page, one line per rule and element."""
    from axe_playwright_python.sync_playwright import Axe

    found = Axe().run(page, options=LOOK).response["violations"]
    return [
        f"{rule['id']}: {node['target']} {node.get('failureSummary', '')}"
        for rule in found
        if rule["id"] not in allowed
        for node in rule["nodes"]
    ]
