"""A minimal HTTP/2 client that misbehaves: it writes frames directly, and does not do flow control."""

import socket
import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, SETTINGS, WINDOW_UPDATE = 0, 1, 4, 8
END_STREAM, END_HEADERS = 1, 4
INITIAL_WINDOW_SIZE = 4
LARGEST_WINDOW = (1 << 31) - 1


def frame(kind, flags, stream, payload=b""):
    return struct.pack("!I", len(payload))[1:] + bytes([kind, flags]) + struct.pack("!I", stream) + payload


def headers(method):
    """The headers of a gRPC call, as literals with names."""
    fields = [(":method", "POST"), (":scheme", "http"), (":path", f"/v1alpha1.CSIDriverProvider/{method}"),
              (":authority", "localhost"), ("te", "trailers"), ("content-type", "application/grpc")]

    def text(value):
        assert len(value) < 127
        return bytes([len(value)]) + value.encode()

    return b"".join(b"\x00" + text(name) + text(value) for name, value in fields)


def call(stream, message, method="Mount"):
    """The frames of a whole call."""
    body = b"\x00" + struct.pack("!I", len(message)) + message
    pieces = [body[start:start + 16384] for start in range(0, len(body), 16384)]
    return frame(HEADERS, END_HEADERS, stream, headers(method)) + b"".join(
        frame(DATA, END_STREAM if index == len(pieces) - 1 else 0, stream, piece) for index, piece in enumerate(pieces))


def connect(path, window=65535):
    """A connection on which the server may send `window` bytes for each call, without a limit for all calls."""
    peer = socket.socket(socket.AF_UNIX)
    peer.settimeout(60)
    peer.connect(str(path))
    peer.sendall(PREFACE + frame(SETTINGS, 0, 0, struct.pack("!HI", INITIAL_WINDOW_SIZE, window))
                 + frame(WINDOW_UPDATE, 0, 0, struct.pack("!I", LARGEST_WINDOW - 65535)))
    return peer


def read_frame(peer):
    """Kind, flags, stream and payload of the next frame."""
    def exactly(count):
        data = b""
        while len(data) < count:
            piece = peer.recv(count - len(data))
            if not piece:
                raise ConnectionError("the server hung up")
            data += piece
        return data

    head = exactly(9)
    return head[3], head[4], struct.unpack("!I", head[5:])[0] & LARGEST_WINDOW, exactly(struct.unpack("!I", b"\x00" + head[:3])[0])
