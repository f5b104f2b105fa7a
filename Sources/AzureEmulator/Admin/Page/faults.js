// The faults that are set, a form for each kind, and the emulator's clock.
import { ask, data, now, path } from "./controls.js";
import { attempt, badge, box, button, choice, el, empty, fields, form, input, page, table, time } from "./elements.js";

// MARK: faults

function faultField(field, prefix = "fault-") {
  const name = prefix + field.name;
  const label = `${field.name}: ${field.hint}`;
  if (field.choices) return choice(name, label, field.choices, page.draw);
  return input(name, label, { required: field.isRequired, placeholder: field.defaultValue ?? "", onchanged: page.draw });
}

/** The targets of a kind: vaults and hosts by name. */
function targets(kind) {
  return kind.targets.flatMap((name) => name === "vault:NAME" ? data.vaults.map((vault) => `vault:${vault.name}`)
    : name === "proxy:HOST" ? ["proxy:login.microsoftonline.com",
      ...data.vaults.map((vault) => `proxy:${vault.name}.vault.azure.net`)] : [name]);
}

/** The keys and values that the form has, without those that are left at their default. */
function chosen(kind) {
  const result = { target: fields.get("fault-target") ?? targets(kind)[0] };
  for (const field of [...kind.fields, ...data.forms.schedule]) {
    const value = (fields.get(`fault-${field.name}`) ?? "").trim();
    if (value && !(field.choices && value === field.defaultValue)) result[field.name] = value;
  }
  return result;
}

function faultForm() {
  const groups = {};
  for (const kind of data.forms.kinds) (groups[kind.group] ??= []).push(kind.kind);
  const name = fields.get("fault-kind") ?? data.forms.kinds[0]?.kind;
  const kind = data.forms.kinds.find((form) => form.kind === name);
  if (!kind) return undefined;
  const targetChoice = choice("fault-target", "Target", targets(kind), page.draw);
  const values = chosen(kind);
  const words = Object.entries(values).map(([key, value]) => `${key}=${/[\s*?;&|<>'"$]/.test(value) ? `'${value}'` : value}`);
  return el("section", { "data-key": "form" }, el("h3", {}, "Set a fault"),
    form("Set a fault", "Turn on", [
      choice("fault-kind", "Kind", groups, () => {
        const kept = fields.get("fault-kind");
        for (const key of [...fields.keys()]) if (key.startsWith("fault-")) fields.delete(key);
        fields.set("fault-kind", kept);
        page.draw();
      }),
      targetChoice,
      kind.fields.map((field) => faultField(field)),
      el("details", { class: "more", "data-key": "more" }, el("summary", {}, "Which calls, when and how often"),
        el("div", { class: "fields" }, data.forms.schedule.map((field) => faultField(field)))),
      el("p", { class: "hint" }, kind.summary)],
    () => ask("POST", "/faults", JSON.stringify({ kind: kind.kind, ...chosen(kind) }))),
    el("div", { class: "inset" }, box(`akv-emulator fault add ${[kind.kind, ...words].join(" ")}`, "The same as a command")));
}

export function faultsView() {
  return [el("article", { class: "card", "aria-label": "Faults", "data-key": "faults" },
    el("div", { class: "head" }, el("h2", {}, "Faults"),
      el("span", { class: "quiet" }, data.faults.length ? "the emulator misbehaves" : "no faults are set"),
      data.faults.length > 0 && el("span", { class: "push" }, button("Clear all", "clear faults", () =>
        attempt(() => ask("DELETE", "/faults"), "faults: clear all done"), "", "faults"))),
    data.faults.length > 0 ? table("Faults", ["Fault", "State", "Struck", ""], data.faults.map((entry) => el("tr",
      { "data-key": `fault ${entry.id}` },
      el("td", { class: "wide mono" }, entry.fault),
      el("td", {}, badge(entry.isSpent ? "spent" : "on", entry.isSpent ? "quiet" : "warn")),
      el("td", { class: "number" }, `${entry.struck} of ${entry.matched}`),
      el("td", { class: "actions" }, button("Turn off", `off ${entry.id}`, () =>
        attempt(() => ask("DELETE", path("faults", entry.id)), `fault ${entry.id}: off`), "", `fault ${entry.id}`)))))
      : el("section", {}, empty("The emulator behaves like Azure. Set a fault to see how your program copes.")),
    faultForm())];
}

// MARK: clock

/** A duration such as `+2 d 3 h`. */
export function offsetText(seconds) {
  const parts = [];
  let rest = Math.round(Math.abs(seconds));
  for (const [unit, size] of [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]]) {
    if (rest >= size) parts.push(`${Math.floor(rest / size)} ${unit}`);
    rest %= size;
  }
  return (seconds < 0 ? "−" : "+") + parts.slice(0, 2).join(" ");
}

export function clockView() {
  const move = (text, label) => button(label, `move ${text}`, () =>
    attempt(() => ask("POST", "/clock", text), `the clock moved by ${label}`), "", "on the clock");
  return [el("article", { class: "card", "aria-label": "Clock", "data-key": "clock" },
    el("div", { class: "head" }, el("h2", {}, "Clock"),
      el("span", { class: "quiet" }, data.clock.offset ? `${offsetText(data.clock.offset)} from this machine's time`
        : "shows this machine's time"),
      data.clock.offset !== 0 && el("span", { class: "push" }, button("Reset", "reset clock", () =>
        attempt(() => ask("DELETE", "/clock"), "the clock shows this machine's time"), "", "the clock"))),
    el("section", {}, el("p", { class: "clock", id: "clock-time" }, time(now(), "full")),
      el("p", { class: "foot quiet" }, "Entra, the vaults and the faults use this clock: when tokens, secrets and keys "
        + "expire, and when faults start. TLS certificates follow this machine's time."),
      el("p", { class: "foot" }, move("1m", "+1 min"), " ", move("1h", "+1 h"), " ", move("24h", "+1 d"), " ",
        move("720h", "+30 d"), " ", move("-1h", "−1 h")),
      form("Move the clock", "Move", [input("clock-by", "By", { required: true, placeholder: "such as 90m or -2h" })],
        (values) => ask("POST", "/clock", values["clock-by"])),
      form("Set the clock", "Set", [input("clock-to", "To, in your time zone", { required: true, type: "datetime-local",
        step: 1 })], (values) => ask("PUT", "/clock", new Date(values["clock-to"]).toISOString().slice(0, 19) + "Z"))))];
}
