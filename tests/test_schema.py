"""The schemas agree with the tool, and do in an editor's language server what they are for."""

from __future__ import annotations

import itertools
import json
import os
import re
import shutil
import subprocess
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import PydanticCustomError

from ankibuild import fmt, project, schema
from ankibuild.kinds import Question, kinds
from ankibuild.kinds.base import check_id
from ankibuild.source.edit import append_item
from ankibuild.workflow import load
from kit import Repository
from needs import need

ROOT = Path(__file__).parents[1]
SETTINGS = json.loads((ROOT / ".vscode/settings.json").read_text("utf-8"))
SERVER = ROOT / "node_modules/yaml-language-server/bin/yaml-language-server"
DECKS = sorted([*ROOT.glob("decks/*/*.yaml"), *ROOT.glob("decks/*.yaml")])


# ------------------------------------------------------------------ what they say


@pytest.mark.parametrize("name", schema.files())
def test_committed_schemas_are_fresh(name: str) -> None:
    fresh = (ROOT / "docs" / name).read_text("utf-8") == schema.files()[name]
    assert fresh, f"docs/{name} is stale: run `make reference`"


def test_ids_look_to_an_editor_as_they_do_to_us() -> None:
    for text in map("".join, itertools.product(["a", "0", "-", "A", "_", " ", "é", ""], repeat=4)):
        try:
            accepted = bool(check_id(text))
        except PydanticCustomError:
            accepted = False
        assert accepted == bool(re.search(schema.SLUG, text)), text


@pytest.mark.parametrize("kind", kinds().values(), ids=kinds())
def test_every_field_has_its_place(kind: type[Question]) -> None:
    order = schema.field_order(kind)
    assert set(kind.model_fields) - {"id"} <= set(order)
    assert order[0] == kind.kind
    assert len(set(order)) == len(order)


@pytest.mark.parametrize("kind", kinds().values(), ids=kinds())
def test_a_new_question_is_laid_out_well(kind: type[Question]) -> None:
    bank = append_item("title: T\n\nquestions:\n", schema.skeleton(kind, "new"))
    assert fmt.format_text("bank.yaml", bank.encode()).text == bank


def names_of(root: Path) -> schema.Known:
    """Give what the files of a project can refer to."""
    subject = load(root).subject
    assert subject is not None
    return schema.known(subject.project, subject.collection.shelf.tags)


def test_a_project_names_what_can_be_referred_to(tmp_path: Path) -> None:
    repository = Repository(tmp_path)
    repository.bank("- basic: x\n  q: Why?\n  a: So.\n  tags: [own]\n", tags="[shared]")
    names = names_of(tmp_path)
    made = {name: json.loads(text) for name, text in schema.files(names).items()}
    lists = made["bank.schema.json"]["$defs"]
    labels = {
        name: [option["label"] for option in one["defaultSnippets"]] for name, one in lists.items()
    }
    assert labels == {
        "sources": ["lecture", "manual"],
        "items": ["one.why", "one.watch", "two.how", "three.what"],
        "topics": ["one", "two", "three"],
        "tags": ["own", "shared"],
    }
    assert lists["items"]["defaultSnippets"][0]["description"] == "Say why."
    for text in schema.files(names).values():
        wanted = {part.split('"')[0] for part in text.split('"#/$defs/')[1:]}
        assert wanted <= set(json.loads(text).get("$defs", {}))


def test_without_a_project_nothing_is_named() -> None:
    assert not any("$defs" in text for text in schema.files().values())


# ------------------------------------------------------------------ what an editor makes of them


class LanguageServer:
    """Speaks to the server that VS Code's YAML extension runs, with our settings for VS Code."""

    def __init__(self, root: Path) -> None:
        self.root = root
        command = ["node", str(SERVER), "--stdio"]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.watch = threading.Timer(120, self.process.kill)
        self.watch.start()
        self.ids = itertools.count(1)
        self.problems: dict[str, list[Any]] = {}
        abilities = {
            "textDocument": {"completion": {"completionItem": {"snippetSupport": True}}},
            "workspace": {"configuration": True},
        }
        folder = {"uri": root.as_uri(), "name": "project"}
        self.ask(
            "initialize",
            {
                "processId": os.getpid(),
                "rootUri": root.as_uri(),
                "capabilities": abilities,
                "workspaceFolders": [folder],
            },
        )
        self.tell("initialized", {})

    def close(self) -> None:
        self.watch.cancel()
        self.process.kill()
        self.process.communicate()

    def write(self, **message: object) -> None:
        assert self.process.stdin
        data = json.dumps({"jsonrpc": "2.0", **message}).encode()
        self.process.stdin.write(b"Content-Length: %d\r\n\r\n%b" % (len(data), data))
        self.process.stdin.flush()

    def read(self) -> dict[str, Any]:
        assert self.process.stdout
        head = list(iter(self.process.stdout.readline, b"\r\n"))
        length = next(int(row.split(b":")[1]) for row in head if row.startswith(b"Content-Length"))
        message: dict[str, Any] = json.loads(self.process.stdout.read(length))
        if message.get("method") == "textDocument/publishDiagnostics":
            self.problems[message["params"]["uri"]] = message["params"]["diagnostics"]
        elif message.get("method") == "workspace/configuration":
            wanted = (item["section"] for item in message["params"]["items"])
            self.write(id=message["id"], result=[self.section(name) for name in wanted])
        elif "method" in message and "id" in message:
            self.write(id=message["id"], result=None)
        return message

    def section(self, name: str) -> dict[str, Any]:
        """Give a part of the settings, nested as an editor sends it."""
        found: dict[str, Any] = {}
        for key, value in SETTINGS.items():
            *path, last = key.removeprefix(f"{name}.").split(".")
            inner = found
            for step in path if key.startswith(f"{name}.") else ():
                inner = inner.setdefault(step, {})
            if key.startswith(f"{name}."):
                inner[last] = value
        return found

    def tell(self, method: str, parameters: object) -> None:
        self.write(method=method, params=parameters)

    def ask(self, method: str, parameters: object) -> Any:
        number = next(self.ids)
        self.write(id=number, method=method, params=parameters)
        while True:
            message = self.read()
            if message.get("id") == number and "method" not in message:
                return message["result"]

    def open(self, path: str, text: str) -> str:
        """Open a file, each in a folder of its own; gives its URI once it has been looked at."""
        uri = (self.root / str(next(self.ids)) / path).as_uri()
        about = {"uri": uri, "languageId": "yaml", "version": 1, "text": text}
        self.tell("textDocument/didOpen", {"textDocument": about})
        while uri not in self.problems:
            self.read()
        return uri

    def wrong(self, path: str, text: str) -> list[str]:
        """Say what is wrong with a file."""
        return [problem["message"] for problem in self.problems[self.open(path, text)]]

    def at(self, what: str, marked: str, path: str = "decks/any/bank.yaml") -> Any:
        """Ask about the place of ``¦`` in a text."""
        before, _, after = marked.partition("¦")
        uri = self.open(path, before + after)
        place = {"line": before.count("\n"), "character": len(before.rpartition("\n")[2])}
        asked = {"textDocument": {"uri": uri}, "position": place}
        return self.ask(f"textDocument/{what}", asked)

    def offered(self, marked: str, path: str = "decks/any/bank.yaml") -> set[str]:
        return {item["label"] for item in self.at("completion", marked, path)["items"]}


@pytest.fixture(scope="module")
def editor(tmp_path_factory: pytest.TempPathFactory) -> Iterator[LanguageServer]:
    """Start the server in a folder with the schemas of our project."""
    need(SERVER.is_file() and shutil.which("node"), "node and what `npm ci` installs")
    root = tmp_path_factory.mktemp("project")
    for name, text in schema.files(names_of(ROOT)).items():
        (root / ".ankibuild").mkdir(exist_ok=True)
        (root / ".ankibuild" / name).write_text(text, "utf-8")
    server = LanguageServer(root)
    yield server
    server.close()


TOP = "title: T\n\nquestions:\n\n"
FIRST = f"{TOP}  - basic: x\n    q: Why?\n    a: So.\n"


def test_an_editor_offers_kinds(editor: LanguageServer) -> None:
    assert set(kinds()) <= editor.offered(f"{TOP}  - ¦\n")
    assert set(kinds()) <= editor.offered(f"{FIRST}\n  - ¦\n")


def test_an_editor_offers_a_kind_with_what_it_needs(editor: LanguageServer) -> None:
    found = editor.at("completion", f"{TOP}  - ¦\n")["items"]
    texts = [item["insertText"] for item in found if item["label"] == "steps"]
    assert any("q: " in text and "lines:" in text for text in texts)


@pytest.mark.parametrize(
    ("kind", "own", "others"),
    [
        ("basic", {"q", "a", "at", "covers", "verify", "extra"}, {"text", "given", "hints"}),
        ("drill", {"q", "a", "given", "verify"}, {"rubric", "program", "definition"}),
        ("reversed", {"term", "definition"}, {"q", "a", "answer"}),
    ],
)
def test_an_editor_offers_the_fields_of_a_kind(
    editor: LanguageServer, kind: str, own: set[str], others: set[str]
) -> None:
    offered = editor.offered(f"{TOP}  - {kind}: x\n    ¦\n")
    assert own <= offered
    assert not others & offered


def test_an_editor_offers_what_the_project_has(editor: LanguageServer) -> None:
    loaded, _ = project.load(ROOT)
    assert loaded
    sources, items = set(loaded.sources), set(loaded.curriculum.items)
    assert sources <= editor.offered("title: T\nsource: ¦\n")
    assert sources <= editor.offered(f"{FIRST}    source: ¦\n")
    assert items <= editor.offered(f"{FIRST}    covers: [¦]\n")
    assert items <= editor.offered(f"{FIRST}    covers: [batchnorm.why-use, ¦]\n")
    assert items <= editor.offered(f"{FIRST}    covers:\n      - ¦\n")
    assert "normalization" in editor.offered("title: T\ntags: [¦]\n")
    item = "topics:\n  - topic: t\n    title: T\n    level: 1\n    items:\n      - concept: t.a\n"
    part = "decks/any/part.yaml"
    assert sources <= editor.offered(f"{item}        ask: Why?\n        sources: [¦]\n", part)
    topics = set(loaded.curriculum.topics)
    deck = "parts:\n  - part: a\n    decks:\n      - deck: 01 D\n        topics: [¦]\n"
    assert topics <= editor.offered(deck, "decks/curriculum.yaml")
    assert "title" in editor.offered("sources:\n  - video: v\n    ¦\n", "decks/sources.yaml")


def test_an_editor_shows_what_an_item_asks(editor: LanguageServer) -> None:
    found = editor.at("completion", f"{FIRST}    covers: [¦]\n")["items"]
    shown = next(item for item in found if item["label"] == "batchnorm.why-use")
    assert "Why would you want batchnorm at all?" in shown["documentation"]


@pytest.mark.parametrize("kind", kinds().values(), ids=kinds())
def test_an_editor_explains_a_kind(editor: LanguageServer, kind: type[Question]) -> None:
    text = schema.skeleton(kind, "x").replace(f"{kind.kind}:", f"{kind.kind[:2]}¦{kind.kind[2:]}:")
    shown = editor.at("hover", append_item("title: T\n\nquestions:\n", text))
    assert (kind.__doc__ or "").split("\n")[0].strip() in shown["contents"]["value"]
    assert "```yaml" in shown["contents"]["value"]


def test_an_editor_explains_a_field(editor: LanguageServer) -> None:
    shown = editor.at("hover", FIRST.replace("    a: ", "    a¦: "))
    assert "short enough to say in one breath" in shown["contents"]["value"]
    shown = editor.at("hover", f"{FIRST}    at¦: 1:00\n")
    assert "`47:12`" in shown["contents"]["value"]


MISTAKES = {
    "anwser": f"{TOP}  - basic: x\n    q: Why?\n    anwser: So.\n",
    'Missing property "a"': f"{TOP}  - basic: x\n    q: Why?\n",
    "basci": f"{TOP}  - basci: x\n    q: Why?\n    a: So.\n",
    "pattern": f"{TOP}  - basic: Bn_why\n    q: Why?\n    a: So.\n",
    "Incorrect type": f"{FIRST}    tags: one\n",
    "tilte": "tilte: T\n",
}


@pytest.mark.parametrize("named", MISTAKES)
def test_an_editor_flags_a_mistake(editor: LanguageServer, named: str) -> None:
    problems = editor.wrong("decks/any/mistake.yaml", MISTAKES[named])
    assert named in " ".join(problems)
    assert max(map(len, problems)) < 200


RIGHT = [
    FIRST,
    f"{FIRST}    at: 5\n    tags: [1]\n    source: no-such-source\n    covers: [no.such-item]\n",
    f"{TOP}  - typein: x\n    q: 1\n    answer: 128\n",
    f"{TOP}  - typein: x\n    q: Why?\n    answer: true\n",
    f"{TOP}  - code: x\n    q: What?\n    program: |\n      print(1.10)\n    output: 1.10\n",
    f"{TOP}  - drill: x\n    q: $@{{a}}$\n    a: so\n    given:\n      - {{a: [[1, x]], b: true}}\n"
    "      - {a: 1, b: 2}\n",
]


@pytest.mark.parametrize("text", RIGHT)
def test_an_editor_takes_what_we_take(editor: LanguageServer, text: str) -> None:
    assert editor.wrong("decks/any/right.yaml", text) == []


@pytest.mark.parametrize("path", DECKS, ids=lambda path: f"{path.parent.name}-{path.stem}")
def test_an_editor_finds_nothing_wrong_with_our_files(editor: LanguageServer, path: Path) -> None:
    assert editor.wrong(path.relative_to(ROOT).as_posix(), path.read_text("utf-8")) == []
