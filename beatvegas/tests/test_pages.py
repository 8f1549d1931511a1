"""The tables of the pages say what the code says: a number is changed in both, or in neither."""

import re
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from apps.governance.switches.registry import REGISTRY
from apps.grading.kinds import Wait
from apps.picks.kinds import Gate, Stop, WithdrawReason
from apps.picks.limits import Hold
from apps.rulebook.alerts import REGISTRY as ALERTS
from apps.rulebook.clv import CloseGap
from apps.rulebook.evaluation import CAPS, RiskFlag, Violation
from apps.rulebook.forecasting import MODEL_ARTEFACTS
from apps.rulebook.lifecycle import BIRTHS, MOVES
from apps.rulebook.markets import MarketType, Period
from apps.rulebook.odds import MarginMethod, fair_probabilities, price_from_american
from apps.rulebook.scoring.basketball import NBA_2013
from apps.rulebook.scoring.counts import MLB_2015, NHL_2015, NHL_2024, SOCCER_1
from apps.rulebook.scoring.football import NFL_2015
from apps.rulebook.settlement import HALF_LOSS, HALF_WIN, LOSS, PUSH, VOID, WIN
from apps.rulebook.thresholds import (
    FIRST_SETTLEMENT_RULES,
    MinutesPlayed,
    TieRule,
    model_config,
    opinion_config,
)
from apps.rulebook.validity import ValidityReason
from apps.simulations.models import NotEvaluated

DOCS = Path(__file__).resolve().parent.parent.parent / "docs"
WORD = re.compile(r"\b[A-Z][A-Z_]{2,}\b")


def tables(page: str, section: int) -> list[list[list[str]]]:
    """Return the tables of a section, a list of rows of cells each, headings first."""
    text = (DOCS / page).read_text()
    body = re.split(r"^## ", text, flags=re.MULTILINE)
    (mine,) = (part for part in body if part.startswith(f"{section}."))
    found: list[list[list[str]]] = [[]]
    for line in mine.splitlines():
        if line.startswith("| "):
            cells = re.split(r"(?<!\\)\|", line)[1:-1]
            found[-1].append([cell.strip().strip("`") for cell in cells])
        elif not line.startswith("|") and found[-1]:
            found.append([])
    return [table for table in found if table]


def table(page: str, section: int, heading: str) -> list[list[str]]:
    """Return the rows of the one table with that first heading."""
    (found,) = (rows for rows in tables(page, section) if heading in rows[0])
    return found[1:]


def number(text: str) -> float:
    return float(text)


class TestReadingATable:
    def test_finds_it_by_its_section_and_heading(self):
        rows = table("domain.md", 5, "to")

        assert rows[0][0] == "(new)"

    def test_that_is_not_there_fails(self):
        with pytest.raises(ValueError, match="not enough values"):
            table("domain.md", 5, "no such heading")


class TestDomainPage:
    def test_has_the_check_values_of_margin_removal(self):
        names, *rows = next(t for t in tables("domain.md", 3) if "prices" in t[0])
        methods = [name.upper().replace(" ", "_") for name in names[1:]]

        for quoted, *cells in rows:
            prices = [
                price_from_american(Decimal(one)) if one[0] in "+-" else Decimal(one)
                for one in quoted.split(" / ")
            ]
            for method, cell in zip(methods, cells, strict=True):
                if cell != "-":
                    fair = fair_probabilities(prices, MarginMethod(method))
                    assert fair == pytest.approx(list(map(float, cell.split())), abs=6e-5)

    def test_has_every_reason_not_to_evaluate(self):
        words = [word for row in table("domain.md", 4, "reason") for word in row[0].split(", ")]

        assert words == list(NotEvaluated)

    def test_has_the_caps_of_the_risk_flags(self):
        caps = {
            flag: None if cap == "no cap" else cap
            for flags, _, cap in table("domain.md", 4, "tier at most")
            for flag in WORD.findall(flags)
        }

        assert caps == {flag.value: CAPS.get(flag) for flag in RiskFlag}

    def test_has_the_points_below_which_a_pick_is_flagged(self):
        heading, *rows = next(t for t in tables("domain.md", 4) if "NHL" in t[0])

        for name, *cells in rows:
            for league, cell in zip(heading[1:], cells, strict=True):
                rule = opinion_config(league).points_threshold(MarketType(name.upper()))
                assert tuple(map(Decimal, cell.split(" / "))) == (
                    rule.lean_points,
                    rule.edge_points,
                )

    def test_has_the_moves_of_a_pick(self):
        moves = {start: set(WORD.findall(ends)) for start, ends in table("domain.md", 5, "to")}
        births = moves.pop("(new)")
        ends = {state for states in moves if ", " in states for state in states.split(", ")}

        assert births == BIRTHS
        assert {start: to for start, to in moves.items() if to} == {
            start: to for start, to in MOVES.items() if to
        }
        assert ends == {state for state, to in MOVES.items() if not to}

    def test_has_every_integrity_check_in_order(self):
        codes = [code for row in table("domain.md", 5, "code") for code in WORD.findall(row[0])]

        assert codes == list(Violation)

    def test_has_every_reason_of_validity(self):
        reasons = [word for row in table("domain.md", 5, "validity") for word in row[3].split(", ")]

        assert sorted(reasons) == sorted(ValidityReason)

    def test_has_the_gates_of_the_funnel_in_order(self):
        rows = table("domain.md", 5, "gate")
        stops = [word for row in rows for word in WORD.findall(row[2])]

        assert [row[0] for row in rows] == list(Gate)
        assert sorted(stops) == sorted(Stop)

    def test_has_everything_that_holds_a_proposal_back(self):
        words = [word for row in table("domain.md", 5, "hold") for word in row[0].split(", ")]

        assert sorted(words) == sorted(Hold)

    def test_has_every_reason_to_withdraw(self):
        section = (DOCS / "domain.md").read_text().partition("## 5.")[2].partition("## 6.")[0]

        assert [reason for reason in WithdrawReason if f"`{reason}`" not in section] == []

    def test_has_every_gap_of_a_close(self):
        assert {row[0] for row in table("domain.md", 6, "gap")} == set(CloseGap)

    def test_has_the_profits_of_every_outcome(self):
        price = Decimal("2.5")
        worth = {"d - 1": price - 1, "(d - 1)/2": (price - 1) / 2}
        profits = {
            name: worth.get(profit) or Decimal(profit.partition(",")[0])
            for name, _, _, profit in table("domain.md", 7, "void_factor")
            if " " not in name
        }

        assert profits == {
            one.outcome: one.profit(price) for one in (WIN, HALF_WIN, PUSH, HALF_LOSS, LOSS, VOID)
        }

    def test_has_the_first_settlement_rules(self):
        told = {row[0]: row for row in table("domain.md", 7, "minimum play")}
        spreads = {
            rules.league: rules
            for rules in FIRST_SETTLEMENT_RULES
            if rules.market_type is MarketType.SPREAD
        }

        assert set(told) == set(spreads)
        for league, (_, ties, overtime, minimum, _) in told.items():
            rules = spreads[league]
            assert ties.startswith("no") == (rules.tie is TieRule.IMPOSSIBLE)
            assert overtime.startswith("yes") == rules.overtime_counts
            assert ("shoot-out" in overtime) == bool(rules.shootout_goals)
            assert (rules.period is Period.REGULATION) == ("90 minutes" in overtime)
            if isinstance(rules.minimum_play, MinutesPlayed):
                assert minimum == f"{rules.minimum_play.minutes} min"

    def test_has_every_wait_for_a_grade(self):
        words = [word for row in table("domain.md", 7, "wait") for word in row[0].split(", ")]

        assert sorted(words) == sorted(Wait)

    def test_has_every_switch_where_it_is_asked(self):
        told = {
            name: set(scopes.split(", "))
            for names, _, scopes in table("domain.md", 10, "switch")
            for name in WORD.findall(names)
        }

        assert told == {
            name: {kind.value for kind in switch.kinds} for name, switch in REGISTRY.items()
        }

    def test_has_every_alert_with_what_it_does(self):
        lasts = {"-": timedelta(0), "5 min": timedelta(minutes=5), "1 day": timedelta(days=1)}
        told = [
            (kind, owner, "" if key == "-" else key, WORD.findall(steps), ends, lasts[quiet])
            for kind, owner, key, steps, ends, quiet in table("domain.md", 10, "alert")
        ]

        assert told == [
            (
                alert.kind,
                alert.owner,
                alert.key,
                [str(word) for step in alert.steps for word in (step.severity, step.effect)],
                alert.ends,
                alert.quiet,
            )
            for alert in ALERTS.values()
        ]


class TestModelPage:
    def test_has_the_fitted_ratings(self):
        columns = (
            *("noise", "line_noise", "drift_per_day", "carry_over", "season_noise", "prior"),
            *("level_per_season", "level_per_day", "level"),
        )
        fitted = {
            f"{each.version} {name}": getattr(each, name)
            for each in (artefact.ratings for artefact in MODEL_ARTEFACTS.values())
            for name in ("margin", "total")
        }
        rows = table("model.md", 1, "filter")

        assert {name for name, *_ in rows} == set(fitted)
        for name, *cells in rows:
            for column, cell in zip(columns, cells, strict=True):
                value = getattr(fitted[name], column)
                told = None if cell == "-" else pytest.approx(number(cell), rel=6e-4)
                assert value == told, (name, column)

    def test_has_the_margin_weights(self):
        weights = [
            number(cell)
            for rows in tables("model.md", 2)
            for name, *cells in rows
            if name == "w"
            for cell in cells
        ]

        assert tuple(weights) == NFL_2015.margin_weights

    def test_has_the_margin_weights_of_the_other_sports(self):
        told = {
            name: tuple(number(cell) for cell in cells if cell != "-")
            for rows in tables("model.md", 2)
            for name, *cells in rows
            if name not in ("margin", "w")
        }

        assert told == {
            "basketball-nba-2013": NBA_2013.margin_weights,
            "baseball-mlb-2015 home": (0, *MLB_2015.home_weights),
            "baseball-mlb-2015 away": (0, *MLB_2015.away_weights),
            "hockey-nhl-2015": (0, *NHL_2015.home_weights),
            "hockey-nhl-2024": (0, *NHL_2024.home_weights),
            "soccer-1": (SOCCER_1.level_weight,),
        }
        assert NHL_2024.home_weights == NHL_2024.away_weights

    def test_has_the_measured_weights_of_the_first_configuration(self):
        told = {}
        for name, *cells in tables("model.md", 3)[0][1:]:
            league, market = name.split()
            for hours, cell in zip((0, 12), cells, strict=True):
                if cell != "-":
                    told[league, market.upper(), hours] = tuple(
                        Decimal(part.strip("*")) for part in cell.split()
                    )

        assert told == {
            (league, row.market_type.value, row.hours_before_start): (
                row.estimate,
                row.standard_error,
                row.weight,
            )
            for league in ("NFL", "NBA", "MLB", "NHL", "SFL")
            for row in model_config(league).weights
        }

    def test_has_the_gates_of_tier_edge(self):
        heading, games, seasons, steady = tables("model.md", 3)[1]

        for column, league in enumerate(heading[1:-1], start=1):
            gate = model_config(league).edge_gate
            known = None if steady[column] == "unknown" else Decimal(steady[column])
            assert (int(games[column]), int(seasons[column]), known) == (
                gate.team_games_min,
                gate.warmup_seasons_min,
                gate.margin_variance_steady,
            )
