"""A package finds what it asks for, and all of a module if it asks for more."""

from __future__ import annotations

import importlib
import sys

import pytest

from ankibuild.stand_in import stand_in

#: Of Python, and imported by nobody here.
NAME = "colorsys"


@pytest.fixture(autouse=True)
def _not_yet_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, NAME, raising=False)


def whole() -> bool:
    """Tell whether what is there now is the module itself."""
    return getattr(sys.modules.get(NAME), "__file__", None) is not None


def test_what_is_asked_for_is_found_without_the_module():
    with stand_in(NAME, rgb_to_hsv=len):
        from colorsys import rgb_to_hsv
    assert rgb_to_hsv is len
    assert NAME not in sys.modules


def test_whoever_comes_later_gets_the_module():
    with stand_in(NAME, rgb_to_hsv=len):
        importlib.import_module(NAME)
    assert importlib.import_module(NAME).rgb_to_hsv(0, 0, 1) == (2 / 3, 1, 1)
    assert whole()


def test_who_asks_for_more_gets_it_from_the_module():
    """As from the next release of a package, which uses what this one imported in vain."""
    with stand_in(NAME, rgb_to_hsv=len):
        from colorsys import hsv_to_rgb, rgb_to_hls

        assert whole()
    module = sys.modules[NAME]
    assert (hsv_to_rgb, rgb_to_hls) == (module.hsv_to_rgb, module.rgb_to_hls)


def test_what_nobody_has_is_missing_as_ever():
    with stand_in(NAME), pytest.raises(ImportError, match="cannot import name 'taste'"):
        from colorsys import taste  # noqa: F401


def test_a_module_that_is_there_is_used():
    module = importlib.import_module(NAME)
    with stand_in(NAME, rgb_to_hsv=len):
        assert importlib.import_module(NAME) is module
    assert sys.modules[NAME] is module


def test_a_failure_inside_leaves_nothing_behind():
    with pytest.raises(ZeroDivisionError), stand_in(NAME, rgb_to_hsv=len):
        raise ZeroDivisionError
    assert NAME not in sys.modules
