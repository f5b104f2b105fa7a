// The building blocks of the page. Everything is inserted as text, never as markup.

const messages = document.getElementById("messages");
export const fields = new Map();    // the values of the inputs, by name
export const page = { draw() {}, async update() {} };    // set by page.js

/** An element: `el("td", { class: "wide" }, "text", child, …)`. Attributes that start with `on` are listeners. */
export function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  node.listeners = {};
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) listen(node, key.slice(2), value);
    else if (value !== undefined && value !== null && value !== false) {
      node.setAttribute(key, value === true ? "" : value);
    }
  }
  node.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}

/** Listeners are looked up when an event comes, so that a redraw can replace them and keep the element. */
function listen(node, type, listener) {
  if (!(type in node.listeners)) node.addEventListener(type, (event) => node.listeners[type]?.(event));
  node.listeners[type] = listener;
}

const keyOf = (node) => node.dataset?.key ?? node.id ?? "";
const fits = (before, after) => before.nodeName === after.nodeName && keyOf(before) === keyOf(after);

/** Gives `before` the children of `after`. Elements that stay keep the selection, the focus and what was scrolled. */
export function morph(before, after) {
  const wanted = [...after.childNodes];
  const keyed = new Map([...before.childNodes].filter((node) => keyOf(node)).map((node) => [keyOf(node), node]));
  let next = before.firstChild;
  for (const child of wanted) {
    const same = keyOf(child) ? keyed.get(keyOf(child)) : next && !keyOf(next) ? next : undefined;
    if (same && fits(same, child)) {
      if (same === next) next = next.nextSibling;
      else before.insertBefore(same, next);
      change(same, child);
    } else {
      before.insertBefore(child, next);
    }
  }
  while (next) {
    const node = next;
    next = next.nextSibling;
    node.remove();
  }
}

function change(before, after) {
  if (before.nodeType !== Node.ELEMENT_NODE) {
    if (before.nodeValue !== after.nodeValue) before.nodeValue = after.nodeValue;
    return;
  }
  for (const { name } of [...before.attributes]) {
    // Whether a part is open is the user's choice.
    if (!after.hasAttribute(name) && !(name === "open" && before.nodeName === "DETAILS")) before.removeAttribute(name);
  }
  for (const { name, value } of [...after.attributes]) {
    if (before.getAttribute(name) !== value) before.setAttribute(name, value);
  }
  for (const type of Object.keys(before.listeners ?? {})) before.listeners[type] = undefined;
  for (const [type, listener] of Object.entries(after.listeners ?? {})) listen(before, type, listener);
  morph(before, after);
  if ("value" in before && before.matches("input, select, textarea") && before.value !== after.value) {
    before.value = after.value;
  }
  if (before.type === "checkbox") before.checked = after.checked;
}

// MARK: buttons

export function button(label, key, act, kind = "", about = "") {
  return el("button", { type: "button", class: kind, "data-key": key,
    "aria-label": about ? `${label} ${about}` : undefined, onclick: act }, label);
}

/** Does `work` and draws the page again. Shows `done`, or the error. */
export async function attempt(work, done) {
  try {
    await work();
    if (done) say(done);
    await page.update(true);
    return true;
  } catch (error) {
    say(error.message, "bad");
    return false;
  }
}

export function say(text, kind = "") {
  const note = el("p", { class: kind }, text);
  messages.append(note);
  setTimeout(() => note.remove(), kind ? 8000 : 4000);
}

/** A button that copies a text. */
export function copy(text, about) {
  return button("Copy", `copy ${about}`, async () => {
    try {
      await navigator.clipboard.writeText(text);
      say(`${about}: copied`);
    } catch {
      say("the browser does not let this page copy; select the text instead", "bad");
    }
  }, "copy", about);
}

/** A text in a box that scrolls, with a button to copy it. */
export function box(text, about, kind = "") {
  return el("div", { class: `box ${kind}`, "data-key": `box ${about}` },
    el("pre", { tabindex: 0, role: "region", "aria-label": about }, text), copy(text, about));
}

// MARK: tables and times

export function table(caption, heads, rows, kind) {
  return el("div", { class: "scroll", "data-key": `table ${caption}` },
    el("table", { "aria-label": caption, class: kind },
      el("thead", {}, el("tr", {}, heads.map((head) => el("th", {
        scope: "col", class: ["MS", "Struck"].includes(head) ? "number" : undefined }, head)))),
      el("tbody", {}, rows)));
}

export const badge = (text, kind) => el("span", { class: `badge ${kind}` }, text);
export const empty = (...texts) => el("p", { class: "empty" }, texts);
export const counted = (list, word) => `${list.length} ${word}${list.length === 1 ? "" : "s"}`;

/** What a filter shows if it matches nothing. */
export function noMatch(word, filter) {
  return el("p", { class: "empty" }, `No ${word} matches “${fields.get(filter)}”. `,
    button("Clear the filter", `clear ${filter}`, () => { fields.delete(filter); page.draw(); }));
}

const two = (number) => String(number).padStart(2, "0");

/** A moment in the user's time zone; the title has it in UTC. `parts`: `day`, `clock` or `exact`. */
export function time(seconds, parts = "day") {
  const moment = new Date(seconds * 1000);
  const day = `${moment.getFullYear()}-${two(moment.getMonth() + 1)}-${two(moment.getDate())}`;
  const clock = `${two(moment.getHours())}:${two(moment.getMinutes())}:${two(moment.getSeconds())}`;
  const text = { day: `${day} ${clock.slice(0, 5)}`, full: `${day} ${clock}`, clock,
    exact: `${clock}.${String(moment.getMilliseconds()).padStart(3, "0")}` }[parts];
  const utc = moment.toISOString();
  return el("time", { datetime: utc, title: `${utc.slice(0, 19).replace("T", " ")} UTC` }, text);
}

// MARK: forms

export function input(name, label, attributes = {}, grow = false) {
  const value = fields.get(name) ?? "";
  return el("label", { class: grow ? "grow" : undefined }, label, el("input", {
    name, value, autocomplete: "off", spellcheck: "false", "data-key": name, ...attributes,
    oninput: (event) => { fields.set(name, event.target.value); attributes.onchanged?.(); } }));
}

/** A choice of texts, or of groups of texts as `{ label: [text, …] }`. */
export function choice(name, label, options, changed) {
  const texts = Array.isArray(options) ? options : Object.values(options).flat();
  if (!texts.includes(fields.get(name))) fields.delete(name);
  const option = (text) => el("option", { value: text, selected: (fields.get(name) ?? texts[0]) === text }, text);
  const select = el("select", { name, "data-key": name,
    onchange: (event) => { fields.set(name, event.target.value); changed?.(); } },
  Array.isArray(options) ? options.map(option)
    : Object.entries(options).map(([group, list]) => el("optgroup", { label: group }, list.map(option))));
  return el("label", {}, label, select);
}

export function checkbox(name, label) {
  return el("label", { class: "check" }, el("input", { type: "checkbox", name, "data-key": name,
    checked: fields.get(name) === "on",
    onchange: (event) => fields.set(name, event.target.checked ? "on" : "") }), label);
}

/** A field that filters what is shown below it. */
export function filter(name, label, hint) {
  return el("label", { class: "push" }, label, el("input", { name, type: "search", "data-key": name, placeholder: hint,
    value: fields.get(name) ?? "", oninput: (event) => { fields.set(name, event.target.value); page.draw(); } }));
}

/** A form that clears its fields once `send` has succeeded. */
export function form(title, submit, inputs, send) {
  return el("form", { "aria-label": title, "data-key": `form ${title}`, onsubmit: async (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.target));
    await attempt(async () => {
      await send(values);
      // What the user has typed meanwhile stays.
      for (const [name, value] of Object.entries(values)) if (fields.get(name) === value) fields.delete(name);
    }, `${title}: done`);
  } }, inputs, el("button", { class: "main", "data-key": title }, submit));
}
