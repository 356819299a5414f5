"""A derivation, revealed one line at a time."""

from typing import ClassVar

from pydantic import Field

from ankibuild.kinds.base import Markdown, NotetypeKey, Question, Render, folds


class Steps(Question):
    r"""A derivation: the goal, then one line at a time, each hidden until asked for.

    ```yaml
    - steps: softmax-shift
      q: Show that softmax does not change when a constant $c$ is added to every logit $z_i$.
      lines:
        - $$\frac{e^{z_i + c}}{\sum_j e^{z_j + c}}$$
        - $$= \frac{e^c e^{z_i}}{e^c \sum_j e^{z_j}}$$
        - $$= \frac{e^{z_i}}{\sum_j e^{z_j}}$$
    ```
    """

    kind: ClassVar[str] = "steps"
    notetype: ClassVar[NotetypeKey] = "basic"
    order: ClassVar[int] = 6

    q: Markdown = Field(description="What is to be derived, from what.")
    # Not `steps`: a YAML mapping cannot have that key twice, and the kind has taken it.
    lines: tuple[Markdown, ...] = Field(min_length=2, description="The lines of the derivation.")

    def front(self, render: Render) -> str:
        """Show the goal."""
        return render(("q",), self.q)

    def back(self, render: Render) -> str:
        """Fold each line."""
        lines = [render(("lines", number), line) for number, line in enumerate(self.lines)]
        return folds("step", "Step", lines)
