// The lines with which programs reach the emulator.
import { data } from "./controls.js";
import { box, choice, el, empty, fields, page, table } from "./elements.js";

const none = "(none)";
const quoted = (text) => /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;

function sdk(language, vault, secret) {
  const url = `https://${vault}.vault.azure.net`;
  return {
    Python: `from azure.identity import DefaultAzureCredential
from azure.keyvault.secrets import SecretClient

client = SecretClient("${url}", DefaultAzureCredential())
print(client.get_secret("${secret}").value)`,
    Go: `credential, err := azidentity.NewDefaultAzureCredential(nil)
client, err := azsecrets.NewClient("${url}", credential, nil)
secret, err := client.GetSecret(ctx, "${secret}", "", nil)`,
    ".NET": `var client = new SecretClient(new Uri("${url}"), new DefaultAzureCredential());
Console.WriteLine(client.GetSecret("${secret}").Value.Value);`,
    "Node.js": `// Node.js 24 and later: earlier versions ignore HTTPS_PROXY.
import { DefaultAzureCredential } from "@azure/identity";
import { SecretClient } from "@azure/keyvault-secrets";

const client = new SecretClient("${url}", new DefaultAzureCredential());
console.log((await client.getSecret("${secret}")).value);`,
    Java: `// Java ignores HTTPS_PROXY and SSL_CERT_FILE. Start it with
//   -Dhttps.proxyHost=127.0.0.1 -Dhttps.proxyPort=${data.connection.proxyPort}
//   -Djavax.net.ssl.trustStore=emulator.p12 -Djavax.net.ssl.trustStorePassword=changeit
// after: keytool -importcert -noprompt -alias emulator -keystore emulator.p12 -storepass changeit
//   -file ${data.connection.directory ?? "akv-emulator.d"}/ca.pem
SecretClient client = new SecretClientBuilder().vaultUrl("${url}")
    .credential(new DefaultAzureCredentialBuilder().build()).buildClient();
System.out.println(client.getSecret("${secret}").getValue());`,
  }[language];
}

/** The service account of the built-in cluster that can sign in as an identity; undefined if there is none. */
function account(identity) {
  const credential = identity?.federatedCredentials.find((credential) =>
    credential.issuer === data.connection.clusterIssuer && /^system:serviceaccount:[^:]+:[^:]+$/.test(credential.subject));
  const [, , namespace, name] = credential?.subject.split(":") ?? [];
  return credential && { namespace, name };
}

function secretProviderClass(identity, vault, secret, owner) {
  return `apiVersion: secrets-store.csi.x-k8s.io/v1
kind: SecretProviderClass
metadata:
  name: ${secret}
  namespace: ${owner?.namespace ?? "default"}
spec:
  provider: azure
  parameters:
    keyvaultName: ${vault}
    tenantID: ${identity?.tenantID ?? "TENANT"}
    clientID: ${identity?.clientID ?? "CLIENT"}
    objects: |
      array:
        - |
          objectName: ${secret}
          objectType: secret
`;
}

function card(title, about, ...children) {
  return el("article", { class: "card", "aria-label": title, "data-key": title },
    el("div", { class: "head" }, el("h2", {}, title), el("span", { class: "quiet" }, about)),
    el("section", {}, children));
}

const line = (text, about) => el("div", { class: "inset" }, box(text, about));
const note = (...texts) => el("p", { class: "foot" }, texts);

export function connectView() {
  const { directory = "akv-emulator.d", seed, proxyPort, nodePort, connectsToOtherHosts } = data.connection;
  const names = data.identities.filter(account).map((identity) => identity.name);
  const identity = data.identities.find((identity) => identity.name === (fields.get("connect-identity") ?? names[0]));
  const vault = data.vaults.find((vault) => vault.name === fields.get("connect-vault")) ?? data.vaults[0];
  const secret = vault?.objects.secrets?.find((object) => object.versions[0].enabled)?.name ?? "db-password";
  const owner = account(identity);
  const as = identity ? ` --identity ${quoted(identity.name)}` : "";
  const at = ` --directory ${quoted(directory)}`;
  const language = fields.get("connect-language") ?? "Python";
  return [
    el("div", { class: "bar", "data-key": "bar" },
      choice("connect-identity", "Sign in as", [...names, none], page.draw),
      data.vaults.length > 0 && choice("connect-vault", "Vault", data.vaults.map((vault) => vault.name), page.draw),
      el("span", { class: "quiet" }, "The lines below are for this emulator and these choices.")),
    names.length === 0 && el("article", { class: "card", "data-key": "no identity" }, el("section", {}, empty(
      "No identity has a federated credential for the built-in cluster, so DefaultAzureCredential cannot sign in. Add one under ",
      el("a", { href: "#identities" }, "Identities"), "."))),
    card("One command", "an emulator of its own, from start to end", line(
      `akv-emulator run${seed ? ` --seed ${quoted(seed)}` : ""}${as} -- COMMAND`, "Run a command")),
    card("This emulator, in a shell", "sh, bash and zsh", line(
      `eval "$(akv-emulator print-env --wait${at}${as})"`, "Set the variables"),
    note("To undo:"), line('eval "$(akv-emulator print-env --unset)"', "Restore the variables"),
    note("In fish:"), line(`akv-emulator print-env --wait --shell fish${at}${as} | source`, "Set the variables in fish"),
    note("Azure's hosts are answered here; ", connectsToOtherHosts ? "other hosts are reached as usual."
      : "all other hosts are refused (--other-hosts refuse).")),
    vault ? card("A program", "the Azure SDKs need no option", el("form", { class: "plain", "data-key": "language" },
      choice("connect-language", "Language", ["Python", "Go", ".NET", "Node.js", "Java"], page.draw)),
    line(sdk(language, vault.name, secret), `Read a secret in ${language}`),
    note("Or curl, to see that the vault can be reached:"),
    line(`curl -i https://${vault.name}.vault.azure.net/healthstatus`, "Reach the vault with curl")) : undefined,
    vault ? card("A pod's volume", "the CSI driver's provider, without a cluster", line(
      `(eval "$(akv-emulator print-env${at})"; exec akv-csi serve --endpoint unix:///tmp/azure.sock) &
akv-emulator token${at} -n ${owner?.namespace ?? "default"} ${owner?.name ?? "default"} > /tmp/token
akv-csi mount -f class.yaml --endpoint unix:///tmp/azure.sock --token-file /tmp/token --target /tmp/volume`,
      "Mount a class"), note("with class.yaml, which works unchanged in a cluster:"),
    line(secretProviderClass(identity, vault.name, secret, owner), "The SecretProviderClass")) : undefined,
    card("Addresses", "for everything else", table("Addresses", ["What", "Where"], [
      ["Proxy for HTTPS", `http://127.0.0.1:${proxyPort}`], ["Certificate authority", `${directory}/ca.pem`],
      ["Metadata service and NMI", `http://127.0.0.1:${nodePort}`], ["Controls and this page", location.origin],
      ["Issuer of the built-in cluster", data.connection.clusterIssuer],
    ].map(([what, where]) => el("tr", { "data-key": what }, el("th", { scope: "row" }, what),
      el("td", { class: "wide mono" }, where))))),
  ].filter(Boolean);
}
