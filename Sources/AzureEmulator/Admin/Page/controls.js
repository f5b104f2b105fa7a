// Calls the emulator's controls and keeps the data of their last responses.

export const data = { vaults: [], identities: [], roles: [], faults: [], forms: { kinds: [], schedule: [] },
  requests: [], clock: { now: 0, offset: 0 }, connection: {} };
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

/** The time of the emulator's clock, in seconds since 1970. */
export const now = () => Date.now() / 1000 + data.clock.offset;

/** Reads all data again. Returns whether any of it has changed. */
export async function refresh() {
  const before = JSON.stringify([data.vaults, data.identities, data.faults, data.clock.offset]);
  if (!data.roles.length) data.roles = await ask("GET", "/roles");
  if (!data.forms.kinds.length) data.forms = await ask("GET", "/fault-forms");
  const [vaults, identities, faults, clock, connection, page] = await Promise.all([
    ask("GET", "/vaults"), ask("GET", "/identities"), ask("GET", "/faults"), ask("GET", "/clock"),
    ask("GET", "/connection"), ask("GET", `/requests?after=${last}`),
  ]);
  Object.assign(data, { vaults, identities, faults, clock, connection });
  // A restarted emulator counts its requests from the beginning.
  if (page.next < last) data.requests = [];
  last = page.next;
  data.requests = [...page.entries.reverse(), ...data.requests].slice(0, kept);
  return page.entries.length > 0 || before !== JSON.stringify([vaults, identities, faults, clock.offset]);
}
