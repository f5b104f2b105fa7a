#include "connections.h"

#include <dirent.h>
#include <netinet/in.h>
#include <stddef.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <vector>

namespace {

// The library keeps its sockets to itself, but a process can look at its own descriptors.
std::vector<int> sockets_bound_to(const std::string &path, int port) {
  std::vector<int> found;
  DIR *directory = opendir("/proc/self/fd");
  if (directory == nullptr) return found;
  while (const dirent *entry = readdir(directory)) {
    const int descriptor = atoi(entry->d_name);
    sockaddr_storage storage{};
    socklen_t size = sizeof(storage);
    if (entry->d_name[0] == '.' || getsockname(descriptor, reinterpret_cast<sockaddr *>(&storage), &size) != 0) continue;
    bool is_ours = false;
    if (storage.ss_family == AF_UNIX) {
      const auto *address = reinterpret_cast<const sockaddr_un *>(&storage);
      is_ours = !path.empty() && size > offsetof(sockaddr_un, sun_path) && path == address->sun_path;
    } else if (storage.ss_family == AF_INET) {
      is_ours = port != 0 && ntohs(reinterpret_cast<const sockaddr_in *>(&storage)->sin_port) == port;
    } else if (storage.ss_family == AF_INET6) {
      is_ours = port != 0 && ntohs(reinterpret_cast<const sockaddr_in6 *>(&storage)->sin6_port) == port;
    }
    if (is_ours) found.push_back(descriptor);
  }
  closedir(directory);
  return found;
}

bool is_listening(int descriptor) {
  int value = 0;
  socklen_t size = sizeof(value);
  return getsockopt(descriptor, SOL_SOCKET, SO_ACCEPTCONN, &value, &size) == 0 && value != 0;
}

}  // namespace

void end_connections(const std::string &path, int port) {
  for (const int descriptor : sockets_bound_to(path, port)) {
    if (is_listening(descriptor)) shutdown(descriptor, SHUT_RDWR);
  }
  // Only now, so that none is made in between.
  for (const int descriptor : sockets_bound_to(path, port)) {
    if (!is_listening(descriptor)) shutdown(descriptor, SHUT_RDWR);
  }
}
