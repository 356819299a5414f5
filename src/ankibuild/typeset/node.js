"use strict";
// The host of typesetter.js in node: requests and answers are lines of JSON.
// Arguments: the seconds a formula may take, then the files to run.
const { readFileSync, writeSync } = require("fs");
const { createInterface } = require("readline");
const { setFlagsFromString } = require("v8");
const { Script, runInThisContext } = require("vm");

// V8 is to optimize less eagerly: most who ask are gone before that has paid for itself.
setFlagsFromString("--interrupt-budget=528000");

const [seconds, ...files] = process.argv.slice(2);
globalThis.MathJax = { loader: { load: [], ready() {} } };
for (const file of files) runInThisContext(readFileSync(file, "utf8"), { filename: file });

// To keep a limit takes as long as to typeset a formula, and so does waking up who waits for an
// answer: both are done once for all formulas of a turn. No answer is held back for much longer.
const limit = seconds * 1000;
const turn = 20;
const lines = [];
const answers = []; // to the first of the lines
let end = 0;
let begun = Infinity;
// The limit can stop what is below at any call. Whether a line is answered is one fact: an answer.
globalThis.host = {
  next() {
    if (answers.length && Date.now() > end) return undefined;
    begun = Date.now();
    return lines[answers.length];
  },
  take(answer) {
    answers.push(answer);
    begun = Infinity;
  },
};
const work = new Script("for (let line; (line = host.next()); ) host.take(answer(line));");

function run() {
  while (lines.length) {
    end = Date.now() + turn;
    try {
      work.runInThisContext({ timeout: limit });
    } catch (error) {
      // A formula that did not have the time to itself is tried again.
      const had = Date.now() - begun > limit * 0.9;
      if (had || error.code !== "ERR_SCRIPT_EXECUTION_TIMEOUT")
        answers.push(JSON.stringify({ error: ["Timeout", String(error), null] }));
    }
    lines.splice(0, answers.length);
    writeSync(1, answers.splice(0).map(answer => answer + "\n").join(""));
  }
}

writeSync(1, '{"result": "ready"}\n');
createInterface({ input: process.stdin }).on("line", line => {
  if (lines.push(line) === 1) setImmediate(run);
});
