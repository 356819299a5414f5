"""A problem to work on."""

from typing import ClassVar

from pydantic import Field

from ankibuild.kinds.base import Markdown, NotetypeKey, Question, Render, block, folds


class Exercise(Question):
    """A problem to work on: hints one by one, a worked solution, and what to check in one's own.

    ```yaml
    - exercise: kex-row-indexing
      q: |
        A layer computes `F.one_hot(x, 27).float() @ W`. Get the same result without building
        one-hot vectors. Done when `torch.equal` says so.
      hints:
        - What does a one-hot row times $W$ select?
      a: |
        `W[x]`: a one-hot row times $W$ picks the row of $W$ with that index.
      rubric:
        - The shapes agree, batch dimensions included.
    ```
    """

    kind: ClassVar[str] = "exercise"
    notetype: ClassVar[NotetypeKey] = "basic"
    order: ClassVar[int] = 7

    q: Markdown = Field(description="The task, with a test of when it is done.")
    hints: tuple[Markdown, ...] = Field(default=(), description="Hints, the weakest first.")
    a: Markdown = Field(description="A worked solution.")
    rubric: tuple[Markdown, ...] = Field(default=(), description="What to check in one's own.")

    def front(self, render: Render) -> str:
        """Show the task and the folded hints."""
        hints = [render(("hints", number), hint) for number, hint in enumerate(self.hints)]
        return block(render(("q",), self.q)) + folds("hint", "Hint", hints)

    def back(self, render: Render) -> str:
        """Show the solution and what to check."""
        solution = render(("a",), self.a)
        checks = "".join(
            f"<li>{render(('rubric', number), check)}</li>"
            for number, check in enumerate(self.rubric)
        )
        if not checks:
            return solution
        listed = f'<ul class="checks">{checks}</ul>'
        return f'{block(solution)}<p class="lead">Check your own:</p>{listed}'
