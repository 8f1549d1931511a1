"""The bytes as they came, and the receipts of reading them."""

from typing import Any

from django.db import models
from django.db.models import F

from apps.core.append_only import AppendOnly, PlainFacts
from apps.snapshots.querysets import (
    PayloadReadingQuerySet,
    QuarantinedRowQuerySet,
    RawPayloadQuerySet,
)


class RawPayload(AppendOnly):
    """One body, known by its hash: consecutive polls are often the same bytes."""

    id = models.BigAutoField(primary_key=True)
    sha256 = models.CharField(max_length=64, unique=True, help_text="Hex, of the plain bytes.")
    size = models.PositiveIntegerField(help_text="Bytes as they came.")
    stored_size = models.PositiveIntegerField(help_text="Bytes after zstd level 3.")
    first_captured_at = models.DateTimeField(
        help_text="UTC, of the first poll with it: the day whose partition holds the body."
    )

    objects = RawPayloadQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        db_table = "raw_payload"

    def __str__(self) -> str:
        return self.sha256[:12]


class RawBody(AppendOnly, PlainFacts):
    """The compressed bytes of a payload, one partition a day.

    Beside the payload, so that old days can be dropped once an archive holds them.
    """

    pk = models.CompositePrimaryKey("payload_id", "captured_at")
    payload_id = models.BigIntegerField(help_text="The raw_payload; no key, days are dropped.")
    captured_at = models.DateTimeField(help_text="UTC, first_captured_at of the payload.")
    body = models.BinaryField(help_text="zstd level 3; compressed here, never by the server.")

    class Meta:
        db_table = "raw_body"
        verbose_name_plural = "raw bodies"

    def __str__(self) -> str:
        return f"body of payload {self.payload_id}"


class PayloadReading(AppendOnly):
    """The receipt of one reading of one poll: everything in it is accounted for."""

    id = models.BigAutoField(primary_key=True)
    poll = models.ForeignKey(
        "snapshots.ProviderPoll", on_delete=models.PROTECT, related_name="readings", db_index=False
    )
    reader_version = models.PositiveSmallIntegerField(help_text="Version of the code that read.")
    read_at = models.DateTimeField(help_text="UTC, business time of the reading.")
    refused_code = models.CharField(
        max_length=32,
        blank=True,
        default="",
        help_text="Why nothing in it could be read; empty: it was read.",
    )
    events = models.PositiveIntegerField(help_text="Events that were read.")
    prices = models.PositiveIntegerField(help_text="Prices in it; of a results feed, scores.")
    written = models.PositiveIntegerField(help_text="Prices stored because they were new.")
    unchanged = models.PositiveIntegerField(help_text="Prices seen again as they were.")
    quarantined = models.JSONField(default=dict, help_text="Prices set aside, by code.")
    quarantined_total = models.PositiveIntegerField(help_text="Their sum.")
    withdrawn = models.PositiveIntegerField(
        help_text="Quotes that left the board: suspended or absent."
    )

    objects = PayloadReadingQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        db_table = "payload_reading"
        constraints = [
            models.UniqueConstraint(
                fields=["poll", "reader_version"], name="payload_reading_happens_once"
            ),
            models.CheckConstraint(
                condition=models.Q(prices=F("written") + F("unchanged") + F("quarantined_total")),
                name="payload_reading_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"reading of poll {self.poll_id} by v{self.reader_version}"

    def audit_state(self) -> dict[str, Any]:
        return {
            "refused_code": self.refused_code,
            "prices": self.prices,
            "written": self.written,
            "unchanged": self.unchanged,
            "quarantined": self.quarantined,
            "withdrawn": self.withdrawn,
        }


class PayloadRereading(AppendOnly, PlainFacts):
    """The receipt of reading again what one poll had set aside, once somebody had explained it.

    It stands beside the poll's own receipt, which stays as it was: these prices are counted
    there under the code they were set aside with.
    """

    id = models.BigAutoField(primary_key=True)
    poll = models.ForeignKey("snapshots.ProviderPoll", on_delete=models.PROTECT, related_name="+")
    review_item = models.ForeignKey(
        "catalog.ReviewItem",
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="The question whose answer made it readable.",
    )
    read_at = models.DateTimeField(help_text="UTC, business time of the reading.")
    refused_code = models.CharField(
        max_length=32, blank=True, default="", help_text="Why its body could not be read any more."
    )
    events = models.PositiveIntegerField(help_text="Events that were read.")
    prices = models.PositiveIntegerField(help_text="Prices of theirs; of a results feed, scores.")
    written = models.PositiveIntegerField(help_text="Prices stored because they were new.")
    unchanged = models.PositiveIntegerField(help_text="Prices seen again as they were.")
    quarantined = models.JSONField(default=dict, help_text="Prices set aside again, by code.")
    quarantined_total = models.PositiveIntegerField(help_text="Their sum.")

    class Meta:
        db_table = "payload_rereading"
        constraints = [
            models.UniqueConstraint(
                fields=["review_item", "poll"], name="payload_rereading_happens_once"
            ),
            models.CheckConstraint(
                condition=models.Q(prices=F("written") + F("unchanged") + F("quarantined_total")),
                name="payload_rereading_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"rereading of poll {self.poll_id}"

    def audit_state(self) -> dict[str, Any]:
        return {
            "poll": self.poll_id,
            "review_item": self.review_item_id,
            "prices": self.prices,
            "written": self.written,
            "quarantined": self.quarantined,
        }


class QuarantinedRow(AppendOnly):
    """One piece of a payload that was not believed: what it said, where, and why not."""

    id = models.BigAutoField(primary_key=True)
    poll = models.ForeignKey("snapshots.ProviderPoll", on_delete=models.PROTECT, related_name="+")
    reader_version = models.PositiveSmallIntegerField(help_text="Version of the code that read.")
    code = models.CharField(max_length=32, help_text="Stable: apps.snapshots.reading.codes.")
    place = models.CharField(max_length=200, help_text="Path inside the payload.")
    source_event_id = models.CharField(max_length=64, blank=True, default="")
    book_key = models.CharField(max_length=64, blank=True, default="")
    market_key = models.CharField(max_length=64, blank=True, default="")
    prices = models.PositiveIntegerField(help_text="Prices that went with it.")
    fragment = models.TextField(blank=True, default="", help_text="The piece, cut at 500.")

    objects = QuarantinedRowQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        db_table = "quarantined_row"
        ordering = ["id"]
        indexes = [
            models.Index(fields=["code"], name="quarantined_row_by_code"),
            models.Index(fields=["source_event_id"], name="quarantined_row_of_an_event"),
        ]

    def __str__(self) -> str:
        return f"{self.code} at {self.place}"
