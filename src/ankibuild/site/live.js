// Keeps the page as new as the files: the server tells their version, and each later one.
//
// A browser opens no more than six connections to a server. So that any number of tabs can be open,
// one of them listens to the server and tells the others; when it is closed, another takes over.
import { refresh } from "./site.js";

const EVENTS = "/-/events";
const HELLO = "hello";
const page = document.documentElement;
const tabs = new BroadcastChannel("live");
let news; // what the server told last
let isBusy = false;
let isListening = false;

async function update(told) {
  news = told;
  if (isBusy) return;
  isBusy = true;
  try {
    while (page.dataset.version !== news.version) {
      const { version } = news; // there may be other news when it is done
      await refresh();
      page.dataset.version = version;
    }
  } catch (error) {
    console.warn(error); // The server went away. It tells its version when it is back.
  } finally {
    isBusy = false;
  }
}

function listen() {
  isListening = true;
  const events = new EventSource(EVENTS);
  events.addEventListener("change", event => {
    update(JSON.parse(event.data));
    tabs.postMessage(news);
  });
  events.addEventListener("error", () => {
    // Some browsers give up when nobody answers, and others wait longer and longer.
    events.close();
    setTimeout(listen, 500);
  });
}

tabs.addEventListener("message", ({ data }) => {
  if (data !== HELLO) update(data);
  else if (isListening && news) tabs.postMessage(news);
});
tabs.postMessage(HELLO);
// A promise that is never kept: the lock is held until the tab is closed.
navigator.locks.request("live", () => new Promise(listen));
