"""What tags, attributes and styles do to what is shown, and which of them cannot be held."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from types import MappingProxyType

from msgspec import Struct
from msgspec.structs import replace

from ankibuild.importer.prose.page import CODE, Mark
from ankibuild.importer.prose.pictures import SOUND
from ankibuild.importer.prose.tags import CELLS, KNOWN

_SAME = "strong em u ins del mark small sub sup var kbd samp code"
_MARKS: Mapping[str, Mark] = {
    **{tag: (tag,) for tag in _SAME.split()},
    **dict.fromkeys(("i", "cite", "dfn"), ("em",)),
    **dict.fromkeys(("s", "strike"), ("del",)),
    "b": ("strong",),
    "tt": CODE,
}

#: Attributes that nobody sees, or that are read elsewhere.
_UNSEEN = (
    "id class name target rel lang style dir role tabindex contenteditable spellcheck draggable "
    "translate itemprop itemscope itemtype href src alt start open colspan rowspan scope headers "
    "loading decoding srcset sizes referrerpolicy crossorigin download hreflang cite datetime aria "
    "data xml xmlns value"
)
_SILENT = frozenset(_UNSEEN.split())
_READ = frozenset(
    [(tag, "title") for tag in ("a", "abbr", "acronym", "img")]
    + [(tag, "align") for tag in ("td", "th", "tr")]
    + [("anki-mathjax", "block"), ("img", SOUND)]
)

_CELLS = CELLS | {"tr"}
_DECLARATION = re.compile(r"(?<![a-zA-Z-])([a-zA-Z-]++)\s*+:([^;]*)")
#: Values that look as if there were no style.
_NOTHING = re.compile(
    r"(?:(?:inherit|initial|unset|revert|normal|auto|none|medium|start|left|baseline|transparent"
    r"|currentcolor|windowtext|black|white|#0{3,6}|#f{3,6}|100%|1em|visible|static|inline|block"
    r"|disc|repeat|scroll|0[a-z%]*|rgba?\((?:0, ?0, ?0|255, ?255, ?255)(?:, ?[01.]+)?\))"
    r"\s*)*+(?:!important)?"
)


class Style(Struct, frozen=True):
    """What an element does to its content.

    ``without`` are marks that it takes away; ``inline`` keeps a block on the line it is in;
    ``keeps_blanks`` is as in ``pre``; ``lost`` says what cannot be held.
    """

    marks: tuple[Mark, ...] = ()
    without: frozenset[str] = frozenset()
    hidden: bool = False
    inline: bool = False
    keeps_blanks: bool = False
    align: str = ""
    direction: str = ""
    lost: tuple[str, ...] = ()


_PLAIN = Style()


def of(tag: str, attributes: Mapping[str, str]) -> Style:
    """Give what an element does, by its tag, its attributes and its style."""
    mark = _MARKS.get(tag) or _titled(tag, attributes)
    style = Style((mark,)) if mark else _PLAIN
    for name, value in _declarations(attributes.get("style", "")):
        style = _CSS.get(name, _other)(style, name, value)
    lost = tuple(_losses(tag, attributes))
    direction = attributes.get("dir", "").lower() or style.direction
    align = style.align or (attributes.get("align", "").lower() if tag in _CELLS else "")
    if align and tag not in _CELLS and not _NOTHING.fullmatch(align):
        lost += ("the style `text-align` is left out",)
    if not (lost or direction or align):
        return style
    align = align if align in ("left", "center", "right") else ""
    return replace(style, lost=(*style.lost, *lost), direction=direction, align=align)


def _titled(tag: str, attributes: Mapping[str, str]) -> Mark | None:
    title = " ".join(attributes.get("title", "").replace('"', "'").split())
    if tag == "a":
        address = _address(attributes.get("href", ""))
        return ("a", address, title) if address else None
    return ("abbr", title) if tag in ("abbr", "acronym") and title else None


def _address(href: str) -> str:
    """Give an address that a card may lead to; nothing if it may not."""
    href = re.sub(r"[\t\n]", "", href.strip())
    if not re.match(r"https?://.|mailto:.", href, re.IGNORECASE):
        return ""
    return re.sub(
        r'[\s<>"\\`\[\]{}|^]', lambda sign: "".join(map(_percent, sign[0].encode())), href
    )


def _percent(byte: int) -> str:
    return f"%{byte:02X}"


def _losses(tag: str, attributes: Mapping[str, str]) -> Iterator[str]:
    if tag not in _MARKS and tag not in KNOWN:
        yield f"the tag `<{tag[:40]}>` is left out; its text is kept"
    if tag == "ruby":
        yield "`<ruby>` is left out; its readings are in parentheses"
    if tag == "a" and (href := attributes.get("href", "")) and not _address(href):
        yield f"the link to `{href[:60]}` is left out; its text is kept"
    for name in attributes:
        if name.startswith("on"):
            yield f"a script (`{name[:40]}`) is left out"
        elif re.split("[-:]", name, maxsplit=1)[0] not in _SILENT and (tag, name) not in _READ:
            yield f"the attribute `{name[:40]}` of `<{tag[:40]}>` is left out"


# ------------------------------------------------------------------ CSS


def _declarations(style: str) -> Iterator[tuple[str, str]]:
    for one in _DECLARATION.finditer(style):
        yield one[1].lower(), one[2].strip().lower()


def _other(style: Style, name: str, value: str) -> Style:
    if _NOTHING.fullmatch(value) or name.startswith(("-", "mso-")):
        return style
    sentence = f"the style `{name[:40]}` is left out"
    return style if sentence in style.lost else replace(style, lost=(*style.lost, sentence))


def _marked(style: Style, name: str, *, on: bool) -> Style:
    if on:
        return replace(style, marks=(*style.marks, (name,)))
    return replace(style, without=style.without | {name}, marks=())


def _weight(style: Style, _name: str, value: str) -> Style:
    if value.startswith("bold") or (value.isdigit() and int(value[:4]) >= 600):
        return _marked(style, "strong", on=True)
    plain = value in ("normal", "lighter") or value.isdigit()
    return _marked(style, "strong", on=False) if plain else style


def _slant(style: Style, _name: str, value: str) -> Style:
    if value.startswith(("italic", "oblique")):
        return _marked(style, "em", on=True)
    return _marked(style, "em", on=False) if value == "normal" else style


def _decoration(style: Style, _name: str, value: str) -> Style:
    if "underline" in value:
        style = _marked(style, "u", on=True)
    return _marked(style, "del", on=True) if "line-through" in value else style


def _vertical(style: Style, name: str, value: str) -> Style:
    if value in ("sub", "super"):
        return _marked(style, "sub" if value == "sub" else "sup", on=True)
    return style if value in ("middle", "top", "bottom") else _other(style, name, value)


def _display(style: Style, _name: str, value: str) -> Style:
    if value not in ("none", "hidden"):
        return replace(style, inline=value.startswith("inline"))
    return replace(style, hidden=True, lost=(*style.lost, "hidden text is left out"))


def _blanks(style: Style, _name: str, value: str) -> Style:
    return replace(style, keeps_blanks=True) if value.startswith(("pre", "break-sp")) else style


def _align(style: Style, _name: str, value: str) -> Style:
    return replace(style, align=value)


def _direction(style: Style, _name: str, value: str) -> Style:
    return replace(style, direction=value)


_CSS = MappingProxyType(
    {
        "font-weight": _weight,
        "font-style": _slant,
        "text-decoration": _decoration,
        "text-decoration-line": _decoration,
        "vertical-align": _vertical,
        "display": _display,
        "visibility": _display,
        "white-space": _blanks,
        "text-align": _align,
        "direction": _direction,
    }
)
