"""What was learned from every league day, and how strong each team was after it."""

from typing import Any

from django.contrib import admin
from django.utils.safestring import SafeString
from unfold.decorators import display

from apps.catalog.models import Event
from apps.core import formats
from apps.core.admin import ReadOnlyAdmin
from apps.core.listing import linked, listed_at, recent, two_lines
from apps.simulations.models import ModelVersion, RatedGame, RatingDay, TeamRating


def points(x: float | None) -> str:
    """A strength or a difference of scores on its own scale, signed."""
    return formats.points_of_line(x)


def day_of(rating: RatingDay) -> str:
    day = rating.league_day
    return f"{day:%a} {day.day} {day:%b} {day.year}"


@admin.register(RatingDay)
class RatingDayAdmin(ReadOnlyAdmin):
    list_display = ["learned", "num_games", "num_home", "num_total", "after", "rated"]
    list_filter = ["model_version", recent("rated_at")]
    list_select_related = ["model_version"]
    search_exact = ["inputs_sha256", "state_sha256"]
    ordering = ["-id"]
    exclude = ["state"]
    nothing_yet = "A league day is rated when its results are in."

    @display(description="League day", ordering="id")
    def learned(self, day: RatingDay) -> SafeString:
        model = self.link(ModelVersion, day.model_version_id, day.model_version)
        return two_lines(day_of(day), model)

    @display(description="Games", ordering="games")
    def num_games(self, day: RatingDay) -> SafeString:
        again = f"revision {day.revision}" if day.revision > 1 else ""
        return two_lines(formats.count(day.games), again)

    @display(description="Home advantage", ordering="home_advantage")
    def num_home(self, day: RatingDay) -> str:
        return points(day.home_advantage)

    @display(description="Mean total", ordering="mean_total")
    def num_total(self, day: RatingDay) -> str:
        return f"{formats.total(round(day.mean_total, 1))} pts"

    @display(description="After it")
    def after(self, day: RatingDay) -> SafeString:
        there = listed_at(self.admin_site, TeamRating, f"rating_day__id__exact={day.pk}")
        return linked(there, "Team strengths")

    @display(description="Rated", ordering="rated_at")
    def rated(self, day: RatingDay) -> SafeString:
        return formats.when(day.rated_at)


@admin.register(RatedGame)
class RatedGameAdmin(ReadOnlyAdmin):
    list_display = ["game", "num_score", "num_margin", "num_total", "learned"]
    list_select_related = ["event__home", "event__away", "rating_day"]
    search_ids = ["event_id"]
    search_names = ["event__home__name", "event__away__name"]
    ordering = ["-id"]
    nothing_yet = "Every final that ratings learned from stands here, with what was expected."

    @display(description="Event")
    def game(self, game: RatedGame) -> SafeString:
        name = self.link(Event, game.event_id, game.event)
        return two_lines(name, f"learned on {day_of(game.rating_day)}")

    @display(description="Away, home")
    def num_score(self, game: RatedGame) -> SafeString:
        if game.home_score is None or game.away_score is None:
            return two_lines(formats.MISSING, "taken out")
        margin = points(game.home_score - game.away_score)
        return two_lines(f"{game.away_score}, {game.home_score}", f"home {margin}")

    @display(description="Margin expected", ordering="expected_margin")
    def num_margin(self, game: RatedGame) -> SafeString:
        close, prob = game.closing_home_spread, game.closing_home_prob
        told = "no close" if close is None else f"close {points(float(-close))}"
        if prob is not None:
            told = f"close {formats.probability(prob)} home"
        return two_lines(points(game.expected_margin), told)

    @display(description="Total expected", ordering="expected_total")
    def num_total(self, game: RatedGame) -> SafeString:
        expected = game.expected_total
        shown = formats.MISSING if expected is None else f"{formats.total(round(expected, 1))} pts"
        close = game.closing_total
        return two_lines(shown, "no close" if close is None else f"close {formats.total(close)}")

    @display(description="Rating day", ordering="id")
    def learned(self, game: RatedGame) -> SafeString:
        return self.link_id(RatingDay, game.rating_day_id)


@admin.register(TeamRating)
class TeamRatingAdmin(ReadOnlyAdmin):
    list_display = ["who", "num_margin", "num_offence", "num_defence", "num_games", "after"]
    list_filter = ["rating_day__model_version"]
    list_select_related = ["team__league", "rating_day__model_version"]
    search_ids = ["team_id"]
    search_names = ["team__name"]
    ordering = ["-rating_day_id", "-margin"]
    nothing_yet = "Every team's strength is written after each league day."

    @display(description="Team", ordering="team")
    def who(self, rating: TeamRating) -> SafeString:
        return two_lines(rating.team.name, rating.team.league.code)

    @display(description="Margin", ordering="margin")
    def num_margin(self, rating: TeamRating) -> SafeString:
        return two_lines(points(rating.margin), f"± {rating.margin_sd:.1f}")

    @display(description="Offence", ordering="offence")
    def num_offence(self, rating: TeamRating) -> str:
        return points(rating.offence)

    @display(description="Defence", ordering="defence")
    def num_defence(self, rating: TeamRating) -> str:
        return points(rating.defence)

    @display(description="Games", ordering="games")
    def num_games(self, rating: TeamRating) -> SafeString:
        return two_lines(
            formats.count(rating.games), f"{formats.count(rating.season_games)} this season"
        )

    @display(description="After", ordering="rating_day_id")
    def after(self, rating: TeamRating) -> Any:
        day = rating.rating_day
        return two_lines(self.link(RatingDay, day.pk, day_of(day)), day.model_version)
