"""Where a learner reports a mistake: the page of a new issue, with the question's id filled in."""

from __future__ import annotations

import re

# By the host's name: how a repository's address starts there, and its page of a new issue. Anki
# puts the question's id in place of `{{Id}}`; it is a slug, so that nothing has to be escaped.
# GitHub's form is `.github/ISSUE_TEMPLATE/card.yml`, which has an input with the id `id`.
_NEW_ISSUE = {
    r"(?:www\.)?github\.com/[^/?#]+/[^/?#]+": (
        "/issues/new?template=card.yml&title={{Id}}%3A+&id={{Id}}"
    ),
    r"gitlab\.[^/?#]+(?:/(?!-/)[^/?#]+){2,}": "/-/issues/new?issue%5Btitle%5D={{Id}}%3A+",
    r"(?:codeberg|gitea|forgejo)\.[^/?#]+/[^/?#]+/[^/?#]+": "/issues/new?title={{Id}}%3A+",
}


def address(repository: str) -> str:
    """Give the address at which a mistake in the question ``{{Id}}`` is reported.

    ``repository`` is the web address of a repository, or of a page in it. The host's name tells
    whether GitHub, GitLab or Gitea (Codeberg, Forgejo) runs there; elsewhere, the address is the
    repository's own, without an id. The result is not yet escaped for HTML.
    """
    # Braces in it would be a field to Anki.
    repository = repository.replace("{", "%7B").replace("}", "%7D")
    for start, page in _NEW_ISSUE.items():
        if found := re.match(f"https?://{start}", repository, re.IGNORECASE):
            return found[0].removesuffix(".git") + page
    return repository
