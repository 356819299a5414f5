"""A question whose answer is typed."""

from typing import ClassVar

from pydantic import Field, field_validator

from ankibuild.kinds.base import Filled, Markdown, NotetypeKey, Question, Render, refuse


class Typein(Question):
    """A question whose answer is typed: exactly one spelling is right.

    ```yaml
    - typein: bn-param-count
      q: How many learned parameters does a batchnorm layer over 64 features have?
      answer: 128
      verify: assert int(answer) == 2 * 64
    ```
    """

    kind: ClassVar[str] = "typein"
    notetype: ClassVar[NotetypeKey] = "typein"
    order: ClassVar[int] = 4

    q: Markdown = Field(description="The question.")
    answer: Filled = Field(description="What must be typed: plain text on one line.")

    @field_validator("answer")
    @classmethod
    def _one_line(cls, answer: str) -> str:
        if "\n" in answer.strip():
            raise refuse(
                "answer-not-typable",
                "an answer to type has more than one line",
                "Anki compares one line",
                "make this a `basic` question, or ask for less",
            )
        if "$" in answer or "`" in answer:
            bare = answer.strip().strip("`")
            plain = "$" not in bare and "`" not in bare
            raise refuse(
                "answer-not-typable",
                "an answer to type is plain text, not Markdown",
                "the learner would have to type this",
                f"write `answer: {bare}`" if plain else "make this a `basic` question",
            )
        return answer.strip()

    def front(self, render: Render) -> str:
        """Show the question."""
        return render(("q",), self.q)

    def back(self, render: Render) -> str:
        """Give the plain answer, which Anki compares with what was typed."""
        return render.plain(self.answer)
