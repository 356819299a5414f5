"use strict";
// The host of typesetter.js in node: requests and answers are lines of JSON.
// Arguments: the seconds a formula may take, then the files to run.
const { readFileSync } = require("fs");
const { createInterface } = require("readline");
const { Script, runInThisContext } = require("vm");

const [seconds, ...files] = process.argv.slice(2);
globalThis.MathJax = { loader: { load: [], ready() {} } };
for (const file of files) runInThisContext(readFileSync(file, "utf8"), { filename: file });

const call = new Script("answer(line)");
const say = text => process.stdout.write(text + "\n");
say('{"result": "ready"}');
createInterface({ input: process.stdin }).on("line", line => {
  globalThis.line = line;
  try {
    say(call.runInThisContext({ timeout: seconds * 1000 }));
  } catch (error) {
    say(JSON.stringify({ error: ["Timeout", String(error), null] }));
  }
});
