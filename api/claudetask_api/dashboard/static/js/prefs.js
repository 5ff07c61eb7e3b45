/** What this browser remembers: theme, the person's name, whether single keys act. */

const PREFIX = "claudetask.";

function get(name, otherwise) {
  try {
    return localStorage.getItem(PREFIX + name) ?? otherwise;
  } catch {
    return otherwise;
  }
}

function set(name, value) {
  try {
    localStorage.setItem(PREFIX + name, value);
  } catch {
    // Then it lasts as long as the page.
  }
}

export const prefs = {
  get who() {
    return get("who", "dashboard");
  },
  get isNamed() {
    return get("who", "dashboard") !== "dashboard";
  },
  set who(name) {
    set("who", name.trim() || "dashboard");
  },
  get keys() {
    return get("keys", "on") === "on";
  },
  set keys(on) {
    set("keys", on ? "on" : "off");
  },
  get theme() {
    return document.documentElement.dataset.theme ?? "system";
  },
  set theme(name) {
    if (name === "system") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
    set("theme", name);
  },
};

/** Whether the page is dark now. */
export function isDark() {
  const theme = prefs.theme;
  return theme === "dark" || (theme === "system" && matchMedia("(prefers-color-scheme: dark)").matches);
}
