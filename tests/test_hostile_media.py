"""Figures made to run something, to load something or to break the tool, and their names."""

from __future__ import annotations

import gzip
import os
import re
import struct
from pathlib import Path

import pytest

from ankibuild import media, workflow
from ankibuild.cache import Memory
from ankibuild.diagnostics import FORMATS, render
from conftest import SOUND, Lay

SPACES = 'xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink"'
HTML = "xmlns='http://www.w3.org/1999/xhtml'"


def svg(inside: str, before: str = "", encoding: str = "utf-8") -> bytes:
    return f"{before}<svg {SPACES}>{inside}</svg>".encode(encoding)


def declared(name: str) -> str:
    return f'<?xml version="1.0" encoding="{name}"?>'


UNSAFE = {
    # What runs.
    "script": svg("<script>alert(1)</script>"),
    "script in capitals": svg("<SCRIPT>alert(1)</SCRIPT>"),
    "script of HTML": svg(f"<script {HTML}>alert(1)</script>"),
    "script under another name": svg(f"<x:script {HTML.replace('xmlns', 'xmlns:x')}/>"),
    "handler": f"<svg {SPACES} onload='alert(1)'/>".encode(),
    "handler in a namespace": svg("<g xmlns:x='y' x:onclick='alert(1)'/>"),
    "handler element": svg("<handler>alert(1)</handler>"),
    "listener": svg("<e:listener xmlns:e='http://www.w3.org/2001/xml-events'/>"),
    "set": svg("<set attributeName='onload' to='alert(1)'/>"),
    "animate": svg("<a><animate attributeName='href' to='javascript:alert(1)'/></a>"),
    "animation that begins": svg("<animateTransform attributeName='transform' onbegin='a()'/>"),
    "link to a script": svg("<a href='javascript:alert(1)'><text>x</text></a>"),
    "link with a break": svg("<a href=' java&#10;script:alert(1)'><text>x</text></a>"),
    "transformation": b'<x:stylesheet xmlns:x="http://www.w3.org/1999/XSL/Transform"/>',
    "math": svg("<math xmlns='http://www.w3.org/1998/Math/MathML' href='javascript:a'/>"),
    "foreign object": svg(f"<foreignObject><b {HTML}>x</b></foreignObject>"),
    **{
        f"{tag} of HTML": svg(f"<{tag} {HTML} src='https://evil.example'/>")
        for tag in ("img", "iframe", "video", "audio", "embed", "object", "link", "meta", "form")
    },
    # What loads.
    "use": svg("<use href='https://evil.example/x.svg#a'/>"),
    "use of old": svg("<use xlink:href='//evil.example/x.svg#a'/>"),
    "use of data": svg("<use href='data:image/svg+xml,&lt;svg onload=alert(1)&gt;#a'/>"),
    "image": svg("<image href='https://evil.example/x.png'/>"),
    "image beside": svg("<image href='../private.png'/>"),
    "image of data": svg("<image href='data:image/svg+xml;base64,PHN2Zy8+'/>"),
    "image of HTML": svg("<image href='data:text/html,x'/>"),
    "image of a filter": svg("<filter><feImage href='#a'/></filter>"),
    "gradient": svg("<linearGradient xlink:href='https://evil.example/x#a'/>"),
    "base": f"<svg {SPACES} xml:base='https://evil.example/'/>".encode(),
    "import": svg("<style>@import url(https://evil.example/x.css);</style>"),
    "import of a text": svg("<style>@IMPORT 'https://evil.example/x.css';</style>"),
    "import that is hidden": svg(r"<style>@\69mport 'https://evil.example/x.css';</style>"),
    "import in a section": svg("<style><![CDATA[@import 'x.css';]]></style>"),
    "font": svg("<style>@font-face{src:url(https://evil.example/x)}</style>"),
    "set of images": svg("<style>g{background:image-set('https://evil.example/x' 1x)}</style>"),
    "url": svg("<g fill='url(https://evil.example/x)'/>"),
    "url in capitals": svg("<g fill='URL( \n https://evil.example/x)'/>"),
    "url that is hidden": svg(r"<g fill='u\72l(https://evil.example/x)'/>"),
    "url of a style": svg("<g style='fill:red;mask:url(&quot;https://evil.example/x&quot;)'/>"),
    "url after much": svg(f"<style>{' ' * 8189}url(https://evil.example/x)</style>"),
    # What is read in another way.
    "style sheet": svg("", '<?xml-stylesheet href="https://evil.example/x.css"?>'),
    "file of ours": svg("&x;", '<!DOCTYPE svg [<!ENTITY x SYSTEM "file:///etc/passwd">]>'),
    "bomb": svg("&b;", '<!DOCTYPE svg [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'),
    "entity behind a sign": svg("&x;", '<!DOCTYPE svg SYSTEM ">" [<!ENTITY x "y">]>'),
    "entity of parameters": svg("", '<!DOCTYPE svg [<!ENTITY % x SYSTEM "https://e"> %x;]>'),
    "handler by default": svg("", "<!DOCTYPE svg [<!ATTLIST svg onload CDATA 'alert(1)'>]>"),
    "UTF-16": svg("", declared("utf-16"), "utf-16"),
    "UTF-16 with an entity": svg("&x;", '<!DOCTYPE svg [<!ENTITY x "y">]>', "utf-16"),
    "UTF-7": svg("+ADw-script+AD4-", declared("utf-7")),
    "an encoding of big machines": svg("", declared("cp037"), "cp037"),
    "an encoding that nobody has": svg("", declared("nonsense")),
    "a codec that is no encoding": svg("", declared("hex")),
    "an encoding that escapes": svg("", declared("iso-2022-jp")),
    "gzip": gzip.compress(svg("")),
    "HTML": b"<html><script>alert(1)</script></html>",
    "half of it": svg("")[:-3],
    "a text": b"x" * 1000,
    "NUL": b"<svg>\0</svg>",
    "beginnings": b"<!DOCTYPE" * 200_000,
}

SAFE = {
    "plain": svg("<title>x</title><path d='M0 0h9v9z' fill='url(#a)' style='fill:url(\"#a\")'/>"),
    "as matplotlib writes": svg(
        "<metadata><r:RDF xmlns:r='http://www.w3.org/1999/02/22-rdf-syntax-ns#'>"
        "<r:type r:resource='http://purl.org/dc/dcmitype/StillImage'/></r:RDF></metadata>"
        "<defs><style type='text/css'>*{stroke-linejoin: round}</style></defs>"
        "<image href='data:image/png;base64,iVBORw0='/><use xlink:href='#a'/>",
        declared("utf-8") + '<!DOCTYPE svg PUBLIC "-//W3C//DTD SVG 1.1//EN" "http://w3.org/x.dtd">',
    ),
    "as Inkscape writes": svg(
        "<s:view xmlns:s='http://sodipodi.sourceforge.net/DTD/sodipodi-0.dtd'/>"
        "<g xmlns:i='http://www.inkscape.org/namespaces/inkscape' i:export='C:\\a (1)'/>"
    ),
    "words of a formula": svg(r"<title>\beta(x) = src(y)</title><text>\alpha, url(x)</text>"),
    "with a mark": b"\xef\xbb\xbf" + svg(""),
    "deep": svg("<g>" * 99_999 + "</g>" * 99_999),
}


def faults(folder: Path, name: str, content: bytes) -> list[str]:
    """Give the rules that a figure breaks."""
    folder.mkdir()
    (folder / name).write_bytes(content)
    _, problems = media.load(folder, "media", Memory())
    return [problem.rule for problem in problems]


@pytest.mark.parametrize("name", UNSAFE)
def test_an_svg_that_does_more_than_show_is_refused(name: str, tmp_path: Path) -> None:
    assert faults(tmp_path / "media", "x.svg", UNSAFE[name]) == ["unsafe-svg"]


@pytest.mark.parametrize("name", SAFE)
def test_an_svg_that_only_shows_is_taken(name: str, tmp_path: Path) -> None:
    assert faults(tmp_path / "media", "x.svg", SAFE[name]) == []


def png(width: int, height: int) -> bytes:
    return b"\x89PNG\r\n\x1a\n" + struct.pack(">I4sII", 13, b"IHDR", width, height) + b"\0" * 9


HUGE = {
    "x.png": png(60_000, 60_000),
    "x.gif": b"GIF89a" + struct.pack("<HH", 65_535, 65_535),
    "x.webp": b"RIFF\0\0\0\0WEBPVP8X\x0a\0\0\0\0\0\0\0" + b"\xff\x3f\0" * 2,
    "y.webp": b"RIFF\0\0\0\0WEBPVP8L\x0a\0\0\0\x2f\xff\xff\xff\x0f",
}


@pytest.mark.parametrize("name", HUGE)
def test_a_picture_that_no_phone_can_hold_is_refused(name: str, tmp_path: Path) -> None:
    assert faults(tmp_path / "media", name, HUGE[name]) == ["media-too-large"]


def test_a_picture_of_a_screen_is_taken(tmp_path: Path) -> None:
    assert faults(tmp_path / "media", "x.png", png(3840, 2160)) == []


def test_a_folder_that_is_elsewhere_has_no_figures_of_ours(tmp_path: Path) -> None:
    (tmp_path / "private").mkdir()
    (tmp_path / "private/letter.png").write_bytes(png(1, 1))
    (tmp_path / "media").symlink_to("private")
    files, problems = media.load(tmp_path / "media", "media", Memory())
    assert [problem.rule for problem in problems] == ["media-outside"]
    assert [file.content for file in files.values()] == [b""]


# ------------------------------------------------------------------ names

NAMES = (
    *(b"con.svg", b"NUL.SVG", b"aux.png.svg", b"com1.svg", b"collection.media.svg", b"-rf.svg"),
    *(b" .svg", b"a .svg", b"..svg", b"a..svg", b"x" * 251 + b".svg", b"$(id).svg", b"%s.svg"),
    *(b"a\nb.svg", b"a\tb.svg", b"\x1b[31mred.svg", b"\x7f.svg", b"\xff\xfe.svg", b"a'\"<d>&.svg"),
    *(b"\\..\\x.svg", b"a:b.svg", b"a|b?.svg", b"[sound:x].svg", b"{{c1::x}}.svg", b"_x.svg"),
    *(text.encode() for text in ("é.svg", "e\u0308.svg", "\u202egvs.svg", "🎉.svg", "ß.svg")),
)


def test_no_name_does_harm(lay: Lay) -> None:
    root = lay({})
    for name in NAMES:
        (root / "media" / os.fsdecode(name)).write_text(SOUND["media/bn-graph.svg"], "utf-8")
    files, _ = media.load(root / "media", "media", Memory())
    hidden = [name for name in NAMES if name.startswith((b".", b"_"))]
    assert len(files) == len(NAMES) + 1 - len(hidden)
    for file in files.values():
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*-[0-9a-f]{8}\.svg", file.packed)
        assert len(file.packed) < 70
    found = workflow.load(root).problems
    assert {problem.rule for problem in found} == {"unused-media"}
    shown = render(found)
    assert [c for c in shown if not (c.isprintable() or c in "\t\n")] == []
    assert shown.count("\n --> media/") == len(found)
    for form in FORMATS:
        assert render(found, form)


def test_names_that_one_system_takes_for_one_are_told(lay: Lay) -> None:
    figure = SOUND["media/bn-graph.svg"]
    names = ("A.svg", "a.svg", "é.svg", "e\u0301.svg")
    found = workflow.load(lay({f"media/{name}": figure for name in names})).problems
    assert [problem.rule for problem in found] == ["media-case"] * 2
