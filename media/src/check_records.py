"""Say which figures were drawn from other numbers than the records beside this program hold."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

NUMBERS = re.compile(r"<desc>numbers: (\S+)\.json (\S+) ([0-9a-f]{64})</desc>")


def digest(entry: object) -> str:
    """Return the SHA-256 of an entry of a record, as `figure_style.digest` does."""
    text = json.dumps(entry, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()


def problems(media: Path) -> Iterator[str]:
    """Yield a sentence for each SVG whose digest is missing or is not that of its record."""
    for path in sorted(media.glob("*.svg")):
        found = NUMBERS.search(path.read_text(encoding="utf-8"))
        if not found:
            yield f"{path.name}: has no digest of its numbers"
            continue
        program, key, expected = found.groups()
        record = media / "src" / f"{program}.json"
        entries = json.loads(record.read_text(encoding="utf-8")) if record.exists() else {}
        if key not in entries:
            yield f"{path.name}: {program}.json has no entry {key}"
        elif digest(entries[key]) != expected:
            yield f"{path.name}: was drawn from other numbers than {program}.json says; redraw it"


if __name__ == "__main__":
    found = list(problems(Path(__file__).parent.parent))
    print("\n".join(found) or "every figure agrees with its record")
    sys.exit(bool(found))
