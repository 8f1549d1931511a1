"""Which alerts exist, whose each is, what it takes away, and when it is over.

Source: docs/domain.md section 10. An alert has steps: how bad it is when it opens, and how bad
it may get while it stays open. It never gets better without being over.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from apps.rulebook.degrade import Effect
from apps.rulebook.errors import RuleBroken


class Severity(StrEnum):
    """In this order: the last is the worst."""

    WARN = "WARN"  # somebody should look today
    CRIT = "CRIT"  # somebody should look now


class Owner(StrEnum):
    """The role that answers for an alert."""

    OPS = "OPS"
    ADMIN = "ADMIN"
    FINANCE = "FINANCE"


class Ends(StrEnum):
    """How an alert that is open comes to its end."""

    CHECKED = "CHECKED"  # whoever looks for it has not found it for a while
    QUIET = "QUIET"  # it was not raised again for a while
    BY_HAND = "BY_HAND"  # somebody says so, with a reason


class AlertKind(StrEnum):
    FEED_STALE = "FEED_STALE"
    FEED_EMPTY = "FEED_EMPTY"
    PROVIDER_AUTH = "PROVIDER_AUTH"
    PROVIDER_QUOTA = "PROVIDER_QUOTA"
    SIM_FAIL = "SIM_FAIL"
    DIRECTION_MISMATCH = "DIRECTION_MISMATCH"
    INTEGRITY_BLOCKED = "INTEGRITY_BLOCKED"
    MAPPING_DRIFT = "MAPPING_DRIFT"
    PROVIDER_ID_MISSING = "PROVIDER_ID_MISSING"
    PUBLISH_DUPLICATE = "PUBLISH_DUPLICATE"
    DELIVERY_UNKNOWN = "DELIVERY_UNKNOWN"
    DELIVERY_FAILED = "DELIVERY_FAILED"
    GRADING_LAG = "GRADING_LAG"
    RESULT_OVERDUE = "RESULT_OVERDUE"
    CLOSE_SNAPSHOT_MISSING = "CLOSE_SNAPSHOT_MISSING"
    REGRADE = "REGRADE"
    BILLING_WRITE_FAIL = "BILLING_WRITE_FAIL"
    AUDIT_CHAIN_BROKEN = "AUDIT_CHAIN_BROKEN"
    LEDGER_IMBALANCE = "LEDGER_IMBALANCE"
    ROI_ANOMALY = "ROI_ANOMALY"
    CALIBRATION_DRIFT = "CALIBRATION_DRIFT"
    CLV_DRIFT = "CLV_DRIFT"
    OVER_RATE = "OVER_RATE"
    UNAUTHORIZED_WRITE = "UNAUTHORIZED_WRITE"
    RATE_LIMIT_BREACH = "RATE_LIMIT_BREACH"
    ENTITLEMENT_VIOLATION = "ENTITLEMENT_VIOLATION"
    JOB_MISSED = "JOB_MISSED"
    HEARTBEAT_LOST = "HEARTBEAT_LOST"
    PARTITION_MISSING = "PARTITION_MISSING"
    GLASS_BROKEN = "GLASS_BROKEN"


class AlertUnknown(RuleBroken):
    code = "ALERT_UNKNOWN"

    def __init__(self, kind: str) -> None:
        super().__init__(f"There is no alert named {kind!r}.")


@dataclass(frozen=True, slots=True)
class Step:
    """How bad an alert is, and what it takes away meanwhile."""

    severity: Severity
    effect: Effect = Effect.NOTHING

    @property
    def badness(self) -> tuple[int, int]:
        """Compare two steps by it: the worse one is greater."""
        return list(Severity).index(self.severity), list(Effect).index(self.effect)


@dataclass(frozen=True, slots=True)
class Alert:
    """One kind of alert. ``key`` says in words what one open alert is about, beside its scope."""

    kind: AlertKind
    title: str
    owner: Owner
    key: str
    steps: tuple[Step, ...]
    ends: Ends
    quiet: timedelta = timedelta(0)  # how long it must not have been seen to be over
    looks: int = 1  # and by how many looks in a row, where somebody looks for it

    def step(self, number: int) -> Step:
        """Return a step by its number, the last one where there are not so many."""
        return self.steps[min(number, len(self.steps) - 1)]


_WARN = Step(Severity.WARN)
_CRIT = Step(Severity.CRIT)
_LATCH = Step(Severity.CRIT, Effect.LATCH)
_FEED = (Step(Severity.WARN, Effect.EDGE_ONLY), Step(Severity.CRIT, Effect.NONE))
_BLOCKS = (_CRIT, _LATCH)  # the pick or the event is blocked; at a rate, everything is
_REFUSES = (_WARN, _CRIT)

_RECOVERS = timedelta(minutes=5)  # with less, a feed that comes and goes would switch to and fro
_LOOKS = 3
_DAY = timedelta(days=1)


REGISTRY: Mapping[AlertKind, Alert] = {
    alert.kind: alert
    for alert in (
        Alert(
            AlertKind.FEED_STALE,
            "A feed has not answered in time",
            Owner.OPS,
            "feed",
            _FEED,
            Ends.CHECKED,
            _RECOVERS,
            _LOOKS,
        ),
        Alert(
            AlertKind.FEED_EMPTY,
            "A feed answers, but with no games",
            Owner.OPS,
            "feed",
            _FEED,
            Ends.CHECKED,
            _RECOVERS,
            _LOOKS,
        ),
        Alert(
            AlertKind.PROVIDER_AUTH,
            "A provider refuses our key",
            Owner.OPS,
            "feed",
            _FEED,
            Ends.CHECKED,
            _RECOVERS,
            _LOOKS,
        ),
        Alert(
            AlertKind.PROVIDER_QUOTA,
            "A provider's credits or its patience run out",
            Owner.OPS,
            "feed",
            _FEED,
            Ends.CHECKED,
            _RECOVERS,
            _LOOKS,
        ),
        Alert(
            AlertKind.SIM_FAIL,
            "An event cannot be simulated",
            Owner.OPS,
            "event",
            (_WARN,),
            Ends.QUIET,
            _DAY,
        ),
        Alert(
            AlertKind.DIRECTION_MISMATCH,
            "A pick points away from its own edge",
            Owner.OPS,
            "violation, or rate",
            _BLOCKS,
            Ends.BY_HAND,
        ),
        Alert(
            AlertKind.INTEGRITY_BLOCKED,
            "A pick fails its integrity checks",
            Owner.OPS,
            "violation, or rate",
            _BLOCKS,
            Ends.QUIET,
            _DAY,
        ),
        Alert(
            AlertKind.MAPPING_DRIFT,
            "A provider's event is no longer the one that was mapped",
            Owner.OPS,
            "event, or rate",
            _BLOCKS,
            Ends.CHECKED,
        ),
        Alert(
            AlertKind.PROVIDER_ID_MISSING,
            "An event has no id to be graded by",
            Owner.OPS,
            "event, or rate",
            _BLOCKS,
            Ends.CHECKED,
        ),
        Alert(
            AlertKind.PUBLISH_DUPLICATE,
            "A second publication of one idea was refused",
            Owner.OPS,
            "idea",
            (_WARN,),
            Ends.QUIET,
            _DAY,
        ),
        Alert(
            AlertKind.DELIVERY_UNKNOWN,
            "Nobody knows whether a message arrived",
            Owner.OPS,
            "delivery",
            (_WARN,),
            Ends.BY_HAND,
        ),
        Alert(
            AlertKind.DELIVERY_FAILED,
            "A message could not be delivered",
            Owner.OPS,
            "delivery",
            (_WARN,),
            Ends.BY_HAND,
        ),
        Alert(
            AlertKind.GRADING_LAG,
            "Published picks wait too long for their grade",
            Owner.OPS,
            "",
            (_WARN,),
            Ends.CHECKED,
        ),
        Alert(
            AlertKind.RESULT_OVERDUE,
            "A game should be over and has no result",
            Owner.OPS,
            "event",
            (_WARN,),
            Ends.CHECKED,
        ),
        Alert(
            AlertKind.CLOSE_SNAPSHOT_MISSING,
            "A pick has no closing line",
            Owner.OPS,
            "event",
            (_WARN,),
            Ends.QUIET,
            _DAY,
        ),
        Alert(
            AlertKind.REGRADE,
            "A grade was corrected",
            Owner.OPS,
            "event",
            (_WARN,),
            Ends.QUIET,
            _DAY,
        ),
        Alert(
            AlertKind.BILLING_WRITE_FAIL,
            "A charge could not be written",
            Owner.FINANCE,
            "",
            (_LATCH,),
            Ends.BY_HAND,
        ),
        Alert(
            AlertKind.AUDIT_CHAIN_BROKEN,
            "The audit chain does not verify",
            Owner.ADMIN,
            "",
            (_LATCH,),
            Ends.BY_HAND,
        ),
        Alert(
            AlertKind.LEDGER_IMBALANCE,
            "Balances are not what the ledger says",
            Owner.FINANCE,
            "",
            (_LATCH,),
            Ends.BY_HAND,
        ),
        Alert(
            AlertKind.ROI_ANOMALY,
            "Returns are not what the probabilities promise",
            Owner.OPS,
            "segment",
            (_WARN,),
            Ends.BY_HAND,
        ),
        Alert(
            AlertKind.CALIBRATION_DRIFT,
            "Probabilities no longer come true as stated",
            Owner.OPS,
            "segment",
            (_WARN,),
            Ends.BY_HAND,
        ),
        Alert(
            AlertKind.CLV_DRIFT,
            "Picks no longer beat the closing line",
            Owner.OPS,
            "segment",
            (_WARN,),
            Ends.BY_HAND,
        ),
        Alert(
            AlertKind.OVER_RATE,
            "More picks go out than is plausible",
            Owner.OPS,
            "segment",
            (_WARN,),
            Ends.BY_HAND,
        ),
        Alert(
            AlertKind.UNAUTHORIZED_WRITE,
            "Somebody tried to write what is not theirs to write",
            Owner.ADMIN,
            "who and what",
            _REFUSES,
            Ends.QUIET,
            _DAY,
        ),
        Alert(
            AlertKind.RATE_LIMIT_BREACH,
            "A client goes on beyond its rate limit",
            Owner.OPS,
            "who",
            _REFUSES,
            Ends.QUIET,
            _DAY,
        ),
        Alert(
            AlertKind.ENTITLEMENT_VIOLATION,
            "A client asks again for what it has not bought",
            Owner.FINANCE,
            "who and what",
            _REFUSES,
            Ends.QUIET,
            _DAY,
        ),
        Alert(
            AlertKind.JOB_MISSED,
            "A job is late against its own schedule",
            Owner.OPS,
            "job",
            (_WARN, _LATCH),
            Ends.CHECKED,
        ),
        Alert(
            AlertKind.HEARTBEAT_LOST,
            "Nobody is watching for alerts",
            Owner.ADMIN,
            "job",
            (_LATCH,),
            Ends.CHECKED,
        ),
        Alert(
            AlertKind.PARTITION_MISSING,
            "Rows came for a day that has no partition",
            Owner.ADMIN,
            "table",
            (_WARN,),
            Ends.QUIET,
            _DAY,
        ),
        Alert(
            AlertKind.GLASS_BROKEN,
            "A switch was turned on by one person where it takes two",
            Owner.ADMIN,
            "switch",
            (_CRIT,),
            Ends.BY_HAND,
        ),
    )
}

# Refusals that somebody should hear of, by their code: the doors open the alert afterwards.
AT_THE_DOOR: Mapping[str, AlertKind] = {
    "APPEND_ONLY": AlertKind.UNAUTHORIZED_WRITE,
    "FOREIGN_TENANT_ROW": AlertKind.UNAUTHORIZED_WRITE,
    "TENANT_NESTED": AlertKind.UNAUTHORIZED_WRITE,
    "TENANT_HEADER_MISSING": AlertKind.UNAUTHORIZED_WRITE,
    "TENANT_HEADER_WRONG": AlertKind.UNAUTHORIZED_WRITE,
    "PUBLISH_DUPLICATE": AlertKind.PUBLISH_DUPLICATE,
    "PROVIDER_ID_MISSING": AlertKind.PROVIDER_ID_MISSING,
    "BILLING_WRITE_FAIL": AlertKind.BILLING_WRITE_FAIL,
    "TOO_MANY": AlertKind.RATE_LIMIT_BREACH,
    "NOT_ENTITLED": AlertKind.ENTITLEMENT_VIOLATION,
    "API_KEY_FOREIGN": AlertKind.ENTITLEMENT_VIOLATION,
}


def alert_of(kind: str) -> Alert:
    """Look a kind up.

    Source: docs/domain.md section 10.

    Raises:
        AlertUnknown: nothing of that name is registered.
    """
    try:
        return REGISTRY[AlertKind(kind)]
    except ValueError:
        raise AlertUnknown(kind) from None
