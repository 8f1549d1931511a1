"""Every sport through the stages: results learned, games simulated, boards evaluated."""

from datetime import timedelta
from typing import NamedTuple

import pytest

from apps.catalog.models import Event, League, Selection, Team
from apps.core.actor import Actor
from apps.governance import configs
from apps.rulebook import keys, ratings
from apps.rulebook.evaluation import RiskFlag
from apps.rulebook.forecasting import model_artefact
from apps.rulebook.markets import MARKET_SIDES, MarketType, Period, Side
from apps.rulebook.ratings import LeagueRatings
from apps.rulebook.scoring import ClosingLines
from apps.rulebook.thresholds import (
    MEASURED,
    MarginMethod,
    MarketRule,
    main_markets,
    model_config,
)
from apps.simulations import actions
from apps.simulations.actions import EvaluatedPolls
from apps.simulations.finals import known_finals
from apps.simulations.models import (
    EvaluationBatch,
    MarketEvaluation,
    ModelVersion,
    RatedGame,
    RatingDay,
    RunStatus,
    SimulationRun,
)
from apps.simulations.tests.factories import (
    BOOKS,
    FIRST_SUNDAY,
    FRIDAY,
    WEEK,
    event,
    played,
    polled,
    quote,
    two_sided,
)
from apps.snapshots.models import Consensus, LatestQuote

SPREAD, TOTAL, MONEYLINE = MarketType.SPREAD, MarketType.TOTAL, MarketType.MONEYLINE
THREE_WAY = MarketType.MONEYLINE_3WAY
# The four rounds of four teams, home against away by their places in the list.
ROUNDS = (((0, 1), (2, 3)), ((3, 0), (1, 2)), ((0, 2), (1, 3)), ((1, 0), (3, 2)))


class Sport(NamedTuple):
    """What a game of the league looks like, and what the books say of one."""

    league: str
    scores: tuple[tuple[int, int], ...]  # of the eight games
    spread: str
    total: str
    winner: tuple[str, ...]  # prices: two, or three with the draw last


SPORTS = {
    sport.league: sport
    for sport in (
        Sport("NBA", ((104, 99), (88, 110)) * 4, "-4.5", "205.5", ("1.55", "2.55")),
        Sport("WNBA", ((84, 79), (78, 90)) * 4, "-4.5", "164.5", ("1.55", "2.55")),
        Sport("NCAAB", ((74, 69), (68, 80)) * 4, "-4.5", "142.5", ("1.55", "2.55")),
        Sport("MLB", ((5, 4), (3, 6)) * 4, "-1.5", "8.5", ("1.70", "2.25")),
        Sport("NHL", ((3, 2), (2, 4)) * 4, "-1.5", "5.5", ("1.70", "2.25")),
        Sport("EPL", ((2, 1), (1, 1)) * 4, "-0.5", "2.5", ("2.00", "3.90", "3.50")),
        Sport("WORLDCUP", ((2, 0), (1, 1)) * 4, "-0.5", "2.5", ("2.00", "3.90", "3.50")),
    )
}


def teams(league: str) -> list[str]:
    """Four teams of the league, made up where none ship with it."""
    row = League.objects.get(code=league)
    if not row.teams.exists():
        for name in ("Ash", "Birch", "Cedar", "Dogwood"):
            Team.objects.create(id=keys.team_id(league, name), league=row, name=name)
    return list(row.teams.order_by("name").values_list("name", flat=True)[:4])


def past_of(sport: Sport) -> list[Event]:
    names = teams(sport.league)
    scores = iter(sport.scores)
    return [
        played(
            names[home],
            names[away],
            *next(scores),
            FIRST_SUNDAY + number * WEEK,
            league=sport.league,
        )
        for number, games in enumerate(ROUNDS)
        for home, away in games
    ]


def board_of(sport: Sport, game: Event, *, at=FRIDAY) -> list[LatestQuote]:
    """Spread, total and winner of one game at every book."""
    rows = []
    for book in BOOKS:
        rows += two_sided(game, SPREAD, line=sport.spread, at=at, book=book)
        rows += two_sided(game, TOTAL, line=sport.total, at=at, book=book)
        market = THREE_WAY if len(sport.winner) == 3 else MONEYLINE
        rows += [
            quote(game, market, side, line=None, price=price, at=at, book=book)
            for side, price in zip(MARKET_SIDES[market], sport.winner, strict=True)
        ]
    return rows


def closed(game: Event, probs: dict[Side, float]) -> None:
    """The books' last word on the winner of a past game, seen two minutes before it."""
    market = THREE_WAY if Side.DRAW in probs else MONEYLINE
    at = game.start_time - timedelta(minutes=2)
    poll = polled(at, league=game.league.code)
    for side, prob in probs.items():
        row = quote(game, market, side, line=None, price="2.5", at=at)
        Consensus.objects.create(
            selection=row.selection,
            poll=poll,
            event=game,
            market_type=market,
            period=game.league.period,
            captured_at=at,
            fair_prob=prob,
            dispersion=0.0,
            books=3,
            books_total=3,
            oldest_observed_at=at,
            newest_observed_at=at,
            method="POWER",
            config_hash="0" * 64,
        )


@pytest.fixture(params=sorted(SPORTS))
def sport(request: pytest.FixtureRequest) -> Sport:
    return SPORTS[request.param]


class TestALeague:
    def test_is_learned_simulated_and_evaluated(self, sport, acme, ops):
        past_of(sport)
        names = teams(sport.league)
        game = event(names[0], names[3], league=sport.league)
        board_of(sport, game)

        assert actions.rate_results(by=ops, at=FRIDAY).games == 8
        assert actions.simulate_due(by=ops, at=FRIDAY).done == 1
        done = actions.evaluate_due(by=ops, at=FRIDAY)

        quotes = 3 * (4 + len(sport.winner))
        assert done == EvaluatedPolls(batches=1, evaluated=quotes)
        assert EvaluationBatch.objects.get().skipped == {}
        run = SimulationRun.objects.get()
        assert (run.status, run.sim_count) == (RunStatus.DONE, 100_000)
        markets = {(row.selection.market_type, row.selection.period) for row in _evaluations()}
        assert markets == set(main_markets(sport.league))

    def test_has_sides_whose_chances_add_up(self, sport, acme, ops):
        past_of(sport)
        names = teams(sport.league)
        board_of(sport, event(names[1], names[2], league=sport.league))
        actions.rate_results(by=ops, at=FRIDAY)
        actions.simulate_due(by=ops, at=FRIDAY)
        actions.evaluate_due(by=ops, at=FRIDAY)

        for market, _ in main_markets(sport.league):
            rows = [row for row in _evaluations("fanduel") if row.selection.market_type == market]
            assert len(rows) == len(MARKET_SIDES[market])
            assert sum(row.model_prob for row in rows) == pytest.approx(1, abs=1e-9)
            assert sum(row.fair_prob for row in rows) == pytest.approx(1, abs=1e-9)

    def test_is_unmeasured_and_says_so(self, sport, acme, ops):
        past_of(sport)
        names = teams(sport.league)
        board_of(sport, event(names[0], names[3], league=sport.league))
        actions.rate_results(by=ops, at=FRIDAY)
        actions.simulate_due(by=ops, at=FRIDAY)
        actions.evaluate_due(by=ops, at=FRIDAY)

        assert all(RiskFlag.MODEL_UNMEASURED in row.flags for row in _evaluations())


class TestTheDraw:
    def test_is_a_side_like_the_others_with_a_chance_of_its_own(self, acme, ops):
        sport = SPORTS["EPL"]
        past_of(sport)
        names = teams("EPL")
        board_of(sport, event(names[0], names[3], league="EPL"))
        actions.rate_results(by=ops, at=FRIDAY)
        actions.simulate_due(by=ops, at=FRIDAY)
        actions.evaluate_due(by=ops, at=FRIDAY)

        (draw,) = [row for row in _evaluations("fanduel") if row.selection.side == Side.DRAW]
        assert 0.15 < draw.model_prob < 0.35
        assert draw.v == 0
        assert (draw.edge_points, draw.fair_line) == (None, None)


class TestRegulationTime:
    def test_of_hockey_is_not_priced_from_the_whole_game(self, acme, ops):
        sport = SPORTS["NHL"]
        past_of(sport)
        names = teams("NHL")
        game = event(names[0], names[3], league="NHL")
        board_of(sport, game)
        _evaluate_also(THREE_WAY, Period.REGULATION, by=ops)
        _quoted_in_regulation(game)
        actions.rate_results(by=ops, at=FRIDAY)
        actions.simulate_due(by=ops, at=FRIDAY)

        actions.evaluate_due(by=ops, at=FRIDAY)

        assert EvaluationBatch.objects.get().skipped == {"PERIOD_NOT_SIMULATED": 9}
        assert not MarketEvaluation.objects.filter(selection__period=Period.REGULATION).exists()


class TestWhatIsLearnedOfAClose:
    def test_of_hockey_is_the_winners_price(self, acme, ops):
        first, *_ = past_of(SPORTS["NHL"])
        closed(first, {Side.HOME: 0.6, Side.AWAY: 0.4})

        actions.rate_results(by=ops, at=FRIDAY)

        learned = RatedGame.objects.get(event=first)
        assert (learned.closing_home_prob, learned.closing_draw_prob) == (0.6, None)
        assert learned.closing_home_spread is None
        assert _stored() == _replayed("NHL")
        assert _played("NHL", first).closing_margin == pytest.approx(2.35 * 0.2533, abs=1e-3)

    def test_of_football_is_all_three_results(self, acme, ops):
        first, *_ = past_of(SPORTS["EPL"])
        closed(first, {Side.HOME: 0.5, Side.DRAW: 0.26, Side.AWAY: 0.24})

        actions.rate_results(by=ops, at=FRIDAY)

        learned = RatedGame.objects.get(event=first)
        assert (learned.closing_home_prob, learned.closing_draw_prob) == (0.5, 0.26)
        told = _artefact("EPL").score_model().closing(ClosingLines(home_prob=0.5, draw_prob=0.26))
        game = _played("EPL", first)
        assert (game.closing_margin, game.closing_total) == (told.margin, told.total)
        assert _stored() == _replayed("EPL")

    def test_of_basketball_is_no_winners_price(self, acme, ops):
        first, *_ = past_of(SPORTS["NBA"])
        closed(first, {Side.HOME: 0.6, Side.AWAY: 0.4})

        actions.rate_results(by=ops, at=FRIDAY)

        assert RatedGame.objects.get(event=first).closing_home_prob is None
        assert _played("NBA", first).closing_margin is None


def _evaluate_also(market_type: MarketType, period: Period, *, by: Actor) -> None:
    """Let the league's market configuration name one market more."""
    document = configs.resolve(configs.MARKET, league="NHL", profile=MEASURED, at=FRIDAY).document
    rule = MarketRule(market_type=market_type, period=period, margin_method=MarginMethod.POWER)
    configs.create_version(
        document.model_copy(update={"markets": (*document.markets, rule)}),
        effective_from=FRIDAY,
        by=by,
        at=FRIDAY,
        reason="The test wants it.",
    )


def _quoted_in_regulation(game: Event) -> None:
    for side in MARKET_SIDES[THREE_WAY]:
        for book in BOOKS:
            row = quote(game, THREE_WAY, side, line=None, price="3.0", at=FRIDAY, book=book)
        Selection.objects.filter(pk=row.selection_id).update(period=Period.REGULATION)


def _evaluations(book: str | None = None) -> list[MarketEvaluation]:
    rows = MarketEvaluation.objects.select_related("selection", "book").order_by(
        "selection", "book"
    )
    return [row for row in rows if book in (None, row.book.key)]


def _artefact(league: str):
    return model_artefact(league, model_config(league).simulation.variant)


def _finals(league: str):
    version = ModelVersion.objects.get(code=_artefact(league).code)
    row = League.objects.get(code=league)
    model = _artefact(league).score_model()
    return known_finals(row, version.pk, model, since=FIRST_SUNDAY, at=FRIDAY)


def _played(league: str, game: Event):
    (final,) = [each for each in _finals(league) if each.event_id == game.pk]
    return final.played(_artefact(league).score_model())


def _stored() -> str:
    return RatingDay.objects.order_by("-league_day").first().state_sha256


def _replayed(league: str) -> str:
    """The strengths as the rulebook learns them from the same finals."""
    artefact = _artefact(league)
    state = LeagueRatings.start(artefact.ratings)
    finals = _finals(league)
    for day in sorted({final.day for final in finals}):
        games = [final.played(artefact.score_model()) for final in finals if final.day == day]
        state = state.on(day).learn(games)
    return ratings.digest(state)
