"""The cards as web pages: what `ankibuild serve` shows and `ankibuild export site` writes.

A :class:`Site` is a set of files under relative paths, made one by one when they are asked for.
They link to each other relatively and load nothing from elsewhere, so that they work below any
path of a plain file server. Reading needs no JavaScript; ``site.js`` adds search, filters, themes
and keys.
"""

from __future__ import annotations

from ankibuild.site.make import make
from ankibuild.site.mathjax import mathjax
from ankibuild.site.values import MISSING, PLAIN, File, Formula, Site, Typeset

__all__ = ["MISSING", "PLAIN", "File", "Formula", "Site", "Typeset", "make", "mathjax"]
