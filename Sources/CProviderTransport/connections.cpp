#include "connections.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <system_error>
#include <utility>

namespace {

// How long to wait when no connection can be accepted: too many are open, or the process has no descriptor left.
constexpr int kPauseMilliseconds = 100;

int create_wake_up() {
  const int descriptor = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  if (descriptor < 0) throw std::system_error(errno, std::generic_category());
  return descriptor;
}

// Whether the other side has read all that was sent to it.
bool is_read(int descriptor) noexcept {
  int unread = 0;
  return ioctl(descriptor, SIOCOUTQ, &unread) != 0 || unread == 0;
}

}  // namespace

Descriptor::~Descriptor() {
  if (number_ >= 0) close(number_);
}

bool ConnectionAcceptor::Connection::is_same(int descriptor) const noexcept {
  struct stat information {};
  return fstat(descriptor, &information) == 0 && S_ISSOCK(information.st_mode) && information.st_ino == inode;
}

ConnectionAcceptor::ConnectionAcceptor(std::vector<Descriptor> listeners, size_t maximum_connections)
    : listeners_(std::move(listeners)), maximum_connections_(maximum_connections), wake_up_(create_wake_up()) {}

ConnectionAcceptor::~ConnectionAcceptor() { stop_accepting(); }

void ConnectionAcceptor::start(std::unique_ptr<Handler> handler) {
  handler_ = std::move(handler);
  thread_ = std::thread([this] { run(); });
}

void ConnectionAcceptor::run() noexcept {
  std::vector<pollfd> sockets{{wake_up_.number(), POLLIN, 0}};
  for (const auto &listener : listeners_) sockets.push_back({listener.number(), POLLIN, 0});
  bool is_paused = false;
  for (;;) {
    // A pause watches the wake-up alone.
    if (poll(sockets.data(), is_paused ? 1 : sockets.size(), is_paused ? kPauseMilliseconds : -1) < 0) continue;
    if (sockets[0].revents != 0) return;
    if (std::exchange(is_paused, false)) continue;
    for (size_t index = 1; index < sockets.size(); ++index) {
      if (sockets[index].revents == 0) continue;
      if (!has_room() || !accept_from(sockets[index].fd)) is_paused = true;
    }
  }
}

// False if it makes no sense to try again immediately.
bool ConnectionAcceptor::accept_from(int listener) noexcept {
  const int number = accept4(listener, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
  // The client may have left between `poll` and `accept4`.
  if (number < 0) return errno == EAGAIN || errno == ECONNABORTED || errno == EINTR;
  struct stat information {};
  if (fstat(number, &information) != 0) {
    close(number);
    return false;
  }
  connections_.push_back({number, information.st_ino});
  Handler::NewConnectionParameters connection;
  connection.listener_fd = listener;
  connection.fd = number;
  handler_->HandleNewConnection(&connection);
  return true;
}

// Forgets connections that have ended, when it has to know.
bool ConnectionAcceptor::has_room() noexcept {
  if (connections_.size() < maximum_connections_) return true;
  const auto has_ended = [](const Connection &connection) { return !connection.is_same(connection.number); };
  connections_.erase(std::remove_if(connections_.begin(), connections_.end(), has_ended), connections_.end());
  return connections_.size() < maximum_connections_;
}

void ConnectionAcceptor::stop_accepting() noexcept {
  if (thread_.joinable()) {
    const uint64_t one = 1;
    while (write(wake_up_.number(), &one, sizeof(one)) < 0 && errno == EINTR) continue;
    thread_.join();
  }
  listeners_.clear();
}

void ConnectionAcceptor::break_connections(std::chrono::steady_clock::time_point deadline) noexcept {
  for (const auto &connection : connections_) {
    // A copy cannot become another file's number while it is used.
    const Descriptor copy(fcntl(connection.number, F_DUPFD_CLOEXEC, 0));
    if (copy.number() < 0 || !connection.is_same(copy.number())) continue;
    // The kernel does not report when all has been read, so this looks every millisecond.
    while (!is_read(copy.number()) && std::chrono::steady_clock::now() < deadline) {
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    }
    shutdown(copy.number(), SHUT_RDWR);
  }
  connections_.clear();
}
