"""What a person decides about a message that went wrong: it arrived, it did not, or let it be."""

from datetime import datetime
from uuid import UUID

from django.db import transaction

from apps.core.actor import Actor
from apps.core.queue import enqueue_on_commit
from apps.core.tenancy import current_schema
from apps.governance import alerts, audit
from apps.governance.models import OpsAlert
from apps.picks.actions.owing import BELL
from apps.picks.kinds import DeliveryStatus
from apps.picks.models import Delivery
from apps.rulebook.errors import RuleBroken

_IN_DOUBT = frozenset({DeliveryStatus.UNKNOWN})
_FAILED = frozenset({DeliveryStatus.UNKNOWN, DeliveryStatus.DEAD, DeliveryStatus.REJECTED})


class NotInDoubt(RuleBroken):
    code = "DELIVERY_NOT_IN_DOUBT"

    def __init__(self, row: Delivery) -> None:
        super().__init__(f"Nothing is to be decided about it: it is {row.status}.")


@transaction.atomic
def confirm_delivered(
    *, delivery_id: UUID, by: Actor, at: datetime, message_id: int | None = None
) -> Delivery:
    """Say that a message did arrive. With its number it can be edited and answered later.

    Raises:
        NotInDoubt: nobody has to say that.
    """
    row = _locked(delivery_id, _IN_DOUBT)
    with audit.recording("delivery.confirmed", row, by=by, at=at):
        row.status, row.sent_at, row.message_id = DeliveryStatus.SENT.value, at, message_id
        row.error_code = "" if message_id else "CONFIRMED_WITHOUT_NUMBER"
        row.save(update_fields=["status", "sent_at", "message_id", "error_code"])
    _over(row, "It arrived.", by=by, at=at)
    enqueue_on_commit(BELL)  # what waited for it
    return row


@transaction.atomic
def send_again(*, delivery_id: UUID, by: Actor, at: datetime) -> Delivery:
    """Say that a message did not arrive, or that what stopped it is mended: it is sent again.

    Raises:
        NotInDoubt: it was sent, or waits already.
    """
    row = _locked(delivery_id, _FAILED)
    with audit.recording("delivery.sent_again", row, by=by, at=at):
        row.status, row.attempts, row.error_code = DeliveryStatus.PENDING.value, 0, ""
        row.not_before = None
        row.save(update_fields=["status", "attempts", "error_code", "not_before"])
    _over(row, "It did not arrive and is sent again.", by=by, at=at)
    enqueue_on_commit(BELL)
    return row


@transaction.atomic
def give_up(*, delivery_id: UUID, reason: str, by: Actor, at: datetime) -> Delivery:
    """Let a message be: whether it arrived or not, it is not sent again.

    Raises:
        NotInDoubt: it was sent, or waits to be.
    """
    row = _locked(delivery_id, _FAILED)
    with audit.recording("delivery.given_up", row, by=by, at=at, reason=reason):
        row.status, row.error_code = DeliveryStatus.VOID.value, "GIVEN_UP"
        row.save(update_fields=["status", "error_code"])
    _over(row, reason or "It is not sent again.", by=by, at=at)
    return row


def _locked(delivery_id: UUID, states: frozenset[DeliveryStatus]) -> Delivery:
    row: Delivery = Delivery.objects.select_for_update(of=["self"]).get(pk=delivery_id)
    if row.status not in states:
        raise NotInDoubt(row)
    return row


def _over(row: Delivery, reason: str, *, by: Actor, at: datetime) -> None:
    """End the alerts that asked for this."""
    found = OpsAlert.objects.filter(scope=f"tenant:{current_schema()}", key=str(row.pk)).not_over()
    for alert_id in list(found.values_list("pk", flat=True)):
        alerts.resolve(alert_id=alert_id, by=by, at=at, reason=reason)
