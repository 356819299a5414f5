"""Write notes that are rendered already into one deck, with nothing but genanki.

python bench/bare.py NOTES.json PACKAGE.apkg
"""

from __future__ import annotations

import json
import sys
from pathlib import Path

import genanki


def main(rows: str, package: str) -> None:
    """Write the notes: guid, fields, tags."""
    fields = [{"name": name} for name in "abcdefghi"]
    template = {"name": "card", "qfmt": "{{a}}", "afmt": "{{a}}<hr>{{b}}"}
    model = genanki.Model(1_234_567_890, "bare", fields=fields, templates=[template])
    deck = genanki.Deck(2_059_400_110, "Bare")
    for guid, texts, tags in json.loads(Path(rows).read_text(encoding="utf-8")):
        deck.add_note(genanki.Note(model, texts, tags=tags, guid=guid))
    genanki.Package(deck).write_to_file(package)


if __name__ == "__main__":
    main(*sys.argv[1:])
