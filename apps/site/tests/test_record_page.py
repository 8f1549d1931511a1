"""The record in the open: each part with n and interval, every pick listed, nothing left out."""

import re

import pytest

from apps.core.local import Place
from apps.core.tenancy import tenant_scope
from apps.grading.record import published
from apps.site.tests import scene
from apps.site.tests.conftest import ACME, as_text
from apps.site.told_record import read_record


class TestRecord:
    def test_gives_each_part_its_interval_its_n_and_what_is_missing(self, seen):
        said = as_text(seen.today).partition("Record every pick")[2]

        assert "All picks 3–2–0" in said
        assert "Win rate 60.0% (95% 23.1–88.2), n = 5" in said
        assert re.search(r"Profit \+0\.7 u \(95% −\S+ to \+\S+\), n = 5", said)
        assert "CLV — , n = 0, 5 missing" in said
        assert "EDGE" in said
        assert "LEAN" in said
        assert "Last 30 days 3–2–0" in said

    def test_says_what_so_few_can_tell(self, seen):
        said = as_text(seen.today)

        assert "The win-rate interval includes break-even: 5 results cannot tell skill" in said
        assert "Closing line value settles sooner; there is not enough of it yet." in said
        assert "1 unit on each pick, at the price that it was published at" in said
        assert "those that were replaced or withdrawn count like all others" in said

    def test_says_where_every_published_pick_is_and_of_which_games_it_tells(self, seen):
        said = as_text(seen.today).partition("Record every pick")[2]

        found = re.search(
            r"All picks.*?(\d+) published: 5 bets, 0 void, 0 ungradeable, (\d+) not settled yet\.",
            said,
        )
        assert found
        assert int(found[1]) == 5 + int(found[2])
        assert int(found[2]) > 0
        assert "Games from Tue 7 Oct 2025 to Sat 11 Oct 2025." in said

    def test_lists_every_pick_whose_game_began_newest_first(self, seen):
        said = as_text(seen.record).partition("Every pick newest")[2]

        assert said.index("Denver Broncos") < said.index("Sat 11 Oct") < said.index("Fri 10 Oct")
        assert said.count("Win, +0.91 u") == 3
        assert said.count("Loss, −1.00 u") == 2
        assert "In play" in said

    def test_uses_no_word_that_promises(self, seen):
        forbidden = ("guarantee", "lock of", "sure thing", "can't lose", "risk-free", "hurry", "!")
        pages = [seen.today, seen.record, seen.how, *seen.picks.values()]
        texts = [as_text(page).lower() for page in pages]

        assert [word for word in forbidden for text in texts if word in text] == []


@pytest.mark.django_db
class TestPages:
    def test_of_nothing_says_so(self, acme, read):
        assert "No published pick's game has begun yet." in read("/record/")
        assert "Nothing has been decided yet" in read("/record/")

    @pytest.mark.parametrize("asked", ["0", "-1", "x", "99999999999999", "²"])
    def test_that_are_not_there_do_not_break(self, asked, acme, read):
        assert read(f"/record/?page={asked}")

    def test_follow_each_other(self, acme, read, client, monkeypatch):
        monkeypatch.setattr("apps.site.earlier.ROWS", 2)
        with tenant_scope(acme):
            scene.history([(24, 17), (24, 23), (24, 17)])

        first, second = (read(f"/record/{page}").partition("So far")[0] for page in ("", "?page=2"))

        assert "Older" in first
        assert "Newer" not in first
        assert "Newer" in second
        assert second.count("Thu 9 Oct") == 1
        assert "Thu 9 Oct" not in first

    def test_are_counted_anew_with_every_grade(self, acme, read):
        with tenant_scope(acme):
            here = Place.of("America/New_York")
            assert read_record(scene.NOON, here).graded == 0
            scene.history([(24, 17)])
            assert read_record(scene.NOON, here).graded == len(published()) == 1


class TestHow:
    def test_says_what_a_pick_needs(self, seen):
        said = as_text(seen.how)

        assert "NFL configuration" in said
        assert "+5.0 pp, EV +3.0% +2.0 pp, EV +2.0% 3 20,000 25% of Kelly, at most 2.0%" in said

    def test_explains_every_state_that_a_pick_may_have(self, seen):
        for word in ("Playable", "Moved, still playable", "Refresh due", "No longer playable"):
            assert word in as_text(seen.how)


def test_every_page_names_its_age_limit_and_where_help_is(seen):
    for page in (seen.today, seen.record, seen.how, seen.picks["edge"]):
        assert "21 and over." in page
        assert "1-800-GAMBLER" in page
        assert ACME not in page  # no address of its own: it is the same on any host
