/// The public part of a key, with the fields of a JSON Web Key (RFC 7518).
package struct PublicKey: Sendable {
    /// The type, such as `RSA`, `RSA-HSM`, `EC`, `EC-HSM` or `oct`.
    package var type: String
    package var curve: String
    package var modulus: [UInt8]
    package var exponent: [UInt8]
    package var x: [UInt8]
    package var y: [UInt8]

    package init(type: String, curve: String, modulus: [UInt8], exponent: [UInt8], x: [UInt8], y: [UInt8]) {
        self.type = type
        self.curve = curve
        self.modulus = modulus
        self.exponent = exponent
        self.x = x
        self.y = y
    }
}
