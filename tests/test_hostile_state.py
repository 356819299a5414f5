"""What a project may bring along where only this tool writes: states of runs that never were."""

from __future__ import annotations

import hashlib
import json
import os
import re
from pathlib import Path

import pytest

from ankibuild import changelog, released, releasing, workflow
from ankibuild.generate import generators
from ankibuild.importer import bring_in, settle
from ankibuild.importer.foreign import ImportRefusedError
from ankibuild.kinds import kinds
from ankibuild.project import load
from ankibuild.rows import append
from ankibuild.workflow import RefusedError, replace_text
from kit import SVG, Repository

HOSTS = "127.0.0.1 localhost\n"
ONE = "  - basic: why\n    q: Why?\n    a: Because.\n"
CURRICULUM = "decks/curriculum.yaml"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Give a project, beside which there are files that are none of its business."""
    made = Repository(tmp_path / "home/project")
    made.bank(ONE)
    made.write("notes.txt", "What?\tThat.\n")
    (tmp_path / "home/hosts").write_text(HOSTS)
    (tmp_path / "home/folder").mkdir()
    (tmp_path / "home/folder/hosts.yaml").write_text(HOSTS)
    return made.root


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def contents(folder: Path) -> dict[str, bytes | str | None]:
    """Give all that is in a folder but what is remembered; of a link, where it leads."""
    found: dict[str, bytes | str | None] = {}
    for path in folder.rglob("*"):
        name = path.relative_to(folder).as_posix()
        if path.is_symlink():
            found[name] = os.readlink(path)
        elif ".ankibuild" not in path.parts or f"{settle.STAGE}/" in f"{name}/":
            found[name] = path.read_bytes() if path.is_file() else None
    return found


def crowdanki(folder: Path) -> Path:
    """Make a folder of a deck with a picture, that came from a project like ours."""
    other = Repository(folder / "other", namespace="other")
    other.write("media/a.svg", SVG)
    other.bank("  - basic: what\n    q: What?\n    a: |\n      ![a square](a.svg)\n")
    subject = workflow.load(other.root).subject
    assert subject is not None
    workflow.export(subject, "crowdanki", folder / "deck")
    return folder / "deck"


def leave(root: Path, **listed: object) -> None:
    """Leave what a stopped import leaves: a list, and what an edited file was before."""
    stage = root / settle.STAGE
    for path in ("before/decks/curriculum.yaml", "before/x/hosts", "before/hosts"):
        (stage / path).parent.mkdir(parents=True, exist_ok=True)
        (stage / path).write_text("evil\n")
    empty: dict[str, object] = {
        "new": {},
        "edited": {CURRICULUM: sha256("")},
        "counts": CURRICULUM,
    }
    (stage / "list.json").write_text(json.dumps({**empty, **listed}))


PATHS = ["../hosts", "decks/../../hosts", "decks/linked/hosts.yaml", "decks/link.yaml"]


def lay_links(root: Path) -> None:
    (root / "decks/linked").symlink_to(root.parent / "folder")
    (root / "decks/link.yaml").symlink_to(root.parent / "hosts")


@pytest.mark.parametrize("digest", [sha256(HOSTS), sha256(""), ""])
@pytest.mark.parametrize(
    "path", [*PATHS, "decks/linked/nothing.yaml", "{root}/../hosts", "notes.txt"]
)
def test_a_list_that_was_brought_along_changes_nothing(
    path: str, digest: str, project: Path
) -> None:
    lay_links(project)
    before = contents(project.parent)
    path = path.format(root=project)
    others = {CURRICULUM: sha256("")}
    for listed in (
        {"new": {path: digest}},
        {"edited": {**others, path: digest}},
        {"edited": {path: digest}, "counts": path},
    ):
        leave(project, **listed)
        assert not settle.take_back(project)
        assert contents(project.parent) == before


def test_an_empty_folder_beyond_a_link_stays(project: Path) -> None:
    (project.parent / "empty").mkdir()
    (project / "decks/linked").symlink_to(project.parent)
    before = contents(project.parent)
    leave(project, new={"decks/linked/empty/x.yaml": sha256("")})
    assert not settle.take_back(project)
    assert contents(project.parent) == before


def test_what_was_before_is_no_link(project: Path) -> None:
    text = (project / CURRICULUM).read_text()
    leave(
        project,
        edited={CURRICULUM: sha256(text), "decks/none.yaml": sha256("")},
        counts="decks/none.yaml",
    )
    kept = project / settle.STAGE / "before" / CURRICULUM
    kept.unlink()
    kept.symlink_to(project.parent / "hosts")
    assert settle.take_back(project)
    assert not (project / CURRICULUM).is_symlink()


FORMS = {
    "nothing": "",
    "half of it": '{"new": {"decks/x',
    "no JSON": "evil",
    "a list": "[]",
    "a number": "1",
    "depth": "[" * 100_000,
    "no counts": '{"new": {}, "edited": {}}',
    "strange counts": '{"new": {}, "edited": {}, "counts": "decks/x.yaml"}',
    "lists for objects": '{"new": [], "edited": [], "counts": "decks/curriculum.yaml"}',
    "numbers for digests": '{"new": {"decks/x.yaml": 1}, "edited": {"decks/curriculum.yaml": 2},'
    ' "counts": "decks/curriculum.yaml"}',
    "a long name": json.dumps(
        {
            "new": {f"decks/{'x' * 5000}.yaml": "0" * 64},
            "edited": {CURRICULUM: "0" * 64},
            "counts": CURRICULUM,
        }
    ),
    "half a character": '{"new": {"decks/\\ud800.yaml": ""}, "edited": {}, "counts": ""}',
    "a NUL": '{"new": {"decks/\\u0000/x.yaml": ""}, "edited": {}, "counts": ""}',
    "no text": "\xff\xfe\xff",
}


@pytest.mark.parametrize("text", FORMS.values(), ids=FORMS)
def test_a_list_of_another_form_is_as_good_as_none(text: str, project: Path) -> None:
    before = contents(project.parent)
    leave(project)
    (project / settle.STAGE / "list.json").write_text(text, encoding="latin-1")
    assert not settle.take_back(project)
    assert contents(project.parent) == before


@pytest.mark.parametrize("linked", [".ankibuild", ".ankibuild/import"])
def test_nothing_is_prepared_or_taken_back_beyond_a_link(linked: str, project: Path) -> None:
    beyond = project.parent / "beyond"
    bank = (project / "decks/01-first/01-one.yaml").read_text()
    leave(beyond, new={"decks/01-first/01-one.yaml": sha256(bank)})
    (project / linked).parent.mkdir(exist_ok=True)
    (project / linked).symlink_to(beyond / linked)
    before = contents(project.parent)
    with pytest.raises(OSError, match="the cache is a link"):
        bring_in(project / "notes.txt", root=project, dry_run=True)
    assert contents(project.parent) == before


@pytest.mark.parametrize("linked", ["media", CURRICULUM])
def test_nothing_is_imported_through_a_link(linked: str, project: Path) -> None:
    """Not even within the project: it could not be taken back."""
    (project / "media").mkdir()
    (project / linked).rename(project / "other")
    (project / linked).symlink_to(project / "other")
    package = crowdanki(project.parent / "incoming")
    before = contents(project)
    with pytest.raises(ImportRefusedError, match=f"`{linked}` is a link"):
        bring_in(package, root=project)
    assert contents(project) == before


@pytest.mark.parametrize("name", [".ankibuild/.import.md.new", "decks/.curriculum.yaml.new"])
def test_a_file_beside_is_written_through_no_link(name: str, project: Path) -> None:
    """Its name can be foreseen."""
    (project / name).parent.mkdir(exist_ok=True)
    (project / name).symlink_to(project.parent / "hosts")
    bring_in(project / "notes.txt", root=project)
    replace_text(project / CURRICULUM, "title: x\n")
    assert (project.parent / "hosts").read_text() == HOSTS
    assert (project / CURRICULUM).read_text() == "title: x\n"
    assert not os.path.lexists(project / name)


@pytest.mark.parametrize("out", ["/..", "/../../../../../..", "/../../../../../../folder", "/x"])
def test_no_tag_of_a_note_names_a_folder(out: str, project: Path) -> None:
    """A note of ours says which part it stood in, and so does one that was made to do harm."""
    deck = crowdanki(project.parent.parent / "incoming") / "deck.json"
    text = deck.read_text().replace("Test Arc", "03 Third", 1)
    text = re.sub(r'"arc::[^"]*"', f'"arc::03-stray{out}"', text)
    deck.write_text(text)
    (project / "decks/03-stray").mkdir()
    before = contents(project.parent)
    bring_in(deck.parent, root=project, dry_run=True)
    assert contents(project.parent) == before
    bring_in(deck.parent, root=project)
    after = contents(project.parent)
    changed = {path for path in before if after.get(path, "gone") != before[path]}
    assert changed == {f"project/{CURRICULUM}"}
    new = {path for path in after if path not in before and after[path] is None}
    assert new == {"project/media", "project/decks/03-first"}


# ------------------------------------------------------------------ a release that was stopped


@pytest.mark.parametrize(
    "ledger", ["half a line", "[" * 100_000, None], ids=["text", "depth", "pipe"]
)
def test_a_release_waits_for_a_ledger_that_can_be_read(ledger: str | None, project: Path) -> None:
    """What lies beside may be the only copy of the changelog to come."""
    place = project / released.PATH
    if ledger is None:
        os.mkfifo(place)
    else:
        place.write_text(ledger)
    waiting = [project / f".{changelog.PATH}.new", place.with_name(f".{place.name}.new")]
    for one in waiting:
        one.write_text("## 1.0.0\n")
    assert releasing.resume(project) is None
    assert [one.read_text() for one in waiting] == ["## 1.0.0\n"] * 2


@pytest.mark.parametrize("path", [released.PATH, changelog.PATH])
def test_a_release_is_written_through_no_link(path: str, project: Path) -> None:
    place = project / path
    place.with_name(f".{place.name}.new").symlink_to(project.parent / "hosts")
    subject = workflow.load(project).subject
    assert subject is not None
    releasing.carry_out(releasing.make(subject, "1.0.0", 1_700_000_000, 1_700_000_000))
    assert (project.parent / "hosts").read_text() == HOSTS
    assert "1.0.0" in place.read_text()
    assert not place.is_symlink()


# ------------------------------------------------------------------ what editors read


def keep(root: Path) -> None:
    subject = workflow.load(root).subject
    assert subject is not None
    workflow.keep_schemas(subject)


@pytest.mark.parametrize("linked", [".ankibuild", ".ankibuild/bank.schema.json"])
def test_schemas_are_not_read_through_a_link(
    linked: str, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    beyond, place = project.parent / "beyond", project / linked
    keep(project)
    (project / ".ankibuild").rename(beyond)
    place.parent.mkdir(exist_ok=True)
    place.symlink_to(project.parent / linked.replace(".ankibuild", "beyond"))
    before = contents(beyond)
    read: list[str] = []
    look = Path.read_bytes
    monkeypatch.setattr(Path, "read_bytes", lambda path: read.append(path.name) or look(path))
    keep(project)
    monkeypatch.undo()
    assert "bank.schema.json" not in read
    assert contents(beyond) == before
    assert place.is_symlink() == (linked == ".ankibuild")


# ------------------------------------------------------------------ folders that are links


@pytest.mark.parametrize("linked", ["decks/02-second", "decks/02-second/01-three.yaml"])
@pytest.mark.parametrize("command", ["new", "generate"])
def test_no_question_is_written_behind_a_link(command: str, linked: str, project: Path) -> None:
    beyond, place = project.parent / "beyond", project / linked
    (project / "decks/02-second/01-three.yaml").write_text("title: Three\n\nquestions:\n")
    place.rename(beyond)
    place.symlink_to(beyond)
    found, _ = load(project)
    assert found is not None
    slot = workflow.slot_of(found.curriculum, "three")
    before = contents(project.parent)
    write = {
        "new": lambda: workflow.new_question(found, kinds()["basic"], slot, "free"),
        "generate": lambda: append(found, slot, generators()["batched-matmul-shape"], "free", 3, 1),
    }
    with pytest.raises(RefusedError, match=r"`decks/02-second/01-three.yaml` is behind a link"):
        write[command]()
    assert contents(project.parent) == before
