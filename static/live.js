// Keeps the front page current: asks for one small file and renews the main part when its revision changed.
const every = 30_000;

async function look() {
  if (document.hidden) return;
  const answer = await fetch("/live.json", { cache: "no-cache" });
  if (!answer.ok) return;
  const { revision } = await answer.json();
  if (revision !== document.querySelector("main").dataset.revision) await renew();
}

async function renew() {
  const answer = await fetch("/", { cache: "no-cache" });
  if (!answer.ok) return;
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  const main = document.querySelector("main");
  const open = [...main.querySelectorAll("details[open][id]")].map(({ id }) => id);
  const held = main.contains(document.activeElement) && document.activeElement.closest("[id]")?.id;
  // Somebody who is typing keeps the page as it is; the next look tries again.
  if (document.activeElement?.matches("main input")) return;
  const part = document.adoptNode(fresh.querySelector("main"));
  for (const id of open) part.querySelector(`#${CSS.escape(id)}`)?.setAttribute("open", "");
  main.replaceWith(part);
  if (held) document.getElementById(held)?.querySelector("summary, a")?.focus({ preventScroll: true });
  document.title = fresh.title;
  document.querySelector("link[rel=icon]").href = fresh.querySelector("link[rel=icon]").getAttribute("href");
  const now = new Date().toLocaleTimeString(document.documentElement.lang, { hour: "2-digit", minute: "2-digit" });
  const region = document.querySelector("[data-live]");
  region.textContent = `${region.dataset.live} ${now}. ${document.querySelector("h1").textContent.trim()}`;
  document.dispatchEvent(new Event("page:renewed"));
}

const ask = () => look().catch(() => {});
setInterval(ask, every);
document.addEventListener("visibilitychange", ask);
