"""The six messages, letter by letter, and everything that keeps a wrong one from going out."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from apps.core.local import Place
from apps.picks.message import House, Message, MessageRefused, Subject, compose, require_true
from apps.picks.message.checking import (
    FooterMissing,
    MessageTooLong,
    NumberUnknown,
    WordForbidden,
    unknown_numbers,
)
from apps.picks.message.lexicon import FORBIDDEN, forbidden_in

PICK = "4be1c9d2-0000-5000-8000-000000000001"
NOON = datetime(2026, 11, 22, 17, 3, tzinfo=UTC)  # 12:03 PM in New York
KICKOFF = datetime(2026, 11, 22, 21, 25, tzinfo=UTC)
HOUSE = House(place=Place.of("America/New_York"), address="https://lakeshore.example")
FOOT = "\n\nAn estimate, not a promise. 21+.\nHelp: 1-800-GAMBLER\nPick 4be1c9d2, version 1"


def subject(cause: str = "PUBLISHED", **columns: Any) -> Subject:
    given: dict[str, Any] = {
        "cause": cause,
        "house": HOUSE,
        "pick_id": PICK,
        "version": 1,
        "league": "NFL",
        "market_type": "SPREAD",
        "period": "FULL_GAME",
        "tier": "EDGE",
        "side": "AWAY",
        "bet_on": "Rio Bravo Rancheros",
        "home": "Voyageurs",
        "away": "Rio Bravo Rancheros",
        "book": "Palisade",
        "starts_at": KICKOFF,
        "published_at": NOON,
        "quoted_at": NOON,
        "line": Decimal("6.5"),
        "american": -105,
        "playable_to": -127,
        "probability": 0.56,
        "fair_probability": 0.5,
        "edge": 0.06,
        "ev": 0.094,
        "fair_line": 4.9,
        "sims": 100_000,
        "books_at_line": 6,
        "happened_at": NOON,
        "facts": {},
        **columns,
    }
    from apps.picks.message import Cause

    return Subject(**{**given, "cause": Cause(given["cause"])})


def at(**later: int) -> dict[str, Any]:
    when = NOON + timedelta(**later)
    return {"happened_at": when, "facts": {"at": when.isoformat()}}


def total(cause: str, **facts: Any) -> Subject:
    when = NOON + timedelta(hours=1, minutes=28)
    return subject(
        cause,
        market_type="TOTAL",
        side="UNDER",
        bet_on="Under",
        tier="LEAN",
        book="Meridian",
        line=Decimal(47),
        american=-110,
        playable_to=-113,
        probability=0.515,
        fair_probability=0.485,
        edge=0.03,
        ev=0.014,
        fair_line=45.2,
        published_at=NOON + timedelta(minutes=13),
        happened_at=when,
        facts={"at": when.isoformat(), "seen_at": when.isoformat(), **facts},
    )


def spread_gone(**facts: Any) -> Subject:
    when = datetime(2026, 11, 21, 21, 31, tzinfo=UTC)
    return subject(
        "INVALIDATED",
        side="HOME",
        bet_on="Port Ellis Admirals",
        home="Port Ellis Admirals",
        away="Quarrymen",
        line=Decimal("-2.5"),
        american=-108,
        playable_to=-123,
        happened_at=when,
        facts={"at": when.isoformat(), "seen_at": when.isoformat(), **facts},
    )


MOVED_TO: dict[str, Any] = {
    "line": "-3",
    "price": "1.892857",
    "ev": -0.037,
    "reason": "BEYOND_PLAYABLE",
}
RECORD = {"won": 222, "lost": 183, "pushed": 8, "void": 3, "since": "2025-09-04T17:00:00+00:00"}
RESULT: dict[str, Any] = {
    "outcome": "WIN",
    "profit": "0.92592593",
    "home_score": 27,
    "away_score": 20,
    "close_line": "-3",
    "close_price": "1.892857",
    "clv_ev": 0.059,
    "clv_points": "0.5",
    "record": RECORD,
}


def graded(**facts: Any) -> Subject:
    base = spread_gone()
    when = KICKOFF + timedelta(hours=4)
    told = {"at": when.isoformat(), **RESULT, **facts}
    return replace(base, cause=subject("GRADED").cause, happened_at=when, facts=told)


REPLACED = subject(
    "SUPERSEDED",
    market_type="MONEYLINE",
    tier="LEAN",
    line=None,
    american=164,
    playable_to=147,
    fair_line=None,
    bet_on="Cumberland Colonels",
    away="Cumberland Colonels",
    home="Thunderbirds",
    happened_at=NOON + timedelta(hours=1, minutes=17),
    facts={
        "at": (NOON + timedelta(hours=1, minutes=17)).isoformat(),
        "version": 2,
        "pick": "4be1c9d2-0000-5000-8000-000000000002",
        "changed": {"probability": [0.405, 0.392], "playable_to": ["2.47", "2.55"]},
    },
)

SIX: dict[str, tuple[Subject, str]] = {
    "new": (
        subject(),
        "◆ EDGE · NFL spread\n"
        "Rio Bravo Rancheros +6.5 at −105\n"
        "Rio Bravo Rancheros at Voyageurs, 4:25 PM ET\n"
        "Palisade, quote of 12:03 PM ET\n\n"
        "Model 56.0%, market 50.0%\n"
        "Edge +6.0 pp, EV +9.4%\n"
        "Playable to +6.5 at −127\n\n"
        "100,000 simulated games: fair line +4.9. Six books agree on +6.5.\n"
        "Why, and proof",
    ),
    "moved": (
        total("MOVED_BUT_OK", line="47", price="1.892857", ev=0.005, reason="LESS_VALUE"),
        "◇ LEAN · NFL total, moved, still playable\n"
        "Under 47 at −110\n"
        "Rio Bravo Rancheros at Voyageurs, 4:25 PM ET\n\n"
        "Now 47 at −112 (1:31 PM ET), EV +0.5%\n"
        "Playable to 47 at −113\n\n"
        "When published at 12:16 PM ET, Meridian: model 51.5%, market 48.5%, edge +3.0 pp,"
        " EV +1.4%.\n"
        "Why, and proof",
    ),
    "gone": (
        spread_gone(**MOVED_TO),
        "NO LONGER PLAYABLE · was EDGE, NFL spread\n"
        "Port Ellis Admirals −2.5 at −108\n"
        "Quarrymen at Port Ellis Admirals, Sun 4:25 PM ET\n\n"
        "The line is −3 at −112 (4:31 PM ET), past −2.5 at −123. EV there is −3.7%.\n"
        "If you took it at −2.5, nothing changes: it stays in the record and will be graded.\n"
        "What happened",
    ),
    "replaced": (
        REPLACED,
        "REPLACED BY VERSION 2 · was LEAN, NFL moneyline\n"
        "Cumberland Colonels to win at +164\n"
        "Cumberland Colonels at Thunderbirds, 4:25 PM ET\n\n"
        "At 1:20 PM ET: model 40.5% → 39.2%, playable to +147 → +155.\n"
        "Both versions stay in the record.\n"
        "Version 2",
    ),
    "graded": (
        graded(),
        "✓ WON, +0.93 u · EDGE, NFL spread\n"
        "Port Ellis Admirals −2.5 at −108\n"
        "Final: Port Ellis Admirals 27, Quarrymen 20\n\n"
        "Close −3 at −112. CLV +5.9% EV, +0.5 points.\n"
        "Record since 4 Sep 2025: 222–183–8, 3 void, win rate 54.8%"
        " (95% 49.9–59.6), n = 405.\n"
        "Proof",
    ),
    "refresh": (
        total("REFRESH_RECOMMENDED", reason="QUOTE_STALE"),
        "◇ LEAN · NFL total, refresh due\n"
        "Under 47 at −110\n"
        "Rio Bravo Rancheros at Voyageurs, 4:25 PM ET\n\n"
        "Its book has not been seen for a while.\n"
        "Playable to 47 at −113\n\n"
        "When published at 12:16 PM ET, Meridian: model 51.5%, market 48.5%, edge +3.0 pp,"
        " EV +1.4%.\n"
        "Why, and proof",
    ),
}


class TestMessages:
    @pytest.mark.parametrize("name", SIX)
    def test_are_written_as_they_were_drawn(self, name):
        said, text = SIX[name]

        message = compose(said)

        assert message.plain == text + FOOT
        require_true(message, said)

    @pytest.mark.parametrize("name", SIX)
    def test_are_the_same_text_every_time(self, name):
        said = SIX[name][0]

        assert compose(said) == compose(said)
        assert len(compose(said).sha256) == 64

    def test_have_bold_lines_a_link_and_a_footer_in_italics(self):
        html = compose(subject()).html

        assert html.startswith(
            "<b>◆ EDGE</b> · NFL spread\n<b>Rio Bravo Rancheros +6.5 at −105</b>"
        )
        assert f'<a href="https://lakeshore.example/picks/{PICK}/">Why, and proof</a>' in html
        assert html.endswith("<i>Pick 4be1c9d2, version 1</i>")

    def test_strike_through_what_is_no_longer_on_offer(self):
        assert "<s>Port Ellis Admirals −2.5 at −108</s>" in compose(SIX["gone"][0]).html

    @pytest.mark.parametrize(
        ("facts", "line"),
        [
            ({"reason": "MARKET_SUSPENDED"}, "Palisade has taken this market down."),
            (
                {"line": "-2.5", "price": "1.833333", "ev": -0.01, "reason": "NO_VALUE"},
                "The line is −2.5 at −120 (4:31 PM ET). EV there is −1.0%.",
            ),
            (
                {"line": "-2.5", "price": "1.8", "reason": "BEYOND_PLAYABLE"},
                "The line is −2.5 at −125 (4:31 PM ET), past −2.5 at −123.",
            ),
        ],
    )
    def test_say_why_something_is_gone(self, facts, line):
        said = spread_gone(**facts)

        message = compose(said)

        assert line in message.plain.splitlines()
        require_true(message, said)

    @pytest.mark.parametrize(
        ("facts", "first"),
        [
            ({"outcome": "LOSS", "profit": "-1"}, "✗ LOST, −1.00 u · EDGE, NFL spread"),
            ({"outcome": "PUSH", "profit": "0"}, "= PUSH, 0.00 u · EDGE, NFL spread"),
            ({"outcome": "HALF_WIN", "profit": "0.46"}, "✓ HALF WON, +0.46 u · EDGE, NFL spread"),
            ({"outcome": "HALF_LOSS", "profit": "-0.5"}, "✗ HALF LOST, −0.50 u · EDGE, NFL spread"),
            ({"outcome": "VOID", "profit": "0"}, "= VOID · EDGE, NFL spread"),
        ],
    )
    def test_tell_of_losses_as_of_wins(self, facts, first):
        said = graded(**facts)

        message = compose(said)

        assert message.plain.splitlines()[0] == first
        assert len(message.plain.splitlines()) == len(compose(graded()).plain.splitlines())
        require_true(message, said)

    def test_say_that_a_close_or_its_value_is_missing(self):
        without = {"close_line": None, "close_price": None, "clv_ev": None, "clv_points": None}

        assert "No close: no quote." in compose(graded(**without, close_missing="NO_QUOTE")).plain
        assert (
            "No CLV: no distribution."
            in compose(graded(clv_ev=None, clv_points=None, clv_missing="NO_DISTRIBUTION")).plain
        )

    def test_say_that_a_side_has_changed(self):
        changed = {"side": ["Buffalo Bills +3", "Kansas City Chiefs −3"]}
        said = replace(REPLACED, facts={**REPLACED.facts, "changed": changed})

        message = compose(said)

        assert "bet Buffalo Bills +3 → Kansas City Chiefs −3" in message.plain
        assert "The side has changed" in message.plain
        require_true(message, said)

    def test_state_no_count_of_games_but_the_runs_own(self):
        said = subject(sims=20_000)

        assert "20,000 simulated games" in compose(said).plain
        tampered = compose(said).plain.replace("20,000", "100,000")
        assert unknown_numbers(tampered, said) == ["100,000"]

    @pytest.mark.parametrize(
        ("number", "line", "sentence"),
        [
            (6, Decimal("6.5"), "fair line +4.9. Six books agree on +6.5."),
            (14, Decimal("6.5"), "fair line +4.9. 14 books agree on +6.5."),
            (1, Decimal("6.5"), "fair line +4.9. One book stands on +6.5."),
            (None, Decimal("6.5"), "fair line +4.9."),
            (12, None, "games. Twelve books quote it."),
            (1, None, "games. One book quotes it."),
        ],
    )
    def test_say_how_many_books_stand_where_it_was_taken(self, number, line, sentence):
        fair, market = (None, "MONEYLINE") if line is None else (4.9, "SPREAD")
        said = subject(books_at_line=number, line=line, fair_line=fair, market_type=market)

        message = compose(said)

        assert sentence in message.plain.splitlines()[-6]
        require_true(message, said)


def tampered(said: Subject, old: str, new: str) -> Message:
    message = compose(said)
    assert old in message.plain
    return Message(message.html.replace(old, new), message.plain.replace(old, new))


class TestEveryNumber:
    @pytest.mark.parametrize(
        ("name", "old", "new"),
        [
            ("new", "+6.5 at −105", "−6.5 at −105"),
            ("new", "−105", "+105"),
            ("new", "−127", "−126"),
            ("new", "56.0%", "57.0%"),
            ("new", "50.0%", "44.0%"),
            ("new", "+6.0 pp", "+7.0 pp"),
            ("new", "+9.4%", "−9.4%"),
            ("new", "100,000", "1,000,000"),
            ("new", "Six books", "Seven books"),
            ("new", "Six books", "six hundred and five books"),
            ("new", "Six books", "16 books"),
            ("new", "100,000 simulated", "6 simulated"),
            ("new", "+4.9", "+5.0"),
            ("new", "4:25 PM", "4:26 PM"),
            ("new", "version 1", "version 3"),
            ("moved", "−112", "−111"),
            ("moved", "+0.5%", "+0.6%"),
            ("gone", "−3.7%", "+3.7%"),
            ("gone", "−3 at", "−3.5 at"),
            ("replaced", "39.2%", "39.3%"),
            ("replaced", "+155", "+165"),
            ("replaced", "BY VERSION 2", "BY VERSION 7"),
            ("graded", "+0.93 u", "+0.94 u"),
            ("graded", "Admirals 27", "Admirals 28"),
            ("graded", "222–183–8", "232–183–8"),
            ("graded", "54.8%", "55.8%"),
            ("graded", "49.9–59.6", "50.1–59.6"),
            ("graded", "4 Sep 2025", "4 Sep 2024"),
            ("graded", "+0.5 points", "+1.5 points"),
        ],
    )
    def test_is_held_against_the_record(self, name, old, new):
        said = SIX[name][0]

        with pytest.raises(NumberUnknown):
            require_true(tampered(said, old, new), said)

    @pytest.mark.parametrize("extra", ["$100 would be $193.", "7 in a row.", "Up 30 units."])
    def test_that_the_record_does_not_have_is_found(self, extra):
        said = subject()
        message = compose(said)

        with pytest.raises(NumberUnknown):
            require_true(Message(message.html, f"{message.plain}\n{extra}"), said)

    @pytest.mark.parametrize("name", ["Philadelphia 76ers", "San Francisco 49ers", "Schalke 04"])
    def test_in_a_name_is_the_names_own(self, name):
        said = subject(bet_on=name, away=name)

        message = compose(said)

        require_true(message, said)
        assert name in message.plain
        assert unknown_numbers(message.plain, said) == []

    def test_rounds_as_its_reader_does(self):
        """Shown to one place, a share may be rounded, but not to another value."""
        said = subject(probability=0.55549, fair_probability=0.50444, edge=0.05105, ev=0.08449)

        message = compose(said)

        require_true(message, said)
        assert "EV +8.4%" in message.plain


class TestWords:
    @pytest.mark.parametrize(
        "text",
        [
            "A guaranteed win",
            "the LOCK of the day",
            "Locks only",
            "You can't lose",
            "You can\N{RIGHT SINGLE QUOTATION MARK}t lose",
            "risk-free",
            "hurry",
            "They are due for a win",
            "Wow!",
            "Great 🔥",
        ],
    )
    def test_that_no_message_has_are_found(self, text):
        assert forbidden_in(text)

    @pytest.mark.parametrize(
        "text",
        [
            "The market is blocked",
            "Unlocked, clockwork, measured, insured",
            "Dueling teams, hotel, shot",
            "An estimate, not a promise. 21+.",
            "◆ ◇ ✓ ✗ = → − · –",
        ],
    )
    def test_are_whole_words(self, text):
        assert forbidden_in(text) == []

    def test_in_names_are_names(self):
        assert forbidden_in("Lock Haven at Miami Heat", names=["Lock Haven", "Miami Heat"]) == []

    @pytest.mark.parametrize("phrase", FORBIDDEN, ids=" ".join)
    def test_are_all_looked_for(self, phrase):
        assert forbidden_in(f"this is {' '.join(phrase)} today")

    @pytest.mark.parametrize("name", SIX)
    def test_are_in_none_of_ours(self, name):
        said = SIX[name][0]

        assert forbidden_in(compose(said).plain, names=[said.home, said.away]) == []

    def test_that_are_forbidden_keep_a_message_back(self):
        said = subject()
        message = compose(said)

        with pytest.raises(WordForbidden):
            require_true(Message(message.html, f"{message.plain} A sure thing."), said)


class TestForm:
    def test_without_its_footer_nothing_goes_out(self):
        said = subject()
        message = compose(said)

        with pytest.raises(FooterMissing):
            require_true(Message(message.html, message.plain.replace("1-800-GAMBLER", "")), said)

    def test_too_long_is_refused_and_counted_as_telegram_counts(self):
        name = "\N{MATHEMATICAL BOLD CAPITAL A}" * 300  # two units each
        said = subject(bet_on=name, away=name)

        with pytest.raises(MessageTooLong):
            require_true(compose(said), said)

    def test_each_refusal_has_a_code_of_its_own(self):
        kinds = (NumberUnknown, WordForbidden, MessageTooLong, FooterMissing)

        assert len({kind.code for kind in kinds} | {MessageRefused.code}) == 5


def figures(draw: Any, of: Any) -> dict[str, Any]:
    """A record as a run and a market may leave one, in figures of any length."""
    share, lines, american = st.floats(0.001, 0.999), st.integers(-160, 160), of
    return {
        "probability": draw(share),
        "fair_probability": draw(share),
        "edge": draw(st.floats(-0.9, 0.9)),
        "ev": draw(st.floats(-0.9, 20)),
        "fair_line": draw(st.floats(-60, 60) | lines.map(float)),
        "line": Decimal(draw(lines)) / 4,
        "american": draw(american),
        "playable_to": draw(american),
        "sims": draw(st.integers(20_000, 2_000_000)),
        "books_at_line": draw(st.none() | st.integers(0, 60)),
    }


@st.composite
def records(draw: Any) -> Subject:
    american = st.integers(100, 5_000) | st.integers(-5_000, -101)
    price = st.decimals(Decimal("1.02"), Decimal(50), places=6).map(str)
    line = st.integers(-160, 160).map(lambda n: str(Decimal(n) / 4))
    share = st.floats(0.001, 0.999)
    facts = {
        "PUBLISHED": st.just({}),
        "MOVED_BUT_OK": st.fixed_dictionaries({"line": line, "price": price, "ev": share}),
        "INVALIDATED": st.fixed_dictionaries(
            {"line": line, "price": price, "ev": st.floats(-0.9, 0), "reason": st.just("NO_VALUE")}
        ),
        "GRADED": st.fixed_dictionaries(
            {
                "outcome": st.sampled_from(["WIN", "LOSS", "PUSH", "HALF_WIN", "HALF_LOSS"]),
                "reason": st.just(""),
                "profit": st.decimals(-1, 49, places=6).map(str),
                "home_score": st.integers(0, 200),
                "away_score": st.integers(0, 200),
                "revision": st.integers(1, 3),
                "corrected": st.booleans(),
                "close_line": line,
                "close_price": price,
                "close_missing": st.just(""),
                "clv_ev": st.floats(-0.9, 3),
                "clv_points": line,
                "clv_missing": st.just(""),
                "record": st.fixed_dictionaries(
                    {name: st.integers(0, 3_000) for name in ("won", "lost", "pushed", "void")}
                    | {"since": st.just(NOON.isoformat())}
                ),
            }
        ),
        "SUPERSEDED": st.fixed_dictionaries(
            {
                "version": st.integers(2, 9),
                "pick": st.just(PICK),
                "simulated_anew": st.booleans(),
                "changed": st.fixed_dictionaries(
                    {"line": st.tuples(line, line), "price": st.tuples(price, price)}
                    | {"probability": st.tuples(share, share)}
                    | {"playable_to": st.tuples(price, price)}
                ),
            }
        ),
    }
    cause = draw(st.sampled_from(sorted(facts)))
    told = {**draw(facts[cause]), "at": NOON.isoformat(), "seen_at": NOON.isoformat()}
    return subject(cause, facts=told, **figures(draw, american))


class TestAnyRecord:
    @settings(max_examples=300)
    @given(records())
    def test_is_told_in_figures_that_are_its_own(self, record):
        """What the writer rounds and shortens the reader of the text finds again, -7.0 as -7."""
        message = compose(record)

        require_true(message, record)
        assert unknown_numbers(message.plain, record) == []
