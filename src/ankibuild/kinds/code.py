"""A program whose output is asked for."""

from typing import ClassVar

from pydantic import Field

from ankibuild.kinds.base import (
    Filled,
    Markdown,
    NotetypeKey,
    Place,
    Python,
    Question,
    Render,
    block,
)


class Code(Question):
    """A program and what it prints; the output is what a run of it printed.

    The bank's `setup` (its imports) runs first and is not shown.

    ```yaml
    - code: bn-unbiased-var
      q: What does this print?
      program: |
        x = [1.0, 2.0, 3.0, 4.0]
        mean = sum(x) / len(x)
        print(sum((v - mean) ** 2 for v in x) / len(x))
      output: 1.25
    ```
    """

    kind: ClassVar[str] = "code"
    notetype: ClassVar[NotetypeKey] = "basic"
    order: ClassVar[int] = 5

    q: Markdown = Field(description="The question, most often `What does this print?`")
    program: Python = Field(description="At most 15 lines of Python.")
    output: Filled = Field(description="What the program prints, to the letter.")

    def front(self, render: Render) -> str:
        """Show the question and the program."""
        return block(render(("q",), self.q)) + render.code(self.program)

    def back(self, render: Render) -> str:
        """Show the output."""
        return f'<div class="hl out"><pre><code>{render.plain(self.output)}</code></pre></div>'

    def programs(self) -> tuple[tuple[Place, str], ...]:
        """Give the program, and the check if there is one."""
        return ((("program",), self.program), *super().programs())
