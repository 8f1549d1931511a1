"""The day's message, letter by letter, and what keeps a wrong one from going out."""

from dataclasses import replace
from datetime import date

import pytest

from apps.picks.message import (
    PICKS_OF_A_PART,
    Message,
    SlateSubject,
    Subject,
    compose_slate,
    require_slate_true,
)
from apps.picks.message.checking import (
    FooterMissing,
    MessageTooLong,
    NumberUnknown,
    SlateMisshapen,
    WordForbidden,
)
from apps.picks.tests.test_message import (
    HOUSE,
    MOVED_TO,
    PICK,
    REPLACED,
    graded,
    spread_gone,
    subject,
    total,
)

MOVED = total("MOVED_BUT_OK", line="47", price="1.892857", ev=0.005, reason="LESS_VALUE")


def slate(*picks: Subject, part: int = 1) -> SlateSubject:
    return SlateSubject(house=HOUSE, league="NFL", day=date(2026, 11, 22), part=part, picks=picks)


def written(told: SlateSubject, **swapped: str) -> Message:
    """The message of a slate, with one text put in the place of another."""
    message = compose_slate(told)
    if swapped:
        return replace(message, plain=message.plain.replace(swapped["was"], swapped["now"]))
    return message


EVERY = slate(subject(), MOVED, spread_gone(**MOVED_TO), REPLACED, graded())


class TestText:
    def test_has_a_short_entry_for_each_pick_as_it_stands(self):
        assert written(EVERY).plain == (
            "NFL, Sunday 22 November\n\n"
            "◆ EDGE · NFL spread\n"
            "Rio Bravo Rancheros +6.5 at −105\n"
            "Rio Bravo Rancheros at Voyageurs, 4:25 PM ET\n"
            "Palisade: model 56.0%, market 50.0%, EV +9.4%\n"
            "Playable to +6.5 at −127\n"
            "Pick 4be1c9d2, version 1\n\n"
            "◇ LEAN · NFL total, moved, still playable\n"
            "Under 47 at −110\n"
            "Rio Bravo Rancheros at Voyageurs, 4:25 PM ET\n"
            "Now 47 at −112 (1:31 PM ET), EV +0.5%\n"
            "Playable to 47 at −113\n"
            "Pick 4be1c9d2, version 1\n\n"
            "NO LONGER PLAYABLE · was EDGE, NFL spread\n"
            "Port Ellis Admirals −2.5 at −108\n"
            "Quarrymen at Port Ellis Admirals, Sun 4:25 PM ET\n"
            "The line is −3 at −112 (4:31 PM ET), past −2.5 at −123. EV there is −3.7%.\n"
            "Pick 4be1c9d2, version 1\n\n"
            "REPLACED BY VERSION 2 · was LEAN, NFL moneyline\n"
            "Cumberland Colonels to win at +164\n"
            "Cumberland Colonels at Thunderbirds, 4:25 PM ET\n"
            "Pick 4be1c9d2, version 1\n\n"
            "✓ WON, +0.93 u · EDGE, NFL spread\n"
            "Port Ellis Admirals −2.5 at −108\n"
            "Final: Port Ellis Admirals 27, Quarrymen 20\n"
            "Close −3 at −112. CLV +5.9% EV, +0.5 points.\n"
            "Pick 4be1c9d2, version 1\n\n"
            "An estimate, not a promise. 21+.\n"
            "Help: 1-800-GAMBLER"
        )

    def test_leads_from_each_pick_to_its_page_and_escapes_names(self):
        html = written(slate(subject(), subject(home="<b>Q&A</b>"))).html

        assert html.count(f'<a href="https://lakeshore.example/picks/{PICK}/">') == 2
        assert "&lt;b&gt;Q&amp;A&lt;/b&gt;" in html

    def test_is_the_same_for_the_same_records(self):
        assert written(EVERY).sha256 == compose_slate(EVERY).sha256

    def test_says_which_part_it_is(self):
        assert written(slate(subject(), part=2)).plain.startswith("NFL, Sunday 22 November, part 2")


class TestRequireSlateTrue:
    @pytest.mark.parametrize("told", [EVERY, slate(subject(), part=3)])
    def test_lets_a_true_one_through(self, told):
        require_slate_true(compose_slate(told), told)

    @pytest.mark.parametrize(
        ("was", "now"),
        [
            ("at −105", "at −115"),
            ("model 56.0%", "model 57.0%"),
            ("Final: Port Ellis Admirals 27", "Final: Port Ellis Admirals 28"),
            ("Sunday 22 November", "Sunday 23 November"),
            ("1-800-GAMBLER", "1-800-GAMBLER, 24 hours"),
        ],
    )
    def test_refuses_a_figure_that_no_record_has(self, was, now):
        with pytest.raises(NumberUnknown):
            require_slate_true(written(EVERY, was=was, now=now), EVERY)

    def test_refuses_the_figure_of_a_neighbour(self):
        """+164 is the moneyline's price, and stands in its entry; here it says the spread's."""
        with pytest.raises(NumberUnknown, match=r"\+164"):
            require_slate_true(written(EVERY, was="+6.5 at −105", now="+6.5 at +164"), EVERY)

    def test_refuses_a_pick_that_is_missing(self):
        with pytest.raises(SlateMisshapen):
            require_slate_true(compose_slate(slate(subject())), slate(subject(), MOVED))

    def test_refuses_a_word_that_no_message_has(self):
        with pytest.raises(WordForbidden):
            require_slate_true(written(EVERY, was="still playable", now="a lock"), EVERY)

    def test_refuses_one_without_its_footer(self):
        with pytest.raises(FooterMissing):
            require_slate_true(written(EVERY, was="21+", now="Adults"), EVERY)

    def test_refuses_what_telegram_would_not_take(self):
        told = slate(*[subject(home="Voyageurs " * 20)] * 40)
        with pytest.raises(MessageTooLong, match="4096"):
            require_slate_true(compose_slate(told), told)

    def test_has_room_for_a_whole_part_of_the_longest_entries(self):
        long = replace(spread_gone(**MOVED_TO), home="H" * 60, away="A" * 60, bet_on="H" * 60)
        told = slate(*[long] * PICKS_OF_A_PART)

        require_slate_true(compose_slate(told), told)
