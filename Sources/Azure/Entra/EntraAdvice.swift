internal import ProviderCore
internal import SecretMemory

/// The explanation of an AADSTS error number: the reason for the refusal and the fix.
///
/// An unknown number does not have either, and the error then shows Entra's own description.
struct EntraAdvice {
    private(set) var reason: String?
    /// The fix; empty if none is known.
    private(set) var hint = ""

    init(_ number: Int?, presenting credential: TokenExchange.Credential, clientID: String, tenantID: String) {
        guard let number else { return }
        let client = clientID.clipped
        switch credential {
        case .assertion(let token):
            (reason, hint) =
                Self.ofFederation(number, token.claims, client) ?? Self.ofAny(number, client, tenantID.clipped)
                ?? (nil, "")
        case .certificate:
            (reason, hint) =
                Self.ofCertificate(number, client) ?? Self.ofAny(number, client, tenantID.clipped) ?? (nil, "")
        case .secret:
            (reason, hint) = Self.ofSecret(number, client) ?? Self.ofAny(number, client, tenantID.clipped) ?? (nil, "")
        }
    }

    private typealias Advice = (reason: String?, hint: String)

    /// Returns the explanation for the token of a service account.
    private static func ofFederation(_ number: Int, _ claims: TokenClaims?, _ clientID: String) -> Advice? {
        let issuer = claims?.issuer?.clipped ?? "<OIDC issuer URL of the cluster>"
        let subject = claims?.subject?.clipped ?? "<subject>"
        let create = AzureCommand.federation(subject: subject, clientID: clientID, issuer: issuer)
        switch number {
        case 70021:
            return (
                "no federated credential of this client fits issuer, subject and audience (a new one takes some minutes)",
                create
            )
        case 70025: return ("this client has no federated credential (a new one takes some minutes)", create)
        case 700213:
            return ("no federated credential of this client has this subject (a new one takes some minutes)", create)
        case 7_002_138: return ("the subject of the federated credential differs in letter case", create)
        case 700211:
            return (
                "no federated credential of this client has the issuer \(issuer), slash at the end included",
                AzureCommand.federationUpdate(subject: subject, clientID: clientID, issuer: issuer)
            )
        case 700212, 7_002_121:
            return (
                "no federated credential of this client has the audience of the token",
                "set the audience of the federated credential to \(ServiceAccountTokens.workloadIdentityAudience)"
            )
        case 700024, 500133: return ("the token is outside of its validity", "check the node's clock")
        case 700027, 7_000_272:
            return (
                "Entra does not know the key that signed the token",
                "compare the key ids of the token and of the issuer's JWKS; Entra keeps a JWKS for some time"
            )
        case 90061, 50166, 501661:
            return (
                "Entra could not fetch the keys of the issuer \(issuer), a temporary failure"
                    + " if the URL is public",
                "if it persists: curl -fsS \("\(issuer.droppingTrailingSlashes())/.well-known/openid-configuration".shellWord)"
            )
        case 700223, 700238:
            return (
                "a policy of the tenant does not permit federation with this issuer", "ask the tenant's administrator"
            )
        default: return nil
        }
    }

    /// Returns the explanation for the certificate of an application.
    private static func ofCertificate(_ number: Int, _ clientID: String) -> Advice? {
        switch number {
        case 700027, 50012:
            return (
                "the application does not have this certificate",
                "az ad app credential reset --id \(clientID.shellWord) --append --cert @certificate.pem"
            )
        case 700024, 500133:
            return ("the assertion that the provider signed is outside of its ten minutes", "check the node's clock")
        default: return nil
        }
    }

    /// Returns the explanation for a client secret.
    private static func ofSecret(_ number: Int, _ clientID: String) -> Advice? {
        switch number {
        case 7_000_215:
            return (
                "the client secret is wrong; often it is the secret's id instead of its value",
                "put the value of a client secret into the Secret of nodePublishSecretRef"
            )
        case 7_000_222:
            return (
                "the client secret has expired",
                "az ad app credential reset --id \(clientID.shellWord) --append"
            )
        default: return nil
        }
    }

    /// Returns the explanation that is the same for all credentials.
    private static func ofAny(_ number: Int, _ clientID: String, _ tenantID: String) -> Advice? {
        switch number {
        case 700016:
            return ("the tenant does not have this client", "correct clientID or tenantID in the SecretProviderClass")
        case 700038:
            return (
                "\(clientID) cannot be a client id",
                "set clientID to one of: az identity list --query '[].[name,clientId]' -o tsv"
            )
        case 7_000_229:
            return ("the client has no service principal in this tenant", "az ad sp create --id \(clientID.shellWord)")
        case 501051: return ("the client is not assigned to Key Vault, which this tenant demands", "")
        case 90002, 900023:
            return (
                "this tenant does not exist in this cloud",
                "set tenantID to the output of: az account show --query tenantId -o tsv"
            )
        case 90038, 900382, 900432:
            return ("the tenant is of another cloud", "set cloudName in the SecretProviderClass")
        case 7_000_112:
            return (
                "the application is disabled",
                "az ad sp update --id \(clientID.shellWord) --set accountEnabled=true"
            )
        case 500021, 500022:
            return (
                "the tenant restrictions of a proxy on the way do not permit this tenant",
                "permit tenant \(tenantID) in the proxy's tenant restrictions"
            )
        case 500011, 50001:
            return ("the tenant does not have Key Vault in this cloud", "set cloudName in the SecretProviderClass")
        case 53003, 530032, 530035:
            return (
                "a Conditional Access policy blocks this client", "ask the tenant's administrator to exclude the client"
            )
        default: return nil
        }
    }
}
