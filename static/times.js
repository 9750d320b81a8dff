// Adds to the page's own times the reader's zone and how long ago; nothing that is written goes away.
// English is written day first, as the server writes it.
const lang = document.documentElement.lang.replace(/^en$/, "en-GB");
const { zone, yourTime } = document.body.dataset;
const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
const relative = new Intl.RelativeTimeFormat(lang, { style: "short", numeric: "auto" });
const exact = new Intl.DateTimeFormat(lang, { dateStyle: "full", timeStyle: "long" });
const shown = { hour: "2-digit", minute: "2-digit", hourCycle: "h23" };
const clock = new Intl.DateTimeFormat(lang, shown);
const day = new Intl.DateTimeFormat(lang, { weekday: "short", ...shown });

/** What a clock shows at an instant, to compare two zones; no zone given is the reader's own. */
function wall(date, timeZone) {
  return date.toLocaleString("en", { timeZone });
}

function ago(date) {
  const seconds = (date - Date.now()) / 1000;
  const [unit, length] = units.find(([, length]) => Math.abs(seconds) >= length) ?? units[2];
  return relative.format(Math.ceil(seconds / length), unit);
}

function noteAfter(time) {
  let note = time.nextElementSibling;
  if (!note?.matches(".rel")) {
    note = document.createElement("span");
    note.className = "rel";
    time.after(" ", note);
  }
  return note;
}

function add() {
  for (const time of document.querySelectorAll("main time[datetime*='T']")) {
    const date = new Date(time.dateTime);
    const { due, rel, until } = time.dataset;
    const parts = [];
    time.title = exact.format(date);
    if ((due ?? until) !== undefined && wall(date) !== wall(date, zone)) {
      const own = until ? day.formatRange(date, new Date(until)) : clock.format(date);
      parts.push(`${own} ${yourTime}`);
    }
    if (rel !== undefined) parts.push(ago(date));
    if (!parts.length) continue;
    const note = noteAfter(time);
    note.textContent = `(${parts.join(", ")})`;
    note.classList.toggle("late", due !== undefined && date < Date.now());
  }
}

add();
setInterval(add, 20_000);
document.addEventListener("page:renewed", add);
