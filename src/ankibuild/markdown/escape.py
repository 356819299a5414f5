"""Text that survives HTML, MathJax and Anki's own parsers."""

from __future__ import annotations

import html
import re
import unicodedata

#: Brackets of a placeholder: noncharacters, which :func:`safe` takes out of every text.
OPEN, CLOSE = "\ufdd0", "\ufdd1"
PLACEHOLDER = re.compile(f"{OPEN}([A-Z])([0-9]+){CLOSE}")

#: Controls, lone surrogates and noncharacters: what Anki, SQLite or Markdown choke on.
FORBIDDEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")

_TRIGGER = re.compile(r"\[(?=sound:|/?latex\]|/?\${1,2}\]|anki:|\[type:)", re.IGNORECASE)
_DELIMITER = re.compile(r"\\(?=[()\[\]])")
_TAG_OR_DELIMITER = re.compile(r'<[a-zA-Z/](?:"[^"]*"|[^">])*>|\\(?=[(\[])')
_GAP_INSIDE = re.compile(r"\{(?=\{|\Z)|\}(?=\}|\Z)|:(?=:|\Z)")
_GAP_OUTSIDE = re.compile(r"\{(?=\{c|\Z)")


def placeholder(kind: str, number: int) -> str:
    """Return the mark that stands for token ``number`` while Markdown works."""
    return f"{OPEN}{kind}{number}{CLOSE}"


def safe(text: str) -> str:
    """Replace what no field may hold, one character for one, so that offsets stay true."""
    return FORBIDDEN.sub("\ufffd", text.replace("\r", " ").replace("\ufeff", "\u2060"))


def escape(text: str) -> str:
    """Escape text for HTML, outside and inside of double-quoted attributes."""
    return html.escape(text, quote=False).replace('"', "&quot;")


def escape_code(text: str) -> str:
    r"""Escape code for HTML; ``\(`` becomes ``&#92;(``, where Anki would look for a formula."""
    return hide_delimiters(html.escape(text, quote=False))


def hide_delimiters(code: str) -> str:
    r"""Write the backslash of ``\(`` in escaped code as an entity."""
    return _DELIMITER.sub("&#92;", code)


def split_delimiters(markup: str) -> str:
    r"""Break every literal ``\(`` and ``\[`` in HTML text, so that MathJax leaves it alone."""
    if "\\" not in markup:
        return markup
    return _TAG_OR_DELIMITER.sub(
        lambda found: "\\<span></span>" if found[0] == "\\" else found[0], markup
    )


def guard_inside(markup: str) -> str:
    """Hide from Anki whatever would end a gap, or start its hint, in the content of a gap."""
    return _GAP_INSIDE.sub(_entity, markup)


def guard_outside(markup: str) -> str:
    """Hide from Anki whatever would start a gap in text outside of one."""
    return _GAP_OUTSIDE.sub(_entity, markup)


def finish(markup: str) -> str:
    """Take the last steps on a field's HTML: no Anki triggers, no controls, NFC."""
    # Composing `>` and U+0338 gives `≯`: in NFC, which Anki applies, a tag would lose its end.
    markup = FORBIDDEN.sub("\ufffd", markup).replace("\u0338", "&#824;")
    return unicodedata.normalize("NFC", _TRIGGER.sub("&#91;", markup))


def plain(text: str) -> str:
    """Return ``text`` as HTML that shows exactly it; line ends become ``<br>``."""
    markup = split_delimiters(escape(safe(text))).replace("\n", "<br>")
    return finish(guard_outside(markup))


def _entity(found: re.Match[str]) -> str:
    return f"&#{ord(found[0])};"
