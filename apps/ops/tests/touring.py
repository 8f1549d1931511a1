"""The way of a new user through the platform: what was printed, typed, clicked and seen."""

import json
import re
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

LOOKS = tuple((width, dark) for width in (1280, 390) for dark in (False, True))


@dataclass(frozen=True)
class LogIn:
    console: str  # address of the log-in page
    email: str
    password: str
    role: str


@dataclass(frozen=True)
class Told:
    """What `make up` printed: all that a new user has to go by."""

    log_ins: dict[str, LogIn]  # by e-mail
    keys: dict[str, tuple[str, str]]  # list of picks -> key that opens it
    sandbox: str
    boards: tuple[str, ...] = ()  # of the tenants that publish for everybody

    @classmethod
    def read(cls, printed: str) -> Self:
        log_ins, keys, console, sandbox = {}, {}, "", ""
        boards = []
        for line in printed.splitlines():
            if found := re.search(r"(http://\S+/admin/login/)$", line.rstrip()):
                console = found[1]
            elif found := re.match(r"\s+(\S+@\S+)\s+(\S+)\s{3}(\w+)\s*$", line):
                email, password, role = found.groups()
                log_ins[email] = LogIn(console, email, password, role)
            elif found := re.search(r"(http://\S+/api/v1/picks/)\s+(bv_live_\S+)", line):
                keys[found[1]] = found[2]
            elif found := re.match(r"\s+Board\s+(http://\S+)\s+for everybody", line):
                boards.append(found[1])
            elif found := re.search(r"(http://\S+/sandbox/)", line):
                sandbox = found[1]
        return cls(log_ins, keys, sandbox, tuple(boards))

    def of_role(self, role: str) -> LogIn:
        return next(one for one in self.log_ins.values() if one.role == role)


@dataclass
class Program:
    """A tenant's program: it has an address and a key, and reads."""

    picks: str
    key: str

    def get(self, question: str = "", **headers: str) -> tuple[int, dict[str, Any], Any]:
        # Browsers and curl know where localhost's subdomains are; not every resolver does.
        address = urlsplit(self.picks)
        request = urllib.request.Request(
            f"http://127.0.0.1:{address.port}{address.path}{question}",
            headers={"Host": address.netloc, "Authorization": f"Bearer {self.key}", **headers},
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return answer.status, dict(answer.headers), json.load(answer)
        except urllib.error.HTTPError as error:
            body = error.read()
            return error.code, dict(error.headers), json.loads(body) if body else None

    def published(self) -> list[dict[str, Any]]:
        """Every pick that this tenant ever published."""
        found: list[dict[str, Any]] = []
        question = "?limit=100"
        while question:
            _, _, page = self.get(question)
            found += page["results"]
            question = "?" + page["next"].partition("?")[2] if page["next"] else ""
        return found


@dataclass
class Album:
    """Where pictures of pages are kept; without a folder none are taken."""

    folder: Path | None
    shown: Path | None = None  # where the README's own pictures stand
    taken: list[Path] = field(default_factory=list)

    def show(self, page: Any, name: str) -> None:
        """Take one picture for the README: what a person sees first, at a desk, by day."""
        if self.shown is None:
            return
        self.shown.mkdir(exist_ok=True)
        page.screenshot(path=self.shown / f"{name}.png")

    def look_at(self, browse: Any, address: str, name: str) -> None:
        """Take a page that follows what its reader prefers, with a reader of each kind."""
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        for width, dark in LOOKS:
            page = browse(width=width, dark=dark)
            page.goto(address)
            path = self.folder / f"{name}-{width}-{'dark' if dark else 'light'}.png"
            page.screenshot(path=path, full_page=True)
            self.taken.append(path)
            page.context.close()

    def look(self, page: Any, name: str) -> None:
        """Take a page at both widths and in both themes, as far down as it goes."""
        if self.folder is None:
            return
        self.folder.mkdir(parents=True, exist_ok=True)
        for width, dark in LOOKS:
            page.set_viewport_size({"width": width, "height": 900})
            # The theme asks what a person prefers once, when a page is loaded.
            page.evaluate("dark => document.documentElement.classList.toggle('dark', dark)", dark)
            page.wait_for_timeout(250)
            path = self.folder / f"{name}-{width}-{'dark' if dark else 'light'}.png"
            page.screenshot(path=path, full_page=True)
            self.taken.append(path)
        page.set_viewport_size({"width": 1280, "height": 900})
        page.evaluate("document.documentElement.classList.remove('dark')")


def sign_in(page: Any, log_in: LogIn) -> None:
    page.goto(log_in.console)
    page.fill("[name=username]", log_in.email)
    page.fill("[name=password]", log_in.password)
    page.click("button[type=submit]")
    page.wait_for_url(re.compile(r"/admin/$"))


def sooner_or_later(
    question: Callable[[], Any], *, within: float, every: float = 0.5, what: str
) -> Any:
    """Ask until the answer is something; what it was about is said where it never is."""
    deadline = time.monotonic() + within
    while not (answer := question()):
        assert time.monotonic() < deadline, f"not within {within:.0f} s: {what}"
        time.sleep(every)
    return answer
