"""What the texts of a bank became, remembered until the bank is made again.

An edit changes one text of a bank in a hundred; the others are not rendered for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property
from hashlib import blake2b

from ankibuild import markdown
from ankibuild.cache import Store, key
from ankibuild.markdown import Rendered


class Texts:
    """Renders the texts of one bank. What it made the last time is in a store, if there is one."""

    def __init__(self, store: Store | None = None, bank: str = "") -> None:
        # Not by what this tool is: the next one takes the place over.
        self._store, self._name = store, blake2b(bank.encode(), digest_size=20).hexdigest()
        self._made: dict[str, Rendered] = {}

    @cached_property
    def _known(self) -> Mapping[str, Rendered]:
        known = self._store.get(self._name, dict[str, Rendered]) if self._store else None
        return known or {}

    def render(self, text: str, *, cloze: bool, media: Mapping[str, str]) -> Rendered:
        """Render Markdown, as `markdown.render` does."""
        # Names of figures change nothing where none is shown.
        names = sorted(media.items()) if "![" in text else ()
        return self._of(
            key("markdown", text, cloze, names),
            lambda: markdown.render(text, cloze=cloze, media=media),
        )

    def code(self, program: str) -> str:
        """Color a program, as `markdown.code` does."""
        return self._of(key("code", program), lambda: Rendered(markdown.code(program))).html

    def keep(self) -> None:
        """Remember what was asked for since the last time, and forget the rest."""
        if self._store and self._made.keys() != self._known.keys():
            self._store.put(self._name, self._made)
        self._known, self._made = self._made, {}

    def _of(self, named: str, make: Callable[[], Rendered]) -> Rendered:
        rendered = self._made.get(named) or self._known.get(named) or make()
        self._made[named] = rendered
        return rendered
