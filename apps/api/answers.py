"""The shapes of the answers, as the schema describes them. Nothing is rendered through these.

Every key is always there: what is not known is null or an empty text, never left out.
"""

from typing import Any

from rest_framework import serializers

from apps.grading.kinds import Wait
from apps.grading.models import Grade, ParlayGrade
from apps.grading.segments import CODES
from apps.picks.models import LineTracking, Parlay, ParlayLeg, Pick
from apps.picks.versions import Said
from apps.rulebook.degrade import Mode
from apps.rulebook.evaluation import Action, ActionReason
from apps.rulebook.lifecycle import PickStatus, Validity
from apps.rulebook.markets import EventStatus, MarketType, Period, Side
from apps.rulebook.parlays import JointMethod, LegReason, ParlayOutcome, ParlayStatus
from apps.rulebook.settlement import Outcome
from apps.rulebook.thresholds import Tier


def one_of(words: Any, **said: Any) -> serializers.ChoiceField:
    return serializers.ChoiceField(choices=[(str(word), str(word)) for word in words], **said)


def number(text: str, **said: Any) -> serializers.FloatField:
    """A plain JSON number."""
    return serializers.FloatField(help_text=text, **said)


def same_as(model: Any, field: str) -> str:
    """The unit of a value is written once, at the column that holds it."""
    return str(model._meta.get_field(field).help_text)


class Game(serializers.Serializer):
    home = serializers.CharField()
    away = serializers.CharField()
    starts_at = serializers.DateTimeField(help_text="UTC, as the provider reported it last.")


class Recommendation(serializers.Serializer):
    selection = serializers.UUIDField()
    side = one_of(Side)
    label = serializers.CharField(  # type: ignore[assignment]
        help_text="The bet in words, final: derive nothing."
    )
    line = number(same_as(Pick, "line"), allow_null=True)
    price = number(same_as(Pick, "price"))
    price_american = serializers.IntegerField(
        allow_null=True, help_text=same_as(Pick, "price_american")
    )
    book = serializers.CharField(help_text="Key of the book whose quote it is.")
    snapshot = serializers.UUIDField(help_text=same_as(Pick, "snapshot_id"))
    observed_at = serializers.DateTimeField(help_text=same_as(Pick, "observed_at"))
    last_seen_at = serializers.DateTimeField(help_text=same_as(Pick, "last_seen_at"))


class Standing(serializers.Serializer):
    tier = one_of(tier for tier in Tier if tier is not Tier.BLOCKED)
    validity = one_of(Validity)
    validity_reason = serializers.CharField(help_text=same_as(Pick, "validity_reason"))
    published_at = serializers.DateTimeField(help_text="UTC.")
    playable_to_price = number(same_as(Pick, "playable_to_price"), allow_null=True)
    playable_to_line = number(same_as(Pick, "playable_to_line"), allow_null=True)


class Analysis(serializers.Serializer):
    probability = number(same_as(Pick, "decision_prob"))
    model_probability = number(same_as(Pick, "model_prob"))
    market_probability = number(same_as(Pick, "fair_prob"))
    fair_line = number(same_as(Pick, "fair_line"), allow_null=True)
    edge = number(same_as(Pick, "edge_prob"))
    ev = number(same_as(Pick, "ev"))
    games_simulated = serializers.IntegerField(help_text=same_as(Pick, "sims"))
    risk_flags = serializers.ListField(
        child=serializers.CharField(), help_text="What a reader should know."
    )


class Difference(serializers.Serializer):
    """One thing that a new version says otherwise; numbers as they are elsewhere in a pick."""

    what = one_of(Said)
    was = serializers.JSONField(help_text="Text or number; null: there was none.")
    now = serializers.JSONField(help_text="Text or number; null: there is none.")


class Supersedes(serializers.Serializer):
    pick = serializers.UUIDField(help_text="The version whose place this one took.")
    changed = Difference(many=True)


class Closing(serializers.Serializer):
    source = serializers.CharField(  # type: ignore[assignment]
        help_text="Whose close it is; MISSING: nobody's."
    )
    missing = serializers.CharField(help_text="Why there is no close; empty: there is one.")
    line = number(same_as(LineTracking, "close_line"), allow_null=True)
    price = number(same_as(LineTracking, "close_price"), allow_null=True)
    market_probability = number(same_as(LineTracking, "close_fair_prob"), allow_null=True)
    clv_points = number(same_as(LineTracking, "clv_points"), allow_null=True)
    clv_price = number(same_as(LineTracking, "clv_price"), allow_null=True)
    clv_ev = number(same_as(LineTracking, "clv_ev"), allow_null=True)
    clv_missing = serializers.CharField(help_text=same_as(LineTracking, "clv_missing"))
    method = serializers.CharField(help_text="Version of the method.")
    taken_at = serializers.DateTimeField(help_text="UTC.")


class Result(serializers.Serializer):
    outcome = one_of(Outcome)
    reason = serializers.CharField(help_text=same_as(Grade, "reason"))
    profit = number(same_as(Grade, "profit"))
    home_score = serializers.IntegerField(allow_null=True, help_text="Points.")
    away_score = serializers.IntegerField(allow_null=True, help_text="Points.")
    revision = serializers.IntegerField(help_text=same_as(Grade, "revision_no"))
    graded_at = serializers.DateTimeField(help_text=same_as(Grade, "graded_at"))
    override_reason = serializers.CharField(
        help_text="What the operators wrote who decided it; empty: the rules did."
    )


class ShownPick(serializers.Serializer):
    """A published pick. Whatever became of it, it stays in this list."""

    contract = serializers.IntegerField(help_text="Version of what a reader may rely on.")
    pick = serializers.UUIDField()
    version = serializers.IntegerField(help_text=same_as(Pick, "pick_version"))
    event = serializers.UUIDField()
    league = serializers.CharField(help_text="League code.")
    game = Game()
    market_type = one_of(MarketType)
    period = one_of(Period)
    status = one_of((PickStatus.PUBLISHED, PickStatus.SUPERSEDED, PickStatus.GRADED))
    action = one_of(Action)
    reason = one_of(ActionReason)
    recommendation = Recommendation()
    standing = Standing()
    supersedes = Supersedes(allow_null=True, help_text="Null: it took nobody's place.")
    analysis = Analysis()
    closing = Closing(allow_null=True, help_text="Null: the game has not begun.")
    result = Result(allow_null=True, help_text="The last revision; null: not settled.")


class Estimate(serializers.Serializer):
    """Null where nothing is behind it; its interval is null where that is too little to tell."""

    value = number("The estimate.", allow_null=True)
    low = number("Lower end of its interval.", allow_null=True)
    high = number("Upper end of its interval.", allow_null=True)
    n = serializers.IntegerField(help_text="Picks behind it.")


class EstimateOfSome(Estimate):
    missing = serializers.IntegerField(help_text="Bets without a closing line, left out of n.")


class RecordPart(serializers.Serializer):
    """published = bets + void + ungradeable + open; bets = won + lost + pushed."""

    part = one_of((*CODES.values(), *(tier for tier in Tier if tier is not Tier.BLOCKED)))
    published = serializers.IntegerField(
        help_text="Every pick that was published, replaced and withdrawn ones, too."
    )
    bets = serializers.IntegerField(help_text="Picks that were settled as bets.")
    won = serializers.IntegerField(help_text="Half wins among them.")
    lost = serializers.IntegerField(help_text="Half losses among them.")
    pushed = serializers.IntegerField(help_text="Stake returned; stays in the profit's n.")
    void = serializers.IntegerField(help_text="No bet: its game did not stand.")
    ungradeable = serializers.IntegerField(help_text="No bet: nobody can settle it.")
    open = serializers.IntegerField(help_text="Not settled yet.")
    first_game_at = serializers.DateTimeField(
        allow_null=True, help_text="UTC, first start among settled picks; null: none is settled."
    )
    last_game_at = serializers.DateTimeField(
        allow_null=True, help_text="UTC, last start among settled picks; null: none is settled."
    )
    win_rate = Estimate(help_text="Of won and lost; Wilson's interval.")
    break_even = number(
        "The win rate at which these prices return nothing, 0 to 1.", allow_null=True
    )
    profit = Estimate(help_text="Units; picks on one game count once in the interval.")
    clv = EstimateOfSome(
        help_text="EV at the close, share of the stake; picks on one game count once."
    )


class Record(serializers.Serializer):
    """What came of one unit on each published pick: all, each tier, the last 30 days."""

    stake = number("Units on each pick.")
    price_basis = serializers.CharField(help_text="At which price each pick counts.")
    confidence = number("Of every interval: 0.95.")
    parts = RecordPart(many=True)


class ParlayAsked(serializers.Serializer):
    profile = serializers.CharField(help_text=same_as(Parlay, "profile"))
    legs = serializers.IntegerField(help_text=same_as(Parlay, "legs_asked"))
    picks = serializers.ListField(
        child=serializers.UUIDField(), help_text=same_as(Parlay, "named_picks")
    )
    same_game = serializers.BooleanField(help_text=same_as(Parlay, "same_game"))
    seed = serializers.IntegerField(help_text=same_as(Parlay, "seed"))


class ParlayOffer(serializers.Serializer):
    book = serializers.CharField(help_text="Key of the book whose quotes all legs are.")
    price = number(same_as(Parlay, "price"))
    break_even_price = number(same_as(Parlay, "break_even_price"))
    probability = number(same_as(Parlay, "joint_prob"))
    probability_if_strangers = number(same_as(Parlay, "independent_prob"))
    method = one_of(JointMethod)
    method_version = serializers.CharField()
    ev = number(same_as(Parlay, "ev"))
    choice = serializers.IntegerField(help_text=same_as(Parlay, "choice_no"))
    choices = serializers.IntegerField(help_text=same_as(Parlay, "choices"))
    starts_at = serializers.DateTimeField(help_text=same_as(Parlay, "starts_at"))
    validity = one_of(Validity, help_text="The worst of its legs' picks now.")
    why = serializers.ListField(
        child=serializers.CharField(),
        help_text="Sentences: why these legs, the chance, the price, the value.",
    )


class LegWeighed(serializers.Serializer):
    """What each part earned of its share; null: not known, which earns nothing."""

    tier = number("0 to 1.")
    confidence = number("0 to 1.", allow_null=True)
    ev = number("0 to 1.")
    volatility = number("0 to 1.", allow_null=True)


class ParlayLegShown(serializers.Serializer):
    position = serializers.IntegerField(help_text=same_as(ParlayLeg, "position"))
    pick = serializers.UUIDField()
    event = serializers.UUIDField()
    league = serializers.CharField(help_text="League code.")
    game = Game()
    market_type = one_of(MarketType)
    period = one_of(Period)
    side = one_of(Side)
    label = serializers.CharField(  # type: ignore[assignment]
        help_text="The bet in words, final: derive nothing."
    )
    line = number(same_as(ParlayLeg, "line"), allow_null=True)
    price = number(same_as(ParlayLeg, "price"))
    price_american = serializers.IntegerField(
        allow_null=True, help_text=same_as(ParlayLeg, "price_american")
    )
    snapshot = serializers.UUIDField(help_text=same_as(ParlayLeg, "snapshot_id"))
    observed_at = serializers.DateTimeField(help_text=same_as(ParlayLeg, "observed_at"))
    last_seen_at = serializers.DateTimeField(help_text=same_as(ParlayLeg, "last_seen_at"))
    tier = one_of(tier for tier in Tier if tier is not Tier.BLOCKED)
    probability = number(same_as(ParlayLeg, "win_prob"))
    ev = number(same_as(ParlayLeg, "ev"))
    weight = number(same_as(ParlayLeg, "weight"))
    weighed = LegWeighed()
    status = one_of((PickStatus.PUBLISHED, PickStatus.SUPERSEDED, PickStatus.GRADED))
    validity = one_of(Validity)


class LegRejected(serializers.Serializer):
    pick = serializers.UUIDField()
    reasons = serializers.ListField(
        child=one_of(LegReason), help_text="Everything against it; the first decides."
    )
    details = serializers.ListField(
        child=serializers.CharField(), help_text="Codes: which check, which validity, which book."
    )


class ParlayResult(serializers.Serializer):
    outcome = one_of(ParlayOutcome)
    returned = number(same_as(ParlayGrade, "returned"))
    profit = number(same_as(ParlayGrade, "profit"))
    legs = serializers.ListField(child=one_of(Outcome), help_text="Of the legs, in their order.")
    revision = serializers.IntegerField(help_text=same_as(ParlayGrade, "revision_no"))
    reason = serializers.CharField(help_text=same_as(ParlayGrade, "reason"))
    graded_at = serializers.DateTimeField(help_text=same_as(ParlayGrade, "graded_at"))


class ShownParlay(serializers.Serializer):
    """One answer to somebody who asked for a parlay."""

    parlay = serializers.UUIDField()
    status = one_of(ParlayStatus)
    asked = ParlayAsked()
    generated_at = serializers.DateTimeField(help_text=same_as(Parlay, "generated_at"))
    missing = serializers.CharField(help_text=same_as(Parlay, "missing"))
    offer = ParlayOffer(allow_null=True, help_text="Null: legs were missing.")
    legs = ParlayLegShown(many=True)
    considered = serializers.IntegerField(help_text=same_as(Parlay, "considered"))
    rejected = LegRejected(many=True, help_text="Published picks that are no leg.")
    rejected_unpublished = serializers.DictField(
        child=serializers.IntegerField(),
        help_text="How many picks that nobody has seen are no leg, by reason.",
    )
    result = ParlayResult(allow_null=True, help_text="The last revision; null: not settled.")


class TeamShown(serializers.Serializer):
    name = serializers.CharField()
    abbreviation = serializers.CharField()


class Score(serializers.Serializer):
    home = serializers.IntegerField(help_text="Points.")
    away = serializers.IntegerField(help_text="Points.")


class ShownEvent(serializers.Serializer):
    """A scheduled game."""

    event = serializers.UUIDField()
    league = serializers.CharField(help_text="League code.")
    home = TeamShown()
    away = TeamShown()
    starts_at = serializers.DateTimeField(help_text="UTC, as the provider reported it last.")
    status = one_of(EventStatus)
    final_at = serializers.DateTimeField(
        allow_null=True, help_text="UTC, when the provider called it final."
    )
    neutral = serializers.BooleanField(allow_null=True, help_text="Null: nobody said.")
    frozen = serializers.CharField(
        help_text="Why nothing is built on it until an operator decides; empty: it is sound."
    )
    merged_into = serializers.UUIDField(
        allow_null=True, help_text="The event that this one turned out to be."
    )
    score = Score(allow_null=True, help_text="Null: not final, or no score is believed yet.")


class ShownWait(serializers.Serializer):
    reason = one_of(Wait)
    picks = serializers.IntegerField()


class GradingDay(serializers.Serializer):
    """The picks on one league's games of one day: due is graded, void, ungradeable and waiting."""

    league = serializers.CharField(help_text="League code.")
    day = serializers.DateField(help_text="In the league's own calendar.")
    due = serializers.IntegerField(help_text="Published picks whose game is over.")
    graded = serializers.IntegerField(help_text="Bets, pushes among them.")
    void = serializers.IntegerField(help_text="Stakes returned: no bets.")
    ungradeable = serializers.IntegerField(help_text="Nobody can settle them.")
    waiting = ShownWait(many=True)
    oldest_at = serializers.DateTimeField(
        allow_null=True, help_text="UTC, since when the game of the oldest one is over."
    )
    promised = serializers.IntegerField(
        help_text="Picks that had to be graded by now, counted from the final."
    )
    kept = serializers.IntegerField(help_text="Those of them that were graded in time.")


class GradingDays(serializers.Serializer):
    results = GradingDay(many=True)


class PickPage(serializers.Serializer):
    results = ShownPick(many=True)
    next = serializers.URLField(allow_null=True, help_text="The next page; null: this is the last.")


class ParlayPage(serializers.Serializer):
    results = ShownParlay(many=True)
    next = serializers.URLField(allow_null=True, help_text="The next page; null: this is the last.")


class EventPage(serializers.Serializer):
    results = ShownEvent(many=True)
    next = serializers.URLField(allow_null=True, help_text="The next page; null: this is the last.")


class TenantTold(serializers.Serializer):
    schema = serializers.CharField()
    name = serializers.CharField()
    timezone = serializers.CharField(help_text="IANA name; the tenant's day is a day there.")


class ClosedBy(serializers.Serializer):
    switch = serializers.CharField(
        help_text="The switch; or the alert, or the watch, that holds publishing back."
    )
    scope = serializers.CharField()
    state = serializers.CharField()


class Publishing(serializers.Serializer):
    open = serializers.BooleanField(help_text="Whether any pick may go out.")
    mode = one_of(Mode, help_text="FULL, EDGE_ONLY: the best picks only, or NONE.")
    closed_by = ClosedBy(many=True)


class FeedAge(serializers.Serializer):
    league = serializers.CharField(help_text="League code.")
    last_read_at = serializers.DateTimeField(allow_null=True, help_text="UTC; null: never.")
    age_s = serializers.IntegerField(allow_null=True, help_text="Seconds.")
    limit_s = serializers.IntegerField(help_text="Seconds above which it is not fresh.")
    fresh = serializers.BooleanField()


class PickCounts(serializers.Serializer):
    published = serializers.IntegerField(help_text="Ever.")
    live = serializers.IntegerField(help_text="Standing now.")
    ungraded = serializers.IntegerField(help_text="Published and not settled yet.")
    last_published_at = serializers.DateTimeField(allow_null=True, help_text="UTC; null: never.")


class Health(serializers.Serializer):
    """Whether what a client reads is being kept up."""

    status = one_of(("OK", "DEGRADED"))
    checked_at = serializers.DateTimeField(help_text="UTC.")
    tenant = TenantTold()
    publishing = Publishing()
    feeds = FeedAge(many=True)
    picks = PickCounts()


class Problem(serializers.Serializer):
    """Why there is no answer (RFC 9457). Programs go by `code`, which is stable."""

    type = serializers.CharField()
    title = serializers.CharField()
    status = serializers.IntegerField()
    code = serializers.CharField()
    detail = serializers.CharField(help_text="For people.")
    errors = serializers.DictField(  # type: ignore[assignment]
        child=serializers.ListField(child=serializers.CharField()),
        required=False,
        help_text="With PARAMETER_INVALID: what is wrong with each parameter.",
    )
