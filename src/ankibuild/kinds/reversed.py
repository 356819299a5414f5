"""A term and its definition, asked in both directions."""

from typing import ClassVar

from pydantic import Field

from ankibuild.kinds.base import Markdown, NotetypeKey, Question, Render


class Reversed(Question):
    """A term and its definition, asked in both directions; both must have one answer.

    ```yaml
    - reversed: la-null-space
      term: Null space of a matrix $A$
      definition: All vectors $x$ with $Ax = 0$.
    ```
    """

    kind: ClassVar[str] = "reversed"
    notetype: ClassVar[NotetypeKey] = "reversed"
    order: ClassVar[int] = 2
    cards: ClassVar[tuple[int, ...] | None] = (0, 1)
    headline: ClassVar[str] = "term"

    term: Markdown = Field(description="The term.")
    definition: Markdown = Field(description="What it means, without naming the term.")

    def front(self, render: Render) -> str:
        """Show the term."""
        return render(("term",), self.term)

    def back(self, render: Render) -> str:
        """Show the definition."""
        return render(("definition",), self.definition)
