"""Settings of all unit tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import settings

# a busy machine is no failure: the time limit of a stage is the Makefile's
settings.register_profile("provision", deadline=None)
settings.load_profile("provision")


@pytest.fixture(scope="session", autouse=True)
def _state_of_its_own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """No test writes into the journal of whoever runs it."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_STATE_HOME", str(tmp_path_factory.mktemp("state")))
        yield
