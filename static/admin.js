// The admin's comforts. Every page works without it: clocks that tick, a preview while one writes, text that is
// kept on this device until it was sent.

// Clocks: the server wrote the time, the script counts.

function length(seconds) {
  const [d, h, m] = [Math.floor(seconds / 86400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (d) return `${d} d ${h} h`;
  if (h) return `${h} h ${m} min`;
  return m >= 5 ? `${m} min` : `${m} min ${Math.floor(seconds % 60)} s`;
}

function tick() {
  for (const clock of document.querySelectorAll("[data-due]")) {
    const left = (Date.parse(clock.dataset.due) - Date.now()) / 1000;
    const { late, left: ahead } = clock.dataset;
    const promised = "promised" in clock.dataset; // an update somebody is owed, not a step that comes by itself
    clock.textContent = left < 0 && !promised ? late : `${length(Math.abs(left))} ${left < 0 ? late : ahead}`;
    if (promised) clock.closest(".clock, .due-line").classList.toggle("overdue", left < 0);
  }
}

if (document.querySelector("[data-due]")) {
  tick();
  setInterval(tick, 1000);
}

// Preview: the server says what posting would do, and what the button shall say.

function watch(form) {
  let asked = 0;
  let waiting;

  async function preview() {
    const mine = ++asked;
    const target = form.querySelector("[data-fragment]");
    try {
      const answer = await fetch(form.dataset.live, {
        method: "POST",
        body: new URLSearchParams(new FormData(form)),
        headers: { "X-Requested-With": "fetch" },
      });
      if (mine !== asked || !answer.ok) return;
      target.innerHTML = await answer.text();
      const says = target.querySelector("[data-button]")?.dataset.button;
      const button = form.querySelector("[data-says]");
      if (says && button) button.textContent = says;
      const line = form.querySelector("[data-says-line]");
      if (line) {
        line.textContent = target.querySelector("[data-line]")?.dataset.line ?? "";
        line.hidden = !line.textContent;
      }
      const confirm = form.querySelector("[data-confirm]");
      if (confirm) confirm.hidden = !target.querySelector("[data-warns]");
    } catch {
      // No connection now: the form works without a preview, and the text is kept below.
    }
  }

  function previewSoon() {
    clearTimeout(waiting);
    waiting = setTimeout(preview, 350);
  }

  form.addEventListener("input", previewSoon);
  form.addEventListener("change", previewSoon);
}

for (const form of document.querySelectorAll("form[data-live]")) watch(form);

// A button that tells people says to how many, and that it is nobody when the tick is taken away.

for (const button of document.querySelectorAll("button[data-quiet]")) {
  const { told, quiet } = button.dataset;
  const say = () => {
    button.textContent = button.form.elements.notify.checked ? told : quiet;
  };
  button.form.addEventListener("input", say);
}

// "Earlier" is meant by whoever writes a time.

const began = document.querySelector("#started_at");
began?.addEventListener("input", () => {
  const earlier = began.form.querySelector("[name=started][value=earlier]");
  if (began.value && earlier) earlier.checked = true;
});

// Keeping: what is typed stays on this device until the server says that it was sent.

const prefix = "statuspage-unsent:";
const OWN = ["csrf_token", "after", "edits", "writer", "do"]; // what a form sends beside what is typed

function store(action) {
  try {
    return action(localStorage);
  } catch {
    return null; // storage is refused: nothing is kept, nothing breaks
  }
}

function typedIn(kept) {
  const fields = [...new FormData(kept)].filter(([name]) => !OWN.includes(name));
  return JSON.stringify(fields);
}

function fill(kept, fields) {
  const values = new Map();
  for (const [name, value] of fields) values.set(name, [...(values.get(name) ?? []), value]);
  for (const field of kept.elements) {
    if (!field.name || OWN.includes(field.name)) continue;
    const mine = values.get(field.name);
    if (field.type === "checkbox" || field.type === "radio") field.checked = mine?.includes(field.value) ?? false;
    else if (mine && field.type !== "hidden") field.value = mine[0];
    const more = field.closest("details");
    if (more && mine && field.value && field.defaultValue !== field.value && field.type !== "radio") more.open = true;
  }
}

// Each showing of a form has a writer; who shows it holds its lock, so that a second tab leaves the first its text.

function take(writer) {
  if (!navigator.locks) return true; // plain http from elsewhere: the newest tab has it
  return new Promise((taken) => {
    navigator.locks.request(`statuspage-writer-${writer}`, { ifAvailable: true }, (lock) => {
      taken(Boolean(lock));
      return lock ? new Promise(() => {}) : undefined; // held as long as the page is open
    });
  });
}

async function offer(kept, name, first) {
  const found = JSON.parse(store((s) => s.getItem(prefix + name)) ?? "null");
  if (!found || found.fields === first || kept.querySelector(".error-summary")) return;
  if (found.writer && kept.elements.writer && !(await take(found.writer))) return; // another tab is writing it
  if (typedIn(kept) !== first) return;
  fill(kept, JSON.parse(found.fields));
  if (found.writer && kept.elements.writer) {
    kept.elements.writer.value = found.writer; // the same text goes on, on the server as well
    document.querySelector(`[data-writer="${found.writer}"]`)?.remove();
    for (const box of document.querySelectorAll(".unsent")) box.hidden = !box.querySelector("li");
  }
  const note = document.createElement("div");
  note.className = "alert restored";
  note.setAttribute("role", "status");
  const text = document.createElement("span");
  text.textContent = `Not sent yet, written ${new Date(found.at).toLocaleString()}: brought back from this device.`;
  const drop = document.createElement("button");
  drop.type = "button";
  drop.className = "small";
  drop.textContent = "Start afresh";
  drop.addEventListener("click", () => {
    store((s) => s.removeItem(prefix + name));
    kept.reset();
    if (kept.elements.writer) forget(kept, `/admin/unsent/${name}/drop`);
    note.remove();
    kept.dispatchEvent(new Event("input"));
  });
  note.append(text, drop);
  (kept.querySelector(".post-fields") ?? kept).prepend(note);
  kept.dispatchEvent(new Event("input"));
}

for (const sent of document.querySelectorAll("[data-sent]")) {
  store((s) => s.removeItem(prefix + sent.dataset.sent));
}
for (const kept of document.querySelectorAll("form[data-keep]")) {
  const name = kept.dataset.keep;
  const typed = "typed" in kept.dataset; // the server filled it with what somebody typed
  const first = typed ? "" : typedIn(kept);
  if (!typed) offer(kept, name, first);
  const writer = kept.elements.writer;
  if (writer) {
    take(writer.value);
    autosave(kept, `/admin/unsent/${name}`);
  }
  kept.addEventListener("input", () => {
    const fields = typedIn(kept);
    const entry = JSON.stringify({ at: Date.now(), fields, writer: writer?.value });
    store((s) => (fields === first ? s.removeItem(prefix + name) : s.setItem(prefix + name, entry)));
  });
  if (typed) kept.dispatchEvent(new Event("input"));
}

// What is thrown away is thrown away on the server too; what is typed next is another text.

function forget(kept, path) {
  const { csrf_token: token, writer } = kept.elements;
  const body = new URLSearchParams({ csrf_token: token.value, writer: writer.value });
  fetch(path, { method: "POST", body, headers: { "X-Requested-With": "fetch" } }).catch(() => {});
  writer.value = [...crypto.getRandomValues(new Uint8Array(8))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

// Autosave: the server keeps it too, for another device or a browser that lost its own. Not once it is sent.

function autosave(kept, path) {
  let waiting;
  let saving;
  let dirty = false;

  async function save() {
    saving = new AbortController();
    const typed = typedIn(kept);
    try {
      const answer = await fetch(path, {
        method: "POST",
        body: new URLSearchParams(new FormData(kept)),
        headers: { "X-Requested-With": "fetch" },
        signal: saving.signal,
      });
      if (answer.ok && typedIn(kept) === typed) dirty = false;
    } catch {
      // No connection now: this device has it.
    }
  }

  kept.addEventListener("input", () => {
    dirty = true;
    clearTimeout(waiting);
    waiting = setTimeout(save, 800);
  });
  kept.addEventListener("submit", () => {
    dirty = false;
    clearTimeout(waiting);
    saving?.abort();
  });
  addEventListener("pagehide", () => {
    if (dirty) navigator.sendBeacon(path, new FormData(kept));
  });
}

// On a phone the row of pages is wider than the screen: the one that is shown comes into view.

const row = document.querySelector(".admin-nav ul");
const here = row?.querySelector("[aria-current]");
if (here) row.scrollLeft = here.offsetLeft - row.offsetLeft - (row.clientWidth - here.offsetWidth) / 2;

// After a refusal the summary is where one wants to be.

document.querySelector("[data-focus]")?.focus();

// Ctrl+Enter posts from wherever the hands are.

for (const posted of document.querySelectorAll("form[data-keep]")) {
  posted.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) posted.requestSubmit(posted.querySelector("button.primary"));
  });
}
