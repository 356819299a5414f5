"""Text to nodes that know their places, by YAML's events."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from operator import attrgetter

import yaml
from msgspec import Struct, field

from ankibuild.diagnostics import (
    MOST_ERRORS,
    Diagnostic,
    Label,
    Source,
    Span,
    errors,
    unread,
)
from ankibuild.source.nodes import Broken, Items, Mapping, Node, Text
from ankibuild.source.read import LONGEST, whole
from ankibuild.source.syntax import (
    Mask,
    backslash,
    blame,
    block_help,
    chunks,
    quotes_help,
    wrong_escape,
)
from ankibuild.words import count

#: Values of a file: thousands of questions have fewer.
MOST_VALUES = 100_000
DEEPEST = 20
MOST_REPAIRS = 8
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def parse(source: Source) -> tuple[Node | None, tuple[Diagnostic, ...]]:
    """Read a text; never raises for what is in it."""
    budget = _Budget()
    builder = _Builder(source, budget)
    try:
        root = builder.build(source.text, 0)
    except _EnoughError as stop:
        spent = budget.values > MOST_VALUES
        rest = _too_many(source) if spent else unread(source, stop.start)
        return None, (*errors(builder.problems), rest)
    except yaml.YAMLError as error:
        problems: list[Diagnostic] = []
        root = _recover(source, problems)
        # What reads well in pieces and not as a whole is wrong where the parser gave up.
        return root, (*(problems or [blame(source, 0, len(source.text), source.text, error)[0]]),)
    return root, tuple(builder.problems)


def _too_many(source: Source) -> Diagnostic:
    message = f"this file has more than {MOST_VALUES:,} values"
    return whole(source.path, "file-too-large", message, "split it into several banks")


def _recover(source: Source, problems: list[Diagnostic]) -> Node | None:
    """Read the head and each question by itself, so that one mistake does not hide the next."""
    budget = _Budget()
    try:
        return _pieces(source, problems, budget)
    except _EnoughError as stop:
        problems.append(unread(source, stop.start))
        return None


def _pieces(source: Source, problems: list[Diagnostic], budget: _Budget) -> Node | None:
    head, *items = chunks(source.text)
    top = _piece(source, head, problems, budget)
    found: list[Node] = []
    for chunk in items:
        known = len(problems)
        node = _piece(source, chunk, problems, budget)
        found += node.items if isinstance(node, Items) else [Broken(*chunk)]
        if len(problems) == known:
            problems += _out_of_line(source, items[0][0], chunk[0])
    if not items or not isinstance(top, Mapping):
        return top
    pairs = [pair for pair in top.pairs if pair[0].value != "questions"]
    name = top.key("questions") or Text("questions", head[1], head[1])
    listed = Items(tuple(found), items[0][0], items[-1][1])
    return Mapping((*pairs, (name, listed)), top.start, listed.end)


def _out_of_line(source: Source, first: int, start: int) -> list[Diagnostic]:
    """Report a question whose dash does not stand under that of the first one."""
    indents = [source.text.find("-", at) - at for at in (first, start)]
    if indents[0] == indents[1]:
        return []
    return [
        Diagnostic(
            "yaml-syntax",
            "this question is not indented like the first one",
            Span(source, start + indents[1], start + indents[1] + 1),
            f"starts in column {indents[1] + 1}, not in {indents[0] + 1}",
            f"put {count(indents[0], 'space')} before its `- `, and indent its fields with it",
        )
    ]


def _piece(
    source: Source, chunk: tuple[int, int], problems: list[Diagnostic], budget: _Budget
) -> Node | None:
    """Parse a part of the file; mask what is broken, say so, and parse again."""
    start, end = chunk
    text = source.text[start:end]
    masks: list[Mask] = []
    for _ in range(MOST_REPAIRS):
        builder = _Builder(source, budget, tuple(masks))
        try:
            node = builder.build(text, start)
        except _EnoughError:
            problems += builder.problems
            raise
        except yaml.YAMLError as error:
            problem, mask = blame(source, start, end, text, error)
            problems.append(problem)
            budget.error(problem)
            if mask is None:
                return None
            masks.append(mask)
            text = mask.apply(text, start)
            continue
        problems += builder.problems
        return node
    return None


class _EnoughError(Exception):
    """The rest of a file, from the offset ``start`` on, is not read."""

    def __init__(self, start: int) -> None:
        super().__init__()
        self.start = start


class _Budget(Struct):
    """How much of a file is read, in whatever pieces and attempts."""

    values: int = 0
    errors: int = 0

    def value(self, node: Node) -> None:
        """Count a value. Raises _EnoughError when there are too many."""
        self.values += 1
        if self.values > MOST_VALUES:
            raise _EnoughError(node.start)

    def error(self, problem: Diagnostic) -> None:
        """Count a problem that has been noted. Raises _EnoughError when there are too many."""
        self.errors += problem.severity == "error"
        if self.errors >= MOST_ERRORS:
            raise _EnoughError(problem.span.start)


class _Frame(Struct):
    """A collection under construction."""

    start: int
    is_map: bool
    flow: bool
    refused: bool
    nodes: list[Node] = field(default_factory=list)


#: Gives a mark's offset in characters; both of PyYAML's parsers set it on every event.
_index: Callable[[object], int] = attrgetter("index")

#: A comment on the rest of a line, but for those that are for us.
_COMMENT = re.compile(r"[ \t]*+(#(?! ankibuild:).*)")


class _Builder:
    """Builds nodes from parser events, without recursion: depth is in the author's hands."""

    def __init__(self, source: Source, budget: _Budget, masks: tuple[Mask, ...] = ()) -> None:
        self.source = source
        self.budget = budget
        self.masks = masks
        self.problems: list[Diagnostic] = []
        self.refused_to = -1  # where the line ends on which a feature of YAML was refused

    def build(self, text: str, base: int) -> Node | None:
        """Parse ``text``, which stands at offset ``base`` of the source. Raises YAMLError."""
        root: Node | None = None
        stack: list[_Frame] = []
        for event in self._events(text):
            if root is not None and isinstance(event, yaml.DocumentStartEvent):
                self._second_document(base + _index(event.start_mark))
                break
            node = self._step(event, base, stack)
            if node is None:
                continue
            self.budget.value(node)
            if stack:
                stack[-1].nodes.append(node)
            else:
                root = node
        return root

    def _events(self, text: str) -> Iterator[yaml.Event]:
        loader = _LOADER(text)
        try:
            yield from iter(loader.get_event, None)
        finally:
            loader.dispose()

    def _step(self, event: yaml.Event, base: int, stack: list[_Frame]) -> Node | None:
        in_flow = bool(stack) and stack[-1].flow
        if isinstance(event, yaml.ScalarEvent):
            return self._no_yaml_features(event, base, in_flow) or self._scalar(event, base, stack)
        if isinstance(event, (yaml.SequenceStartEvent, yaml.MappingStartEvent)):
            refused = self._no_yaml_features(event, base, in_flow) is not None
            is_map = isinstance(event, yaml.MappingStartEvent)
            start = base + _index(event.start_mark)
            stack.append(_Frame(start, is_map, bool(event.flow_style), refused))
            if len(stack) > DEEPEST:
                raise TooDeepError(start)
            return None
        if isinstance(event, (yaml.SequenceEndEvent, yaml.MappingEndEvent)):
            return self._close(stack.pop(), base + _index(event.end_mark))
        if isinstance(event, yaml.AliasEvent):
            return self._no_yaml_features(event, base, in_flow)
        return None

    def _close(self, frame: _Frame, end: int) -> Node:
        end = frame.start + len(self.source.text[frame.start : end].rstrip())
        if frame.refused:
            return Broken(frame.start, end)
        if not frame.is_map:
            return Items(tuple(frame.nodes), frame.start, end)
        pairs: dict[str, tuple[Text, Node]] = {}
        for key, value in zip(frame.nodes[::2], frame.nodes[1::2], strict=True):
            if isinstance(key, Broken):
                return Broken(frame.start, end)
            if not isinstance(key, Text):
                return self._not_a_mapping(frame.start)
            if key.value in pairs:
                self._duplicate(pairs[key.value][0], key)
            else:
                pairs[key.value] = (key, value)
        return Mapping(tuple(pairs.values()), frame.start, end)

    def _scalar(self, event: yaml.ScalarEvent, base: int, stack: list[_Frame]) -> Node:
        start, end = base + _index(event.start_mark), base + _index(event.end_mark)
        if self.masks and any(mask.start <= start < mask.end for mask in self.masks):
            return Broken(start, end)
        style = self.source.text[start : start + 1] if event.style else ""
        if style not in ("'", '"', "|", ">"):
            style = ""
        text = Text(event.value.rstrip("\n"), start, end, style)
        if len(text.value) > LONGEST:
            return self._too_long(text)
        if style == ">":
            self._folded(text)
        if style == '"' and (found := wrong_escape(self.source.text, start, end)):
            return self._escaped(text, found)
        if not style and stack and not stack[-1].flow:
            return self._comment(text, stack[-1]) or text
        return text

    # -------------------------------------------------------------- what YAML allows and we do not

    def _report(
        self,
        rule: str,
        message: str,
        span: Span,
        label: str = "",
        help_text: str = "",
        **more: object,
    ) -> None:
        self._note(
            Diagnostic(rule, message, span, label, help_text, **more)  # type: ignore[arg-type]
        )

    def _note(self, problem: Diagnostic) -> None:
        self.problems.append(problem)
        self.budget.error(problem)

    def _second_document(self, start: int) -> None:
        self._report(
            "second-document",
            "this line starts a second YAML document",
            Span(self.source, start, start + 3),
            help_text="remove the line `---`: a bank is one document",
        )

    def _duplicate(self, first: Text, second: Text) -> None:
        self._report(
            "duplicate-key",
            f"`{second.value}` is given twice",
            Span(self.source, second.start, second.end),
            "second time",
            "YAML would silently keep only one of them; remove or merge one",
            related=(Label(Span(self.source, first.start, first.end), "first given here"),),
        )

    def _folded(self, text: Text) -> None:
        self._report(
            "folded-block",
            "`>` joins the lines of a text into one",
            Span(self.source, text.start, text.start + 1),
            "folds code, lists and formulas",
            "write `|` here",
        )

    def _too_long(self, text: Text) -> Broken:
        text_of_file, start = self.source.text, text.start
        if text.style in ("|", ">"):
            start = text_of_file.find("\n", start) + 1
        start += len(text_of_file[start : text.end]) - len(text_of_file[start : text.end].lstrip())
        self._report(
            "text-too-long",
            f"this text has {count(len(text.value), 'character')}",
            Span(self.source, start, text.end).first_line(),
            help_text=f"make it several questions; {LONGEST:,} characters are the most",
        )
        return Broken(text.start, text.end)

    def _escaped(self, text: Text, found: re.Match[str]) -> Broken:
        self._note(backslash(self.source, text.start, found))
        return Broken(text.start, text.end)

    def _no_yaml_features(self, event: yaml.NodeEvent, base: int, in_flow: bool) -> Broken | None:
        """Refuse anchors, aliases and tags: to an author, `*` and `&` and `!` are text.

        Mostly that goes on to the end of the line, but not within brackets (``in_flow``).
        """
        if not event.anchor and not getattr(event, "tag", None):
            return None
        start = base + _index(event.start_mark)
        line_end = self.source.text.find("\n", start)
        end = line_end if line_end >= 0 else len(self.source.text)
        if start < self.refused_to:
            return Broken(start, end)
        self.refused_to = end
        sign = self.source.text[start : start + 1]
        if re.search(r"<<[ \t]*:[ \t]*\Z", self.source.text[max(0, start - 10) : start]):
            self._merge_key(start, end)
            return Broken(start, end)
        if isinstance(event, yaml.CollectionStartEvent):
            help_text = f"remove `{self.source.text[start:end].split()[0]}`"
        elif in_flow:
            end = base + _index(event.end_mark)
            help_text = quotes_help(self.source.text[start:end])
        else:
            help_text = block_help(self.source.text, start, end)
        self._report(
            "yaml-syntax",
            f"a value that starts with `{sign}` is not read as text",
            Span(self.source, start, end),
            "read as YAML, not as text",
            help_text,
        )
        return Broken(start, end)

    def _merge_key(self, start: int, end: int) -> None:
        self._report(
            "yaml-syntax",
            "`<<` takes nothing over from elsewhere",
            Span(self.source, self.source.text.rfind("<<", 0, start), end),
            "not read",
            "write the fields out: each question says all of its own",
        )

    def _not_a_mapping(self, start: int) -> Broken:
        line_end = self.source.text.find("\n", start)
        end = line_end if line_end >= 0 else len(self.source.text)
        self._report(
            "yaml-syntax",
            "a value that starts with `{` starts a YAML mapping",
            Span(self.source, start, end),
            "read as YAML, not as text",
            block_help(self.source.text, start, end),
        )
        return Broken(start, end)

    def _comment(self, text: Text, frame: _Frame) -> Broken | None:
        """Warn when a `#` cuts a text short; a value that is nothing else is an error."""
        if frame.is_map and len(frame.nodes) % 2 == 0:
            return None
        found = _COMMENT.match(self.source.text, text.end)
        if not found:
            return None
        start, end = found.span(1)
        self._report(
            "comment-in-text",
            "everything from ` #` on is a YAML comment and is not in the card",
            Span(self.source, start, end),
            "left out",
            "if it belongs to the text, use a block:\n"
            + block_help(self.source.text, text.start if text.value else start, end, lead=""),
            severity="warning" if text.value else "error",
        )
        return None if text.value else Broken(text.start, end)


class TooDeepError(yaml.YAMLError):
    """Collections nested deeper than any bank needs."""

    def __init__(self, offset: int) -> None:
        super().__init__(f"nested more than {count(DEEPEST, 'level')} deep")
        self.offset = offset
