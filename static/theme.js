// Light, dark or as the device asks; the choice is kept on this device. Without this script the device decides.
const root = document.documentElement;
const choices = ["auto", "light", "dark"];

function stored() {
  try {
    return choices.includes(localStorage.theme) ? localStorage.theme : "auto";
  } catch {
    return "auto";
  }
}

function show(theme) {
  if (theme === "auto") delete root.dataset.theme;
  else root.dataset.theme = theme;
}

show(stored());

function addSwitch() {
  const place = document.querySelector("[data-theme-switch]");
  if (!place) return;
  const set = document.createElement("fieldset");
  set.className = "theme-switch";
  const legend = document.createElement("legend");
  legend.className = "away";
  legend.textContent = place.dataset.themeSwitch;
  set.append(legend);
  for (const theme of choices) {
    const label = document.createElement("label");
    const input = document.createElement("input");
    Object.assign(input, { type: "radio", name: "theme", value: theme, checked: theme === stored() });
    input.addEventListener("change", () => {
      show(theme);
      try {
        localStorage.theme = theme;
      } catch {
        // Storage is refused: the choice holds for this page only.
      }
    });
    const word = document.createElement("span");
    word.textContent = place.dataset[theme];
    label.append(input, word);
    set.append(label);
  }
  place.append(set);
}

if (document.readyState === "loading") document.addEventListener("DOMContentLoaded", addSwitch);
else addSwitch();
