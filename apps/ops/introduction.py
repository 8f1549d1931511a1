"""What a person is told once the console answers: where everything is, and with which words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from django.conf import settings
from django.urls import reverse
from rich.console import Console

from apps.core.tenancy import PUBLIC
from apps.ops.sample import LogIn
from apps.ops.services import console_address
from apps.ops.setup import SampleTenant
from apps.tenants.kinds import FOR_EVERYBODY
from apps.tenants.provisioning import default_hosts


@dataclass(frozen=True, slots=True)
class Introduction:
    """The short list of `make up`."""

    log_ins: Sequence[LogIn]
    tenants: Sequence[SampleTenant]
    keys: Mapping[str, str] = field(default_factory=dict)  # tenant's schema -> API key
    sandbox: str = ""  # address of its page
    chats: str = ""  # address of the page with what its Telegram was told

    def show(self, say: Console, *, port: int, note: str, logs: Path) -> None:
        lines = [("Operators' console", console_address(port)), *self._people(PUBLIC)]
        for tenant in self.tenants:
            lines += self._tenant(tenant, port)
        if self.sandbox:
            lines.append(("Sandbox, the world outside", self.sandbox))
        if self.chats:
            lines.append(("  What its Telegram was told", self.chats))
        lines += [("Logs", str(logs)), ("To stop", "Ctrl-C; make up goes on from there")]
        width = max(len(left) for left, _ in lines) + 2
        say.print(f"\n[bold]The console is up.[/bold] {note}")
        for left, right in lines:
            # Addresses and passwords are copied from here: never folded, never restyled.
            say.print(f"{left:<{width}}{right}", soft_wrap=True, markup=False, highlight=False)

    def _people(self, schema: str) -> list[tuple[str, str]]:
        here = [one for one in self.log_ins if one.schema == schema]
        return [(f"  {one.email}", f"{one.password}   {one.role}") for one in here]

    def _tenant(self, tenant: SampleTenant, port: int) -> list[tuple[str, str]]:
        host = f"http://{default_hosts(tenant.schema)[0]}:{port}"
        page = reverse("admin:login", urlconf=settings.ROOT_URLCONF)
        board = reverse("site:today", urlconf=settings.ROOT_URLCONF)
        who = "for everybody" if tenant.type in FOR_EVERYBODY else "for who signs in"
        lines = [
            (f"{tenant.name}, {tenant.type}", f"{host}{page}"),
            *self._people(tenant.schema),
            ("  Board", f"{host}{board}   {who}"),
        ]
        if key := self.keys.get(tenant.schema):
            lines += [
                ("  API, and its key", f"{host}/api/v1/picks/   {key}"),
                ("  API documentation", f"{host}/api/v1/docs/"),
            ]
        return lines
