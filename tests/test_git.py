"""What git tells us of a project, with real repositories; and that it changes nothing."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from ankibuild import git
from ankibuild.git import GitError, Item
from history import History


@pytest.fixture
def history(tmp_path: Path) -> History:
    made = History.begin(tmp_path / "a repository")
    (made.root / "kept.txt").write_text("kept\n")
    (made.root / "changed.txt").write_text("before\n")
    made.commit("v1.0")
    return made


def put(root: Path, path: str, text: str = "new\n") -> None:
    place = root / path
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_text(text)


# ------------------------------------------------------------------ dirty


def test_nothing_is_dirty_after_a_commit(history: History):
    assert git.dirty(history.root) == ()


def test_every_sort_of_change_is_dirty(history: History):
    put(history.root, ".gitignore", "ignored\n")
    put(history.root, "deleted.txt")
    put(history.root, "renamed.txt", "a\nb\nc\n")
    history.commit()
    put(history.root, "changed.txt", "after\n")
    (history.root / "deleted.txt").unlink()
    history.git("mv", "renamed.txt", "another.txt")
    put(history.root, "staged.txt")
    history.git("add", "staged.txt")
    put(history.root, "new.txt")
    put(history.root, "folder/new.txt")
    put(history.root, "ignored")
    assert git.dirty(history.root) == (
        "another.txt",
        "changed.txt",
        "deleted.txt",
        "folder/",
        "new.txt",
        "renamed.txt",
        "staged.txt",
    )


def test_names_are_as_they_are(history: History):
    names = ['a"quote', "two\nlines", "with blanks", "ünïcode 漢字", "*", "-n", ":(top)"]
    for name in names:
        put(history.root, name)
    assert git.dirty(history.root) == tuple(sorted(names))


def test_only_the_project_counts(history: History):
    put(history.root, "project one/kept.txt")
    history.commit()
    put(history.root, "elsewhere.txt")
    put(history.root, "project one/new.txt")
    assert git.dirty(history.root / "project one") == ("new.txt",)


def test_looking_does_not_write_the_index(history: History):
    """Git would: it remembers that a file whose time has changed is the same nevertheless."""
    index = history.root / ".git/index"
    os.utime(history.root / "kept.txt", (1, 1))
    before = index.read_bytes()
    assert git.dirty(history.root) == ()
    assert index.read_bytes() == before
    history.git("status")
    assert index.read_bytes() != before


def test_no_program_of_the_configuration_is_run(history: History, tmp_path: Path):
    spy = tmp_path / "spy"
    spy.write_text(f"#!/bin/sh\ntouch '{tmp_path}/ran'\n")
    spy.chmod(0o755)
    history.git("config", "core.fsmonitor", str(spy))
    git.dirty(history.root)
    assert not (tmp_path / "ran").exists()
    history.git("status")
    assert (tmp_path / "ran").exists()


# ------------------------------------------------------------------ commits


def test_a_revision_is_a_tag_a_branch_or_a_commit(history: History):
    name = history.git("rev-parse", "HEAD")
    history.git("tag", "--annotate", "--message=said", "annotated")
    for revision in ("v1.0", "annotated", "main", "HEAD", name, name[:8], "main@{0}"):
        assert git.commit(history.root, revision) == name
    assert git.has_tag(history.root, "v1.0")
    assert not git.has_tag(history.root, "main")


def test_what_names_no_commit_is_said(history: History):
    others = ("", "--help", "-h", "HEAD:kept.txt", "HEAD^{tree}", "v1.0 HEAD", "v1.0..HEAD", "a\0b")
    for revision in ("v2.0", *others):
        with pytest.raises(GitError, match="git knows no revision"):
            git.commit(history.root, revision)


def test_a_repository_without_a_commit_is_said(tmp_path: Path):
    history = History.begin(tmp_path)
    with pytest.raises(GitError, match="no commit yet"):
        git.commit(history.root, "HEAD")


def test_a_clone_that_lacks_the_past_is_said(history: History, tmp_path: Path):
    put(history.root, "more.txt")
    history.commit()
    shallow = tmp_path / "shallow"
    history.git("clone", "--quiet", "--depth=1", history.root.as_uri(), str(shallow))
    with pytest.raises(GitError, match=r"`v1\.0` is not in this clone.*git fetch --unshallow"):
        git.commit(shallow, "v1.0")


def test_a_folder_that_is_in_no_repository_is_said(tmp_path: Path):
    with pytest.raises(GitError, match=r"in no git repository.*git init"):
        git.dirty(tmp_path)


def test_a_damaged_repository_is_said_in_gits_words(
    history: History, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("LC_ALL", "C")
    (history.root / ".git/HEAD").write_text("nonsense")
    with pytest.raises(GitError, match=r"cannot read this repository: not a git repository"):
        git.dirty(history.root)


def test_a_machine_without_git_is_said(history: History, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("PATH", str(history.root))
    with pytest.raises(GitError, match="git is not installed"):
        git.dirty(history.root)


# ------------------------------------------------------------------ trees and contents


def test_a_tree_has_files_links_and_submodules(history: History):
    put(history.root, "decks/ä bank.yaml", "title: ä\n")
    (history.root / "decks/link.yaml").symlink_to("/etc/passwd")
    name = history.commit()
    history.git("update-index", "--add", "--cacheinfo", f"160000,{name},decks/sub")
    history.git("commit", "--quiet", "--message=A submodule")
    found = git.tree(history.root, "HEAD", ["decks", "media"])
    assert [(item.path, item.kind, item.size) for item in found] == [
        ("decks/link.yaml", "link", 11),
        ("decks/sub", "submodule", 0),
        ("decks/ä bank.yaml", "file", 10),
    ]


def test_a_tree_is_that_of_the_project(history: History):
    put(history.root, "decks/outer.yaml")
    put(history.root, "a project/decks/inner.yaml")
    history.commit()
    found = git.tree(history.root / "a project", "HEAD", ["decks"])
    assert [item.path for item in found] == ["decks/inner.yaml"]


def test_contents_come_as_they_are(history: History):
    texts = [b"", b"\n", b"no line end", b"a\r\nb\n\0\xff", b"x blob 5\n" * 1000]
    names = []
    for number, text in enumerate(texts):
        (history.root / f"{number}.txt").write_bytes(text)
        names.append(history.git("hash-object", "-w", f"{number}.txt"))
    assert git.contents(history.root, names) == tuple(texts)
    assert git.contents(history.root, ()) == ()


def test_a_content_that_is_not_in_this_clone_is_said(history: History):
    (item,) = (i for i in git.tree(history.root, "HEAD", ["."]) if i.path == "kept.txt")
    shutil.rmtree(history.root / ".git/objects" / item.name[:2])
    with pytest.raises(GitError, match="lacks a part of its history"):
        git.contents(history.root, [item.name])
    assert isinstance(item, Item)
