"""The peers that `bench/peers.py` measures: their formats, commands and versions.

All get the same questions, a hundred a file and a deck a file, as far as they can say it. The
versions are pinned, also of the libraries that most of the time goes into.
"""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

from corpus import Entry
from tools import FromNpm, FromPypi, Tool, banks, call, packaged, stored


class Ankdown(FromPypi):
    """Cards between `---`, sides between `%`, in folders that are decks."""

    name = "ankdown"
    requirements = ("ankdown==0.7.1", "genanki==0.13.1", "misaka==2.1.1", "pygments==2.21.0")
    leaves_out = "gaps; tables stay text; tags become a field"
    kinds = frozenset({"basic"})

    def command(self) -> Sequence[str | Path]:
        """Build with code in colors, as ours is."""
        return self.home / "bin/ankdown", "-r", "decks", "-p", "deck.apkg", "--highlight"

    def write(self, entries: Sequence[Entry]) -> None:
        """Write a folder and a file a bank."""
        for number, bank in banks(entries):
            folder = self.place / f"decks/Deck {number}"
            folder.mkdir(parents=True)
            cards = "\n---\n".join(map(self._card, bank))
            (folder / "bank.md").write_text(cards, encoding="utf-8")

    def _card(self, entry: Entry) -> str:
        sides = entry.front, entry.back, ", ".join(entry.tags)
        return "\n%\n".join(map(bracketed, sides))

    def notes(self) -> list[str]:
        """Read the package."""
        return packaged(self.place / "deck.apkg")


def bracketed(text: str) -> str:
    r"""Write formulas as `\(inline\)` and `\[block\]`."""
    text = re.sub(r"\$\$(.+?)\$\$", r"\\[\1\\]", text, flags=re.DOTALL)
    return re.sub(r"\$(.+?)\$", r"\\(\1\\)", text)


class Inka2(FromPypi):
    """Cards in sections, for an Anki collection; hashes of files tell what has changed."""

    name = "inka2"
    requirements = ("inka2==3.2.2", "aqt==26.9.3", "mistune==3.4.0")
    makes = "notes in a collection"
    leaves_out = "colors of code, which its cards get from a script"

    @property
    def environment(self) -> dict[str, str]:
        """Point it to a collection of its own, without a window and without a way to AnkiWeb."""
        nowhere = "http://127.0.0.1:9"
        return {"HOME": str(self.place), "QT_QPA_PLATFORM": "offscreen", "HTTPS_PROXY": nowhere}

    def command(self) -> Sequence[str | Path]:
        """Add what is new and update what has changed."""
        return self.home / "bin/inka2", "collect", "--recursive", "--ignore-errors", "decks"

    def write(self, entries: Sequence[Entry]) -> None:
        """Write a file a bank, a section a question for its tags; make an empty profile."""
        (self.place / "decks").mkdir()
        for number, bank in banks(entries):
            text = "\n".join(self._section(number, entry) for entry in bank)
            (self.place / f"decks/{number}.md").write_text(text, encoding="utf-8")
        for hashes in self.home.glob("lib/*/site-packages/inka2/hashes.json"):
            hashes.unlink()
        profile = "import sys, aqt.profiles as p; m = p.ProfileManager(p.Path(sys.argv[1]))"
        make = f"{profile}; m.setupMeta(); m.create('Bench')"
        self._anki.mkdir(parents=True)
        call(self.home / "bin/python", "-c", make, self._anki)

    def _section(self, bank: int, entry: Entry) -> str:
        answer = "\n".join(f"> {line}" for line in entry.back.splitlines())
        head = f"Deck: Deck {bank}\nTags: {' '.join(entry.tags)}"
        return f"---\n{head}\n\n1. {entry.front}\n\n{answer}\n---\n"

    @property
    def _anki(self) -> Path:
        return self.place / ".local/share/Anki2"

    def notes(self) -> list[str]:
        """Read the collection."""
        return stored(self._anki / "Bench/collection.anki2")


class Md2anki(FromPypi):
    """Headings that are questions, with ids in parentheses."""

    name = "md2anki"
    requirements = ("md2anki==3.1.0", "genanki==0.13.1", "markdown==3.11.3", "pygments==2.21.0")
    leaves_out = "nothing; one line of it rewritten for Python 3.11"

    def install(self) -> None:
        """Install it, and write one line so that it also runs on Python 3.11, as it promises."""
        super().install()
        for path in self.home.glob("lib/*/site-packages/md2anki/md_util.py"):
            text = path.read_text(encoding="utf-8")
            path.write_text(text.replace('.lstrip(".")}', ".lstrip('.')}"), encoding="utf-8")

    def command(self) -> Sequence[str | Path]:
        """Build, and leave the sources as they are."""
        files = sorted(self.place.glob(self.sources))
        return self.home / "bin/md2anki", *files, "-o-anki", "deck.apkg", "-o-md", "none"

    def write(self, entries: Sequence[Entry]) -> None:
        """Write a file a bank."""
        for number, bank in banks(entries):
            text = f"# Deck {number} ({number + 1})\n\n" + "\n".join(map(self._section, bank))
            (self.place / f"{number:04}.md").write_text(text, encoding="utf-8")

    def _section(self, entry: Entry) -> str:
        tags = " ".join(f"`{{=:{tag}:=}}`" for tag in entry.tags)
        kind = " `{=<md2anki_type_cloze>=}`" if entry.kind == "cloze" else ""
        return f"## {entry.front}{kind} ({entry.id})\n\n{entry.back}\n\n{tags}\n"

    def notes(self) -> list[str]:
        """Read the package."""
        return packaged(self.place / "deck.apkg")


class Mdanki(FromNpm):
    """Headings that are fronts; what follows is the back, with tags as links."""

    name = "mdanki"
    requirements = ("mdanki@1.1.2",)
    leaves_out = "gaps and decks; formulas stay text"
    kinds = frozenset({"basic"})

    def install(self) -> None:
        """Install it, and let it have more than 16 MiB as its README says."""
        super().install()
        database = self.home / "node_modules/sql.js/js"
        shutil.copy(database / "sql-memory-growth.js", database / "sql.js")

    def command(self) -> Sequence[str | Path]:
        """Build a package of all files."""
        return self.home / "node_modules/.bin/mdanki", "decks", "deck.apkg"

    def write(self, entries: Sequence[Entry]) -> None:
        """Write a file a bank."""
        (self.place / "decks").mkdir()
        for number, bank in banks(entries):
            text = "\n".join(map(self._section, bank))
            (self.place / f"decks/{number:04}.md").write_text(text, encoding="utf-8")

    def _section(self, entry: Entry) -> str:
        tags = " ".join(f"[#{tag}]()" for tag in entry.tags)
        return f"## {entry.front}\n\n{entry.back}\n\n{tags}\n"

    def notes(self) -> list[str]:
        """Read the package."""
        return packaged(self.place / "deck.apkg")


class BrainBrew(FromPypi):
    """A table a notetype and a recipe that makes JSON for CrowdAnki of them."""

    name = "brain-brew"
    requirements = ("brain-brew==0.3.11", "ruamel.yaml==0.19.1")
    makes = "JSON for CrowdAnki"
    leaves_out = "decks; all Markdown stays text"
    sources = "src/data/*.csv"

    def command(self) -> Sequence[str | Path]:
        """Run the recipe that it made for itself."""
        return self.home / "bin/brainbrew", "run", "recipes/source_to_anki.yaml"

    def write(self, entries: Sequence[Entry]) -> None:
        """Write an export of CrowdAnki, and let the tool make its repository of it."""
        (self.place / "export").mkdir()
        (self.place / "export/deck.json").write_text(json.dumps(crowdanki(entries)))
        command = self.home / "bin/brainbrew", "init", "export"
        subprocess.run(command, cwd=self.place, check=True, capture_output=True)  # noqa: S603

    def notes(self) -> list[str]:
        """Read the JSON."""
        deck = json.loads((self.place / "build/export/deck.json").read_text(encoding="utf-8"))
        return ["\x1f".join(note["fields"]) for note in deck["notes"]]


def crowdanki(entries: Sequence[Entry]) -> dict[str, object]:
    """Give questions as CrowdAnki exports a deck."""
    return {
        "__type__": "Deck",
        "crowdanki_uuid": "deck",
        "name": "Bench",
        "children": [],
        "media_files": [],
        "note_models": [notetype("basic", "Front", "Back"), notetype("cloze", "Text")],
        "notes": list(map(note, entries)),
    }


def notetype(kind: str, *fields: str) -> dict[str, object]:
    """Give a notetype as CrowdAnki has it."""
    side = "{{cloze:Text}}" if kind == "cloze" else "{{Front}}"
    return {
        "__type__": "NoteModel",
        "crowdanki_uuid": kind,
        "name": kind,
        "type": int(kind == "cloze"),
        "css": "",
        "flds": [{"name": name, "ord": place} for place, name in enumerate(fields)],
        "tmpls": [{"name": "Card", "ord": 0, "qfmt": side, "afmt": side}],
    }


def note(entry: Entry) -> dict[str, object]:
    """Give a question as CrowdAnki has it."""
    return {
        "__type__": "Note",
        "guid": entry.id,
        "note_model_uuid": entry.kind,
        "fields": [entry.front] if entry.kind == "cloze" else [entry.front, entry.back],
        "tags": list(entry.tags),
        "flags": 0,
    }


PEERS: tuple[type[Tool], ...] = (Ankdown, Inka2, Md2anki, Mdanki, BrainBrew)
