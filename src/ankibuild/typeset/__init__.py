"""Formulas through the MathJax that Anki ships: are they sound, and what do they look like.

Everything is remembered by content, below the project's folder; an unchanged deck starts no
engine. Where MathJax or an engine for it is missing, nothing is typeset, and that is no error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from ankibuild.fill import Written
from ankibuild.typeset.engines import MATHJAX
from ankibuild.typeset.findings import Checked, Tex
from ankibuild.typeset.typesetter import Typesetter

__all__ = ["Checked", "Tex", "Typesetter", "check", "fonts", "markup", "stylesheet"]


def check(written: Iterable[Written], root: Path) -> Checked:
    """Typeset formulas, also as the fronts of clozes show them, and report what is wrong."""
    with Typesetter(root) as typesetter:
        return typesetter.check(written)


def markup(formulas: Iterable[Tex], root: Path) -> Mapping[Tex, str]:
    """Give the HTML of formulas; those that cannot be typeset are absent."""
    with Typesetter(root) as typesetter:
        return typesetter.markup(formulas)


def stylesheet(root: Path) -> str:
    """Give the CSS that any formula needs, with fonts in ``fonts/``; empty without MathJax."""
    with Typesetter(root) as typesetter:
        return typesetter.stylesheet()


def fonts() -> Mapping[str, Path]:
    """Give the fonts that the stylesheet names; none without MathJax."""
    return {path.name: path for path in sorted((MATHJAX / "fonts").glob("*.woff"))}
