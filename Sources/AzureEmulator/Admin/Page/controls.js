// The emulator's controls, and what they answered last.

export const data = { vaults: [], identities: [], roles: [], faults: [], kinds: [], requests: [] };
const kept = 500;
let last = 0;

/** Asks a control; throws an Error with its own words when it refuses. */
export async function ask(method, path, body) {
  const response = await fetch(path, { method, body, cache: "no-store" });
  const text = await response.text();
  const answer = text ? JSON.parse(text) : {};
  if (!response.ok) throw new Error(answer.message ?? `status ${response.status}`);
  return answer;
}

/** A path of segments that may hold anything. */
export const path = (...segments) => "/" + segments.map(encodeURIComponent).join("/");

/** Reads everything again and tells whether something is new. */
export async function refresh() {
  const before = JSON.stringify([data.vaults, data.identities, data.faults]);
  if (!data.roles.length) data.roles = await ask("GET", "/roles");
  if (!data.kinds.length) data.kinds = await ask("GET", "/fault-kinds");
  const [vaults, identities, faults, page] = await Promise.all([
    ask("GET", "/vaults"), ask("GET", "/identities"), ask("GET", "/faults"), ask("GET", `/requests?after=${last}`),
  ]);
  Object.assign(data, { vaults, identities, faults });
  // Another emulator at the same place counts from the beginning.
  if (page.next < last) data.requests = [];
  last = page.next;
  data.requests = [...page.entries.reverse(), ...data.requests].slice(0, kept);
  return page.entries.length > 0 || before !== JSON.stringify([vaults, identities, faults]);
}

/** `status status=429 target=vault` as the commands write it, for `POST /faults`. */
export function fault(kind, rest) {
  const fields = { kind };
  for (const word of rest.trim().split(/\s+/).filter(Boolean)) {
    const at = word.indexOf("=");
    if (at < 1) throw new Error(`${word} is no key=value pair`);
    const value = word.slice(at + 1);
    fields[word.slice(0, at)] = /^\d+(\.\d+)?$/.test(value) ? Number(value) : value;
  }
  return JSON.stringify(fields);
}
