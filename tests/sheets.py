"""Contact sheets: pages of pictures, and pictures of such pages, made by the browser itself."""

from __future__ import annotations

import base64
import html
import json
import struct
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path

from browser import Browser

ACROSS = 1960  # CSS pixels, of a sheet


@dataclass(frozen=True)
class Shot:
    """One face of a card in one view, what is wrong with it, and its picture if one was taken."""

    view: str
    card: str
    face: str
    problems: tuple[str, ...] = ()
    picture: Path | None = None

    @property
    def lines(self) -> tuple[str, ...]:
        """Return one line a problem, for a terminal."""
        where = f"{self.card}, {self.face}, {self.view}"
        return tuple(f"{where}: {' '.join(problem.split())}" for problem in self.problems)


PAGE = """\
<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title}</title>
<style>
body {{ margin: 20px; font: 14px/1.4 system-ui, sans-serif; color: #222; background: #d5d9de; }}
h1 {{ font-size: 22px; margin: 0 0 14px; }} h2 {{ font-size: 15px; margin: 0 0 6px; }}
section {{ columns: {column}px; column-gap: 20px; margin-bottom: 40px; }}
article {{ break-inside: avoid; margin-bottom: 22px; }}
figure {{ margin: 0 0 10px; }} figcaption {{ color: #555; }}
img {{ display: block; width: 100%; box-shadow: 0 1px 4px #0006; }}
.wrong img {{ outline: 4px solid #d00; }} .wrong li {{ color: #b00; }}
</style>
<h1>{title}</h1>
{body}
</html>
"""


def write_sheets(browser: Browser, shots: Sequence[Shot], into: Path) -> tuple[Path, ...]:
    """Write a contact sheet for each view, and ``index.html`` with all of them; give the paths."""
    views = {view: tuple(found) for view, found in groupby(shots, lambda shot: shot.view)}
    index = into / "index.html"
    sheets = tuple(_sheet(browser, view, found, into) for view, found in views.items())
    links = (f'<p><a href="{sheet.name}">{sheet.stem} as one picture</a></p>' for sheet in sheets)
    pairs = zip(links, views.values(), strict=True)
    body = "\n".join(f"{link}\n{_section(found, into)}" for link, found in pairs)
    index.write_text(PAGE.format(title="Cards", column=440, body=body), encoding="utf-8")
    return (index, *sheets)


def take_picture(browser: Browser, path: Path) -> Path:
    """Save the card on the reviewer's page: the screen's width, and as high as the card is."""
    width, height = browser.js(CARD_SIZE)
    clip = {"x": 0, "y": 0, "width": width, "height": height, "scale": 1}
    reply = browser.call("Page.captureScreenshot", captureBeyondViewport=True, clip=clip)
    path.write_bytes(base64.b64decode(reply["data"]))
    return path


CARD_SIZE = """
[
  document.scrollingElement.scrollWidth,
  Math.ceil(document.getElementById("qa").getBoundingClientRect().bottom
    + parseFloat(getComputedStyle(document.body).paddingBottom)),
]
"""


# The commonest 256 colors of a picture, and for each of its dots the nearest of them.
INDEXED = """
(async address => {
  const image = new Image();
  image.src = address;
  await image.decode();
  const { width, height } = image;
  const canvas = new OffscreenCanvas(width, height).getContext("2d", { alpha: false });
  canvas.drawImage(image, 0, 0);
  const { data } = canvas.getImageData(0, 0, width, height);
  const dots = Array.from({ length: width * height }, (_, i) => [...data.slice(4 * i, 4 * i + 3)]);
  const counts = new Map();
  for (const dot of dots) counts.set(String(dot), (counts.get(String(dot)) ?? 0) + 1);
  const common = [...counts.keys()].sort((a, b) => counts.get(b) - counts.get(a));
  const colors = common.slice(0, 256).map(color => color.split(",").map(Number));
  const apart = (a, b) => a.reduce((sum, value, i) => sum + (value - b[i]) ** 2, 0);
  const nearest = color => colors.reduce(
    (best, other, i) => apart(color, other) < apart(color, colors[best]) ? i : best, 0);
  const indices = new Map(common.map(color => [color, nearest(color.split(",").map(Number))]));
  return [width, height, colors.flat(), dots.map(dot => indices.get(String(dot)))];
})
"""


def shrink(browser: Browser, path: Path) -> None:
    """Write a picture again with 256 colors at most: text takes a third of the space then."""
    address = f"data:image/png;base64,{base64.b64encode(path.read_bytes()).decode()}"
    width, height, colors, dots = browser.js(f"({INDEXED})({json.dumps(address)})")
    rows = (bytes(dots[start : start + width]) for start in range(0, width * height, width))
    chunks = {
        b"IHDR": struct.pack(">IIBBBBB", width, height, 8, 3, 0, 0, 0),
        b"PLTE": bytes(colors),
        b"IDAT": zlib.compress(b"".join(b"\0" + row for row in rows), 9),
        b"IEND": b"",
    }
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(_chunk(*it) for it in chunks.items()))


def _chunk(name: bytes, data: bytes) -> bytes:
    check = struct.pack(">I", zlib.crc32(name + data))
    return struct.pack(">I", len(data)) + name + data + check


def _sheet(browser: Browser, view: str, shots: Iterable[Shot], into: Path) -> Path:
    column = 300 if int(view.rpartition(" ")[2]) < 600 else 460
    page, path = into / "sheet.html", into / f"{view.replace(' ', '-')}.png"
    text = PAGE.format(title=html.escape(view), column=column, body=_section(shots, into))
    page.write_text(text, encoding="utf-8")
    browser.resize(ACROSS)
    browser.go(page.as_uri())
    browser.picture(path)
    page.unlink()
    return path


def _section(shots: Iterable[Shot], into: Path) -> str:
    cards = groupby(shots, lambda shot: shot.card)
    articles = "\n".join(
        f"<article><h2>{html.escape(card)}</h2>{''.join(_figure(shot, into) for shot in faces)}"
        "</article>"
        for card, faces in cards
    )
    return f"<section>\n{articles}\n</section>"


def _figure(shot: Shot, into: Path) -> str:
    assert shot.picture
    address = shot.picture.relative_to(into).as_posix()
    told = "".join(f"<li>{html.escape(problem)}" for problem in shot.problems)
    return (
        f'<figure class="{"wrong" if told else "fine"}"><figcaption>{shot.face}</figcaption>'
        f'<a href="{address}"><img src="{address}" alt=""></a><ul>{told}</ul></figure>\n'
    )
