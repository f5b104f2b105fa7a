#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "CProviderTransport.h"

struct akv_call {
  grpc::CallbackServerContext *context;
  /// Borrows from `request_bytes`.
  akv_mount_request request;
  grpc::Slice request_bytes;
  grpc::ByteBuffer *response;
  grpc::ServerUnaryReactor *reactor;
};

/// Counts the running Mount calls, and refuses new ones once the server stops.
class RunningCalls {
 public:
  /// Counts one more call; false, and not counted, after `refuse_new`.
  bool add() noexcept;
  void remove() noexcept;
  void refuse_new() noexcept;

  /// Waits until no call is running; false if some still are after `timeout`.
  bool wait_until_none(std::chrono::duration<double> timeout) noexcept;

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool refuses_new_ = false;
  size_t count_ = 0;
};

/// Starts a Mount call: gives it to `handlers.begin`, or leaves it without a response when `running` refuses new calls.
///
/// The request and the response are the encoded messages. So an object costs no allocation, and its content exists
/// once.
grpc::ServerUnaryReactor *start_mount_call(grpc::CallbackServerContext *context, const grpc::ByteBuffer *request,
                                           grpc::ByteBuffer *response, const akv_handlers &handlers,
                                           RunningCalls &running) noexcept;
