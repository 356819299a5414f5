"""Whether an SVG is safe: it holds what figures need and nothing else."""

from __future__ import annotations

import re
from xml.parsers import expat

from msgspec import Struct, field

#: What stands still, and two that only move what is there.
_NAMES = (
    "svg g defs symbol use title desc metadata switch view style image path rect circle ellipse "
    "line polyline polygon text tspan textPath marker pattern mask clipPath linearGradient "
    "radialGradient stop filter feBlend feColorMatrix feComponentTransfer feComposite "
    "feConvolveMatrix feDiffuseLighting feDisplacementMap feDistantLight feDropShadow feFlood "
    "feFuncA feFuncB feFuncG feFuncR feGaussianBlur feMerge feMergeNode feMorphology feOffset "
    "fePointLight feSpecularLighting feSpotLight feTile feTurbulence animateTransform "
    "animateMotion mpath a"
)
_ELEMENTS = frozenset(_NAMES.split())
#: Without a namespace nothing is shown, but some viewer might guess.
_SPACES = ("http://www.w3.org/2000/svg", "")
#: Languages whose elements a browser brings to life; those of drawing programs are dead to it.
_ALIVE = (
    "http://www.w3.org/1999/xhtml",
    "http://www.w3.org/1998/Math/MathML",
    "http://www.w3.org/2001/xml-events",
    "http://www.w3.org/1999/XSL/Transform",
)
_PICTURE = r"data:image/(?:png|jpeg|gif|webp)[;,]"
_OWN = re.compile(rf"#|{_PICTURE}")
#: What a style can load with; a backslash can hide each of these words.
_LOADS = re.compile(
    rf"url\(\s*+[\"']?+(?!#|{_PICTURE})|\b(?:image-set|image|src|expression)\(|@import|\\[0-9a-f]",
    re.IGNORECASE,
)
_ENCODING = re.compile(r"<\?xml[^>]{0,200}?\sencoding\s*=\s*[\"']([\w.:-]{1,40})", re.ASCII)


def judge(content: bytes) -> tuple[str, str] | None:
    """Say what is wrong with an SVG, and what to do; None if a card may show it.

    Anki shows an SVG as it is, scripts included; so none gets that far. A browser must read what
    we have read: hence UTF-8 only, and no entities.
    """
    try:
        text = content.decode("utf-8-sig")
        declared = _ENCODING.match(text)
        if declared and declared[1].lower() != "utf-8":
            raise _UnsafeError("this SVG is not UTF-8")
        _parser().Parse(text.encode("utf-8"), True)
    except UnicodeDecodeError:
        return "this SVG is not UTF-8", "save it as plain SVG"
    except _UnsafeError as unsafe:
        return str(unsafe), "save it as plain SVG"
    except expat.ExpatError as error:
        return f"this SVG breaks off or is no XML at its line {error.lineno}", "save it again"
    return None


class _UnsafeError(Exception):
    """Something in an SVG that no figure needs; the text says what."""


def _parser() -> expat.XMLParserType:
    parser = expat.ParserCreate(namespace_separator=" ")
    heard = _Judge()
    parser.StartElementHandler = heard.start
    parser.EndElementHandler = heard.end
    parser.CharacterDataHandler = heard.text
    parser.StartDoctypeDeclHandler = heard.doctype
    parser.ProcessingInstructionHandler = heard.instruction
    return parser


class _Judge(Struct):
    """Hears what is in an SVG; its methods raise _UnsafeError for what no figure needs."""

    style: list[str] = field(default_factory=list)
    in_style: bool = False

    def start(self, name: str, attributes: dict[str, str]) -> None:
        space, _, tag = name.rpartition(" ")
        if space in _ALIVE:
            raise _UnsafeError(f"this SVG has an element of another language (`{tag}`)")
        if space in _SPACES and tag not in _ELEMENTS:
            raise _UnsafeError(f"this SVG has a `{tag}` element")
        self.in_style = tag == "style"
        for key, value in attributes.items():
            _judge_attribute(key, value)

    def text(self, text: str) -> None:
        # A text may come in pieces.
        self.style += [text] if self.in_style else []

    def end(self, _name: str) -> None:
        _judge_style("".join(self.style))
        self.style, self.in_style = [], False

    def doctype(self, _name: str, _system: object, _public: object, has_subset: int) -> None:
        if has_subset:
            raise _UnsafeError("this SVG defines entities")

    def instruction(self, target: str, _data: str) -> None:
        raise _UnsafeError(f"this SVG has an instruction to other programs (`{target}`)")


def _judge_attribute(key: str, value: str) -> None:
    space, _, name = key.casefold().rpartition(" ")
    if name.startswith("on"):
        raise _UnsafeError(f"this SVG runs a script (`{name}`)")
    if name == "base" or (name == "href" and not _OWN.match(value)):
        raise _UnsafeError(f"this SVG loads something from elsewhere (`{name}`)")
    # Any attribute of SVG's own may be a style; without parentheses, it loads nothing.
    if not space and "(" in value:
        _judge_style(value)


def _judge_style(text: str) -> None:
    if _LOADS.search(text):
        raise _UnsafeError("this SVG loads something from elsewhere (`url`)")
