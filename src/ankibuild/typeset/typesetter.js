"use strict";
// Typesets formulas with the MathJax that Anki ships, as Anki configures it. Runs in any engine
// after MathJax's files: the host hands over one request at a time, and gets one answer.
(() => {
  const {
    input: { tex_ts, tex: { AllPackages: { AllPackages }, TexParser } },
    output: { chtml_ts, chtml: { fonts } },
    adaptors: { liteAdaptor: { liteAdaptor } },
    handlers: { html_ts: { RegisterHTMLHandler } },
    core: { MmlTree: { SerializedMmlVisitor: { SerializedMmlVisitor } } },
    mathjax: { mathjax },
  } = MathJax._;

  // Anki loads all packages but textmacros. Two of them hide mistakes; two change what comes after
  // a formula, or what is around it: a rule of ours keeps their macros out of cards.
  const LEFT_OUT = ["textmacros", "noerrors", "noundefined", "newcommand", "html"];
  // The macros of other packages that change what comes after a formula.
  const LASTING =
    /^(?:DeclareMathOperator|DeclarePairedDelimiter.*|definecolor|mathtoolsset|(?:re)?newtagform|usetagform)\*?$/;

  const adaptor = liteAdaptor();
  RegisterHTMLHandler(adaptor);
  const tex = new tex_ts.TeX({
    packages: AllPackages.filter(name => !LEFT_OUT.includes(name)),
    formatError: (_, error) => { throw error; },
  });
  const chtml = new chtml_ts.CHTML({
    font: new fonts.tex_ts.TeXFont({ fontURL: "fonts" }),
    adaptiveCSS: false,
  });
  const page = mathjax.document("", { InputJax: tex, OutputJax: chtml });
  const visitor = new SerializedMmlVisitor();

  const maps = kind => [...tex.parseOptions.handlers.get(kind)._configuration]
    .flatMap(({ item }) => item.map ? [item.map] : []);
  const names = kind => [...new Set(maps(kind).flatMap(map => [...map.keys()]))]
    .filter(name => /^[a-zA-Z]+\*?$/.test(name)).sort();

  for (const map of maps("macro"))
    for (const name of [...map.keys()].filter(name => LASTING.test(name))) map.delete(name);

  // ---------------------------------------------------------------- the place of a mistake

  // A parser calls others for the arguments it meets. An error passes through all of them, from
  // the innermost outwards, and notes how far each has come.
  const parse = TexParser.default.prototype.Parse;
  TexParser.default.prototype.Parse = function () {
    const written = this.string;
    try {
      parse.call(this);
    } catch (error) {
      (error.trail ??= []).push({ written, string: this.string, i: this.i });
      throw error;
    }
  };

  // A macro that stands for others puts them in place of what the parser has read: only what is
  // still to be read is where it was written.
  const asWritten = ({ written, string }, i) => Math.max(0, written.length - (string.length - i));

  // Give the offset, in characters, up to which a formula had been read.
  function placeOf(formula, [innermost, ...outer]) {
    let at = asWritten(innermost, innermost.i);
    let { written } = innermost;
    for (const parser of outer) {
      const start = parser.string.lastIndexOf(written, parser.i - written.length);
      at = asWritten(parser, start < 0 ? parser.i : start + at);
      written = parser.written;
    }
    return [...formula.slice(0, at)].length;
  }

  // ---------------------------------------------------------------- what no card may hold

  const PLAIN = /^(?!.*url)[^;:\\<>{}]*$/i;
  const STYLE = /^(?:\s*(?:border|padding|background(?:-color)?)\s*:[\s\w#.,%-]*(?:;|$))*$/;
  const FORBIDDEN = ["href", "src", "class", "fontfamily"];

  function guard(root) {
    root.walkTree(node => {
      if (!node.attributes) return;
      // The id of a tag: a page of several cards would have it twice.
      delete node.attributes.getAllAttributes().id;
      for (const [name, value] of Object.entries(node.attributes.getAllAttributes())) {
        const allowed = name === "style" ? STYLE : PLAIN;
        if (FORBIDDEN.includes(name) || !allowed.test(value))
          throw { id: "Unsafe", message: `${name}: ${value}` };
      }
    });
  }

  // ---------------------------------------------------------------- requests

  function compiled(formula, display) {
    tex.reset();
    const item = new page.options.MathItem(formula, tex, display);
    item.start.node = adaptor.body(page.document);
    item.setMetrics(20, 9, 1280, 1e6, 1); // what a large font of a card gives
    item.compile(page);
    guard(item.root);
    return item;
  }

  function width(item) {
    chtml.container = adaptor.node("mjx-container"); // where text in other fonts is measured
    return chtml.getBBox(item, page).w;
  }

  function markup(item, display) {
    item.typeset(page);
    const container = item.typesetRoot;
    adaptor.setAttribute(adaptor.firstChild(container), "aria-hidden", "true");
    const shape = display ? "block" : "inline";
    const spoken = visitor.visitTree(item.root).replace(/>\n\s*</g, "><");
    return adaptor.outerHTML(container).replace(
      /<\/mjx-container>$/,
      () => `<mjx-assistive-mml display="${shape}">${spoken}</mjx-assistive-mml></mjx-container>`
    );
  }

  // What MathJax adds for the MathML that only a screen reader meets.
  const ASSISTIVE = `
    mjx-container { position: relative; }
    mjx-assistive-mml {
      position: absolute !important; top: 0; left: 0; padding: 1px 0 0 0 !important;
      border: 0 !important; display: block !important; width: auto !important;
      overflow: hidden !important; clip: rect(1px, 1px, 1px, 1px); user-select: none;
    }
    mjx-assistive-mml[display="block"] { width: 100% !important; }`;

  const requests = {
    verdict: ({ tex, display }) => {
      const item = compiled(tex, display);
      return display ? 0 : Math.round(width(item) * 100) / 100;
    },
    markup: ({ tex, display }) => markup(compiled(tex, display), display),
    names: () => ({ macros: names("macro"), environments: names("environment") }),
    stylesheet: () =>
      (adaptor.textContent(chtml.styleSheet(page)) + ASSISTIVE).replace(/\s*\n\s*/g, "\n").trim(),
  };

  globalThis.answer = line => {
    const request = JSON.parse(line);
    try {
      return JSON.stringify({ result: requests[request.want](request) });
    } catch ({ id = "", message = "", trail }) {
      const at = trail ? placeOf(request.tex, trail) : null;
      return JSON.stringify({ error: [id, message, at] });
    }
  };
})();
