"""One recommendation: what it says is written once, how far it got travels."""

from typing import Any

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from apps.core.choices import choices_of
from apps.core.tenancy import TenantModel, current_schema
from apps.picks.kinds import WithdrawReason, publish_scopes
from apps.picks.querysets import PickQuerySet
from apps.rulebook.lifecycle import ExpiryReason, PickStatus, Validity
from apps.rulebook.markets import (
    LINED_MARKETS,
    MARKET_SIDES,
    MarketType,
    Period,
    Side,
    written_line,
)
from apps.rulebook.thresholds import Tier

# Version of what a reader of a pick may rely on: fields and words of ``picks.card``.
UI_CONTRACT_VERSION = 1

_SLACK = 1e-9  # probabilities are recorded to ten places

_BLOCKED = Q(status=PickStatus.BLOCKED.value)
_SEEN = Q(
    status__in=[
        PickStatus.PUBLISHED.value,
        PickStatus.SUPERSEDED.value,
        PickStatus.GRADED.value,
    ]
)
_LINED = Q(market_type__in=sorted(market.value for market in LINED_MARKETS))


def _side_suits_market() -> Q:
    suits = Q()
    for market, sides in MARKET_SIDES.items():
        suits |= Q(market_type=market.value, side__in=[side.value for side in sides])
    return suits


class Pick(TenantModel):
    """One tenant's recommendation on one selection at one line and price, from one quote.

    What was recommended, and the evidence it was made from, is written once; while it waits
    for publication only its quote may be brought up to date. A better idea is a new version
    that supersedes this one. Everything under "travels" is changed by ``picks.actions`` only.
    """

    # Identity: docs/domain.md section 5. Quote, run and configuration are no part of it.
    id = models.UUIDField(
        primary_key=True, editable=False, help_text="UUIDv5 of the idempotency key."
    )
    idempotency_key = models.CharField(
        max_length=64,
        help_text="sha256 hex over tenant, event, market type, period and pick_version.",
    )
    pick_version = models.PositiveIntegerField(help_text="Counts the picks of its idea from 1.")
    supersedes = models.ForeignKey(
        "self",
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="superseded_by",
        db_index=False,
        help_text="The published pick whose place this one takes.",
    )
    changed = models.JSONField(
        default=list,
        blank=True,
        help_text="What it says otherwise than the pick it supersedes; see picks.versions.",
    )

    # What it is about.
    event = models.ForeignKey(
        "catalog.Event", on_delete=models.DO_NOTHING, related_name="+", db_index=False
    )
    selection = models.ForeignKey(
        "catalog.Selection", on_delete=models.DO_NOTHING, related_name="+", db_index=False
    )
    league = models.CharField(max_length=16, help_text="League code, of the event.")
    market_type = models.CharField(max_length=16, choices=choices_of(MarketType))
    period = models.CharField(max_length=16, choices=choices_of(Period))
    side = models.CharField(max_length=8, choices=choices_of(Side))
    provider = models.CharField(
        max_length=32, help_text="Whose event id it was made on; grading finds the score by it."
    )
    source_event_id = models.CharField(max_length=64, help_text="That provider's own id.")
    home_team_id = models.UUIDField(help_text="Home when it was made; a change is MAPPING_DRIFT.")
    away_team_id = models.UUIDField(help_text="Away when it was made; a change is MAPPING_DRIFT.")

    # The quote: a copy, because snapshots are dropped with their partitions one day.
    book = models.ForeignKey(
        "catalog.Book",
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_constraint=False,
        db_index=False,
    )
    snapshot_id = models.UUIDField(help_text="Computed public id of the quote's snapshot.")
    snapshot_seq = models.SmallIntegerField(
        help_text="With observed_at: which snapshot of that selection and book it is."
    )
    observed_at = models.DateTimeField(help_text="UTC, the provider's time of the quote.")
    last_seen_at = models.DateTimeField(
        help_text="UTC, captured_at of the newest poll that showed it."
    )
    line = models.DecimalField(
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="Points, as given to the selection; empty: the market has none.",
    )
    price = models.DecimalField(
        max_digits=12, decimal_places=6, help_text="Decimal odds, stake included."
    )
    price_american = models.IntegerField(
        null=True, blank=True, help_text="American odds exactly as quoted; empty: decimal."
    )
    payload_sha256 = models.CharField(
        max_length=64, help_text="Hex, of the payload that showed the quote first."
    )
    books_at_line = models.PositiveSmallIntegerField(
        null=True,
        blank=True,
        help_text="Books that offered its market at this line, fresh and whole, as it went out.",
    )

    # The run and the evaluation: ids and copies.
    run_id = models.UUIDField(null=True, blank=True, help_text="Simulation run; UUIDv5.")
    batch_id = models.UUIDField(null=True, blank=True, help_text="Evaluation batch it came from.")
    model_version = models.CharField(max_length=64, blank=True, default="")
    data_version = models.CharField(
        max_length=64, blank=True, default="", help_text="sha256 hex of every input of the run."
    )
    sim_config_hash = models.CharField(max_length=64, blank=True, default="")
    sims = models.PositiveIntegerField(default=0, help_text="Simulated games of the run.")
    market_config_hash = models.CharField(max_length=64, help_text="sha256 hex.")
    model_config_hash = models.CharField(max_length=64, help_text="sha256 hex.")
    a = models.FloatField(help_text="0 to 1: E[(1 - void factor) won] at this line.")
    b = models.FloatField(help_text="0 to 1: E[(1 - void factor)(1 - won)] at this line.")
    v = models.FloatField(help_text="0 to 1: the share of the stake that is returned.")
    model_prob = models.FloatField(help_text="0 to 1: the model's own, pushes left out.")
    fair_prob = models.FloatField(help_text="0 to 1: the market's, its margin removed.")
    weight = models.FloatField(help_text="0 to 1: how far the model pulled away from the market.")
    decision_prob = models.FloatField(help_text="0 to 1: what it is judged by, pushes left out.")
    edge_prob = models.FloatField(
        help_text="Probability points, signed: decision_prob minus fair_prob, of this selection."
    )
    edge_points = models.FloatField(
        null=True, blank=True, help_text="Points by which the line is better than the fair one."
    )
    fair_line = models.FloatField(
        null=True,
        blank=True,
        help_text="Points, as given to the selection: where the model agrees with the market.",
    )
    ev = models.FloatField(help_text="Expected profit per unit staked: .05 is 5 %.")

    # The tenant's opinion of it.
    config_version = models.ForeignKey(
        "governance.ConfigVersion",
        on_delete=models.DO_NOTHING,
        related_name="+",
        db_index=False,
        help_text="The opinion it was judged under.",
    )
    tier = models.CharField(max_length=16, choices=choices_of(Tier))
    uncapped_tier = models.CharField(
        max_length=16,
        choices=choices_of(Tier),
        help_text="What the thresholds alone would have said.",
    )
    risk_flags = ArrayField(
        models.CharField(max_length=32),
        default=list,
        blank=True,
        help_text="What a reader should know; see rulebook.evaluation.RiskFlag.",
    )
    confidence = models.FloatField(
        null=True,
        blank=True,
        help_text="0 to 1: how often picks at this probability were right; empty: not measured.",
    )
    volatility = models.FloatField(
        null=True,
        blank=True,
        help_text="Standard deviation of the market's log-odds over its window; empty: too new.",
    )
    playable_to_price = models.DecimalField(
        max_digits=12,
        decimal_places=6,
        null=True,
        blank=True,
        help_text="Decimal odds: the worst price at this line that still has EV > 0.",
    )
    playable_to_line = models.DecimalField(
        max_digits=6,
        decimal_places=2,
        null=True,
        blank=True,
        help_text="Points: the worst line at this price that still has EV > 0.",
    )
    proposed_at = models.DateTimeField(help_text="UTC, when it was made, blocked ones too.")
    expires_at = models.DateTimeField(
        help_text="UTC, the game's start as known then: unpublished, it ends there."
    )
    born_blocked = models.BooleanField(
        default=False, help_text="It never waited for publication: a check failed at once."
    )
    ui_contract_version = models.PositiveSmallIntegerField(default=UI_CONTRACT_VERSION)

    # Travels: changed by actions only.
    status = models.CharField(
        max_length=16, choices=choices_of(PickStatus), default=PickStatus.PROPOSED.value
    )
    block_reason = models.CharField(
        max_length=32, blank=True, default="", help_text="The first of block_reasons."
    )
    block_reasons = ArrayField(
        models.CharField(max_length=32),
        default=list,
        blank=True,
        help_text="Every check that failed; see rulebook.evaluation.Violation.",
    )
    expiry_reason = models.CharField(
        max_length=16, choices=choices_of(ExpiryReason), blank=True, default=""
    )
    published_at = models.DateTimeField(null=True, blank=True, help_text="UTC.")
    settlement_ruleset = models.ForeignKey(
        "catalog.SettlementRuleset",
        on_delete=models.DO_NOTHING,
        null=True,
        blank=True,
        related_name="+",
        db_index=False,
        help_text="The rules it settles by: stamped with its publication.",
    )
    validity_state = models.CharField(
        max_length=20,
        choices=choices_of(Validity),
        blank=True,
        default="",
        help_text="Only what was published has one.",
    )
    validity_reason = models.CharField(
        max_length=32, blank=True, default="", help_text="Why the market or a person says so."
    )
    validity_at = models.DateTimeField(
        null=True, blank=True, help_text="UTC, since when it has this validity."
    )
    withdrawn_reason = models.CharField(
        max_length=20, choices=choices_of(WithdrawReason), blank=True, default=""
    )

    objects = PickQuerySet.as_manager()

    class Meta:
        db_table = "pick"
        ordering = ["-proposed_at", "id"]
        permissions = [
            ("publish_pick", "Can publish picks"),
            ("withdraw_pick", "Can withdraw published picks"),
        ]
        indexes = [
            models.Index(
                fields=["event"],
                condition=Q(status__in=[PickStatus.PUBLISHED.value, PickStatus.SUPERSEDED.value]),
                name="pick_that_is_ungraded",
            ),
            models.Index(
                fields=["published_at"],
                condition=Q(published_at__isnull=False),
                name="pick_by_publication",
            ),
            models.Index(fields=["-proposed_at", "-id"], name="pick_newest_first"),
        ]
        constraints = [
            # Identity.
            models.UniqueConstraint(fields=["idempotency_key"], name="pick_key_is_used_once"),
            models.UniqueConstraint(
                fields=["event", "market_type", "period", "pick_version"],
                name="pick_version_is_counted_once",
            ),
            models.UniqueConstraint(
                fields=["event", "market_type", "period"],
                condition=Q(status=PickStatus.PROPOSED.value),
                name="pick_is_proposed_once",
            ),
            models.UniqueConstraint(
                fields=["event", "market_type", "period"],
                condition=Q(status=PickStatus.PUBLISHED.value),
                name="pick_is_published_once",
            ),
            models.UniqueConstraint(fields=["supersedes"], name="pick_is_superseded_once"),
            models.CheckConstraint(
                condition=Q(supersedes__isnull=False) | Q(changed=[]),
                name="pick_changed_from_another",
            ),
            models.UniqueConstraint(
                fields=["selection", "block_reason"],
                condition=Q(born_blocked=True),
                name="pick_is_blocked_once_for_a_reason",
            ),
            # What it says.
            models.CheckConstraint(condition=Q(price__gt=1), name="pick_price_exceeds_stake"),
            models.CheckConstraint(
                condition=_side_suits_market(), name="pick_side_suits_its_market"
            ),
            models.CheckConstraint(
                condition=_BLOCKED
                | (_LINED & Q(line__isnull=False))
                | (~_LINED & Q(line__isnull=True)),
                name="pick_line_suits_its_market",
            ),
            models.CheckConstraint(
                condition=_BLOCKED
                | Q(
                    model_prob__gt=0,
                    model_prob__lt=1,
                    fair_prob__gt=0,
                    fair_prob__lt=1,
                    decision_prob__gt=0,
                    decision_prob__lt=1,
                ),
                name="pick_probability_is_uncertain",
            ),
            models.CheckConstraint(
                condition=_BLOCKED | Q(a__gte=0, b__gte=0, v__gte=0),
                name="pick_shares_are_not_negative",
            ),
            models.CheckConstraint(
                condition=_BLOCKED
                | Q(a__range=(1 - _SLACK - F("b") - F("v"), 1 + _SLACK - F("b") - F("v"))),
                name="pick_shares_add_up",
            ),
            models.CheckConstraint(
                condition=_BLOCKED
                | Q(
                    edge_prob__range=(
                        F("decision_prob") - F("fair_prob") - _SLACK,
                        F("decision_prob") - F("fair_prob") + _SLACK,
                    )
                ),
                name="pick_edge_is_signed_and_of_its_own_selection",
            ),
            models.CheckConstraint(
                condition=Q(confidence__isnull=True) | Q(confidence__range=(0, 1)),
                name="pick_confidence_is_a_share",
            ),
            # How far it got.
            models.CheckConstraint(
                condition=Q(block_reason="", block_reasons=[])
                & ~(_BLOCKED | Q(tier=Tier.BLOCKED.value))
                | _BLOCKED
                & Q(tier=Tier.BLOCKED.value, block_reasons__0=F("block_reason"))
                & ~Q(block_reason=""),
                name="pick_blocked_says_why",
            ),
            models.CheckConstraint(
                condition=_BLOCKED | Q(born_blocked=False), name="pick_born_blocked_stays_blocked"
            ),
            models.CheckConstraint(
                condition=Q(status=PickStatus.EXPIRED.value) & ~Q(expiry_reason="")
                | ~Q(status=PickStatus.EXPIRED.value) & Q(expiry_reason=""),
                name="pick_expired_says_why",
            ),
            models.CheckConstraint(
                condition=_SEEN
                & Q(published_at__isnull=False, settlement_ruleset__isnull=False)
                & ~Q(validity_state="")
                | ~_SEEN
                & Q(
                    published_at__isnull=True,
                    settlement_ruleset__isnull=True,
                    validity_state="",
                ),
                name="pick_published_has_time_rules_and_validity",
            ),
            models.CheckConstraint(
                condition=~_SEEN | Q(ev__gt=0), name="pick_published_has_expected_value"
            ),
            models.CheckConstraint(
                condition=Q(published_at__isnull=True) | Q(published_at__lt=F("expires_at")),
                name="pick_published_before_the_start",
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_reason="")
                | Q(validity_state=Validity.INVALIDATED.value) & ~Q(published_at__isnull=True),
                name="pick_withdrawn_is_invalidated",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.bet} @ {self.price:.2f} [{self.status}]"

    @property
    def bet(self) -> str:
        """What is bet on, in the console's words: ``SPREAD AWAY +3``, ``TOTAL OVER 40``."""
        line = written_line(MarketType(self.market_type), self.line)
        return f"{self.market_type} {self.side} {line}".rstrip()

    def audit_state(self) -> dict[str, Any]:
        """What an audit entry fingerprints: what travels, and what it was said of."""
        return {name: getattr(self, name) for name in AUDITED}

    def scopes(self) -> list[str]:
        """Where a switch must be open for this pick to go out."""
        return publish_scopes(current_schema(), self.league, self.market_type)


# Columns of a pick's audit state, in the order in which set-based statements return them.
AUDITED = (
    *("status", "selection_id", "line", "price", "book_id", "snapshot_id", "ev", "tier"),
    *("config_version_id", "block_reasons", "expiry_reason", "published_at"),
    *("settlement_ruleset_id", "validity_state", "validity_reason", "validity_at"),
    "withdrawn_reason",
)
