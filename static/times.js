// Adds to the page's own times the reader's zone and how long ago; nothing that is written goes away.
const lang = document.documentElement.lang;
const ownZone = Intl.DateTimeFormat().resolvedOptions().timeZone;
const units = [["day", 86400], ["hour", 3600], ["minute", 60]];
const relative = new Intl.RelativeTimeFormat(lang, { style: "short" });
const exact = new Intl.DateTimeFormat(lang, { dateStyle: "full", timeStyle: "long" });

function offset(zone, date) {
  const part = new Intl.DateTimeFormat("en", { timeZone: zone, timeZoneName: "longOffset" }).formatToParts(date);
  return part.find(({ type }) => type === "timeZoneName").value;
}

function ago(date) {
  const seconds = (date - Date.now()) / 1000;
  const [unit, length] = units.find(([, length]) => Math.abs(seconds) >= length) ?? units[2];
  return relative.format(Math.trunc(seconds / length), unit);
}

function extra(time, kind) {
  let note = time.nextElementSibling;
  if (!note?.classList.contains(kind)) {
    note = document.createElement("span");
    note.className = kind;
    time.after(" ", note);
  }
  return note;
}

function add() {
  const pageZone = document.body.dataset.zone;
  for (const time of document.querySelectorAll("main time[datetime*='T']")) {
    const date = new Date(time.dateTime);
    time.title = exact.format(date);
    const rel = "rel" in time.dataset;
    if (rel) {
      const late = "due" in time.dataset && date < Date.now();
      const note = extra(time, "rel");
      note.textContent = `(${ago(date)})`;
      note.classList.toggle("late", late);
    }
    if (rel && offset(pageZone, date) !== offset(ownZone, date)) {
      const own = new Intl.DateTimeFormat(lang, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(date);
      time.dataset.own = `${own} ${document.body.dataset.yourTime}`;
    }
  }
}

add();
setInterval(add, 20_000);
document.addEventListener("page:renewed", add);
