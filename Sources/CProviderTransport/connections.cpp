#include "connections.h"

#include <dirent.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <thread>
#include <vector>

namespace {

// The library keeps its sockets to itself, but a process can look at its own descriptors.
std::vector<int> descriptors() {
  std::vector<int> found;
  DIR *directory = opendir("/proc/self/fd");
  if (directory == nullptr) return found;
  while (const dirent *entry = readdir(directory)) {
    if (entry->d_name[0] != '.') found.push_back(atoi(entry->d_name));
  }
  closedir(directory);
  return found;
}

bool is_bound_to(int descriptor, const std::string &path, int port) {
  sockaddr_storage storage{};
  socklen_t size = sizeof(storage);
  if (getsockname(descriptor, reinterpret_cast<sockaddr *>(&storage), &size) != 0) return false;
  switch (storage.ss_family) {
    case AF_UNIX:
      return !path.empty() && size > offsetof(sockaddr_un, sun_path) &&
             path == reinterpret_cast<const sockaddr_un *>(&storage)->sun_path;
    case AF_INET: return port != 0 && ntohs(reinterpret_cast<const sockaddr_in *>(&storage)->sin_port) == port;
    case AF_INET6: return port != 0 && ntohs(reinterpret_cast<const sockaddr_in6 *>(&storage)->sin6_port) == port;
    default: return false;
  }
}

// Copies of the descriptors: the library may close its own at any moment, and the number may then be another
// socket's. Whoever asks closes them.
std::vector<int> sockets_bound_to(const std::string &path, int port) {
  std::vector<int> found;
  for (const int descriptor : descriptors()) {
    const int copy = fcntl(descriptor, F_DUPFD_CLOEXEC, 0);
    if (copy < 0) continue;
    if (is_bound_to(copy, path, port)) {
      found.push_back(copy);
    } else {
      close(copy);
    }
  }
  return found;
}

bool is_listening(int descriptor) {
  int value = 0;
  socklen_t size = sizeof(value);
  return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value != 0;
}

bool is_connected(int descriptor) {
  sockaddr_storage peer{};
  socklen_t size = sizeof(peer);
  return getpeername(descriptor, reinterpret_cast<sockaddr *>(&peer), &size) == 0;
}

// Clients that are connected already, and wait to be accepted.
void refuse_waiting(int listener) {
  int connection;
  while ((connection = accept4(listener, nullptr, nullptr, SOCK_CLOEXEC)) >= 0) close(connection);
}

// Whether the other side has read all that was sent to it.
bool is_read(int descriptor) {
  int unread = 0;
  return ioctl(descriptor, SIOCOUTQ, &unread) != 0 || unread == 0;
}

}  // namespace

void end_connections(const std::string &path, int port, std::chrono::steady_clock::time_point patience) {
  for (const int descriptor : sockets_bound_to(path, port)) {
    if (is_listening(descriptor) && shutdown(descriptor, SHUT_RDWR) == 0) refuse_waiting(descriptor);
    close(descriptor);
  }
  // Only now, so that none is made in between.
  for (const int descriptor : sockets_bound_to(path, port)) {
    if (is_connected(descriptor)) {
      // Nothing tells of it, so it is looked at again and again.
      while (!is_read(descriptor) && std::chrono::steady_clock::now() < patience) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      shutdown(descriptor, SHUT_RDWR);
    }
    close(descriptor);
  }
}
