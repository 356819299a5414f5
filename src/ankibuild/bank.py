"""A document to a bank: sound questions are kept, broken ones become diagnostics."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cache

from msgspec import Struct
from msgspec.structs import replace
from pydantic import Field

from ankibuild.diagnostics import Diagnostic, Label, Span, did_you_mean, enough, suggest, unread
from ankibuild.kinds import Question, kinds
from ankibuild.kinds.base import Filled, Id, Place, Python, Tag
from ankibuild.model import Model
from ankibuild.shape import Form, build
from ankibuild.source import Broken, Document, Items, Mapping, Node, Text, find


class Head(Model):
    """What a bank says before its questions."""

    title: Filled = Field(description="The topic, as a learner reads it on each card.")
    source: Filled | None = Field(default=None, description="Id of the source of its questions.")
    tags: tuple[Tag, ...] = Field(default=(), description="Tags of all its questions.")
    setup: Python | None = Field(
        default=None, description="Python that runs before every program and check in the file."
    )
    retired: tuple[Id, ...] = Field(
        default=(), description="Ids of questions that learners have and that are no more."
    )
    questions: tuple[object, ...] = Field(
        default=(), exclude=True, description="The questions, each starting with its kind and id."
    )


class Entry(Struct, frozen=True):
    """A question and where it stands."""

    question: Question
    document: Document
    node: Mapping

    def span(self, place: Place, start: int = 0, end: int | None = None) -> Span:
        """Give the place of a field (``("q",)``, ``("lines", 2)``) or of characters of its text."""
        name, *rest = place or ("id",)
        key = self.question.kind if name == "id" else name
        return self.document.span(find(self.node, (key, *rest)), start, end)

    @property
    def head(self) -> Span:
        """The question's id as it stands in the file."""
        return self.span(("id",))


class Bank(Struct, frozen=True):
    """One topic's file."""

    document: Document
    head: Head
    entries: tuple[Entry, ...]

    @property
    def path(self) -> str:
        """The file's path as it is shown."""
        return self.document.source.path

    def span(self, key: str, start: int = 0, end: int | None = None) -> Span:
        """Give the place of a field of the file's head, or of characters of its text."""
        root = self.document.root
        if root is None:
            return Span(self.document.source, 0, 0)
        return self.document.span(find(root, (key,)), start, end)


#: The complaint that a key is given twice, by the place of the first of them.
Repeats = dict[int, Diagnostic]


def parse(document: Document) -> tuple[Bank | None, tuple[Diagnostic, ...]]:
    """Read the bank in a document: what is sound of it, and everything that is wrong with it.

    The document's own problems are included. None if there is no bank in it. Never raises.
    """
    root = document.root
    if not isinstance(root, Mapping):
        return None, (*document.problems, *_no_bank(document))
    listed = root.values.get("questions")
    repeats = _repeats(document.problems)
    problems = list(_merged(document, listed, repeats))
    entries, more = _questions(document, listed, repeats)
    head, about = build(document, root, Form(Head, "bank"), made={"questions": ()})
    problems += [*about, *more]
    if head is None:
        return None, tuple(problems)
    if not problems and not entries and not head.retired:
        problems.append(_no_questions(document, root))
    return Bank(document, head, entries), tuple(problems)


def _no_questions(document: Document, root: Mapping) -> Diagnostic:
    span = document.span(root.key("questions") or root.pairs[0][0])
    help_text = "add one under `questions:`; `ankibuild new basic …` writes its first lines"
    return Diagnostic(
        "empty-bank", "this bank has no questions", span, "", help_text, severity="warning"
    )


def _no_bank(document: Document) -> list[Diagnostic]:
    if document.problems or isinstance(document.root, Broken):
        return []
    start = "title: …\n\nquestions:\n\n  - basic: its-id\n    q: …\n    a: …"
    if document.root is None:
        span = Span(document.source, 0, 0)
        return [Diagnostic("empty-bank", "this bank is empty", span, help=f"begin with\n{start}")]
    span = document.span(document.root).first_line()
    message = "a bank starts with its title, not with a list or a text"
    return [Diagnostic("wrong-shape", message, span, help=f"begin with\n{start}")]


def _questions(
    document: Document, node: Node | None, repeats: Repeats
) -> tuple[tuple[Entry, ...], tuple[Diagnostic, ...]]:
    if node is None or isinstance(node, Broken) or (isinstance(node, Text) and not node.value):
        return (), ()
    if not isinstance(node, Items):
        span = document.span(node).first_line()
        help_text = "start each question with `- ` and its kind, as in `- basic: why-eps`"
        message = "`questions` is a list"
        return (), (Diagnostic("wrong-shape", message, span, "not a list", help_text),)
    entries: list[Entry] = []
    problems: list[Diagnostic] = []
    for item in node.items:
        if enough(problems):
            return tuple(entries), (*problems, unread(document.source, item.start))
        entry, more = _entry(document, item, repeats)
        problems += more
        if entry:
            entries.append(entry)
    return tuple(entries), tuple(problems)


def _entry(
    document: Document, node: Node, repeats: Repeats
) -> tuple[Entry | None, list[Diagnostic]]:
    if isinstance(node, Broken):
        return None, []
    if not isinstance(node, Mapping):
        return None, [_no_question(document, node)]
    named = [key for key, _ in node.pairs if key.value in kinds()]
    if len(named) != 1:
        wrong = _two_kinds(document, named[0], named[1]) if named else _unknown_kind(document, node)
        return None, [wrong]
    if named[0].start in repeats:
        return None, []
    question, problems = build(document, node, _form(named[0].value))
    return (Entry(question, document, node) if question else None), problems


@cache
def _form(kind: str) -> Form[Question]:
    return Form(kinds()[kind], f"{kind} question", kind)


def _no_question(document: Document, node: Node) -> Diagnostic:
    span = document.span(node).first_line()
    empty = isinstance(node, Text) and not node.value
    help_text = (
        "every question starts with its kind and id, as in `- basic: why-eps`\n"
        f"kinds: {', '.join(kinds())}"
    )
    message = "this question is empty" if empty else "this is not a question"
    return Diagnostic("not-a-question", message, span, "", help_text)


def _unknown_kind(document: Document, node: Mapping) -> Diagnostic:
    fields = {"id", "kind", "type"}.union(*(kind.model_fields for kind in kinds().values()))
    likely = [key for key, _ in node.pairs if suggest(key.value, kinds())]
    others = [key for key, _ in node.pairs if key.value not in fields]
    if not likely and not others:
        return _no_kind(document, node)
    key = (likely or others)[0]
    rest = (
        "every question starts with its kind and id, as in `- basic: why-eps`\n"
        f"kinds: {', '.join(kinds())}"
    )
    guess = did_you_mean(key.value, kinds())
    return Diagnostic(
        "unknown-kind",
        f"`{key.value}` is not a kind of question",
        document.span(key),
        "",
        f"{guess}\n{rest}" if guess else rest,
    )


def _no_kind(document: Document, node: Mapping) -> Diagnostic:
    """Propose the head, made of what the author wrote: an `id:`, a `kind:`, the fields."""
    texts = {key.value: value.value for key, value in node.pairs if isinstance(value, Text)}
    said = texts.get("kind") or texts.get("type", "")
    kind = said if said in kinds() else _fitting_kind({key.value for key, _ in node.pairs})
    head = f"`- {kind}: {texts.get('id') or 'its-id'}`"
    spelled = [f"`{name}:`" for name in ("kind", "type", "id") if name in texts]
    instead = f"write {head} in place of {' and '.join(spelled)}"
    return Diagnostic(
        "no-kind",
        "this question does not start with its kind and id",
        document.span(node.pairs[0][0]) if node.pairs else document.span(node),
        "",
        f"{instead if spelled else f'start it with {head}'}\nkinds: {', '.join(kinds())}",
    )


def _fitting_kind(names: set[str]) -> str:
    """Give the first kind whose required fields are all among ``names``."""
    for name, kind in kinds().items():
        needed = {field for field, about in kind.model_fields.items() if about.is_required()}
        if needed - {"id"} <= names <= set(kind.model_fields):
            return name
    return "basic"


def _two_kinds(document: Document, first: Text, second: Text) -> Diagnostic:
    return Diagnostic(
        "two-kinds",
        f"this question is both `{first.value}` and `{second.value}`",
        document.span(second),
        "second kind",
        "a question has one kind; if another question starts here, put `- ` before it",
        related=(Label(document.span(first), "first kind"),),
    )


# ------------------------------------------------------------------ a head given twice


def _repeats(problems: Iterable[Diagnostic]) -> Repeats:
    """Give the complaint that a key is given twice, by the place of the first of them."""
    found: dict[int, Diagnostic] = {}
    for problem in problems:
        if problem.rule == "duplicate-key":
            found.setdefault(problem.related[0].span.start, problem)
    return found


def _merged(document: Document, listed: Node | None, repeats: Repeats) -> Iterator[Diagnostic]:
    """Give the document's problems; a question whose head is repeated has just that one."""
    items = listed.items if isinstance(listed, Items) else ()
    questions = [item for item in items if isinstance(item, Mapping) and item.pairs]
    heads = {
        problem: item for item in questions if (problem := repeats.get(item.pairs[0][0].start))
    }
    for problem in document.problems:
        if problem in heads:
            yield _explain_repeat(problem, heads[problem])
        elif not any(
            problem.rule == "duplicate-key" and item.start <= problem.span.start < item.end
            for item in heads.values()
        ):
            yield problem


def _explain_repeat(problem: Diagnostic, node: Mapping) -> Diagnostic:
    """Tell the list of a kind (a second `steps:`, with nothing on its line) from a lost dash."""
    kind = kinds().get(node.pairs[0][0].value)
    if kind is None:
        return problem
    source, span = problem.span.source, problem.span
    alone = source.line(span.line)[span.column - 1 :].rstrip() == f"{span.text}:"
    form = Form(kind, kind.kind, kind.kind)
    lists = [name for name in form.fields if form.is_list(name) and form.is_required(name)]
    help_text = "if another question starts here, put `- ` before it"
    if alone and lists:
        help_text = f"`{kind.kind}` is the kind; its list is called `{lists[0]}:`"
    return replace(problem, help=help_text)
