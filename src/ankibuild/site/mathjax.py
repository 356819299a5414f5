"""Formulas as Anki's MathJax shows them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ankibuild.site.values import Formula, Typeset
from ankibuild.typeset.engines import fonts
from ankibuild.typeset.typesetter import Typesetter


def mathjax(typesetter: Typesetter) -> Typeset:
    """Typeset with MathJax, each formula once; where it is missing, TeX stays TeX.

    A formula stands on the page of its deck and on its own, and most pages are made again with
    most of their formulas unchanged.
    """
    known: dict[Formula, str | None] = {}

    def markup(wanted: Iterable[Formula]) -> Mapping[Formula, str]:
        listed = tuple(wanted)
        if new := [formula for formula in listed if formula not in known]:
            known.update(dict.fromkeys(new))
            known.update(typesetter.markup(new))
        return {formula: html for formula in listed if (html := known[formula])}

    return Typeset(markup, typesetter.stylesheet, fonts())
