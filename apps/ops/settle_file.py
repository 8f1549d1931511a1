"""Reads a file of past games and settles every row of it; says what the file does not hold."""

import csv
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from apps.rulebook.markets import MarketType, Side
from apps.rulebook.settlement import Outcome, Problem, SettledMany, settle_many
from apps.rulebook.thresholds import TieRule, main_period, settlement_rules

Floats = NDArray[np.float64]

# What the archives call the same things; the first name that a file has is read.
HOME_SCORE: Final = ("home_score", "FTHG")
AWAY_SCORE: Final = ("away_score", "FTAG")
HOME_SPREAD: Final = ("home_close_spread", "home_close_spread_median", "AHCh", "home_spread")
TOTAL_LINE: Final = ("close_total", "close_total_median", "total_line")
LEAGUE: Final = ("league", "sport")

# The file's name begins with its league where no column says it.
LEAGUE_OF_PREFIX: Final[Mapping[str, str]] = {
    "nfl": "NFL",
    "ncaaf": "NCAAF",
    "nba": "NBA",
    "ncaab": "NCAAB",
    "mlb": "MLB",
    "nhl": "NHL",
    "soccer": "EPL",  # settles as all league football does
}


class FileUnreadable(Exception):
    """The file is no table that could be settled: nothing was read, nothing is guessed."""


@dataclass(frozen=True, slots=True)
class FileCounts:
    """What settling one file gave; None where the file has nothing to settle that on.

    The counts are of sides that won, a half-win among them. A tie is counted as the file has
    it; where the league cannot tie it is counted in ``suspect`` as well: a live game with such
    a score is held for an operator.
    """

    file: str
    rows: int
    final: int
    home_win: int | None
    tie: int | None
    away_win: int | None
    over: int | None
    total_push: int | None
    under: int | None
    home_cover: int | None
    spread_push: int | None
    away_cover: int | None
    # Of those, on quarter lines, the ones that settle half the stake and return the other half.
    half_over: int
    half_under: int
    half_home_cover: int
    half_away_cover: int
    suspect: int | None  # None: the league is unknown, so nobody can say
    unsettled: dict[str, int]  # problem -> markets of final rows
    missing: list[str]

    def as_dict(self) -> dict[str, object]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class GameTable:
    """The columns of a file that settlement needs; NaN is an empty cell."""

    name: str
    leagues: list[str]  # per row, "" where unknown
    home: Floats
    away: Floats
    spread: Floats | None
    total: Floats | None
    missing: list[str]


def settle_file(path: Path) -> FileCounts:
    """Settle home win, spread and total of every row.

    Raises:
        FileUnreadable: not a table with a header, or a score or line that is no number.
    """
    return count(read(path))


def read(path: Path) -> GameTable:
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:
            reader = csv.DictReader(file, strict=True)
            header = list(reader.fieldnames or ())
            rows = list(reader)
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise FileUnreadable(f"{path.name}: {error}") from error
    if not header:
        raise FileUnreadable(f"{path.name}: no header row.")

    missing: list[str] = []

    def column(names: Sequence[str], what: str) -> Floats | None:
        found = next((name for name in names if name in header), None)
        if found is None:
            missing.append(f"{what} (no column {' or '.join(names)})")
            return None
        return _numbers(path.name, found, (row[found] for row in rows))

    home, away = column(HOME_SCORE, "home score"), column(AWAY_SCORE, "away score")
    nothing = np.full(len(rows), np.nan)
    return GameTable(
        name=path.name,
        leagues=_leagues(path, header, rows),
        home=nothing if home is None else home,
        away=nothing if away is None else away,
        spread=column(HOME_SPREAD, "closing spread"),
        total=column(TOTAL_LINE, "closing total"),
        missing=missing,
    )


def count(table: GameTable) -> FileCounts:
    is_final = ~np.isnan(table.home) & ~np.isnan(table.away)
    final = int(is_final.sum())
    winner = _settle(table, MarketType.MONEYLINE, Side.HOME, np.full(len(table.home), np.nan))
    spread = (
        None if table.spread is None else _settle(table, MarketType.SPREAD, Side.HOME, table.spread)
    )
    total = (
        None if table.total is None else _settle(table, MarketType.TOTAL, Side.OVER, table.total)
    )

    def of(settled: SettledMany | None, *outcomes: Outcome) -> int | None:
        if settled is None or not final:
            return None
        return int(np.isin(settled.outcome[is_final], outcomes).sum())

    return FileCounts(
        file=table.name,
        rows=len(table.home),
        final=final,
        home_win=of(winner, Outcome.WIN),
        tie=of(winner, Outcome.PUSH),
        away_win=of(winner, Outcome.LOSS),
        over=of(total, Outcome.WIN, Outcome.HALF_WIN),
        total_push=of(total, Outcome.PUSH),
        under=of(total, Outcome.LOSS, Outcome.HALF_LOSS),
        home_cover=of(spread, Outcome.WIN, Outcome.HALF_WIN),
        spread_push=of(spread, Outcome.PUSH),
        away_cover=of(spread, Outcome.LOSS, Outcome.HALF_LOSS),
        half_over=of(total, Outcome.HALF_WIN) or 0,
        half_under=of(total, Outcome.HALF_LOSS) or 0,
        half_home_cover=of(spread, Outcome.HALF_WIN) or 0,
        half_away_cover=of(spread, Outcome.HALF_LOSS) or 0,
        suspect=_suspect(table, is_final),
        unsettled=_unsettled([winner, spread, total], is_final),
        missing=table.missing if final else [*table.missing, "final scores: nothing was settled"],
    )


def _settle(table: GameTable, market_type: MarketType, side: Side, line: Floats) -> SettledMany:
    """Settle one side of every row as the file has it: a tie is a tie, whatever the league."""
    rows = len(line)
    return settle_many(
        market_type=np.full(rows, market_type),
        side=np.full(rows, side),
        line=line,
        home=table.home,
        away=table.away,
        tie=np.full(rows, TieRule.PLAYED),
        nil_nil_possible=np.ones(rows, dtype=np.bool_),
    )


def _suspect(table: GameTable, is_final: NDArray[np.bool_]) -> int | None:
    """Count the finals that the league's own rules would not let a live game settle on."""
    if not all(table.leagues):
        return None
    rules = {
        league: settlement_rules(league, MarketType.SPREAD, main_period(league))
        for league in set(table.leagues)
    }
    rows = len(table.leagues)
    strict = settle_many(
        market_type=np.full(rows, MarketType.SPREAD),
        side=np.full(rows, Side.HOME),
        line=np.zeros(rows),
        home=table.home,
        away=table.away,
        tie=np.array([rules[league].tie for league in table.leagues]),
        nil_nil_possible=np.array([rules[league].nil_nil_possible for league in table.leagues]),
    )
    return int((strict.problem[is_final] != "").sum())


def _unsettled(
    settled: Iterable[SettledMany | None], is_final: NDArray[np.bool_]
) -> dict[str, int]:
    problems = [one.problem[is_final] for one in settled if one is not None]
    found, counts = np.unique(np.concatenate(problems), return_counts=True)
    return {
        str(Problem(problem)): int(number)
        for problem, number in zip(found, counts, strict=True)
        if problem
    }


def _leagues(path: Path, header: Sequence[str], rows: Sequence[Mapping[str, str]]) -> list[str]:
    known = set(LEAGUE_OF_PREFIX.values())
    column = next((name for name in LEAGUE if name in header), None)
    by_name = LEAGUE_OF_PREFIX.get(path.name.split("_")[0], "")
    if column is None:
        return [by_name] * len(rows)
    return [row[column] if row[column] in known else "" for row in rows]


def _numbers(file: str, column: str, cells: Iterable[str | None]) -> Floats:
    numbers = []
    for row, cell in enumerate(cells, start=2):  # the header is line one
        try:
            number = float(cell) if cell else np.nan
        except ValueError as error:
            raise FileUnreadable(f"{file}: {column} of row {row} is {cell!r}.") from error
        if np.isinf(number):
            raise FileUnreadable(f"{file}: {column} of row {row} is {cell!r}.")
        numbers.append(number)
    return np.array(numbers, dtype=np.float64)
