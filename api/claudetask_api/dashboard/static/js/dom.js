/** Elements by construction: nothing here, or anywhere, makes HTML of text. */

const SVG = "http://www.w3.org/2000/svg";

/**
 * An element. `on` holds listeners, `data` data attributes, `style` custom properties; a value
 * of null, undefined or false leaves an attribute or a child out.
 */
export function h(tag, props = {}, ...children) {
  return fill(document.createElement(tag), props, children);
}

/** The same for SVG. */
export function s(tag, props = {}, ...children) {
  return fill(document.createElementNS(SVG, tag), props, children);
}

const PROPERTIES = new Set(["value", "checked", "selected", "disabled", "open", "indeterminate"]);

function fill(element, props, children) {
  for (const [name, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (name === "on") {
      for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
    } else if (name === "data") {
      for (const [key, one] of Object.entries(value)) if (one !== null && one !== undefined) element.dataset[key] = one;
    } else if (name === "style") {
      for (const [key, one] of Object.entries(value)) element.style.setProperty(key, one);
    } else if (PROPERTIES.has(name)) {
      element[name] = value;
    } else {
      element.setAttribute(name, value === true ? "" : String(value));
    }
  }
  append(element, children);
  return element;
}

export function append(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    element.append(child instanceof Node ? child : String(child));
  }
  return element;
}

/** Replaces what an element holds. */
export function put(element, ...children) {
  element.replaceChildren();
  return append(element, children);
}

const ICONS = {
  board: "M4 4h4v16H4zM10 4h4v10h-4zM16 4h4v13h-4z",
  search: "M10.500 4a6.500 6.500 0 1 0 0 13 6.500 6.500 0 0 0 0-13zM15.500 15.500 20 20",
  agents: "M12 3v3M7 6h10a3 3 0 0 1 3 3v6a3 3 0 0 1-3 3H7a3 3 0 0 1-3-3V9a3 3 0 0 1 3-3zM9 11v2M15 11v2M9 21h6",
  file: "M6 3h8l4 4v14H6zM14 3v4h4M9 12h6M9 16h6",
  activity: "M3 12h4l3-8 4 16 3-8h4",
  jobs: "M12 4v4M12 16v4M4 12h4M16 12h4M6.300 6.300l2.900 2.900M14.800 14.800l2.900 2.900M6.300 17.700l2.900-2.900M14.800 9.200l2.900-2.900",
  flow: "M4 20V4M4 20h16M8 16l4-5 3 3 5-7",
  settings: "M5 7h9M18 7h1M5 17h1M10 17h9M14 5v4M6 15v4",
  menu: "M4 7h16M4 12h16M4 17h16",
  close: "M6 6l12 12M18 6 6 18",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  light: "M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2v2M12 20v2M2 12h2M20 12h2M4.900 4.900l1.400 1.400M17.700 17.700l1.400 1.400M4.900 19.100l1.400-1.400M17.700 6.300l1.400-1.400",
  dark: "M20 14.500A8 8 0 0 1 9.500 4a8 8 0 1 0 10.500 10.500z",
  help: "M9.200 9a2.900 2.900 0 1 1 4.300 2.600c-.9.5-1.500 1.200-1.500 2.400M12 17.500h.01M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18z",
  check: "M5 12.500l4.500 4.500L19 7.500",
  person: "M12 4.500a3.500 3.500 0 1 0 0 7 3.500 3.500 0 0 0 0-7zM5 20c.5-4 3.300-6 7-6s6.500 2 7 6",
  copy: "M9 9h10v11H9zM15 9V4H5v11h4",
  note: "M5 5h14v10H9l-4 4z",
  lock: "M7 11h10v9H7zM9 11V8a3 3 0 0 1 6 0v3",
  bug: "M9 8a3 3 0 0 1 6 0M7 9h10v5a5 5 0 0 1-10 0zM4 12h3M17 12h3M5 18l2.500-2M19 18l-2.500-2M12 10v9",
  feature: "M12 4l2.200 5.300 5.800.4-4.400 3.700 1.400 5.600-5-3-5 3 1.400-5.600L4 9.700l5.800-.4z",
  branch: "M7 5v14M7 15c6 0 10-2 10-7M17 8a2 2 0 1 0 0-4 2 2 0 0 0 0 4z",
  up: "M12 19V5M6 11l6-6 6 6",
  link: "M10 14a4 4 0 0 0 6 0l3-3a4 4 0 0 0-6-6l-1 1M14 10a4 4 0 0 0-6 0l-3 3a4 4 0 0 0 6 6l1-1",
};

/** An icon that says nothing to a screen reader: what stands beside it does. */
export function icon(name) {
  return s("svg", { class: "icon", viewBox: "0 0 24 24", "aria-hidden": "true" }, s("path", { d: ICONS[name] }));
}
