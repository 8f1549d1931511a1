"""Sending what is leased: the gate, one last look, one call, and what came of it."""

import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import Q

from apps.core.actor import Actor
from apps.core.canonical import encode
from apps.core.line import CallBroke
from apps.core.local import Place
from apps.core.sealing import unseal
from apps.core.tenancy import TenantInactive, current_schema
from apps.governance import switches
from apps.picks.actions.delivering import slates
from apps.picks.actions.delivering.leasing import (
    SWITCHES,
    lease_next,
    open_ways,
    still_leased,
    tier_asked,
)
from apps.picks.actions.delivering.outcomes import Outcome, act_on, reject, release, retry, void
from apps.picks.kinds import FAILED, DeliveryKind, DeliveryStatus
from apps.picks.kinds import Channel as Kind
from apps.picks.message import (
    Cause,
    House,
    Subject,
    compose,
    compose_slate,
    payload,
    require_slate_true,
    require_true,
)
from apps.picks.models import Delivery, Pick
from apps.picks.reached import Fate, Reached
from apps.picks.telegram import Telegram
from apps.picks.webhook import tell
from apps.rulebook.errors import RuleBroken
from apps.rulebook.lifecycle import PickStatus, Validity
from apps.tenants.models import Bot, Channel, Domain, Tenant

MOST: Final = 40  # rows of one turn: whoever rings again goes on
PLAIN_AFTER: Final = "ENTITIES_UNREADABLE"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Delivered:
    """What one turn of delivering did for one tenant."""

    sent: int = 0
    outcomes: dict[str, int] = field(default_factory=dict)  # of everything that was leased
    more: bool = False  # it stopped at its most, and not because nothing was left


@dataclass(frozen=True, slots=True)
class _Ready:
    """A call that waits to be made, and what is written down if it arrives."""

    call: Callable[[], Reached]
    version: str
    sha256: str


def deliver_due(*, in_slates: bool = False, by: Actor, at: datetime, most: int = MOST) -> Delivered:
    """Send what this tenant owes its channels, oldest first, each in transactions of its own.

    ``in_slates``: what is published is told in its day's message. What was begun goes on as it was
    begun, whichever way. What waits behind a closed switch, a bot that was told to pause or a
    message of which nobody knows whether it arrived, goes on waiting. In a process without
    Telegram its rows wait, too.
    """
    outcomes: Counter[str] = Counter()
    tried: list[UUID] = []
    ways = open_ways()
    while ways and len(tried) < most:
        row = lease_next(ways, tried=tried)
        if row is None:
            break
        tried.append(row.pk)
        if slates.belongs(row, in_slates) and not slates.place(row, by=by, at=at):
            outcome = slates.wait(row, by=by, at=at)
        else:
            outcome = _deliver(row, by=by, at=at)
        outcomes[outcome] += 1
        if outcome is not Outcome.SENT:
            ways = open_ways()  # what stopped this one may stop others
    return Delivered(
        sent=outcomes[Outcome.SENT],
        outcomes={str(outcome): count for outcome, count in sorted(outcomes.items())},
        more=len(tried) == most,
    )


def _deliver(row: Delivery, *, by: Actor, at: datetime) -> Outcome:
    """Make one attempt. The switches are held from the last look until it is written down."""
    try:
        with transaction.atomic(durable=True):
            switches.hold_open(
                SWITCHES[row.channel], scopes=row.pick.scopes(), tier=tier_asked(row)
            )
            tenant = _active_tenant()
            if not still_leased(row):
                return Outcome.LOST
            place = Channel.objects.get(pk=row.recipient)
            pick = slates.read_pick(row.pick_id)
            if not slates.hold(row):
                return slates.step_back(row, by=by, at=at)
            if why := nothing_left(row, pick, place, at):
                return void(row, why, by=by, at=at)
            try:
                with transaction.atomic():
                    ready = _prepare(row, pick, place, tenant, at)
            except RuleBroken as refusal:
                return reject(row, refusal.code, by=by, at=at)
            except Exception as mistake:
                # Of ours, and before anything was sent: it is tried until it is DEAD, others go on.
                logger.exception("Delivery %s could not be made ready", row.pk)
                return retry(row, type(mistake).__name__[:64], by=by, at=at)
            try:
                reached = ready.call()
            except CallBroke:
                logger.exception("The call of delivery %s broke", row.pk)
                reached = Reached(Fate.UNCLEAR, "CALL_BROKE")
            if slates.is_gone(row, reached):
                return slates.open_anew(row, reached.code, by=by, at=at)
            return act_on(
                row, reached, place, version=ready.version, sha256=ready.sha256, by=by, at=at
            )
    except (switches.Halted, TenantInactive):
        with transaction.atomic(durable=True):
            return release(row, by=by, at=at) if still_leased(row) else Outcome.LOST


def nothing_left(row: Delivery, pick: Pick, place: Channel, at: datetime) -> str:
    """Say why there is nothing left to say; empty: there is.

    Nothing that is no longer on offer is announced, and nobody is called to act when it is late.
    """
    if not place.is_open:
        return "CHANNEL_CLOSED"
    begun = pick.event.begins_at <= at
    if row.cause == Cause.PUBLISHED:
        if pick.status != PickStatus.PUBLISHED or pick.validity_state == Validity.INVALIDATED:
            return "OVERTAKEN"
        return "GAME_BEGUN" if begun else ""
    if row.answers is None or row.answers.status in FAILED:
        return "NOTHING_TO_ANSWER"
    edits = row.kind == DeliveryKind.EDIT
    if edits and row.channel == Kind.TELEGRAM and row.answers.message_id is None:
        return "NUMBER_UNKNOWN"
    if row.kind == DeliveryKind.REPLY:
        return "GAME_BEGUN" if begun else ""
    edits_of_it = Delivery.objects.filter(answers=row.answers_id, kind=DeliveryKind.EDIT)
    newer = Q(due_at__gt=row.due_at) | Q(due_at=row.due_at, pk__gt=row.pk)
    return "OVERTAKEN" if edits_of_it.exclude(status__in=FAILED).filter(newer).exists() else ""


def _prepare(row: Delivery, pick: Pick, place: Channel, tenant: Tenant, at: datetime) -> _Ready:
    """Write and check what is to be said.

    Raises:
        MessageRefused: it says what its record does not.
        SealBroken: the token or the secret cannot be read.
    """
    if row.channel == Kind.WEBHOOK:
        body = encode(payload(row, pick))
        secret, seconds = unseal(place.secret_sealed), int(at.timestamp())
        return _Ready(
            lambda: tell(place.url, secret, body, delivery_id=row.pk, seconds=seconds),
            version=f"webhook/{payload(row, pick)['contract']}",
            sha256="",
        )
    house = house_of(tenant)
    slate = slates.subject_of(row, pick, house)
    if slate is not None:
        message = compose_slate(slate)
        require_slate_true(message, slate)
    else:
        subject = Subject.of(pick, cause=row.cause, facts=row.facts, house=house)
        message = compose(subject)
        require_true(message, subject)
    bot = Telegram(unseal(Bot.objects.get(tenant=tenant.pk).token_sealed))
    marked = row.error_code != PLAIN_AFTER
    text = message.html if marked else message.plain
    answered = row.answers
    number = slates.number_edited(row)
    if number is not None:
        call = lambda: bot.edit(place.chat, number, text, marked=marked)  # noqa: E731
    else:
        sent = answered if answered and answered.status == DeliveryStatus.SENT else None
        call = lambda: bot.send(  # noqa: E731
            place.chat, text, marked=marked, answers=sent.message_id if sent else None
        )
    return _Ready(call, version=message.version, sha256=message.sha256)


def house_of(tenant: Tenant) -> House:
    host = (
        Domain.objects.filter(tenant=tenant, is_primary=True).values_list("domain", flat=True)
    ).first()
    return House(
        place=Place.of(tenant.timezone),
        address=settings.TENANT_ADDRESS.format(host=host or tenant.schema_name),
    )


def _active_tenant() -> Tenant:
    """Read the tenant again under the gate, because suspending one drains it like a kill."""
    tenant = Tenant.objects.get(pk=current_schema())
    if tenant.status != "ACTIVE":
        raise TenantInactive(tenant.pk, tenant.status)
    return tenant
