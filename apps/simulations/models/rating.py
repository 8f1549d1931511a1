"""What was learned from every league day, and how strong each team was after it."""

from typing import Any

from django.db import models
from django.db.models import Q

from apps.catalog.models import Event, Team
from apps.core.append_only import AppendOnly
from apps.simulations.models.model import ModelVersion
from apps.simulations.querysets import (
    RatedGameQuerySet,
    RatingDayQuerySet,
    TeamRatingQuerySet,
)


class RatingDay(AppendOnly):
    """One league day that one model has learned, with everything it then knew.

    A result that comes later, or is corrected, replays the league from its day: every day from
    there on gets the next revision, and the newest one counts.
    """

    id = models.BigAutoField(primary_key=True)
    model_version = models.ForeignKey(
        ModelVersion, on_delete=models.PROTECT, related_name="+", db_index=False
    )
    league_day = models.DateField(help_text="In the league's own time zone.")
    revision = models.PositiveIntegerField(help_text="Counts from 1.")
    rated_at = models.DateTimeField(help_text="UTC, business time.")
    games = models.PositiveSmallIntegerField(help_text="Finals learned; 0: they were taken out.")
    inputs_sha256 = models.CharField(
        max_length=64, help_text="Hex, over fixtures, scores and closing lines of the day."
    )
    state_sha256 = models.CharField(
        max_length=64, help_text="Hex, over all strengths and their covariances after it."
    )
    state = models.BinaryField(help_text="Those strengths: rulebook.ratings.from_bytes.")
    home_advantage = models.FloatField(help_text="Points, after the day.")
    mean_total = models.FloatField(help_text="Points of both teams, after the day.")

    objects = RatingDayQuerySet.as_manager()

    class Meta:
        db_table = "rating_day"
        ordering = ["model_version", "-league_day", "-revision"]
        constraints = [
            models.UniqueConstraint(
                fields=["model_version", "league_day", "revision"],
                name="rating_day_revision_is_used_once",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.model_version_id} {self.league_day} r{self.revision}"

    def audit_state(self) -> dict[str, Any]:
        return {
            "model_version": self.model_version_id,
            "league_day": self.league_day,
            "revision": self.revision,
            "games": self.games,
            "inputs_sha256": self.inputs_sha256,
            "state_sha256": self.state_sha256,
        }


class RatedGame(AppendOnly):
    """One final in one rating day: what was expected that morning, and what was learned.

    The expectation is empty where a team had never been seen. A result that is no longer
    believed leaves a row without scores: nothing is learned from it any more.
    """

    id = models.BigAutoField(primary_key=True)
    rating_day = models.ForeignKey(
        RatingDay, on_delete=models.PROTECT, related_name="rated_games", db_index=False
    )
    event = models.ForeignKey(Event, on_delete=models.PROTECT, related_name="+", db_index=False)
    result_sha256 = models.CharField(
        max_length=64, blank=True, default="", help_text="Hex, of the result; empty: taken out."
    )
    home_score = models.SmallIntegerField(null=True, help_text="Points.")
    away_score = models.SmallIntegerField(null=True, help_text="Points.")
    closing_home_spread = models.DecimalField(
        max_digits=6,
        decimal_places=2,
        null=True,
        help_text="Points added to the home score; empty: no close was captured.",
    )
    closing_total = models.DecimalField(
        max_digits=6, decimal_places=2, null=True, help_text="Points; empty: no close was captured."
    )
    closing_home_prob = models.FloatField(
        null=True,
        help_text="0 to 1, no-vig, of the winner market; empty: not what this sport's close is read"
        " from, or not captured.",
    )
    closing_draw_prob = models.FloatField(
        null=True, help_text="0 to 1, no-vig; empty where a game has no draw."
    )
    expected_margin = models.FloatField(null=True, help_text="Points, home minus away.")
    margin_variance = models.FloatField(
        null=True, help_text="Points squared, of the expectation itself."
    )
    margin_sd = models.FloatField(null=True, help_text="Points, of the result.")
    expected_total = models.FloatField(null=True, help_text="Points of both teams.")
    total_variance = models.FloatField(
        null=True, help_text="Points squared, of the expectation itself."
    )
    total_sd = models.FloatField(null=True, help_text="Points, of the result.")
    home_games = models.PositiveSmallIntegerField(
        null=True, help_text="Games of the home team this season, before this one."
    )
    away_games = models.PositiveSmallIntegerField(
        null=True, help_text="Games of the away team this season, before this one."
    )

    objects = RatedGameQuerySet.as_manager()

    class Meta:
        db_table = "rated_game"
        indexes = [models.Index(fields=["event", "-rating_day"], name="rated_game_newest_first")]
        constraints = [
            models.UniqueConstraint(
                fields=["rating_day", "event"], name="rated_game_stands_once_in_its_day"
            ),
            models.CheckConstraint(
                condition=Q(result_sha256="", home_score__isnull=True, away_score__isnull=True)
                | (~Q(result_sha256="") & Q(home_score__isnull=False, away_score__isnull=False)),
                name="rated_game_has_scores_unless_taken_out",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.event_id} in {self.rating_day_id}"


class TeamRating(AppendOnly):
    """How strong a team was after a league day, against an average team of its league."""

    id = models.BigAutoField(primary_key=True)
    rating_day = models.ForeignKey(
        RatingDay, on_delete=models.PROTECT, related_name="team_ratings", db_index=False
    )
    team = models.ForeignKey(Team, on_delete=models.PROTECT, related_name="+")
    offence = models.FloatField(help_text="Points a game scored above the average.")
    defence = models.FloatField(help_text="Points a game prevented above the average.")
    margin = models.FloatField(help_text="Points: offence plus defence.")
    total = models.FloatField(help_text="Points: offence minus defence.")
    margin_sd = models.FloatField(help_text="Points, uncertainty of the margin strength.")
    total_sd = models.FloatField(help_text="Points, uncertainty of the total strength.")
    games = models.PositiveIntegerField(help_text="Games learned from.")
    season_games = models.PositiveSmallIntegerField(help_text="Of them this season.")

    objects = TeamRatingQuerySet.as_manager()

    class Meta:
        db_table = "team_rating"
        constraints = [
            models.UniqueConstraint(fields=["rating_day", "team"], name="team_rating_is_one_a_day"),
        ]

    def __str__(self) -> str:
        return f"{self.team_id} {self.margin:+.1f}"
