// The requests that Entra, the vaults and the node's services answered.
import { data } from "./controls.js";
import { badge, el, empty, fields, filter, noMatch, table, time } from "./elements.js";

export function requestsView() {
  const wanted = (fields.get("filter") ?? "").toLowerCase();
  const shown = data.requests.filter((entry) =>
    `${entry.who} ${entry.method} ${entry.host} ${entry.path} ${entry.status}`.toLowerCase().includes(wanted));
  const kind = (status) => status === 401 ? "warn" : status >= 200 && status < 400 ? "good" : "bad";
  const rows = shown.map((entry) => el("tr", { "data-key": `request ${entry.id}` },
    // Foundation writes a date as the seconds since 2001.
    el("td", { class: "quiet mono" }, time(entry.time + 978307200, "exact")),
    el("th", { scope: "row" }, entry.who || "–"), el("td", { class: "mono" }, entry.method),
    el("td", { class: "mono" }, entry.host.replace(/:443$/, "")), el("td", { class: "wide mono" }, entry.path),
    el("td", {}, badge(entry.status || "no response", kind(entry.status))),
    el("td", { class: "number" }, entry.milliseconds.toFixed(1))));
  return [el("article", { class: "card", "aria-label": "Requests", "data-key": "requests" },
    el("div", { class: "head" }, el("h2", {}, "Requests"),
      el("span", { class: "quiet" }, `the newest first, ${shown.length} of ${data.requests.length}`),
      filter("filter", "Only with", "identity, host, path or status")),
    rows.length ? table("Requests", ["Time", "Who", "Method", "Host", "Path", "Status", "MS"], rows)
      : el("section", {}, data.requests.length ? noMatch("request", "filter")
        : empty("No requests yet. ", el("a", { href: "#connect" }, "Connect a program"), " to see what it asks for.")))];
}
