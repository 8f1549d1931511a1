"""Runs held against the market: one receipt per poll and configuration, one row per quote."""

from enum import StrEnum
from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q

from apps.catalog.models import Book, League, Selection
from apps.core.append_only import AppendOnly
from apps.governance.models import ConfigVersion
from apps.rulebook.evaluation import RiskFlag, flags_of
from apps.simulations.models.run import SimulationRun
from apps.simulations.querysets import EvaluationBatchQuerySet, MarketEvaluationQuerySet
from apps.snapshots.models import ProviderPoll


class NotEvaluated(StrEnum):
    """Why a quote on the board was not evaluated in a batch, asked in this order."""

    BOOK_NOT_EVALUATED = "BOOK_NOT_EVALUATED"  # no sportsbook, or retired
    MARKET_NOT_CONFIGURED = "MARKET_NOT_CONFIGURED"  # the league does not evaluate it
    QUOTE_STALE = "QUOTE_STALE"  # last seen longer ago than its feed allows
    UNCHANGED = "UNCHANGED"  # nothing about its market is new since the batch before
    SIMULATION_MISSING = "SIMULATION_MISSING"  # the event has no run that is DONE
    PERIOD_NOT_SIMULATED = "PERIOD_NOT_SIMULATED"  # the run is of another part of the game
    OPPOSITE_MISSING = "OPPOSITE_MISSING"  # the book shows no other side at the same line
    OVERROUND_OUT_OF_RANGE = "OVERROUND_OUT_OF_RANGE"
    TOO_FEW_BOOKS = "TOO_FEW_BOOKS"  # for a consensus on the market
    NO_FAIR_PRICE = "NO_FAIR_PRICE"  # the margin cannot be taken out
    CERTAIN = "CERTAIN"  # no simulated game, or every one, wins: no probability to compare


class EvaluationBatch(AppendOnly):
    """The receipt of one evaluation: one poll of a league under one pair of configurations.

    Written also where nothing was evaluated, because the market agreed, nothing changed, or a
    newer poll had overtaken this one before anybody looked. Shared by every tenant that uses
    the same configurations. Where anything about a market is new, all its quotes are evaluated
    anew, since the books' common price is part of each of them: a batch holds markets whole.
    """

    id = models.UUIDField(
        primary_key=True, editable=False, help_text="UUIDv5 of poll and configurations."
    )
    league = models.ForeignKey(League, on_delete=models.PROTECT, related_name="+", db_index=False)
    poll = models.ForeignKey(ProviderPoll, on_delete=models.PROTECT, related_name="+")
    captured_at = models.DateTimeField(help_text="UTC, of the poll.")
    evaluated_at = models.DateTimeField(help_text="UTC, business time.")
    market_config = models.ForeignKey(
        ConfigVersion, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    model_config = models.ForeignKey(
        ConfigVersion, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    market_config_hash = models.CharField(max_length=64, help_text="sha256 hex.")
    model_config_hash = models.CharField(max_length=64, help_text="sha256 hex.")
    model_version = models.ForeignKey(
        "simulations.ModelVersion",
        on_delete=models.PROTECT,
        null=True,
        related_name="+",
        db_index=False,
        help_text="Empty: nobody fitted a model for the league.",
    )
    runs = ArrayField(models.UUIDField(), default=list, help_text="Runs of the events ahead.")
    looks = ArrayField(
        models.BigIntegerField(),
        default=list,
        help_text="A hash of each market as it was looked at: found again, it is UNCHANGED.",
    )
    overtaken = models.BooleanField(
        help_text="A newer poll was there already: the board is looked at in that one's batch."
    )
    quotes = models.PositiveIntegerField(help_text="Open quotes on games ahead, as it looked.")
    evaluated = models.PositiveIntegerField(help_text="Rows written.")
    skipped = models.JSONField(default=dict, help_text="Quotes not evaluated, by reason.")
    skipped_total = models.PositiveIntegerField(help_text="Their sum.")

    objects = EvaluationBatchQuerySet.as_manager()

    class Meta:
        db_table = "evaluation_batch"
        verbose_name_plural = "evaluation batches"
        ordering = ["-captured_at", "id"]
        indexes = [
            models.Index(fields=["league", "-captured_at"], name="evaluation_batch_newest_first"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["poll", "market_config_hash", "model_config_hash"],
                name="evaluation_batch_is_made_once",
            ),
            models.CheckConstraint(
                condition=Q(quotes=F("evaluated") + F("skipped_total")),
                name="evaluation_batch_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.league_id} {self.captured_at:%Y-%m-%d %H:%M}: {self.evaluated}"

    def audit_state(self) -> dict[str, Any]:
        return {
            "league": self.league_id,
            "captured_at": self.captured_at,
            "market_config_hash": self.market_config_hash,
            "model_config_hash": self.model_config_hash,
            "runs": self.runs,
            "overtaken": self.overtaken,
            "quotes": self.quotes,
            "evaluated": self.evaluated,
            "skipped": self.skipped,
        }


class MarketEvaluation(AppendOnly):
    """One quote of one book held against one run, as it stood at one poll.

    A pick copies what it used. ``a`` and ``b`` are those it is judged by: their ratio is
    ``decision_prob``; the push share is the model's own. The other side of the same book and
    market stands in the same batch. One partition a day of ``observed_at``, no foreign keys in
    the database: old days are dropped.
    """

    pk = models.CompositePrimaryKey("batch_id", "selection_id", "book_id", "observed_at")
    batch = models.ForeignKey(
        EvaluationBatch,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    run = models.ForeignKey(
        SimulationRun,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    selection = models.ForeignKey(
        Selection,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    observed_at = models.DateTimeField(help_text="UTC, of the quote's snapshot.")
    last_seen_at = models.DateTimeField(help_text="UTC, of the quote, as the batch looked.")
    a = models.FloatField(help_text="0 to 1: E[(1 - void factor) won], as it is judged.")
    b = models.FloatField(help_text="0 to 1: E[(1 - void factor)(1 - won)], as it is judged.")
    v = models.FloatField(help_text="0 to 1: the share of the stake that is returned.")
    model_prob = models.FloatField(help_text="0 to 1: the model's own, pushes left out.")
    fair_prob = models.FloatField(help_text="0 to 1: the market's, its margin removed.")
    weight = models.FloatField(help_text="0 to 1: how far the model pulls away from the market.")
    decision_prob = models.FloatField(help_text="0 to 1: what it is judged by.")
    edge_prob = models.FloatField(
        help_text="Probability points, signed: decision_prob minus fair_prob."
    )
    ev = models.FloatField(help_text="Expected profit per unit staked: .05 is 5 %.")
    edge_points = models.FloatField(
        null=True,
        help_text="Points by which the line is better than the fair one; moneyline: none.",
    )
    fair_line = models.FloatField(
        null=True,
        help_text=(
            "Points, as given to the selection: where the model's probability is fair_prob;"
            " of a moneyline the side's own even spread; of a draw there is none."
        ),
    )
    overround = models.FloatField(help_text="Sum of the book's implied probabilities.")
    book = models.ForeignKey(
        Book, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    seq = models.SmallIntegerField(help_text="With observed_at: which snapshot of the quote.")
    books = models.SmallIntegerField(help_text="Fresh books that quote both sides of the market.")
    risk_flags = models.IntegerField(
        help_text="What is not known well enough for EDGE: bits of rulebook.evaluation.RiskFlag."
    )
    line = models.DecimalField(
        max_digits=6,
        decimal_places=2,
        null=True,
        help_text="Points, as given to the selection; empty: the market has none.",
    )
    price_decimal = models.DecimalField(
        max_digits=12, decimal_places=6, help_text="Decimal odds, stake included."
    )

    objects = MarketEvaluationQuerySet.as_manager()

    class Meta:
        db_table = "market_evaluation"
        indexes = [
            BrinIndex(fields=["observed_at"], name="market_evaluation_by_time"),
            # A published pick is watched by the newest word on its own book's quote.
            models.Index(
                fields=["selection", "book", "observed_at"], name="market_evaluation_of_a_quote"
            ),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    model_prob__gt=0,
                    model_prob__lt=1,
                    fair_prob__gt=0,
                    fair_prob__lt=1,
                    decision_prob__gt=0,
                    decision_prob__lt=1,
                ),
                name="market_evaluation_is_uncertain",
            ),
            models.CheckConstraint(
                condition=Q(
                    a__gt=1 - F("b") - F("v") - 1e-9,
                    a__lt=1 - F("b") - F("v") + 1e-9,
                ),
                name="market_evaluation_adds_up",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.selection_id}/{self.book_id} EV {self.ev:+.3f}"

    @property
    def flags(self) -> tuple[RiskFlag, ...]:
        return flags_of(self.risk_flags)
