"""A published pick as its card shows it: final words, from the record and nothing else."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet
from django.utils.safestring import SafeString

from apps.core import charts, formats, words
from apps.core.local import Place, until
from apps.core.shapes import pill, state, tier
from apps.grading.models import Grade
from apps.picks.card import who
from apps.picks.models import Pick, PickChange
from apps.picks.offers import Offer, best_offers
from apps.picks.versions import in_words
from apps.rulebook.evaluation import CAPS, RiskFlag
from apps.rulebook.lifecycle import PickStatus, Validity
from apps.rulebook.markets import EventStatus, MarketType, Period, Side
from apps.rulebook.odds import american_from_price, suggested_share
from apps.rulebook.thresholds import OpinionConfig, StakePlan
from apps.simulations.models import MarketEvaluation, SimulationRun
from apps.site.changes import said_now
from apps.site.drawing import ChanceBar

_WINNERS = frozenset({MarketType.MONEYLINE, MarketType.MONEYLINE_3WAY})
_FRACTIONS = {
    Decimal("1"): "full Kelly",
    Decimal("0.5"): "half Kelly",
    Decimal("0.25"): "quarter Kelly",
}
# What a reader should know besides, where the code's own words would not say it.
_FLAGS = {
    RiskFlag.MODEL_UNMEASURED: "the model has no out-of-sample report yet",
    RiskFlag.RAW_MODEL: "judged by the model alone, not pulled toward the market",
    RiskFlag.WEIGHT_NOT_PROVEN: "how far the model may be trusted here is not proven",
    RiskFlag.FEW_TEAM_GAMES: "few games of these teams this season",
    RiskFlag.SHORT_WARMUP: "the ratings have seen too few seasons",
    RiskFlag.RATING_UNSETTLED: "the ratings of these teams are unsettled",
    RiskFlag.INPUT_NOT_INGESTED: "an input that matters is not known to us",
    RiskFlag.LINE_AGAINST_FAIR: "the price is good and the line is not",
    RiskFlag.SMALL_POINTS_EDGE: "few points better than the fair line",
    RiskFlag.INJURY_REPORTED: "a player is out or in doubt",
}


@dataclass(frozen=True)
class Card:
    """Everything that a card prints; the template adds no word to it."""

    pick: Pick
    tier: SafeString
    state: SafeString
    pill: SafeString
    is_over: bool  # no longer for taking: replaced, begun, ended, or not playable
    is_gone: bool  # its price is struck through
    title: str
    american: str
    decimal: str
    book: str
    game: str
    market: str
    start: SafeString
    starts_in: str
    newer: Pick | None
    changed: str
    model: str
    market_chance: str
    edge: str
    ev: str
    bar: SafeString
    playable: str
    best: str
    best_at: str
    stake: str
    stake_how: str
    why: list[str]


@dataclass(frozen=True)
class Context:
    """What the cards of one page are read with, each kind in one question."""

    at: datetime
    place: Place
    opinions: Mapping[UUID, OpinionConfig]
    offers: Mapping[UUID, Offer]
    changes: Mapping[UUID, PickChange]
    grades: Mapping[UUID, Grade]
    evaluations: Mapping[tuple[UUID, int, int], MarketEvaluation]
    runs: Mapping[UUID, SimulationRun]
    newer: Mapping[UUID, Pick]  # the pick that took a pick's place

    @classmethod
    def read(cls, picks: Sequence[Pick], *, at: datetime, place: Place) -> "Context":
        opinions = {
            pick.config_version_id: OpinionConfig.model_validate(pick.config_version.document)
            for pick in picks
        }
        ahead = [pick for pick in picks if is_ahead(pick, at)]
        return cls(
            at=at,
            place=place,
            opinions=opinions,
            offers=best_offers(
                ahead, at=at, books={key: one.books for key, one in opinions.items()}
            ),
            changes=_last_changes(pick.pk for pick in picks),
            grades={
                grade.pick_id: grade
                for grade in Grade.objects.current().filter(pick__in=[pick.pk for pick in picks])
            },
            evaluations=_evaluations(picks),
            runs=SimulationRun.objects.defer("distribution", "inputs")
            .select_related("rating_day")
            .in_bulk({pick.run_id for pick in picks if pick.run_id}),
            newer={
                pick.supersedes_id: pick
                for pick in Pick.objects.filter(supersedes__in=[pick.pk for pick in picks])
                if pick.supersedes_id is not None
            },
        )


def read_cards(picks: Sequence[Pick], *, at: datetime, place: Place) -> list[Card]:
    """Write the cards of picks; ``with_all`` says what must have been read of them."""
    context = Context.read(picks, at=at, place=place)
    return [write_card(pick, context) for pick in picks]


def with_all(picks: QuerySet[Pick]) -> Sequence[Pick]:
    """Read picks with everything that a card says of them."""
    return list(
        picks.select_related(
            *("event__home", "event__away", "book", "config_version", "supersedes")
        )
    )


def is_ahead(pick: Pick, at: datetime) -> bool:
    """May it still be taken, as far as the clock and the game go?"""
    return pick.status == PickStatus.PUBLISHED and pick.event.begins_at > at


def title(pick: Pick) -> str:
    """Name the bet: ``Rio Bravo Rancheros +6.5``, ``Over 41.5``, ``Cumberland Colonels to win``."""
    line = formats.line(pick.market_type, pick.line)
    if line:
        return f"{who(pick)}\N{NO-BREAK SPACE}{line}"  # a name may break, its line stays with it
    is_team = pick.side in (Side.HOME, Side.AWAY)
    return f"{who(pick)} to win" if pick.market_type in _WINNERS and is_team else who(pick)


def american(pick: Pick) -> str:
    quoted = pick.price_american
    return formats.american(american_from_price(pick.price) if quoted is None else quoted)


def market_of(pick: Pick) -> str:
    """Name the market, and its part of the game where that is not all of it."""
    text = f"{pick.league} {words.market(pick.market_type)}"
    return text if pick.period == Period.FULL_GAME else f"{text}, {words.period(pick.period)}"


def write_card(pick: Pick, context: Context) -> Card:
    at, place = context.at, context.place
    event, opinion = pick.event, context.opinions[pick.config_version_id]
    ahead = is_ahead(pick, at)
    gone = pick.validity_state == Validity.INVALIDATED
    said = formats.compared(pick.decision_prob, pick.fair_prob)
    shown = _standing(pick, context)
    offer = context.offers.get(pick.pk) if not gone else None
    stake, how = _stake(pick, opinion.stake) if ahead and not gone else ("", "")
    return Card(
        pick=pick,
        tier=tier(pick.tier),
        state=state(*shown),
        pill=pill(*shown),
        is_over=gone or not ahead,
        is_gone=gone,
        title=title(pick),
        american=american(pick),
        decimal=formats.decimal_odds(pick.price),
        book=pick.book.title,
        game=f"{event.away.name} at {event.home.name}",
        market=market_of(pick),
        start=place.when(event.start_time, at),
        starts_in=until(event.begins_at, at) if pick.status == PickStatus.PUBLISHED else "",
        newer=context.newer.get(pick.pk),
        changed=said_now(pick, context.changes.get(pick.pk), place, at) if ahead or gone else "",
        model=said.model,
        market_chance=said.market,
        edge=said.edge,
        ev=formats.ev(pick.ev),
        bar=charts.both(
            ChanceBar(
                model=pick.decision_prob,
                market=pick.fair_prob,
                break_even=1 / float(pick.price),
            )
        ),
        playable=_playable(pick) if ahead else "",
        best=_best(offer) if ahead and not gone else "",
        best_at=_best_at(pick, offer),
        stake=stake,
        stake_how=how,
        why=_why(pick, context),
    )


def _standing(pick: Pick, context: Context) -> tuple[str, str, str]:
    """Kind, value and word of the one state that says where the pick stands."""
    grade, newer = context.grades.get(pick.pk), context.newer.get(pick.pk)
    if grade is not None:
        word = formats.words(grade.outcome)
        return "outcome", grade.outcome, f"{word}, {formats.units(grade.profit)}"
    if pick.status == PickStatus.SUPERSEDED:
        by = f" by version {newer.pick_version}" if newer else ""
        return "pick", PickStatus.SUPERSEDED, f"Replaced{by}"
    if pick.validity_state == Validity.INVALIDATED:
        return "validity", pick.validity_state, ""
    if pick.event.status in (EventStatus.POSTPONED, EventStatus.CANCELED):
        return "event", pick.event.status, ""
    if pick.event.status == EventStatus.FINAL:
        return "event", EventStatus.FINAL, "Final, waits for its grade"
    if pick.event.begins_at <= context.at:
        return "event", EventStatus.LIVE, "In play"
    return "validity", pick.validity_state, ""


def _playable(pick: Pick) -> str:
    """Down to which price at its line, or down to which line at its price."""
    if pick.playable_to_price is None:
        return ""
    bound = formats.american(american_from_price(pick.playable_to_price))
    line = formats.line(pick.market_type, pick.line)
    if not line:
        return bound
    text = f"{line} at {bound}"
    if pick.playable_to_line is None or pick.playable_to_line == pick.line:
        return text
    return f"{text}, or {formats.line(pick.market_type, pick.playable_to_line)} at {american(pick)}"


def _best(offer: Offer | None) -> str:
    return "" if offer is None else formats.odds(offer.price, offer.american)


def _best_at(pick: Pick, offer: Offer | None) -> str:
    if offer is None:
        return "not on offer at this line now"
    worth = formats.named_ev(offer.value(pick.a, pick.b))
    return f"{offer.title}, seen {formats.age(offer.age)} ago, {worth}"


def _stake(pick: Pick, plan: StakePlan | None) -> tuple[str, str]:
    """The share of a bankroll that the opinion's plan gives the pick at its published price."""
    if plan is None:
        return "", ""
    share = suggested_share(
        pick.a, pick.b, pick.price, fraction=plan.kelly_fraction, most=plan.most
    )
    part = _FRACTIONS.get(plan.kelly_fraction.normalize(), "")
    part = part or f"{formats.probability(plan.kelly_fraction, 0)} of Kelly"
    how = f"of a bankroll: {part}, at most {formats.probability(plan.most)}"
    return (formats.probability(share) if share else "under 0.1%"), how


def _why(pick: Pick, context: Context) -> list[str]:
    """What it was made from, each input with its version; what no longer stands is left out."""
    place, at = context.place, context.at
    return [
        one
        for one in (
            _otherwise(pick),
            _simulated(pick, context),
            _judged(pick),
            _quote(pick, place, at),
            _versions(pick, context),
            _known_besides(pick),
            _lodged(pick, place, at),
        )
        if one
    ]


def _otherwise(pick: Pick) -> str:
    """What a new version says otherwise than the one whose place it took."""
    if pick.supersedes is None:
        return ""
    said = in_words(pick.market_type, pick.changed) or "nothing but its time"
    return f"Version {pick.pick_version} changes {said}."


def _simulated(pick: Pick, context: Context) -> str:
    games = f"{formats.count(pick.sims)} simulated games"
    evaluation = context.evaluations.get((pick.batch_id, pick.selection_id, pick.book_id))  # type: ignore[arg-type]
    books = "" if evaluation is None else f"; {_number(evaluation.books)} quote this market"
    if pick.fair_line is None or pick.market_type not in (MarketType.SPREAD, MarketType.TOTAL):
        return f"{games} give {formats.probability(pick.model_prob)}{books}."
    fair = formats.line(pick.market_type, round(pick.fair_line, 1))
    name = "fair total" if pick.market_type == MarketType.TOTAL else "fair line"
    return f"{games} put the {name} at {fair}{books}."


def _number(n: int) -> str:
    small = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
    return f"{small[n] if n < len(small) else formats.count(n)} book{'' if n == 1 else 's'}"


def _judged(pick: Pick) -> str:
    """How the model's own chance became the one that the pick is judged by."""
    alone = formats.probability(pick.model_prob)
    if pick.weight == 1.0:
        return f"The model's own chance is {alone}, taken at its word."
    return (
        f"The model alone says {alone}; it may pull {pick.weight:.2f} of the way from the"
        f" market's {formats.probability(pick.fair_prob)}."
    )


def _quote(pick: Pick, place: Place, at: datetime) -> str:
    text = f"Quote of {place.moment(pick.observed_at, at, seconds=True)}"
    if pick.published_at is None:
        return f"{text}."
    age = (pick.published_at - pick.last_seen_at).total_seconds()
    return f"{text}, seen {formats.age(age)} before it was published."


def _versions(pick: Pick, context: Context) -> str:
    run = context.runs.get(pick.run_id) if pick.run_id else None
    parts = [f"Model {pick.model_version}"] if pick.model_version else []
    if run is not None and run.rating_day is not None:
        day = run.rating_day.league_day
        parts.append(f"ratings of {day.day} {day:%b}")
    parts.append(f"configuration {pick.config_version.number}")
    return f"{', '.join(parts)}."


def _known_besides(pick: Pick) -> str:
    flags = [RiskFlag(flag) for flag in pick.risk_flags]
    if not flags:
        return ""
    told = "; ".join(_FLAGS[flag] for flag in flags)
    held = pick.uncapped_tier != pick.tier and any(flag in CAPS for flag in flags)
    return f"{f'Held at {pick.tier}' if held else 'To know'}: {told}."


def _lodged(pick: Pick, place: Place, at: datetime) -> str:
    if pick.published_at is None:
        return ""
    early = (pick.expires_at - pick.published_at).total_seconds()
    when = place.moment(pick.published_at, at, seconds=True)
    return f"Published {when}, {formats.age(early)} before the start."


def _last_changes(picks: Iterable[UUID]) -> dict[UUID, PickChange]:
    """The newest change of validity of each pick."""
    rows = PickChange.objects.of_validity().filter(pick__in=list(picks))
    newest = rows.order_by("pick_id", "-changed_at", "-id").distinct("pick_id")
    return {change.pick_id: change for change in newest}


def _evaluations(picks: Sequence[Pick]) -> dict[tuple[UUID, int, int], MarketEvaluation]:
    """The evaluations that picks copied, where their day is still kept."""
    rows = MarketEvaluation.objects.filter(
        batch__in={pick.batch_id for pick in picks},
        selection__in={pick.selection_id for pick in picks},
        book__in={pick.book_id for pick in picks},
        observed_at__in={pick.observed_at for pick in picks},
    )
    return {(row.batch_id, row.selection_id, row.book_id): row for row in rows}
