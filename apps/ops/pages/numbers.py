"""The numbers of a pick, each with its unit and with what it is compared with."""

from collections.abc import Iterator, Mapping
from typing import Any

from apps.catalog.models import SettlementRuleset
from apps.core import formats, words
from apps.core.listing import address, linked
from apps.picks.models import LineTracking, Pick
from apps.rulebook.clv import CloseSource
from apps.rulebook.odds import american_from_price
from apps.rulebook.thresholds import OpinionConfig, Tier


def figures(pick: Pick) -> list[dict[str, Any]]:
    compared = formats.compared(pick.decision_prob, pick.fair_prob)
    own = f"model alone {formats.probability(pick.model_prob)}, weight {pick.weight:.2f}"
    playable = _playable(pick)
    tracking = getattr(pick, "tracking", None)
    clv = getattr(tracking, "clv_ev", None)
    return [
        {"name": "Chance", "figure": compared.model, "below": own},
        {"name": "Market, no-vig", "figure": compared.market, "below": "same side, same line"},
        {"name": "Edge", "figure": compared.edge, "below": _edge_needed(pick)},
        {
            "name": f"EV at {price(pick)}",
            "figure": formats.ev(pick.ev),
            "below": "of stake, pushes counted",
        },
        {"name": "Playable to", "figure": playable, "below": "EV is 0 there"},
        {
            "name": "CLV",
            "figure": formats.clv(clv),
            "below": _clv_below(tracking),
        },
    ]


def _edge_needed(pick: Pick) -> str:
    opinion = _opinion(pick)
    if opinion is None:
        return ""
    least = opinion.threshold(Tier(pick.tier)).edge_prob_min
    return f"{pick.tier} from {formats.points(least)}"


def _clv_below(tracking: LineTracking | None) -> str:
    if tracking is None or not tracking.completed_at:
        return "not started"
    if tracking.clv_ev is None:
        return words.sentence(tracking.clv_missing)
    points = tracking.clv_points
    return "EV" if points is None else f"EV; {formats.points_of_line(points)}"


def _playable(pick: Pick) -> str:
    bound = _american(pick.playable_to_price)
    if pick.line is None or pick.playable_to_price is None:
        return bound
    return f"{figure(pick)} at {bound}"


def _opinion(pick: Pick) -> OpinionConfig | None:
    return OpinionConfig.model_validate(pick.config_version.document)


def gates(pick: Pick, evidence: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The thresholds of the opinion, held against the pick: value, what was needed, passed."""
    opinion = _opinion(pick)
    if opinion is None:
        return []
    needed = opinion.threshold(Tier(pick.tier))
    evaluation = evidence["evaluation"]
    found = [
        (
            "Edge",
            formats.points(pick.edge_prob),
            f"{formats.points(needed.edge_prob_min)} or more",
            pick.edge_prob >= float(needed.edge_prob_min),
        ),
        (
            "EV",
            formats.ev(pick.ev),
            f"{formats.ev(needed.ev_min)} or more" if needed.ev_min else "above 0.0%",
            pick.ev > 0 and pick.ev >= float(needed.ev_min),
        ),
        (
            "Simulated games",
            formats.count(pick.sims),
            f"{formats.count(opinion.sims_min)} or more",
            pick.sims >= opinion.sims_min,
        ),
    ]
    if evaluation is not None:
        found.append(
            (
                "Books that quote it",
                formats.count(evaluation.books),
                f"{formats.count(opinion.books_min)} or more",
                evaluation.books >= opinion.books_min,
            )
        )
    return [
        {"name": name, "value": value, "needed": least, "passed": passed}
        for name, value, least, passed in found
    ]


def numbers(pick: Pick, evidence: Mapping[str, Any], site: Any) -> list[tuple[str, Any]]:
    evaluation, quote = evidence["evaluation"], evidence["quote"]
    until = pick.published_at or pick.proposed_at
    limit = quote.feed.max_quote_age_s if quote else None
    shares = [formats.probability(share, 2) for share in (pick.a, pick.v, pick.b)]
    fair = formats.MISSING
    if pick.fair_line is not None:
        fair = formats.line(pick.market_type, round(pick.fair_line, 1)) or formats.spread(
            round(pick.fair_line, 1)
        )
        if pick.edge_points is not None:
            fair += f" (edge {formats.points_of_line(pick.edge_points)})"
    return [
        ("Line, price", f"{figure(pick)}, {formats.odds(pick.price, pick.price_american)}"),
        ("Book", pick.book.title),
        ("Quote observed", formats.when(pick.observed_at)),
        (
            "Age at publication" if pick.published_at else "Age when proposed",
            formats.age((until - pick.last_seen_at).total_seconds(), limit),
        ),
        ("Win / push / loss", " / ".join(shares)),
        ("Fair line", fair),
        ("Books that quote it", formats.count(evaluation.books if evaluation else None)),
        (
            "Margin of the book",
            formats.probability(evaluation.overround - 1, 2) if evaluation else formats.MISSING,
        ),
        (
            "Volatility",
            formats.MISSING if pick.volatility is None else f"{pick.volatility:.3f} log-odds",
        ),
        ("Confidence", formats.probability(pick.confidence) if pick.confidence else "not measured"),
        ("Risk flags", ", ".join(words.sentence(flag) for flag in pick.risk_flags) or "none"),
        *_stamped(pick, site),
    ]


def _stamped(pick: Pick, site: Any) -> Iterator[tuple[str, Any]]:
    """By which rules it settles: said at publication, and never before."""
    rules = pick.settlement_ruleset
    if rules is not None:
        there = address(site, SettlementRuleset, rules.pk)
        yield "Settles by", linked(there, f"rules version {rules.version}")


def closing(pick: Pick) -> list[tuple[str, Any]]:
    row: LineTracking | None = getattr(pick, "tracking", None)
    if row is None:
        return []
    kind = pick.market_type

    def quote(line: Any, price: Any) -> str:
        parts = (formats.line(kind, line), "" if price is None else formats.odds(price))
        return ", ".join(part for part in parts if part) or formats.MISSING

    def aged(shown: str, age_s: int | None) -> str:
        return shown if age_s is None else f"{shown}, {formats.age(age_s)} old when it was seen"

    found: list[tuple[str, Any]] = [
        ("Opened at", aged(quote(row.open_line, row.open_price), row.open_age_s))
    ]
    if row.best_price is not None:
        best = aged(quote(row.best_line, row.best_price), row.best_age_s)
        found.append(("Best price since", best))
    if not row.completed_at:
        return [*found, ("Close", "the game has not started")]
    if row.close_source == CloseSource.MISSING:
        return [*found, ("Close", f"missing: {words.sentence(row.close_missing)}")]
    same_line = row.clv_price is not None
    return [
        *found,
        ("Close", quote(row.close_line, row.close_price)),
        ("No-vig at the close", formats.probability(row.close_fair_prob)),
        (
            "EV at the close",
            formats.clv(row.clv_ev) if row.clv_ev is not None else words.sentence(row.clv_missing),
        ),
        ("Points", formats.points_gained(row.clv_points)),
        ("Price", formats.clv(row.clv_price) if same_line else "not defined, lines differ"),
        (
            "Source",
            f"{words.sentence(row.close_source)}, {formats.age(row.close_age_s)} old",
        ),
    ]


def figure(pick: Pick) -> str:
    return formats.line(pick.market_type, pick.line) or words.market(pick.market_type)


def price(pick: Pick) -> str:
    if pick.price_american is not None:
        return formats.american(pick.price_american)
    return _american(pick.price)


def _american(price: Any) -> str:
    return formats.american(None if price is None else american_from_price(price))
