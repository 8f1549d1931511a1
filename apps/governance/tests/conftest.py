"""What several modules of this room's tests ask for."""

from contextlib import contextmanager

import pytest

from apps.governance import switches
from apps.governance.tests.factories import SCOPES, set_flag


@pytest.fixture
def held_row(as_owner):
    """Hold the row of a switch from another connection, as a session that hangs does."""

    @contextmanager
    def held(name: str, scope: str):
        as_owner.execute(
            "SELECT 1 FROM feature_flag WHERE (name, scope) = (%s, %s) FOR UPDATE", [name, scope]
        )
        assert as_owner.fetchone(), "a row that is committed"
        yield

    return held


@pytest.fixture
def everything_on(db: None) -> None:
    for scope in SCOPES:
        for name in switches.switches_at(scope):
            set_flag(name, scope)
