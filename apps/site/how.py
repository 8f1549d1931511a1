"""What a pick has to pass before anybody sees it: the tenant's thresholds, league by league."""

from datetime import datetime
from typing import NamedTuple

from apps.core import formats
from apps.core.tenancy import current_schema
from apps.picks.waiting import outlooks
from apps.rulebook.thresholds import OpinionConfig, Tier


class Asked(NamedTuple):
    """What one league's picks need, as the opinion in force says it."""

    league: str
    version: str
    edge: str
    lean: str
    books: str
    games: str
    stake: str


def thresholds(at: datetime) -> list[Asked]:
    return [
        _asked(outlook.league.code, outlook.opinion.hash, outlook.opinion.document)
        for outlook in outlooks(current_schema(), at)
    ]


def _asked(league: str, digest: str, opinion: OpinionConfig) -> Asked:
    stake = opinion.stake
    return Asked(
        league=league,
        version=formats.short_id(digest),
        edge=_tier(opinion, Tier.EDGE),
        lean=_tier(opinion, Tier.LEAN),
        books=formats.count(opinion.books_min),
        games=formats.count(opinion.sims_min),
        stake="none"
        if stake is None
        else f"{formats.probability(stake.kelly_fraction, 0)} of Kelly,"
        f" at most {formats.probability(stake.most)}",
    )


def _tier(opinion: OpinionConfig, tier: Tier) -> str:
    if tier not in opinion.published_tiers:
        return "not published"
    needed = opinion.threshold(tier)
    return f"{formats.points(needed.edge_prob_min)}, {formats.named_ev(needed.ev_min)}"
