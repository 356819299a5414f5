"""The JSON export: it is what its schema says, and nothing of a collection is lost in it."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from ankibuild import workflow
from ankibuild.collection import Collection, Media
from ankibuild.decks import Deck
from ankibuild.notes import Note
from ankibuild.notetypes import Field, Notetype, Template
from ankibuild.outputs import EXPORTS
from ankibuild.outputs.record import LIST, record, write
from ankibuild.outputs.record_schema import FORMAT, json_schema
from ankibuild.outputs.stamped import stamped
from ankibuild.rules import Subject
from kit import SVG, Repository

ROOT = Path(__file__).parent.parent
Json = dict[str, Any]


@pytest.fixture(scope="module")
def arc() -> Subject:
    found = workflow.load(ROOT)
    assert found.subject, found.problems
    return found.subject


@pytest.fixture(scope="module")
def exported(arc: Subject, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("json") / "out"
    EXPORTS["json"](arc, folder)
    return folder


def read(folder: Path) -> Json:
    found = json.loads((folder / "collection.json").read_text("utf-8"))
    assert isinstance(found, dict)
    return found


def collection(folder: Path) -> Collection:
    """Make the collection again from the files of an export."""
    root = read(folder)
    fields = {one["key"]: [field["name"] for field in one["fields"]] for one in root["notetypes"]}
    return Collection(
        tuple(map(notetype, root["notetypes"])),
        tuple(Deck(one["name"], one["id"], one["description"]) for one in root["decks"]),
        tuple(note(one, fields[one["notetype"]]) for one in root["notes"]),
        tuple(Media(one["name"], (folder / one["file"]).read_bytes()) for one in root["media"]),
    )


def notetype(one: Json) -> Notetype:
    return Notetype(
        one["key"],
        one["id"],
        one["name"],
        tuple(Field(field["name"], int(field["id"])) for field in one["fields"]),
        tuple(
            Template(each["name"], int(each["id"]), each["question"], each["answer"])
            for each in one["templates"]
        ),
        one["css"],
        one["cloze"],
        one["mod"],
    )


def note(one: Json, names: list[str]) -> Note:
    assert list(one["fields"]) == names
    return Note(
        one["id"],
        one["guid"],
        one["notetype"],
        one["deck"],
        tuple(one["fields"].values()),
        tuple(one["tags"]),
        tuple(one["cards"]),
        one["due"],
        one["mod"],
    )


class TestOfTheArc:
    """The export of the decks in this repository."""

    def test_nothing_is_lost(self, arc: Subject, exported: Path):
        assert collection(exported) == stamped(arc)

    def test_it_is_what_its_schema_says(self, exported: Path):
        root = read(exported)
        schema = json.loads((exported / root["$schema"]).read_text("utf-8"))
        assert schema == json_schema()
        Draft202012Validator.check_schema(schema)
        assert not list(Draft202012Validator(schema).iter_errors(root))

    def test_each_note_is_where_it_says(self, exported: Path):
        for one in read(exported)["notes"]:
            line = (ROOT / one["file"]).read_text("utf-8").splitlines()[one["line"] - 1]
            assert line.split("#")[0].strip() == f"- {one['kind']}: {one['id']}"

    def test_media_are_what_it_says(self, exported: Path):
        files = read(exported)["media"]
        assert files
        for one in files:
            content = (exported / one["file"]).read_bytes()
            assert one["size"] == len(content)
            assert one["sha256"] == hashlib.sha256(content).hexdigest()

    def test_no_number_loses_digits(self, exported: Path):
        """A program in JavaScript reads every number as one of 53 bits."""

        def check(digits: str) -> int:
            assert int(digits) < 2**53
            return int(digits)

        json.loads((exported / "collection.json").read_text("utf-8"), parse_int=check)


class TestSchema:
    """The schema names everything, and what it asks for is there."""

    def test_every_value_is_named_and_required(self, arc: Subject):
        missing = set(unnamed(record(arc), json_schema()))
        assert not missing

    @pytest.mark.parametrize(
        ("change", "path"),
        [
            ({"format": "ankibuild-collection/2"}, "format"),
            ({"decks": [{"name": "x", "id": "1", "description": ""}]}, "decks"),
            ({"notes": [{}]}, "notes"),
            ({"repository": 7}, "repository"),
        ],
    )
    def test_what_is_wrong_is_found(self, arc: Subject, change: Json, path: str):
        errors = Draft202012Validator(json_schema()).iter_errors({**record(arc), **change})
        assert {error.absolute_path[0] for error in errors} == {path}

    def test_the_version_is_that_of_the_format(self):
        """Whoever changes what there is, and not only adds to it, counts up."""
        assert FORMAT == "ankibuild-collection/1"
        schema = json_schema()
        names = {
            name: sorted(part["items"]["properties"])
            for name, part in schema["properties"].items()
            if part.get("items", {}).get("properties")
        }
        assert names == {
            "decks": ["description", "id", "name"],
            "media": ["file", "name", "sha256", "size"],
            "notes": [
                *("cards", "deck", "due", "fields", "file", "guid", "id", "kind", "line", "mod"),
                *("notetype", "tags"),
            ],
            "notetypes": ["cloze", "css", "fields", "id", "key", "mod", "name", "templates"],
        }


def unnamed(value: object, schema: Json, path: str = "") -> list[str]:
    """Give the places of values that a schema does not require, or does not describe."""
    if isinstance(value, list):
        return [place for item in value for place in unnamed(item, schema["items"], path)]
    found = [] if path == "" or "description" in schema or "items" not in schema else [path]
    if not isinstance(value, dict) or "properties" not in schema:
        return found
    for name, item in value.items():
        if name in schema["required"] and name in schema["properties"]:
            found += unnamed(item, schema["properties"][name], f"{path}/{name}")
        else:
            found.append(f"{path}/{name}")
    return found


class TestFolder:
    """A small project, written and written again."""

    @pytest.fixture
    def repository(self, tmp_path: Path) -> Repository:
        repository = Repository(tmp_path / "decks")
        repository.write("media/square.svg", SVG)
        repository.bank("  - basic: one\n    q: One?\n    a: |\n      ![a square](square.svg)\n")
        return repository

    def load(self, repository: Repository) -> Subject:
        found = workflow.load(repository.root)
        assert found.subject
        return found.subject

    def test_only_an_earlier_export_is_replaced(self, repository: Repository, tmp_path: Path):
        subject, dest = self.load(repository), tmp_path / "out"
        paths = write(subject, dest)
        assert [path.name for path in paths[:2]] == ["collection.json", "collection.schema.json"]
        before = [path.read_bytes() for path in paths]
        (dest / "README.md").write_text("Mine.")
        assert [path.read_bytes() for path in write(subject, dest)] == before
        assert (dest / "README.md").read_text() == "Mine."
        (dest / LIST).unlink()
        with pytest.raises(ValueError, match="no export has written"):
            write(subject, dest)

    def test_what_there_is_not_is_null(self, repository: Repository):
        root = record(self.load(repository))
        assert (root["repository"], root["release"]) == (None, None)
        assert not list(Draft202012Validator(json_schema()).iter_errors(root))

    def test_a_project_without_questions(self, repository: Repository, tmp_path: Path):
        (repository.root / "decks/01-first/01-one.yaml").unlink()
        subject = self.load(repository)
        for form in ("json", "text", "crowdanki"):
            assert EXPORTS[form](subject, tmp_path / form)
        root = read(tmp_path / "json")
        assert (root["decks"], root["notes"], root["media"]) == ([], [], [])
        assert not list(Draft202012Validator(json_schema()).iter_errors(root))
