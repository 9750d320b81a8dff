// Keeps an embedded status current: loads the page anew when the front page has changed.
const { revision } = document.querySelector("main").dataset;

async function look() {
  const answer = await fetch("/live.json", { cache: "no-cache" });
  if (answer.ok && (await answer.json()).revision !== revision) location.reload();
}

setInterval(() => look().catch(() => {}), 60_000);
