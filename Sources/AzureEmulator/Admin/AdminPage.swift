internal import Foundation
internal import HTTPTypes
internal import Hummingbird

/// The controls for people: a page whose three files are in the program.
enum AdminPage {
    /// Only what comes from here may run or be shown, and nobody may frame it.
    private static let policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src 'self'; "
        + "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

    static func file(_ path: [String]) -> Response? {
        switch path {
        case []: response(PackageResources.page_html, "text/html")
        case ["page.css"]: response(PackageResources.page_css, "text/css")
        case ["page.js"]: response(PackageResources.page_js, "text/javascript")
        case ["controls.js"]: response(PackageResources.controls_js, "text/javascript")
        case ["icon.svg"]: response(PackageResources.icon_svg, "image/svg+xml")
        default: nil
        }
    }

    /// With the headers that every answer of the controls has.
    static func guarded(_ response: Response) -> Response {
        var response = response
        if let name = HTTPField.Name("Content-Security-Policy") { response.headers[name] = policy }
        if let name = HTTPField.Name("X-Content-Type-Options") { response.headers[name] = "nosniff" }
        if let name = HTTPField.Name("Referrer-Policy") { response.headers[name] = "no-referrer" }
        if let name = HTTPField.Name("Cross-Origin-Resource-Policy") { response.headers[name] = "same-origin" }
        response.headers[.cacheControl] = "no-store"
        return response
    }

    private static func response(_ bytes: [UInt8], _ type: String) -> Response {
        guarded(
            Response(
                status: .ok, headers: [.contentType: "\(type); charset=utf-8"],
                body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes))))
    }
}
