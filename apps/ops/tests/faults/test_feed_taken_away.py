"""The feed of a league goes away and comes back: publishing is EDGE only, stops, and goes on."""

from datetime import timedelta
from itertools import count
from typing import Any

import pytest

from apps.catalog.models import League, Team
from apps.core.tenancy import tenant_scope
from apps.governance import configs, switches
from apps.governance.models import OpsAlert
from apps.ops.tests.faults.conftest import CLOCK, Feeding
from apps.picks import actions as picks
from apps.picks.models import Pick
from apps.picks.tests.factories import Game, make_pick
from apps.rulebook.degrade import Mode
from apps.rulebook.lifecycle import PickStatus
from apps.rulebook.thresholds import Tier
from apps.snapshots.models import Feed

LEAGUE = "league:SFL"
BROKEN = {"fault": "server"}
# Worth its tier at its own price, and again when it is weighed at publication.
WORTH = {
    Tier.EDGE: {"tier": Tier.EDGE, "win": 0.552, "risk_flags": []},
    Tier.LEAN: {},
}
_PAIRS = count()


def publish(tier: Tier, feeding: Feeding) -> str:
    """Propose a pick on a game of the league that another board still quotes, and publish it."""
    with tenant_scope("acme"):
        pick = _proposed(tier, feeding)
        try:
            picks.publish_pick(pick_id=pick.pk, by=CLOCK, at=feeding.at)
        except switches.Halted as halted:
            return str(halted)
        return str(Pick.objects.get(pk=pick.pk).status)


def _proposed(tier: Tier, feeding: Feeding) -> Pick:
    teams = list(Team.objects.filter(league__code="SFL").order_by("pk"))
    number = next(_PAIRS) % (len(teams) // 2)
    home, away = teams[2 * number], teams[2 * number + 1]
    game = Game(home=home.name, away=away.name, kickoff=feeding.at + timedelta(hours=5))
    game.__dict__["league"] = League.objects.get(code="SFL")
    opinion = configs.resolve(configs.OPINION, league="SFL", tenant="acme", at=feeding.at)
    columns: dict[str, Any] = {"league": "SFL", "config_version_id": opinion.version_id}
    return make_pick(game, at=feeding.at, **columns, **WORTH[tier])


def mode() -> Mode:
    return switches.explain(switches.PUBLISH, ["tenant:acme", LEAGUE, "market:SPREAD"]).mode


def take_away_until(kind: Mode, feeding: Feeding) -> int:
    """Let the provider fail minute by minute; return after how many publishing is so."""
    for minutes in range(1, 60):
        feeding.fetch(BROKEN)
        feeding.look()
        if mode() is kind:
            return minutes
    pytest.fail(f"publishing never became {kind}")


class TestAFeedThatIsTakenAway:
    def test_leaves_the_best_picks_then_none_and_all_again_when_it_answers(self, feeding):
        assert (mode(), publish(Tier.LEAN, feeding)) == (Mode.FULL, PickStatus.PUBLISHED)

        degraded = take_away_until(Mode.EDGE_ONLY, feeding)
        assert publish(Tier.EDGE, feeding) == PickStatus.PUBLISHED
        assert publish(Tier.LEAN, feeding) == "FEED_STALE at league:SFL is EDGE ONLY."

        stopped = take_away_until(Mode.NONE, feeding)
        for tier in Tier.EDGE, Tier.LEAN:
            assert publish(tier, feeding) == "FEED_STALE at league:SFL is NONE."

        feeding.answer(after=(1, 1, 1, 1))
        assert mode() is Mode.NONE  # it answers, and not yet for long enough
        feeding.answer(after=(1, 1))
        assert (mode(), publish(Tier.LEAN, feeding)) == (Mode.FULL, PickStatus.PUBLISHED)
        assert degraded < stopped
        assert not OpsAlert.across_tenants.not_over().exists()

    def test_takes_nothing_from_another_league(self, feeding):
        take_away_until(Mode.EDGE_ONLY, feeding)

        assert switches.explain(switches.PUBLISH, ["league:NFL"]).mode is Mode.FULL

    def test_is_noticed_as_soon_as_the_provider_is_left_alone(self, feeding):
        """An open breaker is no reason to wait until the last board is old."""
        Feed.objects.filter(pk=feeding.odds.pk).update(rhythm_s=20)
        turn = timedelta(seconds=20)
        polls = [feeding.fetch(BROKEN)]
        while polls[-1].error_code != "BREAKER_OPEN" and len(polls) < 9:
            assert feeding.look() == set()
            polls.append(feeding.fetch(BROKEN, after=turn))

        assert "FEED_STALE" in feeding.look()
        alert = OpsAlert.across_tenants.get()
        assert alert.key.endswith(" breaker")
        assert (alert.effect, mode()) == ("EDGE_ONLY", Mode.EDGE_ONLY)
