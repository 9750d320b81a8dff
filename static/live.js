// Keeps the front page current: asks for one small file and renews the main part when its revision changed.
// Every 5 s while somebody has just come or something has just changed, later every 15 s; when the server or the
// network is away it waits twice as long each time, and a hidden page asks nothing at all. An answer is mostly a 304.
const lively = 5_000;
const calm = 15_000;
const longest = 60_000;
let busyUntil = Date.now() + 600_000;
let failures = 0;
let timer;
const { root } = document.body.dataset;
const region = document.querySelector("[data-live]");

async function look() {
  if (document.hidden) return;
  const answer = await fetch(`${root}/live.json`, { cache: "no-cache" });
  if (!answer.ok) throw new Error(`live.json: ${answer.status}`);
  const { revision } = await answer.json();
  if (revision !== document.querySelector("main").dataset.revision) await renew();
}

async function renew() {
  // Somebody who is typing keeps the page as it is; the next look tries again.
  if (document.activeElement?.matches("main input")) return;
  const answer = await fetch(`${root}/`, { cache: "no-cache" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = document.querySelector("main");
  const part = document.adoptNode(fresh.querySelector("main"));
  const before = main.querySelector("h1").textContent;
  const focused = main.contains(document.activeElement) ? document.activeElement.closest("[id]").id : "";
  for (const { id } of main.querySelectorAll("details[open][id]")) {
    part.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
  }
  main.replaceWith(part);
  busyUntil = Date.now() + 600_000;
  if (focused) document.getElementById(focused)?.querySelector("summary, a")?.focus({ preventScroll: true });
  document.title = fresh.title;
  document.querySelector("link[rel=icon]").href = fresh.querySelector("link[rel=icon]").getAttribute("href");
  announce(part.querySelector("h1").textContent, before);
  document.dispatchEvent(new Event("page:renewed"));
}

function announce(headline, before) {
  const time = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
  region.textContent = `${region.dataset.live} ${time}`;
  if (headline === before) return;
  const news = document.createElement("span");
  news.className = "away";
  news.textContent = `. ${headline}`;
  region.append(news);
}

function wait() {
  const usual = Date.now() < busyUntil ? lively : calm;
  return Math.min(usual * 2 ** failures, longest) * (0.8 + 0.4 * Math.random());
}

async function ask() {
  clearTimeout(timer);
  try {
    await look();
    failures = 0;
  } catch {
    failures = Math.min(failures + 1, 5);
  }
  if (!document.hidden) timer = setTimeout(ask, wait());
}

timer = setTimeout(ask, wait());
addEventListener("online", ask);
document.addEventListener("visibilitychange", () => {
  if (document.hidden) return clearTimeout(timer);
  busyUntil = Date.now() + 600_000;
  ask();
});
