"""The part of an API server that publishes the issuer of service-account tokens and their keys, and the tokens."""

import base64
import datetime
import http.server
import ipaddress
import json
import ssl
import threading

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

import charts  # noqa: F401, it makes the next import possible
import apiserver

# The issuer of a cluster that kubeadm or kind made. The emulator cannot connect to it.
ISSUER = "https://kubernetes.default.svc.cluster.local"


def number(value):
    return base64.urlsafe_b64encode(value.to_bytes((value.bit_length() + 7) // 8, "big")).rstrip(b"=").decode()


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


class Issuer:
    """Listens with TLS at an address of `network`, with its own authority, and accepts only its own tokens."""

    def __init__(self, network, address, directory):
        self.address, self.port, self.asked = address, 443, []
        self.directory = directory
        self.directory.mkdir()
        self.replace_key()
        authority, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        root = apiserver.certificate(name("kubernetes"), name("kubernetes"), authority, authority,
                                     x509.BasicConstraints(ca=True, path_length=None))
        leaf = apiserver.certificate(name("kube-apiserver"), name("kubernetes"), server, authority,
                                     x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address(address))]))
        self.authority = root.public_bytes(Encoding.PEM).decode()
        (self.directory / "tls.pem").write_bytes(leaf.public_bytes(Encoding.PEM) + server.private_bytes(
            Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                outer.answer(self)

            def log_message(self, *arguments):
                pass

        self.server = network.inside(lambda: http.server.ThreadingHTTPServer((address, self.port), Handler))
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.directory / "tls.pem")
        self.server.socket = context.wrap_socket(self.server.socket, server_side=True, do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    def replace_key(self):
        """Another signing key, as after a rotation of the cluster's key."""
        self.key = rsa.generate_private_key(public_exponent=65537, key_size=2048)

    def answer(self, request):
        self.asked.append(request.path)
        documents = {
            "/.well-known/openid-configuration": {
                # As in the API server: an address that pods may not be able to reach.
                "issuer": ISSUER, "jwks_uri": "https://192.0.2.1:6443/openid/v1/jwks",
                "response_types_supported": ["id_token"], "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"]},
            "/openid/v1/jwks": {"keys": [self.jwk()]},
        }
        token = request.headers.get("Authorization", "").removeprefix("Bearer ")
        status, body = (200, documents[request.path]) if request.path in documents else (404, {"kind": "Status", "code": 404})
        if not self.accepts(token):
            status, body = 401, {"kind": "Status", "code": 401}
        content = json.dumps(body).encode()
        request.send_response(status)
        request.send_header("Content-Length", str(len(content)))
        request.end_headers()
        request.wfile.write(content)

    def jwk(self):
        public = self.key.public_key().public_numbers()
        return {"use": "sig", "kty": "RSA", "kid": "cluster", "alg": "RS256", "n": number(public.n), "e": number(public.e)}

    def accepts(self, token):
        try:
            jwt.decode(token, self.key.public_key(), algorithms=["RS256"], audience=ISSUER, issuer=ISSUER)
            return True
        except jwt.InvalidTokenError:
            return False

    def token(self, namespace, account, audience):
        now = datetime.datetime.now(datetime.timezone.utc)
        claims = {"iss": ISSUER, "sub": f"system:serviceaccount:{namespace}:{account}", "aud": [audience], "iat": now, "nbf": now,
                  "exp": now + datetime.timedelta(hours=1), "kubernetes.io": {
                      "namespace": namespace, "serviceaccount": {"name": account, "uid": "11111111-1111-4111-8111-111111111111"}}}
        return jwt.encode(claims, self.key, algorithm="RS256", headers={"kid": "cluster"})

    def stop(self):
        self.server.shutdown()
        self.server.server_close()
