"""Publication and sending stand behind the gate; who would go past it is found."""

import pytest

from apps.core.tests.house import gate
from apps.core.tests.house.tree import Source, sources

PICKS = "apps/picks/actions/amend.py"


class TestTheGate:
    def test_is_asked_before_anything_goes_out(self):
        assert [found for source in sources() for found in gate.ungated(source)] == []

    def test_stands_before_every_way_out_that_is_known(self):
        known = {way.name for source in sources() for way in gate.ways_out(source)}

        assert known == {"publish_pick", "publish_ready", "supersede_pick", "_deliver"}

    @pytest.mark.parametrize(
        ("path", "text"),
        [
            (PICKS, "def hurry(pick):\n    settle([pick], {})"),
            (PICKS, "def hurry(pick):\n    settle([pick], {})\n    switches.hold_open('PUBLISH')"),
            (PICKS, "def hurry(ready):\n    return ready.call()"),
            (PICKS, "def hurry(pick):\n    audit.record('pick.published', pick)"),
            ("apps/picks/actions/watch.py", "from apps.picks.telegram import Telegram"),
            ("apps/api/views.py", "from apps.picks.webhook import tell"),
        ],
    )
    def test_is_not_gone_past(self, path, text):
        assert gate.ungated(Source(path, text))

    def test_lets_out_what_has_asked(self):
        fine = "def publish(pick):\n    switches.hold_open('PUBLISH')\n    settle([pick], {})"

        assert gate.ungated(Source(PICKS, fine)) == []
