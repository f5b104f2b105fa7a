// Draws the data of the controls. Everything is inserted as text, never as markup.
import { ask, data, fault, path, refresh } from "./controls.js";

const main = document.getElementById("main");
const health = document.getElementById("health");
const messages = document.getElementById("messages");
const open = new Set();        // the objects whose versions are shown
const revealed = new Map();    // the values that the user revealed
const fields = new Map();      // the values of the inputs in the forms, by name

// MARK: elements

/** An element: `el("td", { class: "wide" }, "text", child, …)`. Attributes that start with `on` are listeners. */
function el(name, attributes = {}, ...children) {
  const node = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (key.startsWith("on")) node.addEventListener(key.slice(2), value);
    else if (value !== undefined && value !== false) node.setAttribute(key, value === true ? "" : value);
  }
  node.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}

function button(label, key, act, kind = "", about = "") {
  return el("button", { type: "button", class: kind, "data-key": key,
    "aria-label": about ? `${label} ${about}` : undefined, onclick: act }, label);
}

/** A button that calls a control, shows the result and draws the page again. */
function action(label, about, method, where, body, { kind = "", confirm } = {}) {
  return button(label, `${method} ${where} ${body ?? ""}`, async () => {
    if (confirm && !window.confirm(confirm)) return;
    await attempt(() => ask(method, where, body), `${about}: ${label.toLowerCase()} done`);
  }, kind, about);
}

async function attempt(work, done) {
  try {
    await work();
    if (done) say(done);
    await update(true);
    return true;
  } catch (error) {
    say(error.message, "bad");
    return false;
  }
}

function say(text, kind = "") {
  const note = el("p", { class: kind }, text);
  messages.append(note);
  setTimeout(() => note.remove(), kind ? 8000 : 4000);
}

function table(caption, heads, rows, kind) {
  return el("div", { class: "scroll" }, el("table", { "aria-label": caption, class: kind },
    el("thead", {}, el("tr", {}, heads.map((head) => el("th", {
      scope: "col", class: ["MS", "Struck"].includes(head) ? "number" : undefined }, head)))),
    el("tbody", {}, rows)));
}

const badge = (text, kind) => el("span", { class: `badge ${kind}` }, text);
const counted = (list, word) => `${list.length} ${word}${list.length === 1 ? "" : "s"}`;
const day = (seconds) => seconds ? new Date(seconds * 1000).toISOString().replace("T", " ").slice(0, 16) : "";

function input(name, label, attributes = {}, grow = false) {
  return el("label", { class: grow ? "grow" : undefined }, label, el("input", {
    name, value: fields.get(name) ?? "", autocomplete: "off", "data-key": name, ...attributes,
    oninput: (event) => fields.set(name, event.target.value) }));
}

function choice(name, label, options) {
  return el("label", {}, label, el("select", { name, "data-key": name,
    onchange: (event) => fields.set(name, event.target.value) },
  options.map((option) => el("option", { selected: fields.get(name) === option }, option))));
}

/** A form that clears its fields once `send` has succeeded. */
function form(title, submit, inputs, send) {
  return el("form", { "aria-label": title, onsubmit: async (event) => {
    event.preventDefault();
    const values = Object.fromEntries(new FormData(event.target));
    if (await attempt(() => send(values), `${title}: done`)) {
      for (const name of Object.keys(values)) fields.delete(name);
      draw();
    }
  } }, inputs, el("button", { class: "main", "data-key": title }, submit));
}

// MARK: vaults

function value(vault, object, version) {
  const key = `${vault.name}/${object.name}/${version.id}`;
  if (revealed.has(key)) {
    return [el("span", { class: "secret" }, revealed.get(key)), " ",
      button("Hide", `value ${key}`, () => { revealed.delete(key); draw(); }, "", object.name)];
  }
  return [el("span", { class: "secret", "aria-label": "hidden value" }, "••••••••"), " ",
    button("Reveal", `value ${key}`, async () => {
      const where = `${path("vaults", vault.name, "secrets", object.name, "value")}?version=${version.id}`;
      await attempt(async () => revealed.set(key, (await ask("GET", where)).value));
    }, "", object.name)];
}

function objectRows(vault, collection, object) {
  const key = `${vault.name}/${collection}/${object.name}`;
  const newest = object.versions[0];
  const where = (...verbs) => path("vaults", vault.name, collection, object.name, ...verbs);
  const verb = newest.enabled ? "disable" : "enable";
  const row = el("tr", {},
    el("th", { scope: "row" }, el("button", { type: "button", class: "open", "data-key": key,
      "aria-expanded": String(open.has(key)),
      onclick: () => { open.has(key) ? open.delete(key) : open.add(key); draw(); } }, object.name)),
    el("td", { class: "quiet", title: object.kind }, object.kind.replace(/^application\/x-/, "")),
    el("td", {}, badge(newest.enabled ? "enabled" : "disabled", newest.enabled ? "good" : "warn"),
      object.isManaged && [" ", badge("of its certificate", "quiet")]),
    el("td", {}, collection === "secrets" ? value(vault, object, newest) : el("code", {}, newest.id.slice(0, 8))),
    el("td", { class: "wide" }, Object.entries(object.tags).map(([name, text]) =>
      el("span", { class: "tag", title: `${name}=${text}` }, `${name}=${text}`))),
    el("td", { class: "actions" }, !object.isManaged && [
      action("Rotate", object.name, "POST", where("rotate")),
      action(verb === "disable" ? "Disable" : "Enable", object.name, "POST", where(verb)),
      action("Delete", object.name, "DELETE", where(), undefined, { kind: "bad",
        confirm: `Delete ${object.name}? It can be recovered.` })]));
  if (!open.has(key)) return [row];
  return [row, ...object.versions.map((version) => el("tr", { class: "detail" },
    el("td", { colspan: 2 }, el("code", {}, version.id)),
    el("td", {}, badge(version.enabled ? "enabled" : "disabled", version.enabled ? "good" : "warn")),
    el("td", {}, collection === "secrets" ? value(vault, object, version) : ""),
    el("td", { class: "quiet", colspan: 2 }, `created ${day(version.created)}`,
      version.expires ? `, expires ${day(version.expires)}` : "")))];
}

function vaultCard(vault) {
  const titles = { secrets: "Secrets", keys: "Keys", certificates: "Certificates" };
  const parts = Object.entries(titles).map(([collection, title]) => {
    const objects = vault.objects[collection] ?? [];
    return objects.length > 0 && el("section", {}, el("h3", {}, `${title} (${objects.length})`),
      table(`${title} of ${vault.name}`, ["Name", "Kind", "State", collection === "secrets" ? "Value" : "Version", "Tags",
        ""], objects.flatMap((object) => objectRows(vault, collection, object)), "objects"));
  });
  const deleted = Object.entries(vault.deleted).flatMap(([collection, list]) =>
    list.map((object) => ({ collection, ...object })));
  return el("article", { class: "card", "aria-label": `Vault ${vault.name}` },
    el("div", { class: "head" }, el("h2", {}, vault.name), el("code", { class: "quiet" },
      `https://${vault.name}.vault.azure.net`)),
    parts,
    deleted.length > 0 && el("section", {}, el("h3", {}, `Deleted (${deleted.length})`),
      table(`Deleted objects of ${vault.name}`, ["Name", "Purged on", ""], deleted.map((object) => el("tr", {},
        el("th", { scope: "row" }, `${object.collection}/${object.name}`),
        el("td", { class: "quiet" }, day(object.scheduledPurge)),
        el("td", { class: "actions" },
          action("Recover", object.name, "POST", path("vaults", vault.name, object.collection, object.name, "recover")),
          action("Purge", object.name, "POST", path("vaults", vault.name, object.collection, object.name, "purge"),
            undefined, { kind: "bad", confirm: `Purge ${object.name}? It cannot be recovered.` })))))),
    el("section", {}, el("h3", {}, "New version of a secret"),
      form(`Set a secret in ${vault.name}`, "Set", [
        input(`name@${vault.name}`, "Name", { required: true, pattern: "[0-9a-zA-Z\\-]{1,127}" }),
        input(`value@${vault.name}`, "Value", { type: "password" }, true)],
      (values) => ask("PUT", path("vaults", vault.name, "secrets", values[`name@${vault.name}`]),
        values[`value@${vault.name}`]))),
    el("section", {}, el("h3", {}, `Roles (${vault.access.length})`),
      vault.access.length > 0 && table(`Roles on ${vault.name}`, ["Identity", "Role", "Scope", ""],
        vault.access.map((access) => el("tr", {},
          el("th", { scope: "row" }, access.identity), el("td", {}, access.role),
          el("td", { class: "quiet" }, access.object ?? "the vault"),
          el("td", { class: "actions" }, action("Revoke", `${access.role} of ${access.identity}`, "DELETE",
            path("vaults", vault.name, "access"), JSON.stringify(access), { kind: "bad" }))))),
      form(`Grant a role on ${vault.name}`, "Grant", [
        choice(`identity@${vault.name}`, "Identity", data.identities.map((identity) => identity.name)),
        choice(`role@${vault.name}`, "Role", data.roles),
        input(`object@${vault.name}`, "Only for (secrets/NAME)", { placeholder: "the vault" })],
      (values) => ask("POST", path("vaults", vault.name, "access"), JSON.stringify({
        identity: values[`identity@${vault.name}`], role: values[`role@${vault.name}`],
        object: values[`object@${vault.name}`] || undefined })))));
}

// MARK: identities

function identityCard(identity) {
  return el("article", { class: "card", "aria-label": `Identity ${identity.name}` },
    el("div", { class: "head" }, el("h2", {}, identity.name),
      el("span", { class: "quiet" }, "client ", el("code", {}, identity.clientID)),
      el("span", { class: "quiet" }, "tenant ", el("code", {}, identity.tenantID))),
    el("section", {}, el("h3", {}, `Federated credentials (${identity.federatedCredentials.length})`),
      identity.federatedCredentials.length > 0
        ? table(`Federated credentials of ${identity.name}`, ["Name", "Subject", "Issuer", "Audience", ""],
          identity.federatedCredentials.map((credential) => el("tr", {},
            el("th", { scope: "row" }, credential.name),
            el("td", { class: "wide mono" }, credential.subject), el("td", { class: "wide mono" }, credential.issuer),
            el("td", { class: "wide mono" }, credential.audience),
            el("td", { class: "actions" }, action("Remove", credential.name, "DELETE",
              path("identities", identity.name, "federated-credentials", credential.name), undefined,
              { kind: "bad" })))))
        : el("p", { class: "empty" }, "None: no service account can sign in as this identity."),
      form(`Add a federated credential to ${identity.name}`, "Add", [
        input(`subject@${identity.name}`, "Subject", { required: true,
          placeholder: "system:serviceaccount:NAMESPACE:NAME" }, true),
        input(`issuer@${identity.name}`, "Issuer", { placeholder: "the built-in cluster" }, true)],
      (values) => ask("POST", path("identities", identity.name, "federated-credentials"), JSON.stringify({
        subject: values[`subject@${identity.name}`], issuer: values[`issuer@${identity.name}`] || undefined })))));
}

// MARK: requests and faults

function requestsCard() {
  const wanted = (fields.get("filter") ?? "").toLowerCase();
  const shown = data.requests.filter((entry) =>
    `${entry.who} ${entry.method} ${entry.host} ${entry.path} ${entry.status}`.toLowerCase().includes(wanted));
  const kind = (status) => status === 401 ? "warn" : status >= 200 && status < 400 ? "good" : "bad";
  return el("article", { class: "card", "aria-label": "Requests" },
    el("div", { class: "head" }, el("h2", {}, "Requests"),
      el("span", { class: "quiet" }, `the newest first, ${shown.length} of ${data.requests.length}`),
      el("label", { class: "push" }, "Only with", el("input", { name: "filter", type: "search", "data-key": "filter",
        value: fields.get("filter") ?? "", oninput: (event) => { fields.set("filter", event.target.value); draw(); } }))),
    shown.length === 0 ? el("section", {}, el("p", { class: "empty" }, "No requests yet.")) :
      table("Requests", ["Time", "Who", "Method", "Host", "Path", "Status", "MS"], shown.map((entry) => el("tr", {},
        // Foundation writes a date as the seconds since 2001.
        el("td", { class: "quiet mono" }, new Date((entry.time + 978307200) * 1000).toISOString().slice(11, 23)),
        el("th", { scope: "row" }, entry.who || "–"), el("td", { class: "mono" }, entry.method),
        el("td", { class: "mono" }, entry.host.replace(/:443$/, "")), el("td", { class: "wide mono" }, entry.path),
        el("td", {}, badge(entry.status || "no response", kind(entry.status))),
        el("td", { class: "number" }, entry.milliseconds.toFixed(1))))));
}

function faultsCard() {
  return el("article", { class: "card", "aria-label": "Faults" },
    el("div", { class: "head" }, el("h2", {}, "Faults"),
      el("span", { class: "quiet" }, data.faults.length ? "the emulator misbehaves" : "no faults are set"),
      data.faults.length > 0 && el("span", { class: "push" }, action("Clear all", "faults", "DELETE", "/faults"))),
    data.faults.length > 0 && table("Faults", ["Fault", "State", "Struck", ""], data.faults.map((entry) => el("tr", {},
      el("td", { class: "wide mono" }, entry.fault),
      el("td", {}, badge(entry.isSpent ? "spent" : "on", entry.isSpent ? "quiet" : "warn")),
      el("td", { class: "number" }, `${entry.struck} of ${entry.matched}`),
      el("td", { class: "actions" }, action("Turn off", `fault ${entry.id}`, "DELETE", path("faults", entry.id)))))),
    el("section", {}, form("Set a fault", "Turn on", [
      choice("fault-kind", "Kind", data.kinds),
      input("fault-rest", "Keys, such as target=vault:kv-payments status=429 count=3", {}, true)],
    (values) => ask("POST", "/faults", fault(values["fault-kind"], values["fault-rest"])))));
}

// MARK: the page

const views = {
  vaults: () => data.vaults.map(vaultCard), identities: () => data.identities.map(identityCard),
  requests: () => [requestsCard()], faults: () => [faultsCard()],
};
const current = () => location.hash.slice(1) in views ? location.hash.slice(1) : "vaults";

/** Draws the selected part of the page. The element with the keyboard's focus keeps it. */
function draw() {
  const active = document.activeElement;
  const key = active?.getAttribute?.("data-key");
  const at = active?.selectionStart;
  for (const link of document.querySelectorAll("nav a")) {
    if (link.hash === `#${current()}`) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  main.replaceChildren(...views[current()]());
  const again = key && [...main.querySelectorAll("[data-key]")].find((node) => node.getAttribute("data-key") === key);
  if (!again) return;
  again.focus({ preventScroll: true });
  if (again.matches("input:not([type=search])") && at !== null && at !== undefined) again.setSelectionRange?.(at, at);
}

async function update(always = false) {
  try {
    const isNew = await refresh();
    const objects = data.vaults.flatMap((vault) => Object.values(vault.objects).flat());
    health.className = "up";
    health.textContent = [counted(data.vaults, "vault"), counted(objects, "object"), counted(data.faults, "fault")]
      .join(", ");
    if (isNew || always) draw();
  } catch (error) {
    health.className = "down";
    health.textContent = "the emulator does not respond";
    if (always) throw error;
  }
}

addEventListener("hashchange", () => { draw(); main.focus({ preventScroll: true }); });
draw();
await update(true);
document.documentElement.dataset.ready = "true";
setInterval(() => { if (!document.hidden) update(); }, 1000);
