"""The report as a person reads it."""

from collections.abc import Mapping
from typing import Any

from rich.console import Console, Group
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

WIDTH = 100


def show(report: Mapping[str, Any], console: Console) -> None:
    """Print the report: the pipeline first, then what came of it, then what it is worth."""
    console.print(
        Panel(
            Group(
                _pipeline(report),
                _funnel(report),
                _outcome(report),
                _begun(report),
                _closing(report),
                *_verdict(report),
            ),
            title=f"Rehearsal for {report['tenant']}, profile {report['profile']}",
            width=min(console.width, WIDTH),
        )
    )


def _pipeline(report: Mapping[str, Any]) -> Table:
    table = Table(title="Stages", title_justify="left", expand=True)
    table.add_column("stage")
    for name in ("due", "done", "waiting"):
        table.add_column(name, justify="right")
    table.add_column("what it did", ratio=1)
    did = _what_stages_did(report)
    for name, count in report["stages"].items():
        waiting = count["due"] - count["done"]
        style = "bold red" if waiting else ""
        table.add_row(
            name,
            _number(count["due"]),
            _number(count["done"]),
            Text(_number(waiting), style=style),
            did.get(name, ""),
        )
    return table


def _what_stages_did(report: Mapping[str, Any]) -> dict[str, str]:
    snapshots, evaluations = report["snapshots"], report["evaluations"]
    return {
        "fetch": f"{_number(report['raw_payloads'])} distinct payloads",
        "read": (
            f"{_number(snapshots['written'])} snapshots written, {_number(snapshots['unchanged'])}"
            f" prices unchanged, quarantined {_tally(report['quarantined'])}"
        ),
        "rate": f"{report['events_final']} of {report['events']} games final",
        "simulate": _tally(report["simulations"]["by_status"]),
        "evaluate": f"{_number(evaluations['evaluated'])} evaluations",
        "propose": (
            f"{_tally(report['proposals'])}; blocked {_tally(report['blocked'])};"
            f" expired {_tally(report['expired'])}"
        ),
        "publish": _tally(report["published_by_market"]),
        "watch": f"{_number(sum(report['validity_changes'].values()))} changes of validity",
        "close": (
            f"by age {_tally(report['closes']['by_age'])};"
            f" missing {_tally(report['closes']['missing'])}"
        ),
        "grade": f"{_tally(report['grades'])}; waiting {_tally(report['grading_waits'])}",
    }


def _funnel(report: Mapping[str, Any]) -> Table:
    table = Table(title="Funnel: evaluations at each gate", title_justify="left", expand=True)
    table.add_column("gate")
    table.add_column("reached", justify="right")
    table.add_column("stopped there", ratio=1)
    for gate in report["funnel"]:
        table.add_row(gate["gate"], _number(gate["reached"]), _tally(gate["stopped"]))
    if not report["funnel"]:
        table.add_row("-", "0", "no evaluation came to this tenant")
    return table


def _outcome(report: Mapping[str, Any]) -> Table:
    hits, clv, scores = report["hit_rate"], report["clv"], report["brier"]
    table = Table(title="What came of it", title_justify="left", expand=True)
    table.add_column("figure")
    table.add_column("value", justify="right")
    table.add_column("95 % interval", justify="right")
    table.add_column("n", justify="right")
    table.add_row("published picks", _number(report["published"]), "", "")
    table.add_row("units won", report["units"], "", _number(sum(report["grades"].values())))
    table.add_row("hit rate (Wilson)", _share(hits["value"]), _between(hits), _number(hits["n"]))
    table.add_row(
        f"EV-CLV, mean ({clv['missing']} missing)",
        _share(clv["mean_ev"], signed=True),
        _between(clv, signed=True),
        _number(clv["n"]),
    )
    table.add_row("Brier of the model", _plain(scores["model"]), "", _number(scores["n"]))
    table.add_row("Brier of the no-vig close", _plain(scores["close"]), "", _number(scores["n"]))
    return table


def _begun(report: Mapping[str, Any]) -> Table:
    begun = report["begun"]
    table = Table(
        title=f"At the start of {_number(begun['events'])} games",
        title_justify="left",
        expand=True,
    )
    table.add_column("market")
    table.add_column("last quotes in time", justify="right")
    table.add_column("too old", justify="right")
    table.add_column("selections the books agreed on, or why not", ratio=1)
    for market, counts in begun["last_quotes"].items():
        table.add_row(
            market,
            _number(counts["in_time"]),
            _number(counts["too_old"]),
            _tally(begun["consensus"].get(market, {})),
        )
    if begun["without_result"]:
        table.add_section()
        table.add_row("no result", "", "", _tally(begun["without_result"]))
    return table


def _closing(report: Mapping[str, Any]) -> Table:
    stated, captured = report["closing"], report["captured_close"]
    table = Table(title="Games settled at the close", title_justify="left", expand=True)
    table.add_column("")
    table.add_column("the file's close", justify="right")
    table.add_column("our consensus close", justify="right")
    for name, count in stated.items():
        table.add_row(name.replace("_", " "), _number(count), _number(captured[name]))
    for market in ("spread", "total"):
        distance = captured[f"mean_abs_diff_{market}"]
        table.add_row(f"mean distance, {market}", "", f"{_plain(distance)} points")
        farthest = captured["largest"][market.upper()]
        if farthest:
            table.add_row(
                f"farthest {market}: {farthest['game']}",
                farthest["file_line"],
                farthest["captured_line"],
            )
    for game in captured["settled_differently"]:
        table.add_row(
            f"settled differently: {game['game']}",
            f"{game['file_line']} {game['file_outcome'].replace('_', ' ')}",
            f"{game['captured_line']} {game['captured_outcome'].replace('_', ' ')}",
        )
    table.add_row("closes by age", "", _tally(captured["ages"]))
    return table


def _verdict(report: Mapping[str, Any]) -> list[Text]:
    """Say in words what the figures mean, whatever they are."""
    lines = []
    scores = report["brier"]
    if scores["n"]:
        better = "the close" if scores["close"] < scores["model"] else "the model"
        games = "On the one game" if scores["n"] == 1 else f"On these {scores['n']} games"
        lines.append(f"{games} {better} was the better forecaster.")
    if not report["evaluations"]["evaluated"]:
        why = _tally(report["simulations"]["not_done"])
        lines.append(f"Nothing was evaluated, so nothing was published: {why}.")
    elif not report["published"]:
        lines.append(
            "Nothing was published: under this profile no price was far enough from the"
            " market. That is the result, not a failure."
        )
    if report["capped_at_lean"]:
        lines.append(
            f"{report['capped_at_lean']} published picks would have been EDGE by their figures;"
            " the model is UNMEASURED, so they are LEAN."
        )
    return [Text(line) for line in lines]


def _tally(counts: Mapping[str, int]) -> str:
    shown = [f"{name} {_number(count)}" for name, count in counts.items() if count]
    return ", ".join(shown) or "none"


def _number(value: int) -> str:
    return f"{value:,}"


def _plain(value: float | None) -> str:
    return "none" if value is None else f"{value:.4f}"


def _share(value: float | None, *, signed: bool = False) -> str:
    if value is None:
        return "none"
    return f"{value:+.2%}" if signed else f"{value:.2%}"


def _between(interval: Mapping[str, Any], *, signed: bool = False) -> str:
    if interval["low"] is None:
        return ""
    return f"{_share(interval['low'], signed=signed)} to {_share(interval['high'], signed=signed)}"
