"""What `look_anki` runs in Anki's own Python: the application with a tour through its reviewer.

python look_inside.py JOB.json

The job names a package, which is imported, and what to ask the reviewer's page; the tour shows
every face of every card as a learner would come to it, and writes a report and pictures.
"""

from __future__ import annotations

import json
import sys
import traceback
from collections.abc import Generator
from pathlib import Path
from typing import Any

import aqt
from anki.collection import ImportAnkiPackageOptions, ImportAnkiPackageRequest
from aqt import gui_hooks
from aqt.profiles import ProfileManager, VideoDriver
from aqt.qt import QImage, QTimer
from aqt.theme import Theme
from aqt.webview import AnkiWebPage

# What the page is asked answers in a message to Python; an answer may take its time.
ASK = """
(async () => {
  const answer = await (async () => (%s))().catch(error => ({ error: String(error) }));
  pycmd("look:" + JSON.stringify([%d, answer ?? null]));
})()
"""
PAUSE = "new Promise(done => setTimeout(done, 200))"
SECOND = 1000  # milliseconds, as timers count
# A generator yields JavaScript for the page, and is sent what it evaluates to.
Asking = Generator[str, Any, None]


class Tour:
    """Goes through the cards of a job; the event loop runs between a question and its answer."""

    def __init__(self, job: dict[str, Any]) -> None:
        self.job = job
        self.into = Path(job["into"])
        self.faces: list[dict[str, Any]] = []
        self.errors: list[str] = []
        self.asked = 0
        self.steps = self.all_themes()

    # The event loop

    def start(self, _: Any) -> None:
        """Begin when the list of decks is on the screen: whatever was loading has been loaded."""
        gui_hooks.deck_browser_did_render.remove(self.start)
        QTimer.singleShot(SECOND, self.go_on)

    def hear(self, handled: tuple[bool, Any], message: str, _: Any) -> tuple[bool, Any]:
        """Take the page's answer, and go on when the page is done with sending it."""
        if not message.startswith("look:"):
            return handled
        number, answer = json.loads(message.removeprefix("look:"))
        if number == self.asked:
            QTimer.singleShot(0, lambda: self.go_on(answer))
        return True, None

    def note_error(self, level: Any, text: str, line: int, source: str) -> None:
        """Keep what the page writes to its console as an error."""
        if level == AnkiWebPage.JavaScriptConsoleMessageLevel.ErrorMessageLevel:
            self.errors.append(f"js: {text} ({source}:{line})")

    def go_on(self, answer: Any = None) -> None:
        """Take the next step; after the last one, write the report and leave."""
        try:
            if isinstance(answer, dict) and "error" in answer:
                raise RuntimeError(answer["error"])
            self.ask(self.steps.send(answer))
        except StopIteration:
            self.leave({"faces": self.faces})
        except Exception:
            self.leave({"failure": traceback.format_exc()})

    def ask(self, expression: str) -> None:
        """Have the page evaluate an expression; it has some seconds for that."""
        self.asked += 1
        number = self.asked
        aqt.mw.web.eval(ASK % (expression, number))
        QTimer.singleShot(20 * SECOND, lambda: self.give_up(number, expression))

    def give_up(self, number: int, expression: str) -> None:
        """Leave if the page still owes an answer: Anki may have put up another one meanwhile."""
        if number == self.asked:
            said = f"on the page of {aqt.mw.state}: {self.errors}"
            self.leave({"failure": f"no answer to {expression[:200]}, {said}"})

    def leave(self, report: dict[str, Any]) -> None:
        """Write the report and end the application."""
        self.asked += 1  # nothing is waited for anymore
        (self.into / "report.json").write_text(json.dumps(report), encoding="utf-8")
        aqt.mw.unloadProfileAndExit()

    # The steps

    def all_themes(self) -> Asking:
        """Import the package, and look at its cards in both themes."""
        package, options = self.job["package"], ImportAnkiPackageOptions()
        request = ImportAnkiPackageRequest(package_path=package, options=options)
        aqt.mw.col.import_anki_package(request)
        aqt.mw.col.models._clear_cache()
        yield from self.enter_reviewer()
        for theme in (Theme.LIGHT, Theme.DARK):
            aqt.mw.set_theme(theme)
            aqt.mw.reviewer._initWeb()  # nothing of what was shown before is left
            for number in aqt.mw.col.find_cards("deck:*", order="c.due, c.ord"):
                yield from self.all_faces(theme.name.lower(), number)

    def enter_reviewer(self) -> Asking:
        """Start learning, in a window of which the page has the wanted size."""
        mw = aqt.mw
        deck = mw.col.get_card(mw.col.find_cards("deck:*")[0]).did
        mw.col.decks.select(deck)
        mw.moveToState("review")
        yield self.job["settle"]
        width, height = self.job["size"]
        mw.resize(mw.width() + width - mw.web.width(), mw.height() + height - mw.web.height())
        yield self.job["settle"]

    def all_faces(self, theme: str, number: int) -> Asking:
        """Look at a card's question and answers, folded and unfolded."""
        question = self.show_question(number)
        yield from self.record(theme, question, "question")
        if (yield self.job["unfold"]):
            yield from self.record(theme, question, "question, unfolded")
        for face, typed in self.answers().items():
            self.show_question(number)
            yield self.job["settle"]
            box = 'document.getElementById("typeans")'
            given = yield f"{box} && ({box}.value = {json.dumps(typed)}), getTypedAnswer()"
            aqt.mw.reviewer._onTypedAnswer(given)
            yield from self.record(theme, question, face)
        if (yield self.job["unfold"]):
            yield from self.record(theme, question, "answer, unfolded")

    def show_question(self, number: int) -> str:
        """Have the reviewer show a card's question; give the card's name."""
        reviewer = aqt.mw.reviewer
        card = reviewer.card = aqt.mw.col.get_card(number)
        card.start_timer()
        reviewer._showQuestion()
        return f"{card.note()['Id']} card {card.ord + 1}"

    def answers(self) -> dict[str, str]:
        """Give what is typed before each answer, by the name of what it makes of the answer."""
        expected = aqt.mw.reviewer.typeCorrect
        if not expected:
            return {"answer": ""}
        return {"answer, typed right": expected, "answer, typed wrong": expected[:-1] + "x"}

    def record(self, theme: str, card: str, face: str) -> Asking:
        """Note what is on the page and what is wrong with it, and take its picture."""
        yield self.job["settle"]
        seen = yield f"({self.job['inspect']})()"
        path = self.into / f"{theme}-{len(self.faces)}.png"
        image = yield from self.grab()
        image.copy(0, 0, image.width(), min(image.height(), seen["height"])).save(str(path))
        said, self.errors[:] = [*seen["problems"], *self.errors], []
        face_of = {"theme": theme, "card": card, "face": face, "picture": path.name}
        self.faces.append({**face_of, "problems": said, "boxes": seen["boxes"]})

    def grab(self) -> Generator[str, Any, QImage]:
        """Take the picture of the page: it is painted some time after it has been laid out."""
        before, image = None, aqt.mw.web.grab().toImage()
        while image != before:
            yield PAUSE
            before, image = image, aqt.mw.web.grab().toImage()
        return image


def prepare(base: Path) -> None:
    """Answer what a first start would ask: the language; and nothing is looked up elsewhere."""
    profiles = ProfileManager(base)
    profiles.setupMeta()
    profiles.create("Learner")
    profiles.set_video_driver(VideoDriver.Software)
    profiles.set_update_check(False)
    profiles.setLang("en_US")
    profiles.db.close()


def main() -> None:
    """Start Anki as its own program does, with the tour waiting for its first page."""
    job = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    prepare(Path(job["base"]))
    tour = Tour(job)
    AnkiWebPage.javaScriptConsoleMessage = tour.note_error
    gui_hooks.deck_browser_did_render.append(tour.start)
    gui_hooks.webview_did_receive_js_message.append(tour.hear)
    sys.argv = ["anki", "--base", job["base"], "--lang", "en_US"]
    aqt.run()


if __name__ == "__main__":
    main()
