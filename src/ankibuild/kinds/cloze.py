"""A text with gaps."""

from typing import ClassVar

from pydantic import Field

from ankibuild.kinds.base import Markdown, NotetypeKey, Question, Render


class Cloze(Question):
    """A text with gaps `{{c1::like this}}`: one card for each gap number.

    ```yaml
    - cloze: bn-train-eval
      text: |
        In training, batchnorm normalizes with the statistics of
        {{c1::the current batch}}; in evaluation, with
        {{c2::running averages::kept during training}}.
    ```
    """

    kind: ClassVar[str] = "cloze"
    notetype: ClassVar[NotetypeKey] = "cloze"
    order: ClassVar[int] = 3
    cards: ClassVar[tuple[int, ...] | None] = None
    headline: ClassVar[str] = "text"

    text: Markdown = Field(
        description="The text; `{{c1::gap}}` or `{{c1::gap::hint}}` hides words."
    )

    def front(self, render: Render) -> str:
        """Show the text with its gaps."""
        return render(("text",), self.text, cloze=True)

    def back(self, render: Render) -> str:
        """Add nothing: the answer is the text without gaps."""
        return ""
