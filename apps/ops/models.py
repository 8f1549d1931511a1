"""Rehearsals, what the stages and tenants had to show, and days that were put away."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from apps.core.ids import uuid7
from apps.core.stages import HOURS
from apps.ops.querysets import ArchivedDayQuerySet, StageStandingQuerySet


class ReplayRun(models.Model):
    """One recording played on this database, instant by instant.

    What was played is written once; how far it got travels, so that a rehearsal that was
    killed goes on with the instant it was in.
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False, help_text="UUIDv7.")
    recording_sha256 = models.CharField(
        max_length=64, unique=True, help_text="Hex, over the files' content, tenant and profile."
    )
    tenant_schema = models.CharField(max_length=30, help_text="Whose picks were made.")
    profile = models.CharField(max_length=16, help_text="How far the model was trusted.")

    # Travels.
    position = models.DateTimeField(
        null=True,
        help_text="UTC, business time of the instant being played: all before it are done.",
    )
    instants = models.PositiveIntegerField(default=0, help_text="Instants entered so far.")
    finished = models.BooleanField(default=False, help_text="Nothing of the recording is left.")

    class Meta:
        db_table = "replay_run"
        constraints = [
            models.CheckConstraint(
                condition=Q(instants=0, position__isnull=True)
                | Q(instants__gt=0, position__isnull=False),
                name="replay_run_that_has_begun_is_somewhere",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tenant_schema}, {self.profile}: {self.instants} instants"

    def audit_state(self) -> dict[str, Any]:
        return {"instants": self.instants, "position": self.position, "finished": self.finished}


class StageStanding(models.Model):
    """How far one stage had got for one tenant, or for the platform, when stock was taken last.

    Counted from the rows themselves by ``apps.ops.stock``, so that the overview and the metrics
    of a thousand tenants are one read. Every count is taken again the next time.
    """

    stage = models.CharField(max_length=16, help_text="As apps.ops.pipeline names it.")
    tenant_schema = models.CharField(
        max_length=30, help_text="Whose work: a tenant, or public for the stages on facts."
    )
    taken_at = models.DateTimeField(help_text="UTC, business time of the count.")
    due = models.BigIntegerField(help_text="Units that ought to have an outcome by then.")
    done = models.BigIntegerField(help_text="Units that have one.")
    oldest_waiting_at = models.DateTimeField(
        null=True, help_text="UTC, since when the oldest unit without one waits."
    )
    done_24h = models.BigIntegerField(help_text="Units done in the 24 hours before.")
    by_hour = ArrayField(
        models.BigIntegerField(), size=HOURS, help_text="The same hour by hour, the oldest first."
    )

    objects = StageStandingQuerySet.as_manager()

    class Meta:
        db_table = "stage_standing"
        verbose_name = "stage"
        ordering = ["stage", "tenant_schema"]
        constraints = [
            models.UniqueConstraint(
                fields=["stage", "tenant_schema"], name="stage_standing_is_counted_once"
            ),
            models.CheckConstraint(
                condition=Q(done__lte=F("due")), name="stage_standing_is_done_only_when_due"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.stage} of {self.tenant_schema}: {self.done} of {self.due}"

    @property
    def waiting(self) -> int:
        return self.due - self.done

    def audit_state(self) -> dict[str, Any]:
        return {"due": self.due, "done": self.done, "taken_at": self.taken_at}


class TenantStanding(models.Model):
    """A tenant's picks and their record when stock was taken last, for pages that show many."""

    tenant_schema = models.CharField(max_length=30, unique=True, help_text="Whose.")
    taken_at = models.DateTimeField(help_text="UTC, business time of the count.")

    # Where its picks are.
    proposed = models.PositiveIntegerField(help_text="Picks that wait for publication.")
    live = models.PositiveIntegerField(help_text="Published picks that are not settled.")
    published = models.PositiveIntegerField(help_text="Picks that were ever published.")
    ungraded = models.JSONField(default=dict, help_text="Picks that are due and wait, by reason.")
    delays = ArrayField(
        models.PositiveIntegerField(),
        default=list,
        help_text="Grades of 30 days by minutes after the final; see grading.record.",
    )

    # Its record to date: counted again only where a grade has been written since.
    record_through = models.DateTimeField(
        null=True, help_text="UTC, of the newest grade in it; empty: nothing was graded."
    )
    won = models.PositiveIntegerField(default=0, help_text="Bets, half wins among them.")
    lost = models.PositiveIntegerField(default=0, help_text="Bets, half losses among them.")
    pushed = models.PositiveIntegerField(default=0, help_text="Bets whose stake came back.")
    void = models.PositiveIntegerField(default=0, help_text="Picks that were no bets.")
    ungradeable = models.PositiveIntegerField(default=0, help_text="Picks nobody can settle.")
    profit = models.DecimalField(
        max_digits=14, decimal_places=4, default=0, help_text="Units, one on each bet."
    )
    profit_low = models.FloatField(null=True, help_text="Lower end of its 95 % interval, units.")
    profit_high = models.FloatField(null=True, help_text="Upper end of its 95 % interval, units.")
    first_game_at = models.DateTimeField(null=True, help_text="UTC, of the games in the record.")
    last_game_at = models.DateTimeField(null=True, help_text="UTC, of the games in the record.")
    promised = models.FloatField(default=0, help_text="Units, by the published probabilities.")
    deviation = models.FloatField(default=0, help_text="Units, standard deviation of that.")
    break_even = models.FloatField(null=True, help_text="0 to 1: win rate that the prices ask for.")
    tiers = models.JSONField(default=list, help_text="Per tier: tier, won, lost.")
    clv_mean = models.FloatField(null=True, help_text="Of the stake: .05 is 5 %.")
    clv_low = models.FloatField(null=True, help_text="Lower end of its 95 % interval.")
    clv_high = models.FloatField(null=True, help_text="Upper end of its 95 % interval.")
    clv_n = models.PositiveIntegerField(default=0, help_text="Bets behind it.")
    clv_missing = models.PositiveIntegerField(default=0, help_text="Bets without one.")
    path = models.JSONField(
        default=list, help_text="Points: bets, profit, promised, its deviation; units."
    )

    class Meta:
        db_table = "tenant_standing"
        verbose_name = "record"
        ordering = ["tenant_schema"]
        constraints = [
            models.CheckConstraint(
                condition=Q(live__lte=F("published")), name="tenant_standing_live_was_published"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.tenant_schema}: {self.won}-{self.lost}-{self.pushed}"

    @property
    def bets(self) -> int:
        return self.won + self.lost + self.pushed

    @property
    def decided(self) -> int:
        return self.won + self.lost

    @property
    def open(self) -> int:
        """Picks that were published and have no grade: bets + void + ungradeable + open add up."""
        return self.published - self.bets - self.void - self.ungradeable

    @property
    def waiting(self) -> int:
        """Picks that are due and have no grade."""
        return sum(self.ungraded.values())

    def audit_state(self) -> dict[str, Any]:
        return {"record_through": self.record_through, "taken_at": self.taken_at}


class ArchivedDay(models.Model):
    """One day of one great table as it lies in the archive, read back when it was written.

    What was archived is written once; what travels is whether the database still has the day.
    A day that grew after it was archived is archived again, as another row.
    """

    table_name = models.CharField(max_length=63, help_text="Which table: market_snapshot.")
    day = models.DateField(help_text="UTC, the day of its partition.")
    object_name = models.CharField(
        max_length=200, help_text="In the archive; of bodies where each lies under its hash."
    )
    rows = models.BigIntegerField(help_text="Rows in it.")
    size = models.BigIntegerField(help_text="Bytes, plain.")
    stored_size = models.BigIntegerField(help_text="Bytes, packed.")
    sha256 = models.CharField(
        max_length=64, help_text="Hex, of the plain bytes; of bodies over their hashes in order."
    )
    archived_at = models.DateTimeField(help_text="UTC.")

    # Travels.
    dropped_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC, when the database let go of it; empty: it has it."
    )

    objects = ArchivedDayQuerySet.as_manager()

    class Meta:
        db_table = "archived_day"
        ordering = ["-day", "table_name", "-archived_at"]
        constraints = [
            models.UniqueConstraint(
                fields=["table_name", "day", "sha256"], name="archived_day_is_put_away_once"
            ),
            models.CheckConstraint(condition=Q(rows__gt=0), name="archived_day_holds_something"),
        ]

    def __str__(self) -> str:
        return f"{self.table_name} of {self.day}: {self.rows} rows"

    def audit_state(self) -> dict[str, Any]:
        return {
            "table": self.table_name,
            "day": self.day,
            "object": self.object_name,
            "rows": self.rows,
            "sha256": self.sha256,
            "dropped_at": self.dropped_at,
        }
