"""What goes wrong in recorded weeks, written into copies of the recordings.

The copies are bodies as the provider would have sent them: a score that it corrects, a game that it
moves, four days in which nobody answers. What is played are the copies; the recordings stay as they
are.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from apps.snapshots.providers.recorded import ChangeLog, RecordedOdds, RecordedResults
from apps.snapshots.providers.recorded.bodies import NAME
from apps.snapshots.providers.recorded.results import LOOK_BACK
from apps.snapshots.providers.recorded.shelf import written

SPORT = "americanfootball_nfl"
Score = tuple[int, int]  # home, away


class Correction(NamedTuple):
    at: datetime
    score: Score


class Move(NamedTuple):
    """From a poll on the provider reports another start; who quoted the old one stops then."""

    told_at: datetime
    start: datetime


def on(day: int, hour: int = 0, minute: int = 0) -> datetime:
    """An instant of October 2025, UTC."""
    return datetime(2025, 10, day, hour, minute, tzinfo=UTC)


@dataclass(frozen=True)
class Story:
    """Which weeks, and what goes wrong in them; games by the id of the results file."""

    weeks: tuple[int, ...]
    down: tuple[datetime, datetime]
    corrected: Mapping[str, tuple[Correction, ...]]
    corrected_too_late: Mapping[str, Correction]  # more than 72 hours after the final
    moved_within: Mapping[str, Move]  # played as late as its bets stand
    moved_beyond: Mapping[str, Move]  # and later
    confirmed_at: datetime  # when a person says that the games moved beyond are the same games
    until: datetime
    kept: Callable[[datetime], bool] = field(default=lambda moment: True)  # polls of odds

    @property
    def moved(self) -> dict[str, Move]:
        return {**self.moved_within, **self.moved_beyond}

    def is_down(self, moment: datetime) -> bool:
        return self.down[0] <= moment < self.down[1]


class Game(NamedTuple):
    """One game as its copies tell it."""

    game_id: str
    event_id: str  # the odds feed's
    start: datetime  # the first that anybody reported
    played: datetime  # the last
    final_at: datetime
    first: Score
    last: Score  # the provider's word within 72 hours of the final


@dataclass
class Copies:
    """Copies of recorded weeks in a folder, with a story written into them."""

    data: Path
    folder: Path
    story: Story

    @cached_property
    def odds(self) -> RecordedOdds:
        logs = [self.data / f"intraday_nfl_2025w0{week}.csv" for week in self.story.weeks]
        return RecordedOdds(ChangeLog(changelogs=logs, events=self.data / "intraday_events.csv"))

    @cached_property
    def games(self) -> dict[str, Game]:
        """Every game of the weeks, by the odds feed's id."""
        games = {}
        for final in self._finals:
            game = final.game
            said = [one.score for one in self.story.corrected.get(game.game_id, ())]
            told = (game.home_score, game.away_score)
            games[final.event.id] = Game(
                game_id=game.game_id,
                event_id=final.event.id,
                start=final.event.start,
                played=game.start,
                final_at=final.final_at,
                first=told,
                last=said[-1] if said else told,
            )
        return games

    @property
    def lost(self) -> set[str]:
        """Games that were over in the outage, and too old for the endpoint after it."""
        down, up = self.story.down
        return {
            one.game_id
            for one in self.games.values()
            if one.final_at >= down and one.played < up - LOOK_BACK
        }

    def write(self) -> dict[str, dict[str, str]]:
        """Write the bodies; return the recordings as the settings describe them."""
        folders = {name: self.folder / name for name in ("odds", "results")}
        for folder in folders.values():
            folder.mkdir()
            down, up = self.story.down
            (folder / f"{down:{NAME}}.down").write_text(up.isoformat())
        for index, moment in enumerate(self.odds.log.instants):
            if self.story.kept(moment) and not self.story.is_down(moment):
                body = self.odds.body_at(index, SPORT)
                _path(folders["odds"], moment).write_bytes(self._moved(body, moment))
        for moment in self._told_at():
            shown = json.dumps(self._shown(moment)).encode()
            _path(folders["results"], moment).write_bytes(shown)
        archive = self.data / "nfl_results_2024_to_2025w04.csv"
        described = {name: {"folder": str(folder)} for name, folder in folders.items()}
        return {**described, "history0": {"archive": str(archive)}}

    @cached_property
    def _finals(self) -> list[Any]:
        """The games of the weeks as they ended, at the time at which they were played."""
        recorded = RecordedResults(
            results=[self.data / "nfl_2025_w05_w07_results.csv"],
            events=self.data / "intraday_events.csv",
        )
        weeks = {f"2025_{week:02}" for week in self.story.weeks}
        own = [one for one in recorded.finals if one.game.game_id[:7] in weeks]
        moved = self.story.moved
        return [
            replace(one, game=replace(one.game, start=moved[one.game.game_id].start))
            if one.game.game_id in moved
            else one
            for one in own
        ]

    def _moved(self, body: bytes, moment: datetime) -> bytes:
        news = {
            one.event_id: (one, self.story.moved[one.game_id])
            for one in self.games.values()
            if one.game_id in self.story.moved and moment >= self.story.moved[one.game_id].told_at
        }
        if not news:
            return body
        board = json.loads(body)
        for event in board:
            if event["id"] in news:
                game, move = news[event["id"]]
                event["commence_time"] = written(move.start)
                if moment >= game.start:
                    event["bookmakers"] = []
        return json.dumps(board).encode()

    def _told_at(self) -> list[datetime]:
        """When the scores endpoint has news: a final, a correction, and the end of the outage."""
        corrected = [one.at for said in self.story.corrected.values() for one in said]
        late = [one.at for one in self.story.corrected_too_late.values()]
        finals = [one.final_at for one in self.games.values()]
        news = {*corrected, *late, *finals, self.story.down[1]}
        return sorted(moment for moment in news if not self.story.is_down(moment))

    def _shown(self, moment: datetime) -> list[dict[str, Any]]:
        """The games of the last three days, and whatever is corrected now."""
        shown = []
        for final in self._finals:
            said = [
                one
                for one in (
                    *self.story.corrected.get(final.game.game_id, ()),
                    *filter(None, [self.story.corrected_too_late.get(final.game.game_id)]),
                )
                if one.at <= moment
            ]
            if not (
                moment - LOOK_BACK <= final.game.start <= moment
                or any(one.at == moment for one in said)
            ):
                continue
            game = final.game
            if said:
                home, away = said[-1].score
                game = replace(game, home_score=home, away_score=away)
            shown.append(replace(final, game=game).shown_at(moment))
        return shown


def _path(folder: Path, moment: datetime) -> Path:
    return folder / f"{moment:{NAME}}.json"


THREE_WEEKS = Story(
    weeks=(5, 6, 7),
    down=(on(9, 18), on(13, 18)),
    corrected={
        "2025_05_MIA_CAR": (Correction(on(6, 1), (24, 27)),),
        "2025_05_DAL_NYJ": (Correction(on(6, 1), (22, 34)),),
        "2025_05_TB_SEA": (Correction(on(6, 4), (38, 35)),),
        "2025_05_DEN_PHI": (Correction(on(6, 1), (21, 17)), Correction(on(6, 6), (17, 21))),
        "2025_05_NYG_NO": (Correction(on(6, 1), (14, 26)), Correction(on(6, 6), (26, 14))),
    },
    corrected_too_late={
        "2025_05_LV_IND": Correction(on(9, 6), (6, 40)),
        "2025_05_HOU_BAL": Correction(on(9, 6), (44, 10)),
    },
    moved_within={"2025_07_HOU_SEA": Move(told_at=on(20, 18), start=on(21, 22))},
    moved_beyond={"2025_07_LV_KC": Move(told_at=on(19, 12), start=on(23, 17))},
    confirmed_at=on(24, 12),
    until=on(25, 12),
)
# The first week alone, with one poll a day before the outage and every one after it.
ONE_WEEK = Story(
    weeks=(5,),
    down=(on(2, 18), on(6, 18)),
    corrected={
        "2025_05_MIA_CAR": (Correction(on(7, 6), (24, 27)),),
        "2025_05_TB_SEA": (Correction(on(7, 6), (38, 35)),),
        "2025_05_DEN_PHI": (Correction(on(7, 6), (21, 17)), Correction(on(7, 12), (17, 21))),
    },
    corrected_too_late={"2025_05_HOU_BAL": Correction(on(8, 22), (44, 10))},
    moved_within={"2025_05_KC_JAX": Move(told_at=on(6, 18), start=on(7, 20))},
    moved_beyond={"2025_05_NYG_NO": Move(told_at=on(2, 12), start=on(9, 17))},
    confirmed_at=on(10, 6),
    until=on(10, 12),
    kept=lambda moment: moment.hour == 12 or moment > on(6, 18),
)
LONGEST = timedelta(minutes=300)  # of a game of American football
