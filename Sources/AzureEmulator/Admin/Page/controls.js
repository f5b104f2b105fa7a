// Calls the emulator's controls and keeps the data of their last responses.

export const data = { vaults: [], identities: [], roles: [], faults: [], kinds: [], requests: [] };
const kept = 500;
let last = 0;

/** Calls a control. Throws an Error with the message of its response if the control refuses the request. */
export async function ask(method, path, body) {
  const response = await fetch(path, { method, body, cache: "no-store" });
  const text = await response.text();
  const data = text ? JSON.parse(text) : {};
  if (!response.ok) throw new Error(data.message ?? `status ${response.status}`);
  return data;
}

/** A path of segments, which may contain any characters. */
export const path = (...segments) => "/" + segments.map(encodeURIComponent).join("/");

/** Reads all data again. Returns whether any of it has changed. */
export async function refresh() {
  const before = JSON.stringify([data.vaults, data.identities, data.faults]);
  if (!data.roles.length) data.roles = await ask("GET", "/roles");
  if (!data.kinds.length) data.kinds = await ask("GET", "/fault-kinds");
  const [vaults, identities, faults, page] = await Promise.all([
    ask("GET", "/vaults"), ask("GET", "/identities"), ask("GET", "/faults"), ask("GET", `/requests?after=${last}`),
  ]);
  Object.assign(data, { vaults, identities, faults });
  // A restarted emulator counts its requests from the beginning.
  if (page.next < last) data.requests = [];
  last = page.next;
  data.requests = [...page.entries.reverse(), ...data.requests].slice(0, kept);
  return page.entries.length > 0 || before !== JSON.stringify([vaults, identities, faults]);
}

/** The body of `POST /faults` for a fault in the words of the command, such as `status status=429 target=vault`. */
export function fault(kind, rest) {
  const fields = { kind };
  for (const word of rest.trim().split(/\s+/).filter(Boolean)) {
    const at = word.indexOf("=");
    if (at < 1) throw new Error(`${word} is not a key=value pair`);
    const value = word.slice(at + 1);
    fields[word.slice(0, at)] = /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  }
  return JSON.stringify(fields);
}
