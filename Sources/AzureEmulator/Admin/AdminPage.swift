internal import Foundation
internal import HTTPTypes
internal import Hummingbird

/// The page with which people use the controls in a browser. Its files are part of the program.
enum AdminPage {
    /// The page may load only its own files, and no other page may show it in a frame.
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    /// The file with this path; nil if it does not exist.
    static func file(_ path: [String]) -> Response? {
        switch path {
        case []: response(PackageResources.page_html, type: "text/html")
        case ["page.css"]: response(PackageResources.page_css, type: "text/css")
        case ["page.js"]: script(PackageResources.page_js)
        case ["controls.js"]: script(PackageResources.controls_js)
        case ["elements.js"]: script(PackageResources.elements_js)
        case ["vaults.js"]: script(PackageResources.vaults_js)
        case ["access.js"]: script(PackageResources.access_js)
        case ["requests.js"]: script(PackageResources.requests_js)
        case ["faults.js"]: script(PackageResources.faults_js)
        case ["connect.js"]: script(PackageResources.connect_js)
        case ["icon.svg"]: response(PackageResources.icon_svg, type: "image/svg+xml")
        default: nil
        }
    }

    private static func script(_ bytes: [UInt8]) -> Response { response(bytes, type: "text/javascript") }

    /// The response with the security headers that each response of the controls has.
    static func withSecurityHeaders(_ response: Response) -> Response {
        var response = response
        response.headers[HTTPField.Name(known: "Content-Security-Policy")] = policy
        response.headers[HTTPField.Name(known: "X-Content-Type-Options")] = "nosniff"
        response.headers[HTTPField.Name(known: "Referrer-Policy")] = "no-referrer"
        response.headers[HTTPField.Name(known: "Cross-Origin-Resource-Policy")] = "same-origin"
        response.headers[.cacheControl] = "no-store"
        return response
    }

    private static func response(_ bytes: [UInt8], type: String) -> Response {
        withSecurityHeaders(
            Response(
                status: .ok, headers: [.contentType: "\(type); charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))))
    }
}
