internal import AsyncHTTPClient
internal import Hummingbird
internal import HummingbirdTLS
internal import JWTKit
internal import X509
internal import Yams
