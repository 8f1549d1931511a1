"""How a benchmark is measured and how its verdict is reached.

Absolute times move from machine to machine, so a target is a ratio between works that ran
interleaved in one process. A ratio is the median of the ratios of each round: when the machine
slows down for a second, numerator and denominator slow down together.
"""

import gc
from collections.abc import Callable, Mapping
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path
from statistics import median
from time import perf_counter

Work = Callable[[], object]

ROUNDS = 9
LEAST_ROUNDS = 7
# Long enough that the timer's own cost and one scheduler hiccup do not decide the result.
LEAST_SECONDS = 0.02

SHARED_DATA = Path(__file__).resolve().parents[2] / "shared" / "data"


class CannotRun(Exception):
    """This benchmark's input is not on this machine; the sentence says which."""


@dataclass(frozen=True)
class Target:
    """One promise and what became of it."""

    text: str  # "<= 2x the limit"
    measured: str  # "1.41x"
    met: bool


@dataclass(frozen=True)
class Row:
    """One line of the table: medians in ``unit``, and the targets they are held against."""

    label: str
    ours: float
    targets: tuple[Target, ...]
    limit: float | None = None
    peer: float | None = None
    unit: str = "s"

    def __post_init__(self) -> None:
        if not self.targets:
            raise ValueError(f"{self.label}: a row that promises nothing cannot be missed.")


@dataclass(frozen=True)
class Samples:
    """Seconds per call of every work, one number per round."""

    seconds: Mapping[str, tuple[float, ...]]

    def median(self, work: str) -> float:
        return median(self.seconds[work])

    def ratio(self, work: str, to: str) -> float:
        """How many times as long ``work`` takes as ``to`` (round by round, then the median)."""
        pairs = zip(self.seconds[work], self.seconds[to], strict=True)
        return median(a / b for a, b in pairs)


def interleaved(
    works: Mapping[str, Work], *, rounds: int = ROUNDS, least_seconds: float = LEAST_SECONDS
) -> Samples:
    """Time every work once per round, in turn, after one untimed call of each.

    A quick work is repeated within its turn until the turn lasts ``least_seconds``;
    0 means exactly one call per turn, for works that may not be repeated at will.
    """
    if rounds < LEAST_ROUNDS:
        raise ValueError(f"A median needs at least {LEAST_ROUNDS} rounds, not {rounds}.")
    calls = {name: _calls_per_turn(work, least_seconds) for name, work in works.items()}
    seconds: dict[str, list[float]] = {name: [] for name in works}
    for _ in range(rounds):
        for name, work in works.items():
            seconds[name].append(_timed(work, calls[name]))
    return Samples({name: tuple(values) for name, values in seconds.items()})


def at_most(bound: float, measured: float, of: str) -> Target:
    """``at_most(2, samples.ratio("ours", "limit"), "the limit")``."""
    return Target(f"<= {bound:g}x {of}", f"{measured:.3g}x", measured <= bound)


def at_least(bound: float, measured: float, of: str) -> Target:
    """``at_least(20, samples.ratio("peer", "ours"), "faster than the peer")``."""
    return Target(f">= {bound:g}x {of}", f"{measured:.3g}x", measured >= bound)


def shared_data(*parts: str) -> Path:
    """The path of a recorded file.

    Raises:
        CannotRun: the recorded data do not lie beside the project.
    """
    path = SHARED_DATA.joinpath(*parts)
    if not path.exists():
        raise CannotRun(f"needs the recorded data: {Path(*parts)} is not here")
    return path


def _calls_per_turn(work: Work, least_seconds: float) -> int:
    once = _timed(work, 1)
    if least_seconds == 0:
        return 1
    # The first call also warms caches, so it may overstate: measure again before dividing.
    once = min(once, _timed(work, 1))
    return max(1, round(least_seconds / max(once, 1e-7)))


def _timed(work: Work, calls: int) -> float:
    collecting = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        start = perf_counter()
        for _ in range(calls):
            work()
        return (perf_counter() - start) / calls
    finally:
        if collecting:
            gc.enable()


def by_itself(module: str) -> list[Row]:
    """Run one file in a process, and so on a database, of its own: no row measures another's."""
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as child:
        return child.submit(_run, module).result()


def _run(module: str) -> list[Row]:
    rows: list[Row] = import_module(f"benchmarks.{module}").run()
    return rows
