// Who may use a vault: roles or access policies, the firewall, and the identities.
import { ask, data, path } from "./controls.js";
import { attempt, badge, button, checkbox, choice, counted, el, empty, form, input, table } from "./elements.js";

function remove(label, about, method, where, body) {
  return button(label, `${method} ${where} ${body ?? ""}`, () =>
    attempt(() => ask(method, where, body), `${about}: ${label.toLowerCase()} done`), "bad", about);
}

/** A part of a vault that can be opened, with what it holds next to its title. */
function part(vault, title, summary, ...children) {
  return el("details", { "data-key": `${title} of ${vault.name}` },
    el("summary", {}, el("h3", {}, title), " ", el("span", { class: "quiet" }, summary)), children);
}

export function accessPart(vault) {
  return vault.accessPolicies ? policiesPart(vault) : rolesPart(vault);
}

function rolesPart(vault) {
  const where = path("vaults", vault.name, "access");
  return part(vault, "Access", counted(vault.access, "role"),
    vault.access.length > 0
      ? table(`Roles on ${vault.name}`, ["Identity", "Role", "Scope", ""], vault.access.map((access) => el("tr",
        { "data-key": JSON.stringify(access) },
        el("th", { scope: "row" }, access.identity), el("td", {}, access.role),
        el("td", { class: "quiet" }, access.object ?? "the vault"),
        el("td", { class: "actions" }, remove("Revoke", `${access.role} of ${access.identity}`, "DELETE", where,
          JSON.stringify(access))))))
      : empty("No identity has a role, so the vault refuses every request."),
    form(`Grant a role on ${vault.name}`, "Grant", [
      choice(`identity@${vault.name}`, "Identity", data.identities.map((identity) => identity.name)),
      choice(`role@${vault.name}`, "Role", data.roles),
      input(`object@${vault.name}`, "Only for (secrets/NAME)", { placeholder: "the vault" })],
    (values) => ask("POST", where, JSON.stringify({
      identity: values[`identity@${vault.name}`], role: values[`role@${vault.name}`],
      object: values[`object@${vault.name}`] || undefined }))),
    el("p", { class: "foot" }, button("Use access policies", `policies of ${vault.name}`, () =>
      attempt(() => ask("PUT", path("vaults", vault.name, "access-policies"), "[]"),
        `${vault.name} uses access policies`), "", `in ${vault.name}`),
    " instead of roles. Until you set a policy, the vault refuses every request."));
}

function policiesPart(vault) {
  const where = path("vaults", vault.name, "access-policies");
  const list = (names) => names?.length ? names.join(", ") : "–";
  const named = (name) => `${name}@${vault.name}`;
  return part(vault, "Access", `${vault.accessPolicies.length} access polic${
    vault.accessPolicies.length === 1 ? "y" : "ies"}; roles have no effect`,
  vault.accessPolicies.length > 0
    ? table(`Access policies of ${vault.name}`, ["Identity", "Secrets", "Keys", "Certificates", ""],
      vault.accessPolicies.map((policy) => el("tr", { "data-key": policy.identity },
        el("th", { scope: "row" }, policy.identity), ["secrets", "keys", "certificates"].map((collection) =>
          el("td", { class: "wide" }, list(policy[collection]))),
        el("td", { class: "actions" }, remove("Remove", `the access policy of ${policy.identity}`, "DELETE",
          `${where}${path(policy.identity)}`)))))
    : empty("No identity has an access policy, so the vault refuses every request."),
  form(`Set an access policy in ${vault.name}`, "Set", [
    choice(named("policy-identity"), "Identity", data.identities.map((identity) => identity.name)),
    input(named("policy-secrets"), "Secrets", { placeholder: "get, list" }, true),
    input(named("policy-keys"), "Keys", { placeholder: "get, sign" }, true),
    input(named("policy-certificates"), "Certificates", { placeholder: "get" }, true)],
  (values) => {
    const split = (name) => values[named(name)].split(",").map((word) => word.trim()).filter(Boolean);
    return ask("POST", where, JSON.stringify({ identity: values[named("policy-identity")],
      secrets: split("policy-secrets"), keys: split("policy-keys"), certificates: split("policy-certificates") }));
  }),
  el("p", { class: "foot" }, button("Use roles", `roles of ${vault.name}`, () =>
    attempt(() => ask("DELETE", where), `${vault.name} uses roles`), "", `in ${vault.name}`),
  ` instead of access policies: ${counted(vault.access, "role")}.`));
}

export function firewallPart(vault) {
  const { firewall } = vault;
  const where = path("vaults", vault.name, "firewall");
  const named = (name) => `${name}@${vault.name}`;
  const accepted = !firewall ? "accepts all addresses" : firewall.publicAccess === false ? "accepts private endpoints only"
    : firewall.allow?.length ? `accepts ${firewall.allow.join(", ")}` : "accepts no address";
  return part(vault, "Firewall", accepted,
    firewall && el("p", { class: "foot" }, badge("on", "warn"), " Clients have the address ",
      el("code", {}, firewall.clientAddress ?? "203.0.113.10"), ". ",
      button("Remove the firewall", `firewall of ${vault.name}`, () =>
        attempt(() => ask("DELETE", where), `${vault.name}: firewall removed`), "", `of ${vault.name}`)),
    form(`Set the firewall of ${vault.name}`, "Set", [
      input(named("allow"), "Accepted addresses and ranges", { placeholder: "none; such as 203.0.113.0/24" }, true),
      input(named("client-address"), "Clients have the address", { placeholder: "203.0.113.10" }),
      checkbox(named("private"), "Private endpoints only")],
    (values) => ask("PUT", where, JSON.stringify({
      allow: values[named("allow")].split(",").map((word) => word.trim()).filter(Boolean),
      clientAddress: values[named("client-address")] || undefined,
      publicAccess: values[named("private")] ? false : undefined }))));
}

// MARK: identities

function identityCard(identity) {
  const where = path("identities", identity.name, "federated-credentials");
  return el("article", { class: "card", "aria-label": `Identity ${identity.name}`, "data-key": identity.name },
    el("div", { class: "head" }, el("h2", {}, identity.name),
      el("span", { class: "quiet" }, "client ", el("code", {}, identity.clientID)),
      el("span", { class: "quiet" }, "tenant ", el("code", {}, identity.tenantID))),
    el("section", {}, el("h3", {}, `Federated credentials (${identity.federatedCredentials.length})`),
      identity.federatedCredentials.length > 0
        ? table(`Federated credentials of ${identity.name}`, ["Name", "Subject", "Issuer", "Audience", ""],
          identity.federatedCredentials.map((credential) => el("tr", { "data-key": credential.name },
            el("th", { scope: "row" }, credential.name),
            el("td", { class: "wide mono" }, credential.subject), el("td", { class: "wide mono" }, credential.issuer),
            el("td", { class: "wide mono" }, credential.audience),
            el("td", { class: "actions" }, remove("Remove", credential.name, "DELETE",
              `${where}${path(credential.name)}`)))))
        : empty("None: no service account can sign in as this identity."),
      form(`Add a federated credential to ${identity.name}`, "Add", [
        input(`subject@${identity.name}`, "Subject", { required: true,
          placeholder: "system:serviceaccount:NAMESPACE:NAME" }, true),
        input(`issuer@${identity.name}`, "Issuer", { placeholder: "the built-in cluster" }, true)],
      (values) => ask("POST", where, JSON.stringify({
        subject: values[`subject@${identity.name}`], issuer: values[`issuer@${identity.name}`] || undefined })))));
}

export function identitiesView() {
  return data.identities.length ? data.identities.map(identityCard) : [
    el("article", { class: "card", "data-key": "no identities" }, el("section", {}, el("h3", {}, "No identities"),
      empty("The seed has no identities, so no program can sign in. Add one to the seed, under ",
        el("code", {}, "identities"), ", and start the emulator again.")))];
}
