"use strict";
// The host of typesetter.js in node: requests and answers are lines of JSON.
// Arguments: the seconds a formula may take, then the files to run.
const { readFileSync, writeSync } = require("fs");
const { createInterface } = require("readline");
const { Script, runInThisContext } = require("vm");

const [seconds, ...files] = process.argv.slice(2);
globalThis.MathJax = { loader: { load: [], ready() {} } };
for (const file of files) runInThisContext(readFileSync(file, "utf8"), { filename: file });

// To keep a limit takes as long as to typeset a formula: it is kept for all that wait.
const limit = seconds * 1000;
const lines = [];
let begun = 0;
globalThis.host = {
  next() {
    begun = Date.now();
    return lines[0];
  },
  say(text) {
    lines.shift();
    writeSync(1, text + "\n");
  },
};
const work = new Script("for (let line; (line = host.next()); ) host.say(answer(line));");

function run() {
  while (lines.length) {
    try {
      work.runInThisContext({ timeout: limit });
    } catch (error) {
      // A formula that did not have the time to itself is tried again.
      const had = Date.now() - begun > limit * 0.9;
      if (had || error.code !== "ERR_SCRIPT_EXECUTION_TIMEOUT")
        host.say(JSON.stringify({ error: ["Timeout", String(error), null] }));
    }
  }
}

writeSync(1, '{"result": "ready"}\n');
createInterface({ input: process.stdin }).on("line", line => {
  if (lines.push(line) === 1) setImmediate(run);
});
