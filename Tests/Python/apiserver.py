"""A cluster's API server for events and service accounts: HTTPS with its own authority, a required token, and faults."""

import datetime
import http.server
import ipaddress
import json
import pathlib
import ssl
import threading

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat


def certificate(name, issuer, key, issuer_key, *extensions):
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (x509.CertificateBuilder().subject_name(name).issuer_name(issuer).public_key(key.public_key())
               .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(hours=1))
               .not_valid_after(now + datetime.timedelta(hours=1)))
    for extension in extensions:
        builder = builder.add_extension(extension, critical=isinstance(extension, x509.BasicConstraints))
    return builder.sign(issuer_key, hashes.SHA256())


class APIServer:
    """Keeps events and service accounts by path, and the requests. `temper` may be None, a status, or "slow"."""

    def __init__(self, directory):
        self.directory = pathlib.Path(directory)
        self.directory.mkdir(exist_ok=True)
        self.lock = threading.Lock()
        self.events, self.accounts, self.calls = {}, {}, []
        self.temper = None
        self.released = threading.Event()
        self.accepted = None
        # Called once, at the next request before its check.
        self.on_next_call = None
        self.replace_token("token-1")
        outer = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                outer.answer(self)

            do_PATCH = do_GET = do_POST

            def log_message(self, *_):
                pass

        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.replace_authority()
        # Each connection's thread does its own handshake, so that a client cannot block others.
        self.server.socket = self.context.wrap_socket(
            self.server.socket, server_side=True, do_handshake_on_connect=False)
        self.server.handle_error = lambda *_: None
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @property
    def environment(self):
        return {"KUBERNETES_SERVICE_HOST": "127.0.0.1", "KUBERNETES_SERVICE_PORT": str(self.server.server_port),
                "NODE_NAME": "node-1"}

    def replace_authority(self, published=True):
        """A new authority with a new certificate of the server; only new connections see it."""
        key, own = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "kubernetes")])
        authority = certificate(name, name, key, key, x509.BasicConstraints(ca=True, path_length=None))
        leaf = certificate(
            x509.Name([]), name, own, key,
            x509.SubjectAlternativeName([x509.DNSName("kubernetes.default.svc"),
                                         x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]))
        pem = self.directory / "server.pem"
        pem.write_bytes(own.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
                        + leaf.public_bytes(Encoding.PEM))
        self.context.load_cert_chain(pem)
        self.authority = authority.public_bytes(Encoding.PEM)
        if published:
            self.publish_authority()

    def publish_authority(self):
        """Writes a new file and renames it, as the kubelet does."""
        path = self.directory / "ca.crt.new"
        path.write_bytes(self.authority)
        path.rename(self.directory / "ca.crt")

    def replace_token(self, token):
        with self.lock:
            self.accepted = token
        (self.directory / "token").write_text(token)

    def annotate(self, namespace, name, annotations):
        with self.lock:
            self.accounts[f"/api/v1/namespaces/{namespace}/serviceaccounts/{name}"] = {
                "apiVersion": "v1", "kind": "ServiceAccount",
                "metadata": {"name": name, "namespace": namespace, "annotations": annotations}}

    def answer(self, handler):
        body = handler.rfile.read(int(handler.headers.get("Content-Length", 0)))
        with self.lock:
            self.calls.append((handler.command, handler.path, handler.headers["Authorization"]))
            temper = self.temper
            hook, self.on_next_call = self.on_next_call, None
        if hook:
            hook()
        if temper == "slow":
            self.released.wait(300)
        status, content = self.judge(handler, temper, body)
        data = json.dumps(content).encode()
        handler.send_response(status)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Content-Length", str(len(data)))
        handler.send_header("Connection", "close")
        handler.end_headers()
        handler.wfile.write(data)

    def judge(self, handler, temper, body):
        with self.lock:
            if handler.headers["Authorization"] != f"Bearer {self.accepted}":
                return 401, {"kind": "Status", "message": "Unauthorized"}
            if isinstance(temper, int):
                return temper, {"kind": "Status", "message": f"{handler.path.split('/')[5]} is forbidden" if temper == 403 else "not now"}
            if handler.command == "GET":
                found = self.accounts.get(handler.path)
                return (200, found) if found else (404, {"kind": "Status", "message": "not found"})
            event = json.loads(body)
            if handler.command == "PATCH":
                if handler.path not in self.events:
                    return 404, {"kind": "Status", "message": "not found"}
                self.events[handler.path].update(event)
                return 200, self.events[handler.path]
            path = f"{handler.path}/{event['metadata']['name']}"
            if path in self.events:
                return 409, {"kind": "Status", "message": "already exists"}
            self.events[path] = event
            return 201, event

    def found(self):
        with self.lock:
            return [dict(event) for event in self.events.values()]

    def stop(self):
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
