"""Question and answer."""

from typing import ClassVar

from pydantic import Field

from ankibuild.kinds.base import Markdown, NotetypeKey, Question, Render


class Basic(Question):
    r"""A question and its answer: one fact or one why.

    ```yaml
    - basic: bn-why-eps
      q: Why does batch normalization add $\epsilon$ to the variance?
      a: |
        So that a feature with (nearly) zero variance in this batch does not
        divide by zero.
    ```
    """

    kind: ClassVar[str] = "basic"
    notetype: ClassVar[NotetypeKey] = "basic"
    order: ClassVar[int] = 1

    q: Markdown = Field(description="The question.")
    a: Markdown = Field(description="The answer, short enough to say in one breath.")

    def front(self, render: Render) -> str:
        """Show the question."""
        return render(("q",), self.q)

    def back(self, render: Render) -> str:
        """Show the answer."""
        return render(("a",), self.a)
