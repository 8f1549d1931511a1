"""The receipt of one evaluation batch: what became of everything it evaluated."""

from django.db import models

from apps.core.append_only import AppendOnly
from apps.picks.querysets import ProposalRoundQuerySet


class ProposalRound(AppendOnly):
    """One look at one evaluation batch, also when nothing came of it: this is the funnel.

    ``gates`` holds, for every gate in order (``kinds.Gate``), how many evaluations reached it and
    why some of them went no further:
    ``[{"gate": "BOOK", "reached": 240, "stopped": {"NOT_OUR_BOOK": 16}}, ...]``.
    """

    id = models.UUIDField(primary_key=True, editable=False, help_text="UUIDv5 of tenant and batch.")
    batch_id = models.UUIDField(unique=True, help_text="The evaluation batch.")
    league = models.CharField(max_length=16, help_text="League code.")
    captured_at = models.DateTimeField(help_text="UTC, of the poll that the batch evaluated.")
    decided_at = models.DateTimeField(help_text="UTC, business time of this look.")
    config_version = models.ForeignKey(
        "governance.ConfigVersion",
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_index=False,
        help_text="The opinion in force.",
    )
    market_config_hash = models.CharField(max_length=64, help_text="sha256 hex, of the batch.")
    model_config_hash = models.CharField(max_length=64, help_text="sha256 hex, of the batch.")
    gates = models.JSONField(default=list, help_text="Evaluations, per gate: see the class.")
    evaluations = models.PositiveIntegerField(help_text="Evaluations looked at.")
    proposed = models.PositiveIntegerField(help_text="Picks that now wait for publication.")
    replaced = models.PositiveIntegerField(help_text="Waiting picks that gave way to a newer one.")
    blocked = models.PositiveIntegerField(help_text="Picks born BLOCKED.")

    objects = ProposalRoundQuerySet.as_manager()

    class Meta:
        db_table = "proposal_round"
        ordering = ["-decided_at", "-captured_at", "id"]
        indexes = [
            models.Index(
                fields=["league", "market_config_hash", "model_config_hash", "captured_at"],
                name="proposal_round_first_to_last",
            ),
            models.Index(fields=["-decided_at", "-id"], name="proposal_round_newest_first"),
        ]

    def __str__(self) -> str:
        return f"{self.league} {self.captured_at:%Y-%m-%d %H:%M}: {self.proposed} proposed"
