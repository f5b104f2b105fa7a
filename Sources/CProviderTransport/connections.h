#pragma once

#include <grpcpp/server_builder.h>
#include <sys/types.h>

#include <chrono>
#include <memory>
#include <thread>
#include <vector>

/// A file descriptor that is closed with its owner.
class Descriptor {
 public:
  explicit Descriptor(int number) noexcept : number_(number) {}
  Descriptor(Descriptor &&other) noexcept : number_(other.number_) { other.number_ = -1; }
  Descriptor &operator=(Descriptor &&) = delete;
  ~Descriptor();

  int number() const noexcept { return number_; }

 private:
  int number_;
};

/// Accepts a server's connections and hands them to gRPC.
///
/// gRPC could listen itself, but then it keeps its sockets to itself. With our own listening sockets the socket file
/// gets its mode before a client can connect, the number of connections is bounded, and a server that stops can break
/// its connections in a way that clients see as UNAVAILABLE.
class ConnectionAcceptor {
 public:
  using Handler = grpc::experimental::ExternalConnectionAcceptor;

  /// Takes non-blocking listening sockets, and accepts nothing before `start`. While `maximum_connections` are open,
  /// clients wait in the kernel's queue.
  ConnectionAcceptor(std::vector<Descriptor> listeners, size_t maximum_connections);
  ~ConnectionAcceptor();

  /// Accepts connections on a thread of its own and gives each to `handler`, which takes it over. Throws
  /// `std::system_error` if it cannot.
  void start(std::unique_ptr<Handler> handler);

  /// Accepts no more and closes the listening sockets, and with them the connections that wait to be accepted.
  void stop_accepting() noexcept;

  /// Breaks all open connections, after `stop_accepting`. Until `deadline` it waits for clients that have not read all
  /// that was sent to them: a client that cannot write any more may not read any more either.
  void break_connections(std::chrono::steady_clock::time_point deadline) noexcept;

 private:
  /// An accepted connection. gRPC owns the descriptor and closes it at any time; the number may then be that of another
  /// file, so the inode tells whether it is still the same socket.
  struct Connection {
    int number;
    ino_t inode;

    bool is_same(int descriptor) const noexcept;
  };

  void run() noexcept;
  bool accept_from(int listener) noexcept;
  bool has_room() noexcept;

  std::vector<Descriptor> listeners_;
  const size_t maximum_connections_;
  /// Ends `run`.
  Descriptor wake_up_;
  std::unique_ptr<Handler> handler_;
  std::thread thread_;
  /// Used by the thread alone while it runs. It may hold connections that have ended.
  std::vector<Connection> connections_;
};
