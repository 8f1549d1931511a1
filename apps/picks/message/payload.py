"""The same message for programs: the card of the pick, what happened to it, and plain values."""

from typing import Any

from apps.picks.card import card
from apps.picks.models import Delivery, Pick

CONTRACT = 1  # of the envelope; the card inside has a contract of its own


def payload(delivery: Delivery, pick: Pick) -> dict[str, Any]:
    """Describe one happening; who was told twice knows by ``id`` that it is the same."""
    return {
        "contract": CONTRACT,
        "id": delivery.pk,
        "kind": delivery.kind,
        "cause": delivery.cause,
        "due_at": delivery.due_at,
        "answers": delivery.answers_id,
        "facts": delivery.facts,
        "pick": card(pick),
    }
