"""A deck repository of one's own: sound from its first minute on, and beside others."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
import yaml

from ankibox import AnkiBox
from ankibuild import __version__, fmt, releasing, workflow
from ankibuild.cli import cli
from ankibuild.kinds import kinds
from ankibuild.notes import guid
from ankibuild.starter import (
    LICENSES,
    LONGEST_TITLE,
    Origin,
    Wishes,
    lay_down,
    origin,
    propose,
)
from ankibuild.starter.templates import make
from ankibuild.verify import claims_of, verify
from ankibuild.workflow import RefusedError

ROOT = Path(__file__).parent.parent
BIN = Path(sys.executable).parent
BANK = "decks/01-numbers/01-division.yaml"
KNOTS = Wishes("Knots of Ada", "knots-of-ada", repository="https://github.com/ada/knots")
FIRST = 1_768_000_000
NOW = FIRST + 10_000_000


def files_of(folder: Path) -> dict[str, bytes]:
    return {
        place.relative_to(folder).as_posix(): place.read_bytes()
        for place in folder.rglob("*")
        if place.is_file()
    }


def subject_of(root: Path) -> workflow.Subject:
    space = workflow.load(root)
    assert space.problems == ()
    assert space.subject is not None
    return space.subject


@pytest.fixture(scope="module")
def knots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Lay down a repository that nobody changes."""
    root = tmp_path_factory.mktemp("started") / "knots"
    lay_down(root, KNOTS)
    return root


# ------------------------------------------------------------------ what is laid down


@pytest.mark.parametrize("license_", LICENSES)
@pytest.mark.parametrize("example", [True, False])
def test_nothing_is_wrong_with_it(license_: str, example: bool, tmp_path: Path):
    wishes = Wishes("Knots: “for all” # 1", "knots", license_)
    paths = lay_down(tmp_path / "knots", wishes, example=example)
    assert {path.read_bytes() for path in paths} == set(files_of(tmp_path / "knots").values())
    arc = subject_of(tmp_path / "knots").project.curriculum
    assert (arc.settings.title, arc.settings.license) == (wishes.title, LICENSES[license_])
    assert len(arc.parts) == example
    outcome = fmt.run(tmp_path / "knots", check=True)
    assert (outcome.changed, outcome.problems) == ((), ())


def test_every_slot_is_filled(knots: Path):
    assert not [path for path, text in files_of(knots).items() if re.search(rb"<<|>>[a-z]", text)]


def test_lines_end_in_one_way(knots: Path):
    for path, text in files_of(knots).items():
        assert b"\r" not in text, path
        assert text.endswith(b"\n"), path
        assert not text.endswith(b"\n\n"), path


def test_every_kind_is_shown_and_every_item_covered(knots: Path):
    project = subject_of(knots).project
    questions = [entry.question for entry in project.entries.values()]
    assert sorted(question.kind for question in questions) == sorted(kinds())
    covered = {item for question in questions for item in question.covers}
    todo = {item.id for item in project.curriculum.items.values() if item.kind == "reading"}
    assert covered | todo == set(project.curriculum.items)
    assert set(project.sources) == {q.source or "python-expressions" for q in questions}
    assert list(project.media) == ["floor-division.svg"]


def test_the_example_is_true_with_nothing_but_python(knots: Path, tmp_path: Path):
    root = shutil.copytree(knots, tmp_path / "knots")
    project = subject_of(root).project
    claims = claims_of(project)
    proof = verify(claims, root)
    assert (len(proof.proven), proof.failed, proof.unverified) == (len(claims), (), ())
    assert not {name for claim in claims for name in claim.packages} - sys.stdlib_module_names


def test_the_example_can_be_thrown_away_as_its_readme_says(knots: Path, tmp_path: Path):
    root = shutil.copytree(knots, tmp_path / "knots")
    bare = tmp_path / "bare"
    lay_down(bare, KNOTS, example=False)
    shutil.rmtree(root / "decks/01-numbers")
    (root / "media/floor-division.svg").unlink()
    for path in ("decks/curriculum.yaml", "decks/sources.yaml"):
        shutil.copyfile(bare / path, root / path)
    assert subject_of(root).project.entries == {}


@pytest.mark.parametrize("license_", LICENSES)
def test_the_license_is_said_where_one_looks(license_: str, tmp_path: Path):
    lay_down(tmp_path, Wishes("Knots", "knots", license_))
    readme = (tmp_path / "README.md").read_text()
    assert LICENSES[license_].casefold() in readme.rpartition("## License")[2].casefold()
    notice = tmp_path / "LICENSE"
    assert notice.exists() == (license_ != "none") == ("(LICENSE)" in readme)
    if notice.exists():
        assert "Knots" in notice.read_text()


def test_a_title_is_no_markup_in_the_readme(tmp_path: Path):
    lay_down(tmp_path, Wishes("*Knots* <b>[a](b)</b> <<namespace>>", "knots"))
    title = (tmp_path / "README.md").read_text().splitlines()[0]
    assert title == r"# \*Knots\* \<b\>\[a\](b)\</b\> \<\<namespace\>\>"


# ------------------------------------------------------------------ what its documents say


def quoted(root: Path) -> Iterator[str]:
    for page in ("README.md", "CONTRIBUTING.md"):
        for found in re.findall(r"`([^`\n]+)`", (root / page).read_text()):
            yield found.removeprefix(".venv/bin/")


def targets(root: Path) -> set[str]:
    return set(re.findall(r"^([a-z]+):", (root / "Makefile").read_text(), re.MULTILINE))


def test_what_its_documents_tell_to_type_is_there(knots: Path):
    lines = [line.split() for line in quoted(knots)]
    assert {line[1] for line in lines if line[0] == "make" and line[1:]} <= targets(knots)
    known = cli.list_commands(click.Context(cli))
    assert {line[1] for line in lines if line[0] == "ankibuild" and line[1:]} <= set(known)


def test_its_table_of_kinds_is_that_of_the_tool(knots: Path):
    page = (knots / "CONTRIBUTING.md").read_text()
    rows = re.findall(r"^\| `(\w+)` \| (.*?) \|", page, re.MULTILINE)
    assert [name for name, _ in rows] == list(kinds())
    for name, cell in rows:
        fields = set(re.findall(r"`(\w+)`", cell))
        needed = {n for n, field in kinds()[name].model_fields.items() if field.is_required()}
        assert needed - {"id"} <= fields <= set(kinds()[name].model_fields)


@pytest.mark.parametrize("path", [".vscode/settings.json", ".vscode/extensions.json"])
def test_editors_are_set_up_as_ours(knots: Path, path: str):
    assert (knots / path).read_bytes() == (ROOT / path).read_bytes()


def test_the_link_on_its_cards_fills_in_its_form(knots: Path):
    back = subject_of(knots).collection.notetypes[0].templates[0].answer
    assert "https://github.com/ada/knots/issues/new?template=card.yml" in back
    form = yaml.safe_load((knots / ".github/ISSUE_TEMPLATE/card.yml").read_text())
    assert "id" in [field.get("id") for field in form["body"]]


# ------------------------------------------------------------------ its workflows


def run(*command: str | Path, cwd: Path, **more: str) -> str:
    done = subprocess.run(
        list(map(str, command)),
        cwd=cwd,
        env={**os.environ, **more},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_its_workflows_are_safe_and_well_formed(knots: Path):
    run(BIN / "zizmor", "--offline", "--persona=auditor", "--no-progress", ".github", cwd=knots)
    schema = [BIN / "check-jsonschema", "--builtin-schema"]
    run(*schema, "vendor.github-workflows", *knots.glob(".github/workflows/*.yml"), cwd=knots)
    run(*schema, "vendor.github-issue-forms", ".github/ISSUE_TEMPLATE/card.yml", cwd=knots)


def test_its_workflows_run_what_is_there(knots: Path):
    for path in knots.glob(".github/workflows/*.yml"):
        asked = re.findall(r"\bmake (?:--silent )?([a-z]+)", path.read_text())
        assert set(asked) <= targets(knots), path.name


def actions(folder: Path) -> set[str]:
    texts = (path.read_text() for path in folder.glob(".github/workflows/*.yml"))
    return {found for text in texts for found in re.findall(r"uses: (.+)", text)}


def test_its_actions_are_those_that_we_keep_up_to_date(knots: Path):
    assert actions(knots) <= actions(ROOT)


# ------------------------------------------------------------------ its Makefile
#
# That `make test` passes at once, test_wheel.py tries out on a machine that has nothing else.


@pytest.fixture
def ready(knots: Path, tmp_path: Path) -> Path:
    """Copy the repository and set it up with the tool as it is here."""
    root = shutil.copytree(knots, tmp_path / "knots")
    (root / ".venv/bin").mkdir(parents=True)
    for program in ("ankibuild", "python"):
        (root / ".venv/bin" / program).symlink_to(BIN / program)
    (root / ".venv/.ready").touch()
    return root


def test_its_own_tests_fail_when_an_answer_is_wrong(ready: Path):
    bank = ready / BANK
    bank.write_text(bank.read_text().replace("answer: divmod", "answer: modf"))
    done = subprocess.run(["make", "test"], cwd=ready, capture_output=True, text=True, check=False)
    assert done.returncode != 0
    assert "error[check-fails]" in done.stderr
    assert not (ready / "dist").exists()


# ------------------------------------------------------------------ the folder


def test_it_is_laid_down_in_new_folders(tmp_path: Path):
    paths = lay_down(tmp_path / "a/b", KNOTS)
    assert sorted(paths) == list(paths)
    assert set(files_of(tmp_path)) == {path.relative_to(tmp_path).as_posix() for path in paths}


def test_an_empty_clone_will_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    (tmp_path / ".git").mkdir()
    (tmp_path / ".git/HEAD").write_text("ref: refs/heads/main\n")
    monkeypatch.chdir(tmp_path)
    lay_down(Path(), KNOTS)
    assert (tmp_path / ".git/HEAD").is_file()
    # Whoever stands in the folder still does.
    assert Path("decks/curriculum.yaml").is_file()


def make_file(place: Path) -> None:
    place.write_text("mine")


def make_dangling_link(place: Path) -> None:
    place.symlink_to(place.with_name("nowhere"))


def make_filled_folder(place: Path) -> None:
    place.mkdir()
    (place / "notes.txt").write_text("mine")


def make_repository(place: Path) -> None:
    lay_down(place, KNOTS, example=False)


@pytest.mark.parametrize(
    ("occupy", "said"),
    [
        (make_file, "is not a folder"),
        (make_dangling_link, "is not a folder"),
        (make_filled_folder, "is not empty, it has `notes.txt`"),
        (make_repository, "is a deck repository already; go on there with `ankibuild new`"),
    ],
)
def test_what_is_there_stays(occupy: Callable[[Path], None], said: str, tmp_path: Path):
    occupy(tmp_path / "knots")
    before = files_of(tmp_path)
    with pytest.raises(RefusedError, match=re.escape(said)):
        lay_down(tmp_path / "knots", KNOTS)
    assert files_of(tmp_path) == before


class Renames:
    """``os.rename``, but that it fails after ``left`` times."""

    def __init__(self, parent: Path, there: bool) -> None:
        self.parent, self.there, self.left, self.rename = parent, there, 0, os.rename

    def __call__(self, source: Path, target: Path) -> None:
        beside = {place.name for place in self.parent.iterdir()} - {"knots"}
        assert bool(beside) != self.there, "an empty folder may be another disk than its parent"
        self.left -= 1
        if self.left == -1:
            raise OSError(28, "No space left on device", str(target))
        self.rename(source, target)


@pytest.mark.parametrize("there", [True, False])
def test_it_is_laid_down_whole_or_not_at_all(
    there: bool, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """Fail at each rename in turn, until there is none left to fail at."""
    folder = tmp_path / "knots"
    if there:
        folder.mkdir()
    renames = Renames(tmp_path, there)
    monkeypatch.setattr(os, "rename", renames)
    steps = len({path.partition("/")[0] for path in make(KNOTS, example=True)}) if there else 1
    for step in range(steps):
        renames.left = step
        with pytest.raises(OSError, match="No space left"):
            lay_down(folder, KNOTS)
        assert files_of(tmp_path) == {}
        assert [place.name for place in tmp_path.iterdir()] == ["knots"] * there
    renames.left = steps
    lay_down(folder, KNOTS)
    assert files_of(folder) == make(KNOTS, example=True)


# ------------------------------------------------------------------ wishes


@pytest.mark.parametrize(
    ("wishes", "said"),
    [
        (Wishes("", "n"), "cannot be the title"),
        (Wishes(" Knots", "n"), "cannot be the title"),
        (Wishes("Kn\nots", "n"), "`Kn ots` cannot be the title; write one line"),
        (Wishes("Kn\ud800ots", "n"), "cannot be the title"),
        (Wishes("Kn\u202eots", "n"), "cannot be the title"),
        (Wishes("Mu\u0308ller", "n"), "cannot be the title"),
        (Wishes("a" * (LONGEST_TITLE + 1), "n"), "the title is longer than 100 characters"),
        (Wishes("Knots::Ada", "n"), "the title: `Knots::Ada` cannot be the name of a deck"),
        (Wishes("Default", "n"), "the title: `Default` cannot be the name of a deck"),
        (Wishes("Knots", "Knots of Ada"), "`knots-of-ada` would do"),
        (Wishes("Knots", ""), "the namespace: "),
        (Wishes("Knots", "n" * 65), "the namespace: "),
        (Wishes("Knots", "n", "CC-BY-4"), "no license `CC-BY-4` here; did you mean `CC-BY-4.0`?"),
        (Wishes("Knots", "n", "…"), "there are CC-BY-4.0, CC-BY-SA-4.0, CC0-1.0, MIT, none"),
        (Wishes("Knots", "n", repository="ada/knots"), "write it whole: `https://…`"),
        (Wishes("Knots", "n", description=" "), "the description: nothing is here"),
        (Wishes("Knots", "n", description="a\x00b"), "the description has characters"),
        (Wishes("Knots", "n", description="a\udfffb"), "the description has characters"),
        (Wishes("Knots", "n", requirement="a\nb"), "cannot be the requirement"),
    ],
    ids=lambda value: repr(value)[:40] if isinstance(value, str) else "",
)
def test_wishes_that_cannot_be_granted(wishes: Wishes, said: str, tmp_path: Path):
    with pytest.raises(RefusedError) as refused:
        lay_down(tmp_path / "knots", wishes)
    assert said in str(refused.value)
    assert str(refused.value).isprintable()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "title", ["Knots: a start", "#1", "'Knots'", "- Knots", "結び目", "@knots", "a" * 100]
)
def test_any_title_that_anki_takes_is_kept(title: str, tmp_path: Path):
    lay_down(tmp_path, Wishes(title, "knots", description=f"{title}\n\n- and *more*"))
    subject = subject_of(tmp_path)
    assert subject.project.curriculum.settings.title == title
    assert subject.project.curriculum.settings.description.endswith("\n\n- and *more*")
    assert workflow.build(subject, tmp_path / "dist")


@pytest.mark.parametrize(
    ("name", "title", "namespace", "made"),
    [
        ("knots-of-ada", None, None, ("Knots of ada", "knots-of-ada")),
        ("knots_of Ada", None, None, ("Knots of Ada", "knots-of-ada")),
        ("knots", "Ada's knots", None, ("Ada's knots", "ada-s-knots")),
        ("knots", "結び目", "musubime", ("結び目", "musubime")),
        ("Knu\u0308pfel", None, None, ("Knüpfel", "knupfel")),
        ("k" * 99, None, None, ("K" + "k" * 98, "k" * 64)),
    ],
)
def test_what_is_proposed(
    name: str, title: str | None, namespace: str | None, made: tuple[str, str], tmp_path: Path
):
    wishes = propose(tmp_path / name, title, namespace)
    assert (wishes.title, wishes.namespace) == made


def test_a_name_without_latin_letters_needs_a_namespace(tmp_path: Path):
    with pytest.raises(RefusedError, match="`結び目` gives no namespace; name one: lower-case"):
        propose(tmp_path / "結び目")


GIT = '"vcs_info": {"vcs": "git", "commit_id": "abc"}'
RELEASED = f"ankibuild>={__version__}"


@pytest.mark.parametrize(
    ("direct_url", "found"),
    [
        (None, Origin(RELEASED)),
        (f'{{"url": "https://a.org/t", {GIT}}}', Origin("ankibuild @ git+https://a.org/t@abc")),
        ('{"url": "https://a.org/t.whl"}', Origin("ankibuild @ https://a.org/t.whl")),
        (f'{{"url": "ssh://git@a.org/t", {GIT}}}', Origin(RELEASED)),
        ('{"url": "file:///a%20b/t", "dir_info": {}}', Origin(RELEASED, "/a b/t")),
    ],
)
def test_the_tool_is_required_from_where_it_came(direct_url: str | None, found: Origin):
    assert origin(direct_url) == found


# ------------------------------------------------------------------ beside others


def release(root: Path, version: str, when: int) -> Path:
    space = workflow.load(root)
    assert space.subject is not None
    releasing.carry_out(releasing.make(space.subject, version, when, NOW))
    return workflow.build(subject_of(root), root / "dist")[0].path


@pytest.fixture
def box(tmp_path: Path) -> Iterator[AnkiBox]:
    opened = AnkiBox(tmp_path / "learner")
    yield opened
    opened.close()


def test_two_projects_live_side_by_side(tmp_path: Path, box: AnkiBox):
    roots = {name: tmp_path / name for name in ("ada", "bob")}
    for name, root in roots.items():
        lay_down(root, Wishes(f"Division of {name}", name))
    ids = tuple(subject_of(roots["ada"]).project.entries)
    for root in roots.values():
        assert box.import_package(release(root, "1.0", FIRST)).counts == (8, 0, 0, 0)
    notetypes = {
        f"{name} {kind}"
        for name in roots
        for kind in ("Basic", "Reversed", "Cloze", "Type-in", "Drill")
    }
    assert box.notetype_names() == notetypes
    assert box.guids() == {guid(name, question) for name in roots for question in ids}
    assert {box.deck_of(guid(name, ids[0])).split("::")[0] for name in roots} == {
        "Division of ada",
        "Division of bob",
    }
    assert box.lint() == []


def test_an_update_of_one_leaves_the_other_alone(tmp_path: Path, box: AnkiBox):
    roots = {name: tmp_path / name for name in ("ada", "bob")}
    for name, root in roots.items():
        lay_down(root, Wishes(f"Division of {name}", name))
        box.import_package(release(root, "1.0", FIRST))
    box.review(guid("bob", "div-why-floor"))
    before = box.col.db.all("select guid, mod, flds, tags from notes order by guid")
    style, stamp = restyle(box, "bob Basic"), box.schema_stamp()

    bank = roots["ada"] / BANK
    bank.write_text(bank.read_text().replace("and not toward zero", "never toward zero"))
    done = box.import_package(release(roots["ada"], "2.0", FIRST + 5_000_000))

    changed = guid("ada", "div-why-floor")
    assert done.updated == {changed}
    assert done.counts == (0, 1, 7, 0)
    after = box.col.db.all("select guid, mod, flds, tags from notes order by guid")
    assert {row[0] for row, old in zip(after, before, strict=True) if row != old} == {changed}
    assert box.cards(guid("bob", "div-why-floor"))[0].reps == 1
    assert box.col.models.by_name("bob Basic")["css"] == style
    assert box.schema_stamp() == stamp
    assert not [name for name in box.notetype_names() if name.endswith("+")]


def restyle(box: AnkiBox, name: str) -> str:
    """Let the learner change how the cards of a notetype look; give the new style."""
    notetype = box.col.models.by_name(name)
    assert notetype is not None
    notetype["css"] += "\n.card { color: teal; }"
    box.col.models.update_dict(notetype)
    return str(notetype["css"])
