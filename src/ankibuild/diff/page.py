"""A difference as a page of its own: before and after side by side, in light and dark."""

from __future__ import annotations

from collections.abc import Iterator

from ankibuild.diagnostics import visible
from ankibuild.diff.told import (
    Item,
    Section,
    coming,
    deck_sentence,
    field_note,
    label,
    notes,
    sections,
    summary,
)
from ankibuild.diff.values import Added, Changed, Diff, FieldChange
from ankibuild.site.elements import Html, join, tag

_STYLE = """\
:root { color-scheme: light dark; --line: #8886; --out: #d1242f2e; --in: #1a7f3738 }
body { max-width: 75rem; margin: 0 auto; padding: 1rem; font: 1rem/1.5 system-ui, sans-serif;
  overflow-wrap: anywhere }
h1 { font-size: 1.4rem } h2 { font-size: 1.15rem; margin-top: 2.5rem } h3 { font-size: 1rem }
article { border: 1px solid var(--line); border-radius: .5rem; padding: 0 1rem; margin: 1rem 0 }
article p { margin: .5rem 0 }
.label { border: 1px solid var(--line); border-radius: 1rem; padding: .1rem .6rem;
  font-size: .8rem }
.sides { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(22rem, 100%), 1fr));
  gap: .5rem; margin: 0 0 1rem }
pre { margin: 0; padding: .5rem; border: 1px solid var(--line); border-radius: .3rem;
  white-space: pre-wrap; font: .9rem/1.5 ui-monospace, monospace }
del { background: var(--out) } ins { background: var(--in); text-decoration-thickness: 2px }
"""
#: Nothing in the page may load or run anything, whatever the texts in it are.
_POLICY = "default-src 'none'; style-src 'unsafe-inline'"


def page(diff: Diff) -> str:
    """Write a difference as HTML that needs no other file."""
    told = Html("").join(tag("li", _prose(line)) for line in coming(diff))
    body = join(
        tag("h1", _prose(summary(diff))),
        tag("h2", "The next import"),
        tag("ul", Html(told)),
        *(tag("p", "Note: ", _prose(remark)) for remark in diff.remarks),
        *(_section(diff, section) for section in sections(diff)),
    )
    head = join(
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        tag("meta", name="viewport", content="width=device-width"),
        tag("title", visible(f"Since {diff.since}")),
        tag("style", Html(_STYLE)),
    )
    document = tag("html", tag("head", head), tag("body", body), lang="en")
    return f"<!doctype html>\n{document}\n"


def _section(diff: Diff, section: Section) -> Html:
    return tag("section", tag("h2", visible(section.deck), section.tally), *_blocks(diff, section))


def _blocks(diff: Diff, section: Section) -> Iterator[Html]:
    for change in section.changes:
        text = _field(change.description) if change.description else None
        yield tag("article", tag("p", _prose(deck_sentence(change))), text)
    for before, names in section.origins.items():
        head = join(tag("span", "moved here", class_="label"), f" from {visible(before)}: ")
        yield tag("article", tag("p", head, tag("code", ", ".join(names))))
    for item in section.items:
        yield _item(diff, item)


def _item(diff: Diff, item: Item) -> Html:
    head = tag("h3", tag("span", label(item), class_="label"), " ", tag("code", item.id))
    said = (tag("p", _prose(note)) for note in notes(diff, item))
    texts = item.fields if isinstance(item, Added | Changed) else ()
    headline = tag("p", visible(item.headline))
    return tag("article", head, headline, *said, *map(_field, texts), id=item.id)


def _field(change: FieldChange) -> Html:
    name = tag("p", tag("code", visible(change.field)), field_note(change))
    sides = [_side(change, "-", "del")] if change.before else []
    sides += [_side(change, "+", "ins")] if change.after else []
    return join(name, tag("div", *sides, class_="sides"))


def _side(change: FieldChange, sign: str, element: str) -> Html:
    """Show the text before (``-``) or after (``+``) with what is not in the other one marked."""
    whole = not (change.before and change.after)
    texts = (
        visible(piece.text) if whole or piece.sign == "=" else tag(element, visible(piece.text))
        for piece in change.pieces
        if piece.sign in ("=", sign)
    )
    return tag("pre", *texts)


def _prose(sentence: str) -> Html:
    """Give a sentence of ours as HTML; what it quotes becomes code."""
    parts = enumerate(sentence.split("`"))
    return join(*(tag("code", part) if number % 2 else part for number, part in parts))
