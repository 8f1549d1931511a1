from pathlib import Path
from typing import Any

import pytest

from apps.snapshots.tests.factories import Feeds


@pytest.fixture
def feeds(tmp_path: Path, settings: Any, queued: Any, request: pytest.FixtureRequest) -> Feeds:
    """Feeds of the NFL whose recordings the test writes; nothing reaches a broker."""
    request.getfixturevalue("fresh_database" if "fresh_database" in request.fixturenames else "db")
    return Feeds(folder=tmp_path, settings=settings)


@pytest.fixture
def odds(feeds: Feeds) -> Feeds:
    """The same, with the odds feed registered."""
    feeds.odds()
    return feeds
