"""Where publishing is on and where it is stopped, by whom, since when, and what is in flight."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.urls import reverse

from apps.catalog.models import League
from apps.core import formats
from apps.governance import switches
from apps.governance.models import AuditLine, FeatureFlag
from apps.governance.switches import GLOBAL, PUBLISH, Consulted, State
from apps.ops.overview import links
from apps.rulebook.degrade import Mode, strictest
from apps.rulebook.markets import MarketType
from apps.tenants.models import Tenant

MOST = 6
EVERYTHING = "everything"
_CHANNELS = {
    switches.PUBLISH_APP: "app",
    switches.PUBLISH_TELEGRAM: "Telegram",
    switches.PUBLISH_WEBHOOK: "webhooks",
}
_MARKETS = {
    MarketType.SPREAD: "spreads",
    MarketType.MONEYLINE: "moneylines",
    MarketType.MONEYLINE_3WAY: "three-way moneylines",
    MarketType.TOTAL: "totals",
    MarketType.TEAM_TOTAL: "team totals",
    MarketType.PROP: "props",
}


@dataclass(frozen=True, slots=True)
class Scope:
    """One switch of publishing, as a row of the card."""

    flag_id: int
    name: str  # of the thing: "League: NFL"
    short: str  # in a sentence: "NFL"
    state: str
    by: str
    since: datetime
    reason: str
    cause: str
    in_flight: int
    href: str
    turn_on: str
    takes_two: bool
    held_by: tuple[Consulted, ...] = ()  # alerts, or that nobody looks for any

    @property
    def is_on(self) -> bool:
        """Whether the switch is; what goes out while it is on, alerts may narrow."""
        return self.state == "ON"

    @property
    def mode(self) -> Mode:
        return strictest(held.mode for held in self.held_by) if self.is_on else Mode.NONE

    @property
    def shown_state(self) -> str:
        if not self.is_on or not self.held_by:
            return self.state
        return next(held.state for held in self.held_by if held.mode is self.mode)

    @property
    def held_back(self) -> str:
        """Name what narrows it."""
        kinds = [held.name for held in self.held_by if held.state is not State.UNWATCHED]
        nobody = "nobody looks for alerts" if len(kinds) < len(self.held_by) else ""
        return ", ".join([*kinds, *filter(None, [nobody])])


@dataclass(frozen=True, slots=True)
class LastStop:
    """How the last kill went, as its audit entry keeps it."""

    what: str
    receipt: str
    at: datetime
    href: str
    audit_id: str


@dataclass(frozen=True, slots=True)
class Scopes:
    everything: Scope | None
    rows: list[Scope]
    more: int  # rows that are on and not shown
    stopped: list[Scope]
    last: LastStop | None

    @property
    def held_back(self) -> list[Scope]:
        """On, and an alert lets nothing out there, or only the best."""
        return [scope for scope in self.rows if scope.is_on and scope.mode is not Mode.FULL]


def scopes(*, at: datetime) -> Scopes:
    """Read the switches of publishing: everything first, then what is stopped, then the rest."""
    flags = list(FeatureFlag.objects.filter(name__startswith=PUBLISH))
    names = dict(Tenant.objects.values_list("schema_name", "name"))
    working = League.objects.active().filter(feeds__isnull=False)
    at_work = set(working.values_list("code", flat=True))
    held = switches.in_flight()
    narrowed = _narrowed(flags)
    found = [_scope(flag, names, held, narrowed, at) for flag in flags]
    everything = next(
        (
            scope
            for flag, scope in zip(flags, found, strict=True)
            if (flag.name, flag.scope) == (PUBLISH, GLOBAL)
        ),
        None,
    )
    stopped = [scope for scope in found if not scope.is_on]
    usual = [
        scope
        for flag, scope in sorted(
            zip(flags, found, strict=True), key=lambda pair: _order(pair[0], pair[1])
        )
        if scope.is_on and scope is not everything and _is_usual(flag, at_work)
    ]
    first = [scope for scope in stopped if scope is not everything]
    first += [scope for scope in found if scope.is_on and scope.held_by and scope is not everything]
    usual = [scope for scope in usual if not scope.held_by]
    rows = [*([everything] if everything else []), *first, *usual]
    shown = max(MOST, len(first) + 1)
    return Scopes(
        everything=everything,
        rows=rows[:shown],
        more=len(rows[shown:]),
        stopped=stopped,
        last=_last_stop(names),
    )


def person(operator: str) -> str:
    """Name who turned a switch, without the kind of actor and the schema."""
    return operator.partition(":")[2].rpartition("/")[2] or operator


def _narrowed(flags: Sequence[FeatureFlag]) -> Mapping[str, tuple[Consulted, ...]]:
    """Find what narrows publishing besides switches, by scope, as the gate itself reads it."""
    found: dict[str, tuple[Consulted, ...]] = {}
    for one in switches.explain(PUBLISH, {flag.scope for flag in flags}).consulted:
        if one.name != PUBLISH:
            found[one.scope] = (*found.get(one.scope, ()), one)
    return found


def _scope(
    flag: FeatureFlag,
    names: Mapping[str, str],
    held: Mapping[int, int],
    narrowed: Mapping[str, tuple[Consulted, ...]],
    at: datetime,
) -> Scope:
    name, short = titles(flag, names)
    is_live = flag.live_from is None or flag.live_from <= at
    return Scope(
        flag_id=flag.pk,
        name=name,
        short=short,
        state="OFF" if not flag.enabled else "ON" if is_live else "NOT_YET",
        by=person(flag.by),
        since=flag.at,
        reason=flag.reason,
        cause=flag.cause,
        in_flight=held.get(flag.lock_key, 0),
        href=links.shown("governance_featureflag", flag.pk),
        turn_on=reverse("admin:governance_featureflag_turn_on", args=[flag.pk]),
        takes_two=switches.takes_two_people(flag),
        held_by=narrowed.get(flag.scope, ()) if flag.name == PUBLISH else (),
    )


def titles(flag: FeatureFlag, names: Mapping[str, str]) -> tuple[str, str]:
    """Name what a switch stops: as the head of a row, and in a sentence."""
    kind, _, subject = flag.scope.partition(":")
    channel = _CHANNELS.get(flag.name, "")
    if flag.scope == GLOBAL:
        return (f"Channel: {channel}", channel) if channel else ("Everything", EVERYTHING)
    title, word = {
        "league": (f"League: {subject}", subject),
        "market": (f"Market: {_market(subject)}", _market(subject)),
        "tenant": (f"Tenant: {names.get(subject, subject)}", names.get(subject, subject)),
    }[kind]
    return (f"{title}, {channel}", f"{word} in {channel}") if channel else (title, word)


def _market(code: str) -> str:
    return _MARKETS.get(code, formats.words(code).lower())  # type: ignore[call-overload, no-any-return]


def _is_usual(flag: FeatureFlag, at_work: set[str]) -> bool:
    """Whether a switch that is on deserves a row: one for each channel, and one for each scope."""
    kind, _, subject = flag.scope.partition(":")
    if flag.scope == GLOBAL:
        return True
    return flag.name == PUBLISH and (kind != "league" or subject in at_work)


def _order(flag: FeatureFlag, scope: Scope) -> tuple[int, str]:
    kind = flag.scope.partition(":")[0]
    return ["league", "tenant", "GLOBAL", "market"].index(kind), scope.name


def _last_stop(names: Mapping[str, str]) -> LastStop | None:
    entry: Any = (
        AuditLine.objects.filter(object_type=FeatureFlag.__name__, action=switches.DRAINED)
        .order_by("-occurred_at", "-id")
        .first()
    )
    if entry is None:
        return None
    flag = FeatureFlag.objects.filter(pk=entry.object_id).first()
    after = {name: change[1] for name, change in entry.diff.items()}
    stopped = switches.Stopped(
        stopped_ms=float(after["stopped_ms"]),
        drained_ms=None if after.get("drained_ms") is None else float(after["drained_ms"]),
        in_flight=int(after["in_flight"]),
        pids=tuple(after.get("pids") or ()),
    )
    return LastStop(
        what=titles(flag, names)[1] if flag else "a switch",
        receipt=str(stopped),
        at=entry.occurred_at,
        href=links.shown("governance_auditline", entry.pk),
        audit_id=str(entry.pk),
    )
