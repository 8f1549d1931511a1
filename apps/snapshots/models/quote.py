"""What books quoted: every change, the newest state, and what they agreed on."""

from datetime import datetime

from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import Q

from apps.catalog.models import Book, Event, Selection
from apps.core.append_only import AppendOnly
from apps.core.choices import choices_of
from apps.rulebook.markets import MarketType, Period, QuoteStatus
from apps.snapshots.models.feed import Feed, ProviderPoll
from apps.snapshots.querysets import (
    ConsensusQuerySet,
    LastSeenManager,
    LatestQuoteQuerySet,
    MarketSnapshotQuerySet,
)


class MarketSnapshot(AppendOnly):
    """One observed change of one book's quote on one selection.

    The widest table: natural key, small integers, no foreign key in or out (the relations
    below exist for queries only), one partition per day of observed_at. Its public id is
    computed (``rulebook.keys.snapshot_id``), never stored.
    """

    pk = models.CompositePrimaryKey("selection_id", "book_id", "observed_at", "seq")
    selection = models.ForeignKey(
        Selection,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    observed_at = models.DateTimeField(
        help_text=(
            "UTC, the provider's last_update when this value was first seen;"
            " of SUSPENDED and ABSENT the poll's time."
        )
    )
    poll = models.ForeignKey(
        ProviderPoll,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    price_american = models.IntegerField(
        null=True, help_text="American odds exactly as quoted; empty where quoted in decimal."
    )
    book = models.ForeignKey(
        Book, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False, db_index=False
    )
    seq = models.SmallIntegerField(
        help_text="Counts from 0 where one observed_at had several values."
    )
    is_main = models.BooleanField(help_text="The market's main line, not an alternate.")
    pre_game = models.BooleanField(help_text="Whether the poll that saw it was pre-game.")
    status = models.CharField(max_length=9, choices=choices_of(QuoteStatus))
    line = models.DecimalField(
        max_digits=6,
        decimal_places=2,
        null=True,
        help_text="Points, as given to the selection; empty: the market has none.",
    )
    price_decimal = models.DecimalField(
        max_digits=12,
        decimal_places=6,
        null=True,
        help_text="Decimal odds, stake included; empty while suspended or absent.",
    )

    objects = MarketSnapshotQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        db_table = "market_snapshot"
        # The primary key carries line and price besides, so that a history is read from the
        # index alone (its migration says so, because Django cannot).
        indexes = [BrinIndex(fields=["observed_at"], name="market_snapshot_by_time")]
        constraints = [
            models.CheckConstraint(
                condition=(Q(status=QuoteStatus.OPEN.value) & Q(price_decimal__gt=1))
                | (~Q(status=QuoteStatus.OPEN.value) & Q(price_decimal__isnull=True)),
                name="market_snapshot_has_a_price_while_open",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.selection_id}/{self.book_id} {self.line} @ {self.price_decimal}"


class Sighting(models.Model):
    """How recently one feed showed one game: every quote that goes along was seen then.

    A poll in which little changed shows thousands of quotes again. It moves on one row per game,
    and the quotes are left alone; only one that it did not show is told until when it was seen.
    """

    pk = models.CompositePrimaryKey("feed", "event")
    feed = models.ForeignKey(Feed, on_delete=models.PROTECT, related_name="+", db_index=False)
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+", db_index=False)
    seen_at = models.DateTimeField(
        help_text="UTC, captured_at of the feed's newest poll that showed quotes on the game."
    )

    class Meta:
        db_table = "sighting"

    def __str__(self) -> str:
        return f"{self.event_id} by {self.feed_id} at {self.seen_at:%Y-%m-%d %H:%M:%S}"


class LatestQuote(models.Model):
    """The newest quote of one book on one selection, and the last one before the game.

    ``line`` to ``poll`` describe the last open quote; while the market is suspended or absent
    they stay, and ``status`` says since when they no longer count. Age is ``at`` minus
    ``last_seen_at``, always: captured_at of the newest poll that contained the quote. No column
    holds it (``querysets.LAST_SEEN``), so that a quote seen again costs no row. Before a poll in
    play overwrites the quote, the columns ``closing_*`` keep it. No index on what changes, so
    that an update stays inside its page.
    """

    id = models.BigAutoField(primary_key=True)
    selection = models.ForeignKey(
        Selection, on_delete=models.PROTECT, related_name="quotes", db_index=False
    )
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="quotes")
    book = models.ForeignKey(Book, on_delete=models.PROTECT, related_name="+", db_index=False)
    feed = models.ForeignKey(Feed, on_delete=models.PROTECT, related_name="+", db_index=False)

    status = models.CharField(max_length=9, choices=choices_of(QuoteStatus))
    status_since = models.DateTimeField(
        help_text="UTC, captured_at of the poll since which it is on the board, or off it."
    )
    checked_at = models.DateTimeField(
        help_text="UTC, captured_at of the newest poll that told something new about it."
    )
    pre_game = models.BooleanField(
        help_text="Whether the quote was seen last before the game; else closing_* has that one."
    )

    line = models.DecimalField(
        max_digits=6, decimal_places=2, null=True, help_text="Points, as given to the selection."
    )
    price_decimal = models.DecimalField(
        max_digits=12, decimal_places=6, help_text="Decimal odds, stake included."
    )
    price_american = models.IntegerField(null=True, help_text="American odds as quoted.")
    observed_at = models.DateTimeField(help_text="UTC, the provider's last_update at first sight.")
    seq = models.SmallIntegerField(help_text="With observed_at: which snapshot this is.")
    seen_until = models.DateTimeField(
        null=True,
        help_text="UTC, captured_at of the newest poll that contained the quote, where the feed"
        " has shown its game without it since; empty: whenever the feed showed the game last.",
    )
    sighting = models.ForeignObject(
        Sighting,
        on_delete=models.DO_NOTHING,
        from_fields=["feed", "event"],
        to_fields=["feed", "event"],
        related_name="+",
    )
    poll = models.ForeignKey(
        ProviderPoll,
        on_delete=models.PROTECT,
        related_name="+",
        db_index=False,
        help_text="The poll that saw it first: its payload is the evidence.",
    )

    closing_line = models.DecimalField(
        max_digits=6, decimal_places=2, null=True, help_text="Points."
    )
    closing_price_decimal = models.DecimalField(
        max_digits=12, decimal_places=6, null=True, help_text="Decimal odds, stake included."
    )
    closing_price_american = models.IntegerField(null=True, help_text="American odds as quoted.")
    closing_observed_at = models.DateTimeField(null=True, help_text="UTC.")
    closing_seq = models.SmallIntegerField(null=True)
    closing_last_seen_at = models.DateTimeField(null=True, help_text="UTC.")
    closing_poll_id = models.BigIntegerField(null=True)

    last_seen_at: datetime  # UTC; read with every quote
    objects = LastSeenManager.from_queryset(LatestQuoteQuerySet)()

    class Meta:
        db_table = "latest_quote"
        constraints = [
            models.UniqueConstraint(
                fields=["selection", "book"], name="latest_quote_is_one_per_book"
            ),
            models.CheckConstraint(
                condition=Q(price_decimal__gt=1), name="latest_quote_price_exceeds_stake"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.selection_id}/{self.book_id} {self.line} @ {self.price_decimal}"


class Consensus(AppendOnly):
    """What the sportsbooks agreed on before the game, at the polls that changed it.

    One row per selection and poll, for pre-game polls in which a quote of the market changed;
    between two rows nothing changed. A gap is a row too: from there on the books agree on
    nothing. The sides of a market are always written together.
    """

    id = models.BigAutoField(primary_key=True)
    selection = models.ForeignKey(
        Selection,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    poll = models.ForeignKey(
        ProviderPoll,
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    event = models.ForeignKey(
        Event, on_delete=models.DO_NOTHING, related_name="+", db_constraint=False
    )
    market_type = models.CharField(max_length=16, choices=choices_of(MarketType))
    period = models.CharField(max_length=16, choices=choices_of(Period))
    captured_at = models.DateTimeField(help_text="UTC, of the poll.")
    line = models.DecimalField(
        max_digits=6,
        decimal_places=2,
        null=True,
        help_text="Points, as given to the selection: the modal main line.",
    )
    gap = models.CharField(
        max_length=32,
        blank=True,
        default="",
        help_text="Why the books agree on nothing (TOO_FEW_BOOKS); empty: they do.",
    )
    fair_prob = models.FloatField(
        null=True,
        help_text="0 to 1: margin removed per book, pooled at that line, pushes left out.",
    )
    dispersion = models.FloatField(
        null=True, help_text="Standard deviation of the books' no-vig log-odds at that line."
    )
    books = models.PositiveSmallIntegerField(help_text="Books at the modal line.")
    books_total = models.PositiveSmallIntegerField(help_text="Books that quote the market.")
    oldest_observed_at = models.DateTimeField(null=True, help_text="UTC, of the quotes pooled.")
    newest_observed_at = models.DateTimeField(null=True, help_text="UTC, of the quotes pooled.")
    method = models.CharField(max_length=16, help_text="How margins were removed.")
    config_hash = models.CharField(
        max_length=64, help_text="sha256 hex of the market configuration it was made under."
    )

    objects = ConsensusQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        db_table = "consensus"
        verbose_name_plural = "consensus"
        indexes = [
            models.Index(fields=["selection", "-captured_at"], name="consensus_newest_first"),
        ]
        constraints = [
            models.UniqueConstraint(fields=["selection", "poll"], name="consensus_is_one_per_poll"),
            models.CheckConstraint(
                condition=Q(gap="", fair_prob__gt=0, fair_prob__lt=1)
                | (~Q(gap="") & Q(fair_prob__isnull=True)),
                name="consensus_has_a_probability_or_a_gap",
            ),
        ]

    def __str__(self) -> str:
        said = self.gap or f"{self.fair_prob:.3f}"
        return f"{self.selection_id} {self.line} {said} ({self.books} books)"
