"""The strengths of a league's teams, learned day by day from finals and past closing lines.

The margin and the total of a game are learned by two filters that never meet: with equal
independent priors of offence and defence they separate exactly. A day is always treated in
the same order, so that the same games give the same strengths wherever they are replayed.

Source: docs/model.md section 1.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from math import sqrt

from apps.rulebook.errors import RuleBroken
from apps.rulebook.markets import HomeMargin
from apps.rulebook.ratings.filter import LEVEL, TEAMS_FROM, Filter, Look
from apps.rulebook.ratings.parameters import Covariate, FilterParameters, RatingParameters

_LONGEST_DRIFT = 14  # days; a longer break is the season's business
_LEAST_REST, _MOST_REST = 4, 14  # days


class TeamUnrated(RuleBroken):
    """No result of this team was ever learned: there is no default strength."""

    code = "RATING_MISSING"


class DayOutOfOrder(RuleBroken):
    """Ratings look forwards only; a correction replays the league from its day."""

    code = "RATING_DAY_OUT_OF_ORDER"


@dataclass(frozen=True, slots=True)
class Fixture:
    """Who plays whom; ``key`` is the event's id and orders the games of a day."""

    key: str
    home: str
    away: str
    neutral: bool


@dataclass(frozen=True, slots=True)
class PlayedGame:
    """A final, with the closing lines where there were any. A void game is not one."""

    fixture: Fixture
    home_score: int
    away_score: int
    closing_margin: HomeMargin | None = None  # the closing home spread, turned round
    closing_total: float | None = None


@dataclass(frozen=True, slots=True)
class Expectation:
    """What the ratings expect of a game, in points, and how sure they are of it."""

    margin: HomeMargin
    margin_variance: float  # points squared, of the expectation itself
    margin_sd: float  # of the result
    total: float
    total_variance: float
    total_sd: float
    home_games: int  # of the home team this season, before this game
    away_games: int
    rest_difference: int  # days, home minus away, each within 4 to 14; 0 where unknown
    seasons: int  # learned from before this one


@dataclass(frozen=True, slots=True)
class Strength:
    """A team against an average one, in points a game; defence is points prevented."""

    margin: float  # offence + defence
    total: float  # offence - defence
    offence: float
    defence: float
    margin_sd: float  # of the margin strength
    total_sd: float
    games: int
    season_games: int


@dataclass(frozen=True, slots=True)
class TeamRecord:
    position: int  # in both filters, counted from the first team
    games: int = 0
    season_games: int = 0
    last_played: date | None = None


@dataclass(frozen=True, slots=True)
class LeagueRatings:
    """Everything learned up to and including one league day; never changed, only followed."""

    parameters: RatingParameters
    margin: Filter
    total: Filter
    records: Mapping[str, TeamRecord] = field(default_factory=dict)
    season: int | None = None
    seasons: int = 0  # in which something was learned, the current one included
    learned_through: date | None = None

    @classmethod
    def start(cls, parameters: RatingParameters) -> "LeagueRatings":
        """Know nothing yet."""
        return cls(
            parameters=parameters,
            margin=Filter.start(parameters.margin),
            total=Filter.start(parameters.total),
        )

    @property
    def home_advantage(self) -> float:
        """Points that playing at home is worth."""
        return float(self.margin.mean[LEVEL])

    @property
    def mean_total(self) -> float:
        """Points of both teams in a game of average ones."""
        return float(self.total.mean[LEVEL])

    def on(self, day: date) -> "MatchDay":
        """Carry the strengths forward to the morning of a later league day.

        Raises:
            DayOutOfOrder: results of that day, or of a later one, are already learned.
        """
        if self.learned_through is not None and day <= self.learned_through:
            raise DayOutOfOrder(f"{day} is not after {self.learned_through}, already learned.")
        season = self.parameters.season_of(day)
        margin, total, records = self.margin, self.total, self.records
        if self.season is not None and season > self.season:
            for _ in range(self.season, season):
                margin, total = margin.new_season(), total.new_season()
            records = {team: replace(r, season_games=0) for team, r in records.items()}
        if self.learned_through is not None:
            days = min((day - self.learned_through).days, _LONGEST_DRIFT)
            margin, total = margin.after_days(days), total.after_days(days)
        morning = replace(
            self,
            margin=margin,
            total=total,
            records=records,
            season=season,
            seasons=self.seasons + (season != self.season),
        )
        return MatchDay(day=day, ratings=morning)

    def strength(self, team: str) -> Strength:
        """Describe one team.

        Raises:
            TeamUnrated: nothing was ever learned about it.
        """
        record = self.record(team)
        at = TEAMS_FROM + record.position
        margin, total = float(self.margin.mean[at]), float(self.total.mean[at])
        return Strength(
            margin=margin,
            total=total,
            offence=(margin + total) / 2,
            defence=(margin - total) / 2,
            margin_sd=sqrt(self.margin.covariance[at, at]),
            total_sd=sqrt(self.total.covariance[at, at]),
            games=record.games,
            season_games=record.season_games,
        )

    def record(self, team: str) -> TeamRecord:
        """Return what is known of a team's games.

        Raises:
            TeamUnrated: nothing was ever learned about it.
        """
        try:
            return self.records[team]
        except KeyError:
            raise TeamUnrated(f"No result of team {team} was ever learned.") from None

    def including(self, teams: Iterable[str]) -> "LeagueRatings":
        """Add unseen teams in the given order, each with strength 0 and the prior's doubt."""
        records = dict(self.records)
        for team in teams:
            records.setdefault(team, TeamRecord(position=len(records)))
        added = len(records) - len(self.records)
        if not added:
            return self
        return replace(
            self,
            margin=self.margin.with_teams(added),
            total=self.total.with_teams(added),
            records=records,
        )


@dataclass(frozen=True, slots=True)
class MatchDay:
    """One league day: first every game of it is expected, then its finals are learned."""

    day: date
    ratings: LeagueRatings  # as of this morning

    def expect(self, fixture: Fixture) -> Expectation:
        """Say what the ratings expect of a game of this day.

        Raises:
            TeamUnrated: nothing was ever learned about one of the teams.
        """
        ratings = self.ratings
        home, away = ratings.record(fixture.home), ratings.record(fixture.away)
        margin = ratings.margin.forecast(self._margin_look(fixture))
        total = ratings.total.forecast(self._total_look(fixture))
        return Expectation(
            margin=HomeMargin(margin.mean),
            margin_variance=margin.variance,
            margin_sd=margin.sd,
            total=total.mean,
            total_variance=total.variance,
            total_sd=total.sd,
            home_games=home.season_games,
            away_games=away.season_games,
            rest_difference=self._rest_difference(home, away),
            seasons=ratings.seasons - 1,
        )

    def learn(self, games: Sequence[PlayedGame]) -> LeagueRatings:
        """Learn this day's finals: results, then closing lines, game by game in key order.

        A team never seen before joins with the prior. Which order the games come in does
        not matter.
        """
        games = sorted(games, key=lambda game: game.fixture.key)
        teams = (team for game in games for team in (game.fixture.home, game.fixture.away))
        morning = replace(self, ratings=self.ratings.including(teams))
        margin, total = morning.ratings.margin, morning.ratings.total
        half_life = self.ratings.parameters.variance_half_life
        for game in games:
            look = morning._margin_look(game.fixture)
            result = float(game.home_score - game.away_score)
            margin = margin.surprised(morning.ratings.margin.forecast(look), result, half_life)
            margin = _learned(margin, look, result, game.closing_margin)

            look = morning._total_look(game.fixture)
            result = float(game.home_score + game.away_score)
            total = total.surprised(morning.ratings.total.forecast(look), result, half_life)
            total = _learned(total, look, result, game.closing_total)
        return replace(
            morning.ratings,
            margin=margin,
            total=total,
            records=morning._records_after(games),
            learned_through=self.day,
        )

    def _records_after(self, games: Sequence[PlayedGame]) -> dict[str, TeamRecord]:
        records = dict(self.ratings.records)
        for game in games:
            for team in (game.fixture.home, game.fixture.away):
                record = records[team]
                records[team] = replace(
                    record,
                    games=record.games + 1,
                    season_games=record.season_games + 1,
                    last_played=self.day,
                )
        return records

    def _margin_look(self, fixture: Fixture) -> Look:
        home, away = self.ratings.record(fixture.home), self.ratings.record(fixture.away)
        return Look(
            home=TEAMS_FROM + home.position,
            away=TEAMS_FROM + away.position,
            away_sign=-1.0,
            level=0.0 if fixture.neutral else 1.0,
            covariate=self._covariate(self.ratings.parameters.margin, home, away),
        )

    def _total_look(self, fixture: Fixture) -> Look:
        home, away = self.ratings.record(fixture.home), self.ratings.record(fixture.away)
        return Look(
            home=TEAMS_FROM + home.position,
            away=TEAMS_FROM + away.position,
            away_sign=1.0,
            level=1.0,
            covariate=self._covariate(self.ratings.parameters.total, home, away),
        )

    def _covariate(self, parameters: FilterParameters, home: TeamRecord, away: TeamRecord) -> float:
        if parameters.covariate is Covariate.REST_DIFFERENCE:
            return float(self._rest_difference(home, away))
        if parameters.covariate is Covariate.BACK_TO_BACK_DIFFERENCE:
            return float(self._played_yesterday(home) - self._played_yesterday(away))
        if parameters.covariate is Covariate.BACK_TO_BACK_COUNT:
            return float(self._played_yesterday(home) + self._played_yesterday(away))
        return 0.0

    def _played_yesterday(self, record: TeamRecord) -> int:
        return int(record.last_played is not None and (self.day - record.last_played).days == 1)

    def _rest_difference(self, home: TeamRecord, away: TeamRecord) -> int:
        home_rest, away_rest = self._rest(home), self._rest(away)
        if home_rest is None or away_rest is None:
            return 0
        return home_rest - away_rest

    def _rest(self, record: TeamRecord) -> int | None:
        """Days since the team's last game of this season, within 4 to 14."""
        if record.last_played is None or not record.season_games:
            return None
        return min(max((self.day - record.last_played).days, _LEAST_REST), _MOST_REST)


def _learned(state: Filter, look: Look, result: float, closing: float | None) -> Filter:
    state = state.learning(look, result, state.parameters.noise)
    if closing is not None and state.parameters.line_noise is not None:
        state = state.learning(look, closing, state.parameters.line_noise)
    return state
