r"""The arc as a book for a study group: Markdown for GitBook's Git sync, and for GitHub.

``SUMMARY.md`` mirrors the arc; a part has a page, and so has each of its decks: what to watch,
read, implement and practice, the sources, and the questions with their answers folded away.

One dialect for both readers
----------------------------
*Formulas.* GitBook knows only ``$$...$$``, takes the TeX as it stands, and tells by the place
what it is: in a line of text it is inline, as a paragraph of its own a block. Its own pages, which
Git sync keeps in https://github.com/GitbookIO/public-docs, say so and are written so:
``create-content/formatting/inline.md`` holds ``$$f(x) = x * e^{2 pi i \xi x}$$``, and
``create-content/blocks/math-and-tex.md`` an unescaped ``\sum_{i=1}^N (x_i``. GitHub has ``$...$``
and, proof against Markdown, ``$`...`$`` and ``math`` fences
(https://docs.github.com/en/get-started/writing-on-github/working-with-advanced-formatting/writing-mathematical-expressions),
but reads ``$$...$$`` by its place just as GitBook does: measured with its Markdown API in
https://github.com/marktext/marktext/pull/4935 (a paragraph of nothing else, outside of lists, is
displayed; anywhere else it is inline) and seen in https://github.com/go-gitea/gitea/issues/36096.
So ``$$...$$`` it is, with the TeX spelled such that GitHub's Markdown leaves it alone: see
:mod:`~ankibuild.outputs.gitbook.formulas`. What is lost: a display formula inside a list is inline
on GitHub, an inline formula alone in its paragraph is displayed by both, and the few formulas
that need ``\%`` and the like are code on GitBook.

*Neighbors.* GitHub finds no formula that is glued to a letter, a hyphen or a quotation mark
(https://github.com/nschloe/github-math-bugs), so a blank is put between them.

*Folds.* ``<details>``, with empty lines around the summary and the body, is GitHub's form and
GitBook's own (``create-content/blocks/expandable.md``; folds are not among the blocks that it
allows inside of a fold, so none is nested unless an author nests them).

*Texts* are written anew from the notes' HTML, not copied from the banks: the authors' Markdown is
not quite GitHub's (``<pad>`` is no tag in it, four blanks make no code, dollars have other rules),
and what a stranger wrote must not become markup. See :mod:`~ankibuild.outputs.gitbook.blocks`.
"""

from __future__ import annotations

from pathlib import Path

from ankibuild.outputs import folder
from ankibuild.outputs.gitbook.book import make
from ankibuild.rules import Subject

#: The list of what an export has written, one path a line.
LIST = ".ankibuild-gitbook"


def write(subject: Subject, dest: Path) -> tuple[Path, ...]:
    """Write a project as a book into the folder ``dest``, in place of an earlier one.

    Return its files. Raise ValueError if ``dest`` holds other files and no earlier book, or other
    files where the book's belong, and OSError if it cannot be written. Then ``dest`` is as it was.
    """
    return folder.write(make(subject), dest, LIST)
