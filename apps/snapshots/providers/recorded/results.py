"""A results file that answers like a scores endpoint, under the odds feed's event ids."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from apps.snapshots.providers.ports import FetchOutcome, FetchRequest
from apps.snapshots.providers.recorded.games import (
    PlayedGame,
    RecordedEvent,
    played_games,
    recorded_events,
)
from apps.snapshots.providers.recorded.shelf import Shelf, written
from apps.snapshots.reading.results import final_time

LOOK_BACK = timedelta(days=3)  # as far as the endpoint goes (daysFrom=3)


@dataclass(frozen=True, slots=True)
class _Final:
    event: RecordedEvent
    game: PlayedGame

    @property
    def final_at(self) -> datetime:
        return final_time(self.game.start, overtime=self.game.overtime)

    def shown_at(self, moment: datetime) -> dict[str, Any]:
        """The game as the endpoint shows it: scores are texts, and there only once final."""
        completed = self.final_at <= moment
        scores = (self.event.home, self.game.home_score), (self.event.away, self.game.away_score)
        return {
            "id": self.event.id,
            "sport_key": self.event.sport_key,
            "commence_time": written(self.game.start),
            "completed": completed,
            "home_team": self.event.home,
            "away_team": self.event.away,
            "scores": [{"name": name, "score": str(score)} for name, score in scores]
            if completed
            else None,
            "last_update": written(self.final_at) if completed else None,
        }


class RecordedResults:
    """Speaks whenever a game has become final."""

    def __init__(self, *, results: Sequence[Path], events: Path) -> None:
        games = played_games(results)
        self.finals = sorted(
            (
                _Final(event, games[event.game_id])
                for event in recorded_events(events).values()
                if event.game_id in games
            ),
            key=lambda final: (final.game.start, final.event.id),
        )
        self.shelf = Shelf([final.final_at for final in self.finals])

    def fetch_results(self, request: FetchRequest) -> FetchOutcome:
        index = self.shelf.position(request)
        if index is None:
            return self.shelf.nothing_yet(request)
        moment = self.shelf.instants[index]
        shown = [
            final.shown_at(moment)
            for final in self.finals
            if moment - LOOK_BACK <= final.game.start <= moment
            and final.event.sport_key == request.league_key
        ]
        body = json.dumps(shown, separators=(",", ":"), ensure_ascii=False).encode()
        return self.shelf.answer(request, index, body)
