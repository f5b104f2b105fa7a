// The vaults and their objects.
import { ask, data, path } from "./controls.js";
import { attempt, badge, box, button, counted, el, empty, fields, filter, form, input, noMatch, page, table, time }
  from "./elements.js";
import { accessPart, firewallPart } from "./access.js";

const open = new Set();        // the objects whose versions are shown
const revealed = new Map();    // the values that the user revealed

/** A button that calls a control, shows the result and draws the page again. */
export function action(label, about, method, where, body, { kind = "", confirm } = {}) {
  return button(label, `${method} ${where} ${body ?? ""}`, async () => {
    if (confirm && !window.confirm(confirm)) return;
    await attempt(() => ask(method, where, body), `${about}: ${label.toLowerCase()} done`);
  }, kind, about);
}

const valueKey = (vault, object, version) => `${vault.name}/${object.name}/${version.id}`;

/** The button that reveals or hides a value. */
function value(vault, object, version) {
  const key = valueKey(vault, object, version);
  if (revealed.has(key)) {
    return button("Hide", `value ${key}`, () => { revealed.delete(key); page.draw(); }, "", object.name);
  }
  return [el("span", { class: "secret", "aria-label": "hidden value" }, "••••••••"), " ",
    button("Reveal", `value ${key}`, async () => {
      const where = `${path("vaults", vault.name, "secrets", object.name, "value")}?version=${version.id}`;
      await attempt(async () => revealed.set(key, (await ask("GET", where)).value));
    }, "", object.name)];
}

/** A row with a revealed value, which may be long. */
function valueRow(vault, object, version) {
  const key = valueKey(vault, object, version);
  return revealed.has(key) && el("tr", { class: "detail", "data-key": `row ${key}` },
    el("td", { colspan: 6 }, box(revealed.get(key), `Value of ${object.name}`)));
}

const state = (version) => badge(version.enabled ? "enabled" : "disabled", version.enabled ? "good" : "warn");

function objectRows(vault, collection, object) {
  const key = `${vault.name}/${collection}/${object.name}`;
  const newest = object.versions[0];
  const where = (...verbs) => path("vaults", vault.name, collection, object.name, ...verbs);
  const verb = newest.enabled ? "disable" : "enable";
  const isSecret = collection === "secrets";
  const rows = [el("tr", { "data-key": `row ${key}` },
    el("th", { scope: "row" }, el("button", { type: "button", class: "open", "data-key": key,
      "aria-expanded": String(open.has(key)),
      onclick: () => { open.has(key) ? open.delete(key) : open.add(key); page.draw(); } }, object.name)),
    el("td", { class: "quiet", title: object.kind }, object.kind.replace(/^application\/x-/, "")),
    el("td", {}, state(newest), object.isManaged && [" ", badge("of its certificate", "quiet")]),
    el("td", {}, isSecret ? value(vault, object, newest) : el("code", { title: newest.id }, newest.id.slice(0, 8))),
    el("td", { class: "wide" }, Object.entries(object.tags).map(([name, text]) =>
      el("span", { class: "tag", title: `${name}=${text}` }, `${name}=${text}`))),
    el("td", { class: "actions" }, !object.isManaged && [
      action("Rotate", object.name, "POST", where("rotate")),
      action(verb === "disable" ? "Disable" : "Enable", object.name, "POST", where(verb)),
      action("Delete", object.name, "DELETE", where(), undefined, { kind: "bad",
        confirm: `Delete ${object.name}? It can be recovered.` })]))];
  if (!open.has(key)) return [...rows, isSecret && valueRow(vault, object, newest)];
  const versions = object.versions.map((version, index) => [
    el("tr", { class: "detail", "data-key": `version ${key} ${version.id}` },
      el("td", { colspan: 2 }, el("code", {}, version.id)),
      el("td", {}, state(version), index === 0 && [" ", badge("newest", "quiet")]),
      el("td", {}, isSecret && index > 0 && value(vault, object, version)),
      el("td", { class: "quiet", colspan: 2 }, "created ", time(version.created),
        version.expires && [", expires ", time(version.expires)])),
    isSecret && valueRow(vault, object, version)]);
  return [...rows, ...versions];
}

function objectsPart(vault, collection, title, wanted) {
  const all = vault.objects[collection] ?? [];
  const objects = all.filter((object) => matches(vault, object, wanted));
  const heads = ["Name", "Kind", "State", collection === "secrets" ? "Value" : "Version", "Tags", ""];
  return objects.length > 0 && el("section", { "data-key": `${collection} of ${vault.name}` },
    el("h3", {}, `${title} (${objects.length === all.length ? all.length : `${objects.length} of ${all.length}`})`),
    table(`${title} of ${vault.name}`, heads, objects.flatMap((object) => objectRows(vault, collection, object)),
      "objects"));
}

function matches(vault, object, wanted) {
  const tags = Object.entries(object.tags).map(([name, text]) => `${name}=${text}`).join(" ");
  return `${vault.name} ${object.name} ${object.kind} ${tags}`.toLowerCase().includes(wanted);
}

function deletedPart(vault) {
  const deleted = Object.entries(vault.deleted).flatMap(([collection, list]) =>
    list.map((object) => ({ collection, ...object })));
  const where = (object, verb) => path("vaults", vault.name, object.collection, object.name, verb);
  return deleted.length > 0 && el("section", { "data-key": `deleted in ${vault.name}` },
    el("h3", {}, `Deleted (${deleted.length})`),
    table(`Deleted objects of ${vault.name}`, ["Name", "Purged on", ""], deleted.map((object) => el("tr",
      { "data-key": `deleted ${object.collection}/${object.name}` },
      el("th", { scope: "row" }, `${object.collection}/${object.name}`),
      el("td", { class: "quiet" }, time(object.scheduledPurge)),
      el("td", { class: "actions" },
        action("Recover", object.name, "POST", where(object, "recover")),
        action("Purge", object.name, "POST", where(object, "purge"), undefined,
          { kind: "bad", confirm: `Purge ${object.name}? It cannot be recovered.` }))))));
}

function vaultCard(vault, wanted) {
  const count = Object.values(vault.objects).flat().length;
  const titles = { secrets: "Secrets", keys: "Keys", certificates: "Certificates" };
  return el("article", { class: "card", "aria-label": `Vault ${vault.name}`, "data-key": `vault ${vault.name}` },
    el("div", { class: "head" }, el("h2", {}, vault.name), el("code", { class: "quiet" },
      `https://${vault.name}.vault.azure.net`)),
    count === 0 && el("section", {}, empty("This vault is empty. Set a secret below, or add objects to the seed.")),
    Object.entries(titles).map(([collection, title]) => objectsPart(vault, collection, title, wanted)),
    deletedPart(vault),
    el("section", { "data-key": "set" }, el("h3", {}, "Set a secret"),
      form(`Set a secret in ${vault.name}`, "Set", [
        input(`name@${vault.name}`, "Name", { required: true, pattern: "[0-9a-zA-Z\\-]{1,127}" }),
        input(`value@${vault.name}`, "Value", { type: "password" }, true)],
      (values) => ask("PUT", path("vaults", vault.name, "secrets", values[`name@${vault.name}`]),
        values[`value@${vault.name}`]))),
    accessPart(vault), firewallPart(vault));
}

export function vaultsView() {
  if (data.vaults.length === 0) {
    return [el("article", { class: "card", "data-key": "no vaults" }, el("section", {}, el("h3", {}, "No vaults"),
      empty("The seed has no vaults. Add one, and start the emulator again:"),
      box("vaults:\n  - name: kv-shop\n    tenantID: 9f1c6a1e-52d4-4a0e-8c5b-0d7a3f6e2b11\n    secrets:\n"
        + "      - { name: db-password, value: correct-horse }\n", "A seed with a vault")))];
  }
  const wanted = (fields.get("vault-filter") ?? "").toLowerCase();
  const all = data.vaults.flatMap((vault) => Object.values(vault.objects).flat().map((object) => [vault, object]));
  const found = all.filter(([vault, object]) => matches(vault, object, wanted));
  const shown = data.vaults.filter((vault) => !wanted || found.some(([owner]) => owner === vault));
  return [el("div", { class: "bar", "data-key": "bar" },
    el("span", { class: "quiet" }, wanted ? `${found.length} of ${counted(all.map(([, object]) => object), "object")}`
      : `${counted(data.vaults, "vault")}, ${counted(all, "object")}`),
    filter("vault-filter", "Only with", "name, tag or kind")),
  ...(shown.length ? shown.map((vault) => vaultCard(vault, wanted))
    : [el("article", { class: "card", "data-key": "no match" }, el("section", {}, noMatch("object", "vault-filter")))])];
}
