"""What every rule means, for ``ankibuild explain`` and the documentation."""

from __future__ import annotations

import inspect
import re
from functools import cache
from pathlib import Path
from textwrap import indent

from msgspec import Struct

from ankibuild.rules.base import load_rules

_BLOCK = re.compile(r"^(Bad|Good|Released):\n```yaml\n(.*?)^```\n?", re.MULTILINE | re.DOTALL)
_FENCED = re.compile(r"^```\w*\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Explanation(Struct, frozen=True):
    """A rule in words; ``examples`` are pairs of a label (Bad, Good, Released) and YAML."""

    rule: str
    text: str

    @property
    def summary(self) -> str:
        """The first sentence."""
        paragraph = " ".join(self.text.split("\n\n")[0].split())
        return re.split(r"(?<=[.!?]) (?=[A-Z`])", paragraph)[0]

    @property
    def shown(self) -> str:
        """The text for a terminal: examples are indented, and have no fences."""
        return _FENCED.sub(lambda block: indent(block[1], "    ").rstrip("\n"), self.text)

    @property
    def examples(self) -> tuple[tuple[str, str], ...]:
        """The examples in the text, in order."""
        return tuple((label, body) for label, body in _BLOCK.findall(self.text))


@cache
def explanations() -> dict[str, Explanation]:
    """Explain every rule, by name."""
    found = {
        name: Explanation(name, inspect.getdoc(function) or "")
        for name, function in load_rules().items()
    }
    handbook = Path(__file__).with_name("handbook.md").read_text(encoding="utf-8")
    for section in handbook.split("\n## ")[1:]:
        name, _, text = section.partition("\n")
        found[name.strip()] = Explanation(name.strip(), text.strip() + "\n")
    return dict(sorted(found.items()))
