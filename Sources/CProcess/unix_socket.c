#include "unix_socket.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/un.h>
#include <unistd.h>

static int fill(struct sockaddr_un *address, const char *path) {
  const size_t length = strlen(path);
  if (length == 0) return -ENOENT;
  if (length >= sizeof(address->sun_path)) return -ENAMETOOLONG;
  memset(address, 0, sizeof(*address));
  address->sun_family = AF_UNIX;
  memcpy(address->sun_path, path, length);
  return 0;
}

// Closes the descriptor and returns the error of the call before.
static int failed(int descriptor) {
  const int error = errno;
  close(descriptor);
  return -error;
}

// Zero if nothing is left at `path`.
static int remove_stale(const char *path, const struct sockaddr_un *address) {
  struct stat information;
  if (lstat(path, &information) != 0) return errno == ENOENT ? 0 : -errno;
  if (!S_ISSOCK(information.st_mode)) return -EEXIST;
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  const int result = connect(descriptor, (const struct sockaddr *)address, sizeof(*address));
  const int error = errno;
  close(descriptor);
  // A full backlog is a process that listens.
  if (result == 0 || error == EAGAIN) return -EADDRINUSE;
  if (error != ECONNREFUSED && error != ENOENT) return -error;
  return unlink(path) == 0 || errno == ENOENT ? 0 : -errno;
}

int unix_socket_listen(const char *path) {
  struct sockaddr_un address;
  int error = fill(&address, path);
  if (error == 0) error = remove_stale(path, &address);
  if (error != 0) return error;
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  if (bind(descriptor, (const struct sockaddr *)&address, sizeof(address)) != 0) return failed(descriptor);
  // No client can connect before the socket listens, so none connects with the mode that the umask gives.
  if (chmod(path, 0600) != 0 || listen(descriptor, SOMAXCONN) != 0) {
    error = failed(descriptor);
    unlink(path);
    return error;
  }
  return descriptor;
}

int unix_socket_connect(const char *path, int timeout_seconds) {
  struct sockaddr_un address;
  const int error = fill(&address, path);
  if (error != 0) return error;
  const int descriptor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (descriptor < 0) return -errno;
  // A connection to a full backlog waits as long as a write.
  const struct timeval timeout = {timeout_seconds, 0};
  if (setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &timeout, sizeof(timeout)) != 0 ||
      setsockopt(descriptor, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) != 0 ||
      connect(descriptor, (const struct sockaddr *)&address, sizeof(address)) != 0) {
    return failed(descriptor);
  }
  return descriptor;
}
