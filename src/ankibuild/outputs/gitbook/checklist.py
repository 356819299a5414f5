"""What to do beside the cards, item by item, and the works it is done with."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import starmap

from ankibuild import markdown
from ankibuild.curriculum import Item, SourceWork
from ankibuild.outputs.gitbook.blocks import Writer, fold
from ankibuild.outputs.gitbook.inline import address, plain
from ankibuild.outputs.gitbook.shelf import Chapter, Shelf, link
from ankibuild.outputs.gitbook.tree import parse
from ankibuild.words import count

#: What is done with items of a kind, in the order in which it is done.
_GROUPS = {
    "Watch": ("video",),
    "Read": ("reading", "paper"),
    "Implement": ("implementation",),
    "Practice": ("practice",),
    "Explain": ("concept", "question"),
    "Solve": ("exercise",),
}

_SHOWN = 3


def checklist(shelf: Shelf, chapter: Chapter, items: tuple[Item, ...]) -> str:
    """Write items as lists of tasks, one for each thing that one does with them."""
    blocks: list[str] = []
    for name, kinds in _GROUPS.items():
        tasks = [_task(shelf, chapter, item) for item in items if item.kind in kinds]
        if tasks:
            blocks += [f"**{name}**", "\n".join(tasks)]
    return "\n\n".join(blocks)


def _task(shelf: Shelf, chapter: Chapter, item: Item) -> str:
    known = (shelf.project.sources.get(name) for name in item.sources)
    works = ", ".join(_title(work) for work in known if work)
    asked = _asked(shelf, chapter, item)
    words = [prose(item.ask), f"({works})" if works else "", f"→ {asked}" if asked else ""]
    return "- [ ] " + " ".join(filter(None, words)).replace("\n", "\n  ")


def _asked(shelf: Shelf, chapter: Chapter, item: Item) -> str:
    """Link to the first questions that ask for an item."""
    asked = shelf.asked.get(item.id, ())
    links = [f"[{plain(name)}]({link(chapter.path, place)})" for name, place in asked[:_SHOWN]]
    more = f" and {len(asked) - _SHOWN} more" if len(asked) > _SHOWN else ""
    return ", ".join(links) + more


def prose(text: str) -> str:
    """Write a text of the curriculum, which is Markdown as that of a question is."""
    return Writer().write(parse(markdown.render(text.strip()).html))


def sources(chapter: Chapter) -> str:
    """Write a list of works, and their chapters or lectures folded away."""
    lines = [f"- {_title(work)}{_remark(work)}" for work in chapter.works]
    return "\n\n".join(["\n".join(lines), *filter(None, map(_contents, chapter.works))])


def _title(work: SourceWork) -> str:
    title = plain(work.title.strip())
    return f"[{title}]({address(work.url)})" if work.url else title


def _remark(work: SourceWork) -> str:
    kind = work.kind.replace("-", " ")
    words = ", ".join(filter(None, [kind, plain((work.remark or "").strip())]))
    return f" ({words})" if words else ""


def _contents(work: SourceWork) -> str:
    lines = [*_chapters(work), *_lectures(work)]
    noun = "chapter" if work.chapters else "lecture"
    summary = f"{plain_html(work.title)}: {count(len(lines), noun)}"
    return fold(summary, "\n".join(f"- {line}" for line in lines)) if lines else ""


def _chapters(work: SourceWork) -> Iterator[str]:
    pairs = (line.split(" ", 1) for line in (work.chapters or "").strip().splitlines())

    def chapter(time: str, title: str) -> str:
        to = work.link(time)
        return f"{f'[{time}]({address(to)})' if to else time} {plain(title)}"

    return starmap(chapter, pairs)


def _lectures(work: SourceWork) -> Iterator[str]:
    return (plain(line) for line in (work.lectures or "").strip().splitlines())


def plain_html(words: str) -> str:
    """Write text inside of an HTML block."""
    return " ".join(words.split()).replace("&", "&amp;").replace("<", "&lt;")
