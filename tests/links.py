"""Follow the links of all sources, with the places that questions name: is the page there?

python tests/links.py                # one line for each link that leads nowhere
python tests/links.py --root DIR     # of another deck repository

Needs a network, so no test of ours runs it on our own sources. A server that refuses robots (401,
403, 405, 429) is not counted as a fault. Exit status: 0 all are fine, 1 some are not.
"""

from __future__ import annotations

import argparse
import html
import re
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from urllib.parse import unquote, urldefrag

from ankibuild import project as projects
from ankibuild.project import Project

ROOT = Path(__file__).parent.parent
PATIENCE = 30  # seconds
LARGEST = 10_000_000  # bytes of a page that are searched for an anchor
AT_ONCE = 8
REFUSALS = (401, 403, 405, 429)
AGENT = "Mozilla/5.0 (compatible; ankibuild-links)"
_NAMES = re.compile(r"""\b(?:id|name)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s>"']+))""")


def main(arguments: Sequence[str] | None = None) -> int:
    """Do what the command line says; give the exit status."""
    parser = argparse.ArgumentParser(description="Follow the links of all sources.")
    parser.add_argument("--root", type=Path, default=ROOT)
    root = parser.parse_args(arguments).root
    project, _ = projects.load(root)
    if project is None:
        print("the curriculum cannot be read", file=sys.stderr)
        return 1
    used = links(project)
    with ThreadPoolExecutor(AT_ONCE) as pool:
        faults = [fault for found in pool.map(follow, pages(used)) for fault in found]
    for url, why in sorted(faults):
        print(f"{url}: {why} ({', '.join(used[url][:5])})")
    print(f"{len(used)} links, {len(faults)} lead nowhere", file=sys.stderr)
    return 1 if faults else 0


def links(project: Project) -> dict[str, list[str]]:
    """Give every link of a source or of a question's place in it, and what uses it."""
    found: dict[str, list[str]] = {}
    for work in project.sources.values():
        if work.url:
            found.setdefault(work.url, []).append(f"source {work.id}")
    for placed in project.banks:
        for entry in placed.bank.entries:
            name = entry.question.source or placed.bank.head.source
            work = project.sources.get(name) if name else None
            link = work.link(entry.question.at) if work else None
            if link:
                found.setdefault(link, []).append(entry.question.id)
    return found


def pages(links: dict[str, list[str]]) -> list[tuple[str, tuple[str, ...]]]:
    """Give each page once, with all links to places in it."""
    found: dict[str, list[str]] = {}
    for link in links:
        found.setdefault(urldefrag(link).url, []).append(link)
    return [(page, tuple(several)) for page, several in found.items()]


def follow(asked: tuple[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    """Load a page; give the links to it that lead nowhere, and why."""
    page, several = asked
    request = urllib.request.Request(page, headers={"User-Agent": AGENT})  # noqa: S310
    try:
        with urllib.request.urlopen(request, timeout=PATIENCE) as reply:  # noqa: S310
            text = reply.read(LARGEST).decode("utf-8", "replace")
    except urllib.error.HTTPError as error:
        refused = error.code in REFUSALS
        return [] if refused else [(link, f"{error.code} {error.reason}") for link in several]
    except (OSError, ValueError) as error:
        return [(link, str(error)) for link in several]
    return list(_lost(text, several))


def _lost(text: str, links: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    names = {html.unescape(next(filter(None, found), "")) for found in _NAMES.findall(text)}
    for link in links:
        anchor = unquote(urldefrag(link).fragment)
        if anchor and anchor not in names:
            yield link, f"the page has no `{anchor}`"


if __name__ == "__main__":
    sys.exit(main())
