"""What the texts of a bank became, remembered until the bank is made again.

An edit changes one text of a bank in a hundred; the others are not rendered for it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cached_property

from msgspec import Struct

from ankibuild import markdown
from ankibuild.cache import Store, key, place
from ankibuild.markdown import Rendered


class Kept(Struct, frozen=True, array_like=True):
    """What texts became with a tool, by how they are asked for."""

    tool: str
    made: dict[str, Rendered]


class Texts:
    """Renders the texts of one bank. What it made the last time is in a store, if there is one."""

    def __init__(self, store: Store | None = None, bank: str = "") -> None:
        # What this tool is stands inside: the next one takes the place over.
        self._store, self._name = store, place(bank)
        self._tool = key("texts")
        self._made: dict[str, Rendered] = {}

    @cached_property
    def _known(self) -> Mapping[str, Rendered]:
        known = self._store.get(self._name, Kept) if self._store else None
        return known.made if known and known.tool == self._tool else {}

    def render(self, text: str, *, cloze: bool, media: Mapping[str, str]) -> Rendered:
        """Render Markdown, as `markdown.render` does."""
        # Names of figures change nothing where none is shown.
        names = sorted(media.items()) if "![" in text else ""
        asked = f"{cloze:d}{names}{text}"
        return self._of(asked, lambda: markdown.render(text, cloze=cloze, media=media))

    def code(self, program: str) -> str:
        """Color a program, as `markdown.code` does."""
        return self._of(f"code {program}", lambda: Rendered(markdown.code(program))).html

    def keep(self) -> None:
        """Remember what was asked for since the last time, and forget the rest."""
        if self._store and self._made.keys() != self._known.keys():
            self._store.put(self._name, Kept(self._tool, self._made))
        self._known, self._made = self._made, {}

    def _of(self, asked: str, make: Callable[[], Rendered]) -> Rendered:
        rendered = self._made.get(asked) or self._known.get(asked) or make()
        self._made[asked] = rendered
        return rendered
