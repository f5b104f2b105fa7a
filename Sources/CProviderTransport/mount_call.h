#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <condition_variable>
#include <mutex>

#include "CProviderTransport.h"
#include "service.pb.h"

struct akv_call {
  grpc::CallbackServerContext *context;
  const v1alpha1::MountRequest *request;
  v1alpha1::MountResponse *response;
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
grpc::ServerUnaryReactor *start_mount_call(grpc::CallbackServerContext *context, const v1alpha1::MountRequest *request,
                                           v1alpha1::MountResponse *response, const akv_handlers &handlers,
                                           RunningCalls &running) noexcept;
