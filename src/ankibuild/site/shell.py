"""What stands around the content of every page."""

from __future__ import annotations

from ankibuild.site import dialogs
from ankibuild.site.arc import Arc
from ankibuild.site.elements import Html, join, tag

POLICY = (
    "default-src 'none'; img-src 'self' data:; media-src 'self'; style-src 'self' 'unsafe-inline'; "
    "script-src 'self'; font-src 'self'; connect-src 'self'; frame-src 'self'; base-uri 'none'; "
    "form-action 'none'"
)


def document(
    arc: Arc,
    root: str,
    title: str,
    content: Html,
    *,
    live: bool,
    side: Html | None = None,
    bare: bool = False,
) -> Html:
    """Make a page; ``root`` leads from it to the site, ``bare`` is a page with a card alone."""
    full = title if title == arc.title else f"{title} · {arc.title}"
    results = None if bare else tag("section", id="results", aria_label="Results", hidden=True)
    main = tag("main", tag("div", content, id="content"), results, id="main", tabindex="-1")
    body = _bare(main, side) if bare else _body(arc, root, main, side, live)
    page = tag("html", _head(root, full), body, lang="en", data_root=root, data_live=live)
    return join(Html("<!doctype html>\n"), page, "\n")


def _head(root: str, title: str) -> Html:
    return tag(
        "head",
        tag("meta", charset="utf-8"),
        tag("meta", http_equiv="Content-Security-Policy", content=POLICY),
        tag("meta", name="viewport", content="width=device-width, initial-scale=1"),
        tag("meta", name="referrer", content="no-referrer"),
        tag("title", title),
        tag("link", rel="icon", href="data:,"),
        tag("link", rel="stylesheet", href=f"{root}site.css"),
        # Before the page is drawn, so that a dark page does not flash.
        tag("script", src=f"{root}theme.js"),
        tag("script", type="module", src=f"{root}site.js"),
    )


def _bare(main: Html, side: Html | None) -> Html:
    return tag("body", side, main, class_="card")


def _body(arc: Arc, root: str, main: Html, side: Html | None, live: bool) -> Html:
    return tag(
        "body",
        tag("a", "Skip to the content", href="#main", class_="skip"),
        _top(arc, root, live),
        tag("div", side, main, class_="middle"),
        tag("footer", f"License: {arc.license}", class_="bottom") if arc.license else None,
        dialogs.keys(),
        dialogs.look(),
        class_="site",
    )


def _top(arc: Arc, root: str, live: bool) -> Html:
    return tag(
        "header",
        tag("a", arc.title, href=f"{root}index.html", class_="home"),
        _search(arc, live),
        _tools(),
        class_="top",
    )


def _search(arc: Arc, live: bool) -> Html:
    shown = [shown for deck in arc.decks for shown in deck.questions]
    kinds = dict.fromkeys(one.kind for one in shown)
    levels = dict.fromkeys(one.level for one in shown if one.level)
    field = tag(
        "input",
        type="search",
        id="search",
        placeholder="Search all questions",
        aria_label="Search all questions",
        autocomplete="off",
        spellcheck="false",
    )
    return tag(
        "search",
        field,
        _select("kind", "Kind", "All kinds", sorted(kinds)),
        _select("level", "Level", "All levels", list(levels)),
        _checkbox("checked", "Checked", "A program proves the answer"),
        _checkbox("problems", "With problems", "What a check complains about") if live else None,
        tag("span", id="status", role="status"),
        class_="search js",
    )


def _select(name: str, label: str, every: str, options: list[str]) -> Html:
    listed = (tag("option", option, value=option) for option in options)
    return tag("select", tag("option", every, value=""), *listed, id=name, aria_label=label)


def _checkbox(name: str, label: str, title: str) -> Html:
    return tag("label", tag("input", type="checkbox", id=name), " ", label, title=title)


def _tools() -> Html:
    themes = (tag("option", name.capitalize(), value=name) for name in ("system", "light", "dark"))
    return tag(
        "div",
        tag("select", *themes, id="theme", aria_label="Theme"),
        tag("button", "?", type="button", id="help", aria_label="Keys", title="Keys (?)"),
        class_="tools js",
    )
