"""What a machine may lack, and CI may not."""

from __future__ import annotations

import os

import pytest


def need(there: object, what: str) -> None:
    """Skip without something; fail where nothing may be missing."""
    if not there:
        give_up = pytest.fail if os.environ.get("CI") == "true" else pytest.skip
        give_up(f"these tests need {what}")
