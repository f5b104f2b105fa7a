/// Unix sockets for one user. In C, because Swift cannot use all of the system's address types in every build.
#pragma once

/// Listens on a unix socket at `path` that only this process's user and root may connect to (mode 0600). A socket file
/// on which no process listens is replaced; anything else at `path` is left alone.
///
/// Returns a non-blocking descriptor that is closed on exec, or a negated errno: EADDRINUSE if another process listens
/// on `path`, EEXIST if something else than a socket is there, ENAMETOOLONG if `path` is too long for a socket.
int unix_socket_listen(const char *path);

/// Connects to the unix socket at `path`. Each later read and write waits at most `timeout_seconds`.
///
/// Returns a descriptor that is closed on exec, or a negated errno.
int unix_socket_connect(const char *path, int timeout_seconds);
