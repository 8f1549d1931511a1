"""Which switches exist, who answers for them, and at which scopes each is asked."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256

from apps.rulebook.errors import RuleBroken

PUBLISH = "PUBLISH"
PUBLISH_APP = "PUBLISH_APP"
PUBLISH_TELEGRAM = "PUBLISH_TELEGRAM"
PUBLISH_WEBHOOK = "PUBLISH_WEBHOOK"
SIMULATE = "SIMULATE"
GRADE = "GRADE"
INGEST = "INGEST"

GLOBAL = "GLOBAL"


class SwitchUnknown(RuleBroken):
    code = "SWITCH_UNKNOWN"

    def __init__(self, name: str) -> None:
        super().__init__(f"There is no switch named {name!r}.")


class ScopeUnknown(RuleBroken):
    code = "SCOPE_UNKNOWN"

    def __init__(self, scope: str) -> None:
        super().__init__(
            f"{scope!r} is no scope: GLOBAL, tenant:<schema>, league:<code> or market:<type>."
        )


class ScopeKind(StrEnum):
    GLOBAL = "GLOBAL"
    TENANT = "tenant"
    LEAGUE = "league"
    MARKET = "market"


@dataclass(frozen=True, slots=True)
class Switch:
    """What a switch stops, who answers for it, and the kinds of scope it is asked at.

    Whoever asks it asks the one it is ``under`` as well: nothing goes out on a channel while
    nothing may go out.
    """

    name: str
    owner: str
    description: str
    kinds: tuple[ScopeKind, ...]
    under: str = ""


_EVERYWHERE = (ScopeKind.GLOBAL, ScopeKind.TENANT, ScopeKind.LEAGUE, ScopeKind.MARKET)
_FACTS = (ScopeKind.GLOBAL, ScopeKind.LEAGUE)
_GRADES = (ScopeKind.GLOBAL, ScopeKind.TENANT, ScopeKind.LEAGUE)

REGISTRY: Mapping[str, Switch] = {
    switch.name: switch
    for switch in (
        Switch(PUBLISH, "operations", "Picks become visible and go out.", _EVERYWHERE),
        Switch(PUBLISH_APP, "operations", "Picks are shown in the app.", _EVERYWHERE, PUBLISH),
        Switch(PUBLISH_TELEGRAM, "operations", "Picks are sent to Telegram.", _EVERYWHERE, PUBLISH),
        Switch(PUBLISH_WEBHOOK, "operations", "Picks are sent to webhooks.", _EVERYWHERE, PUBLISH),
        Switch(SIMULATE, "modelling", "Events are rated, simulated and evaluated.", _FACTS),
        Switch(GRADE, "settlement", "Picks of finished games are graded.", _GRADES),
        Switch(INGEST, "data", "Odds and results are fetched and read.", _FACTS),
    )
}

# The owner's plan speaks of these; each is a view of rows of ours.
_PLAN_NAMES: Mapping[str, tuple[tuple[str, str], ...]] = {
    "PUBLISH_ENABLED_GLOBAL": ((PUBLISH, GLOBAL),),
    "PUBLISH_ENABLED_TELEGRAM": ((PUBLISH_TELEGRAM, GLOBAL),),
    "PUBLISH_ENABLED_APP": ((PUBLISH_APP, GLOBAL),),
    "SIM_ENABLED": ((SIMULATE, GLOBAL),),
    "GRADING_ENABLED": ((GRADE, GLOBAL),),
}
_LEAGUE_PREFIX = "LEAGUE_ENABLED_"
_MARKET_PREFIX = "MARKET_ENABLED_"

Pair = tuple[str, str]  # name of a switch, scope


def kind_of(scope: str) -> ScopeKind:
    """Read what a scope is about.

    Raises:
        ScopeUnknown: it is not one of the four forms.
    """
    if scope == GLOBAL:
        return ScopeKind.GLOBAL
    kind, colon, subject = scope.partition(":")
    if colon and subject and kind in (ScopeKind.TENANT, ScopeKind.LEAGUE, ScopeKind.MARKET):
        return ScopeKind(kind)
    raise ScopeUnknown(scope)


def switch(name: str) -> Switch:
    """Look a switch up.

    Raises:
        SwitchUnknown: nothing of that name is registered.
    """
    try:
        return REGISTRY[name]
    except KeyError:
        raise SwitchUnknown(name) from None


def switches_at(scope: str) -> list[str]:
    """Name the switches that are asked at a scope, and that therefore have a row there."""
    kind = kind_of(scope)
    return [name for name, known in REGISTRY.items() if kind in known.kinds]


def pairs(names: str | Iterable[str], scopes: Iterable[str]) -> list[Pair]:
    """List the rows that must be on, GLOBAL's always among them, in the order of locking.

    A switch is asked only at the kinds of scope it has, so that a stage may pass every scope
    of its subject; with a channel's own switch comes the one of all channels.
    """
    asked = [names] if isinstance(names, str) else list(names)
    wanted = [*asked, *(switch(name).under for name in asked if switch(name).under)]
    places = {scope: kind_of(scope) for scope in (GLOBAL, *scopes)}
    return sorted(
        {
            (name, scope)
            for name in wanted
            for scope, kind in places.items()
            if kind in switch(name).kinds
        },
        key=lambda pair: (pair[1], pair[0]),
    )


def lock_key(name: str, scope: str) -> int:
    """Compute the second half of a switch's advisory lock: a signed 32-bit hash.

    Two switches of one key would drain each other's users; the table's constraint refuses the
    second row, so that a hash that collides is never in use.
    """
    digest = sha256(f"{name}|{scope}".encode()).digest()
    return int.from_bytes(digest[:4], "big", signed=True)


def plan_name_stands_for(plan_name: str) -> tuple[Pair, ...]:
    """Translate a name of the owner's plan into the switches that it is a view of.

    Raises:
        SwitchUnknown: the plan has no such name.
    """
    if plan_name in _PLAN_NAMES:
        return _PLAN_NAMES[plan_name]
    if league := _after(plan_name, _LEAGUE_PREFIX):
        return (INGEST, f"league:{league}"), (PUBLISH, f"league:{league}")
    if market := _after(plan_name, _MARKET_PREFIX):
        return ((PUBLISH, f"market:{market}"),)
    raise SwitchUnknown(plan_name)


def plan_names_of(scopes: Iterable[str]) -> list[str]:
    """Name every view of the plan, given the scopes that exist."""
    names = list(_PLAN_NAMES)
    for scope in sorted(scopes):
        kind, _, subject = scope.partition(":")
        if kind == ScopeKind.LEAGUE:
            names.append(_LEAGUE_PREFIX + subject)
        elif kind == ScopeKind.MARKET:
            names.append(_MARKET_PREFIX + subject)
    return names


def _after(text: str, prefix: str) -> str:
    return text[len(prefix) :] if text.startswith(prefix) else ""
