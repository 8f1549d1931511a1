"""The short form of the soak: four minutes of eight leagues, and workers killed in them."""

import pytest

from benchmarks.soak.leagues import TITLES
from benchmarks.soak.run import soak

# How late a call may come is a promise about the machine too: the soak itself measures that.
MACHINE = "no gap"


@pytest.mark.slow
class TestSoak:
    def test_does_everything_once_whoever_is_killed(self, fresh_database):
        report = soak(hours=4 / 60, speed=30, kill_every_s=2)

        broken = [one for one in report.findings if not one.kept]
        assert [one for one in broken if not one.promise.startswith(MACHINE)] == []
        assert report.kills >= 1
        assert report.cost["bodies read"] > 2 * len(TITLES)
        assert report.cost["rows written"] > 1_000
        quarantined = {code.strip() for code in report.cost if code.startswith("  ")}
        # Games that were over before we looked, and a round so slow that the world ran ahead of it.
        assert quarantined <= {"UNKNOWN_EVENT", "TIME_IN_FUTURE"}
