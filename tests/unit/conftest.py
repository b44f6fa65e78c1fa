"""Settings of all unit tests."""

from __future__ import annotations

from hypothesis import settings

# a busy machine is no failure: the time limit of a stage is the Makefile's
settings.register_profile("provision", deadline=None)
settings.load_profile("provision")
