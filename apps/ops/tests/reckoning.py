"""What a stack that was treated badly has to show: `python -m apps.ops.tests.reckoning`.

Nobody works any more. What is left over is done once, as the next beat would; then every stage is
counted and every fact looked at: nothing may be owed, nothing doubled, nothing lost.
"""

import json
import sys
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta

import django

# Grades wait a minute for a final to settle: by then nothing has a reason to wait.
SETTLED = timedelta(minutes=5)


def main() -> None:
    django.setup()

    from apps.core import clock
    from apps.core.actor import Actor
    from apps.core.tenancy import active_schemas
    from apps.ops.models import StageStanding
    from apps.ops.rehearsal.stages import STAGES, play_stages
    from apps.ops.stock import take_stock

    at = clock.now() + SETTLED
    # Nobody answers any more: what is still owed to a channel goes on waiting for the next start.
    asks_outside = {"fetch", "results", "deliver"}
    play_stages(STAGES[1:], active_schemas(), player="reckoning", at=at)
    take_stock(by=Actor.system("reckoning"), at=at)
    standings = {
        f"{row.tenant_schema}.{row.stage}": [row.due, row.done]
        for row in StageStanding.objects.all()
        if row.stage not in asks_outside
    }
    told = {"standings": standings, "wrong": dict(Counter(wrongs()))}
    sys.stdout.write(json.dumps(told))


def wrongs() -> Iterator[str]:
    """Name everything that happened twice, or happened and left no trace."""
    from apps.core.tenancy import active_schemas, tenant_scope
    from apps.governance.models import AuditEntry
    from apps.grading.models import Grade
    from apps.picks.models import Delivery, LineTracking, Pick
    from apps.snapshots.models import PayloadReading, ProviderPoll

    read = Counter(PayloadReading.objects.values_list("poll_id", flat=True))
    for poll in ProviderPoll.objects.readable().values_list("pk", flat=True):
        if read[poll] != 1:
            yield f"a body was read {read[poll]} times"
    for schema in active_schemas():
        with tenant_scope(schema):
            entries = AuditEntry.objects.filter(tenant_schema=schema)
            said = Counter(
                entries.filter(action="pick.published").values_list("object_id", flat=True)
            )
            graded = Counter(Grade.objects.filter(revision_no=1).values_list("pick_id", flat=True))
            own = Delivery.objects.filter(cause="PUBLISHED")
            told = Counter(own.filter(channel="APP").values_list("pick_id", flat=True))
            places = Counter(
                own.exclude(channel="APP").values_list("pick_id", "recipient", "channel")
            )
            for (_, _, channel), times in places.items():
                if times != 1:
                    yield f"a pick was owed to {channel} {times} times"
            numbered = Delivery.objects.filter(kind__in=["NEW", "REPLY"], message_id__isnull=False)
            for times in Counter(numbered.values_list("recipient", "message_id")).values():
                if times != 1:
                    yield f"one message stands for {times} deliveries"
            followed = Counter(LineTracking.objects.values_list("pick_id", flat=True))
            for pick, status in Pick.objects.exclude(published_at=None).values_list("pk", "status"):
                if said[str(pick)] != 1:
                    yield f"a publication was audited {said[str(pick)]} times"
                if told[pick] != 1:
                    yield f"a pick was delivered {told[pick]} times"
                if followed[pick] != 1:
                    yield f"a pick was followed {followed[pick]} times"
                if (status == "GRADED") != (graded[pick] == 1):
                    yield f"a pick that is {status} was graded {graded[pick]} times"


if __name__ == "__main__":
    main()
