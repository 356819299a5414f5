"""The laws by name, each with seeds to start from."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fuzz import decks, imports, seeds, texts
from fuzz.seeds import ROOT

FOUND = ROOT / "tests/data/fuzz"


@dataclass(frozen=True)
class Target:
    """A law, and where to start looking for what breaks it; ``found`` broke it once.

    ``examples`` are how many disturbed seeds the suite has time for.
    """

    name: str
    law: Callable[[bytes], None]
    seeds: Callable[[], list[bytes]]
    examples: int = 120

    @property
    def found(self) -> list[Path]:
        """Inputs that have broken this law once."""
        return sorted((FOUND / self.name).glob("*"))


_ALL = (
    Target("source", texts.source, seeds.banks),
    Target("markdown", texts.prose, seeds.texts),
    Target("bank", decks.bank, seeds.banks),
    Target("layout", texts.layout, seeds.banks),
    Target("arc", decks.arc, seeds.arcs),
    Target("ledger", decks.ledger, seeds.ledgers),
    Target("html", imports.html, seeds.html),
    Target("table", imports.table, seeds.tables),
    Target("brought", imports.brought, seeds.tables, examples=8),
    Target("crowdanki", imports.crowdanki, seeds.crowdanki),
    Target("package", imports.package, seeds.packages),
)
TARGETS = {target.name: target for target in _ALL}
