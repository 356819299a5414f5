"""The notetypes: frozen where a learner's collection depends on it."""

from __future__ import annotations

import json
import re
from itertools import chain
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from ankibuild.notetypes import FIELD_NAMES, Notetype, make, stable_id
from ankibuild.notetypes.report import address

FORM = Path(__file__).parent.parent / ".github" / "ISSUE_TEMPLATE" / "card.yml"
GOLDEN = Path(__file__).parent / "data" / "notetypes.json"
NOTETYPES = make("deep-learning-arc")
ALL = pytest.mark.parametrize("notetype", NOTETYPES.values(), ids=NOTETYPES)

DO_NOT_CHANGE = (
    "released notetypes differ from tests/data/notetypes.json. Do not change the file, change the"
    " code back: learners' notes would be split over two notetypes, or skipped for ever. Whoever"
    " needs other fields or templates adds a new notetype, with a new key, beside the old one."
)


def frozen(notetype: Notetype) -> dict[str, object]:
    return {
        "id": notetype.id,
        "name": notetype.name,
        "cloze": notetype.is_cloze,
        "fields": [[field.name, field.id] for field in notetype.fields],
        "templates": [[template.name, template.id] for template in notetype.templates],
    }


def test_identity_is_frozen():
    """MUST freeze notetype ids; MUST NOT change the schema of a published notetype id."""
    golden = json.loads(GOLDEN.read_text("utf-8"))
    assert {key: frozen(notetype) for key, notetype in NOTETYPES.items()} == golden, DO_NOT_CHANGE
    assert list(NOTETYPES) == list(golden), DO_NOT_CHANGE


def test_keys_are_those_of_the_notetypes():
    assert [notetype.key for notetype in NOTETYPES.values()] == list(NOTETYPES)


def test_names_are_prefixed():
    """MUST use project-prefixed notetype names."""
    assert [notetype.name for notetype in make("my-arc").values()] == [
        "my-arc Basic",
        "my-arc Reversed",
        "my-arc Cloze",
        "my-arc Type-in",
        "my-arc Drill",
    ]


def test_every_field_and_template_has_an_id_of_its_own():
    """MUST set an `id` (random 63-bit constant) on every field and every template."""
    parts = chain.from_iterable((*n.fields, *n.templates) for n in NOTETYPES.values())
    ids = [part.id for part in parts]
    assert len(set(ids)) == len(ids) == 5 * 9 + 6
    assert all(2**40 < number < 2**63 for number in ids)


def test_fields_are_planned_generously():
    """SHOULD plan fields generously at the start; the sort field is the first and stays it."""
    for key, notetype in NOTETYPES.items():
        first = "Text" if key == "cloze" else "Front"
        assert [field.name for field in notetype.fields] == [first, *FIELD_NAMES[1:]]


@given(namespace=st.text(min_size=1))
def test_ids_are_what_anki_takes(namespace: str):
    """Ids must be > 0 and not later than tomorrow (ms); and JSON readers keep 53 bits."""
    ids = [notetype.id for notetype in make(namespace).values()]
    assert len(set(ids)) == 5
    assert all(10**9 < number < min(2**53, 1_700_000_000_000) for number in ids)


def test_two_namespaces_share_no_notetype():
    ours, theirs = make("arc"), make("arc-fork")
    assert not {n.id for n in ours.values()} & {n.id for n in theirs.values()}
    assert not {n.name for n in ours.values()} & {n.name for n in theirs.values()}


def test_stable_ids_keep_their_parts_apart():
    assert stable_id("a", "bc") != stable_id("ab", "c")
    assert stable_id("note", "bn-why-eps") == 1_264_521_973_126


def test_no_mod_before_a_release():
    assert {notetype.mod for notetype in NOTETYPES.values()} == {0}


@ALL
def test_templates_name_only_fields_that_exist(notetype: Notetype):
    """Import does not check templates: a wrong field name is shown to the learner."""
    known = {field.name for field in notetype.fields} | {"FrontSide"}
    for template in notetype.templates:
        for tag in re.findall(r"\{\{(.*?)\}\}", template.question + template.answer):
            assert tag.lstrip("#/^").split(":")[-1] in known


@ALL
def test_conditions_are_closed(notetype: Notetype):
    for template in notetype.templates:
        for html in (template.question, template.answer):
            assert sorted(re.findall(r"\{\{#(.*?)\}\}", html)) == sorted(
                re.findall(r"\{\{/(.*?)\}\}", html)
            )


@ALL
def test_answers_say_where_they_come_from(notetype: Notetype):
    for template in notetype.templates:
        for field, css_class in (("Extra", "x"), ("Source", "src"), ("Id", "id")):
            assert f'<div class="{css_class}">{{{{{field}}}}}</div>' in template.answer


ON_GITHUB = "issues/new?template=card.yml&title={{Id}}%3A+&id={{Id}}"
ON_GITLAB = "-/issues/new?issue%5Btitle%5D={{Id}}%3A+"
ON_GITEA = "issues/new?title={{Id}}%3A+"


@pytest.mark.parametrize(
    ("repository", "expected"),
    [
        ("https://github.com/o/r", f"https://github.com/o/r/{ON_GITHUB}"),
        ("https://www.github.com/o/r.git", f"https://www.github.com/o/r/{ON_GITHUB}"),
        ("http://GitHub.com/o/r/tree/main?a#b", f"http://GitHub.com/o/r/{ON_GITHUB}"),
        ("https://gitlab.com/a/b/c", f"https://gitlab.com/a/b/c/{ON_GITLAB}"),
        (
            "https://gitlab.example.org:8443/a/b/-/tree",
            f"https://gitlab.example.org:8443/a/b/{ON_GITLAB}",
        ),
        ("https://codeberg.org/o/r/", f"https://codeberg.org/o/r/{ON_GITEA}"),
        ("https://gitea.example.org/o/r.git", f"https://gitea.example.org/o/r/{ON_GITEA}"),
        ("https://forgejo.example.org/o/r", f"https://forgejo.example.org/o/r/{ON_GITEA}"),
        ("https://example.org/github.com/r", "https://example.org/github.com/r"),
        ("https://github.com.example.org/o/r", "https://github.com.example.org/o/r"),
        ("https://github.com/", "https://github.com/"),
        (
            "https://example.org/{{Front}}?x={{Back}}",
            "https://example.org/%7B%7BFront%7D%7D?x=%7B%7BBack%7D%7D",
        ),
    ],
)
def test_mistakes_are_reported_where_the_repository_is(repository: str, expected: str):
    assert address(repository) == expected


@given(repository=st.from_regex(r"https?://[^\s<>\"]+", fullmatch=True))
def test_no_repository_breaks_a_template(repository: str):
    """The address is the author's: whatever it holds, only the id is a field of Anki's."""
    for notetype in make("arc", repository).values():
        for template in notetype.templates:
            before, link, after = template.answer.partition('<a class="bug" href="')
            href = after.partition('">Report a mistake</a></div>')[0]
            assert before
            assert link
            assert not re.search(r"[\s\"'<>]", href)
            assert not re.search(r"\{\{|\}\}", href.replace("{{Id}}", ""))


@ALL
def test_without_a_repository_there_is_no_link_to_report_at(notetype: Notetype):
    linked = make("deep-learning-arc", "https://github.com/o/r")[notetype.key]
    for ours, theirs in zip(notetype.templates, linked.templates, strict=True):
        assert "<a" not in ours.answer + ours.question + theirs.question
        assert theirs.answer.count("<a") == 1
        assert re.sub(r"<a .*?</a>", "", theirs.answer) == ours.answer
    assert frozen(linked) == frozen(notetype)


def test_the_form_on_github_has_what_the_link_fills_in():
    form = yaml.safe_load(FORM.read_text("utf-8"))
    assert {field.get("id"): field["type"] for field in form["body"]} == {
        None: "markdown",
        "id": "input",
        "wrong": "textarea",
        "right": "textarea",
    }


def test_only_the_drill_has_a_script():
    for key, notetype in NOTETYPES.items():
        for template in notetype.templates:
            for html in (template.question, template.answer):
                assert html.count("<script>") == (key == "drill")


def test_the_drill_script_is_es5():
    (template,) = NOTETYPES["drill"].templates
    script = template.question.partition("<script>")[2]
    assert not re.search(r"=>|`|\b(let|const|class|of|import|async)\b", script)
    assert "\\" not in script  # MathJax would take it for a formula


@ALL
def test_style_is_small_and_loads_nothing(notetype: Notetype):
    """Files used by CSS cannot be updated unless named anew: there are none."""
    assert len(notetype.css.encode()) <= 6_000
    assert "url(" not in notetype.css
    assert "@import" not in notetype.css
    assert notetype.css.count("{") == notetype.css.count("}")
    assert "/*" not in notetype.css


@ALL
def test_nothing_moves(notetype: Notetype):
    """Nothing has to be stopped for those whom movement makes sick."""
    assert not re.search(r"transition|animation|@keyframes|scroll-behavior", notetype.css)


def test_rows_of_a_drill_show_one_without_modern_css():
    """The first row shows without script, and where `:is`, `:has` and long `:not` are unknown."""
    css = NOTETYPES["drill"].css
    rules = [line for line in css.splitlines() if line.startswith(".rows")]
    assert rules
    assert not any(word in rule for rule in rules for word in (":is(", ":has(", ":where("))
