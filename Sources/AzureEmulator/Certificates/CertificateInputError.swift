/// A key, a certificate or a policy that Key Vault refuses. A vault answers it with the error
/// `BadParameter` and this message.
struct CertificateInputError: Error, CustomStringConvertible {
    var description: String

    init(_ description: String) {
        self.description = description
    }
}
