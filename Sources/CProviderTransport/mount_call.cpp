#include "mount_call.h"

#include <string.h>

#include <limits>
#include <string>

#include "bytes.h"

bool RunningCalls::add() noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  if (refuses_new_) return false;
  ++count_;
  return true;
}

void RunningCalls::remove() noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  --count_;
  changed_.notify_all();
}

void RunningCalls::refuse_new() noexcept {
  const std::lock_guard<std::mutex> lock(mutex_);
  refuses_new_ = true;
}

bool RunningCalls::wait_until_none(std::chrono::duration<double> timeout) noexcept {
  std::unique_lock<std::mutex> lock(mutex_);
  return changed_.wait_for(lock, timeout, [this] { return count_ == 0; });
}

namespace {

// gRPC calls OnCancel and OnDone of a unary call only after the service's method has returned, so `call_context_` is
// always set by then. It calls OnDone only after Finish and after every other reaction.
class MountReactor final : public grpc::ServerUnaryReactor, public akv_call {
 public:
  MountReactor(grpc::CallbackServerContext *context, const v1alpha1::MountRequest *request,
               v1alpha1::MountResponse *response, const akv_handlers &handlers, RunningCalls &running) noexcept
      : akv_call{context, request, response, this},
        handlers_(handlers),
        running_(running),
        is_accepted_(running.add()) {
    if (is_accepted_) call_context_ = handlers_.begin(handlers_.context, this);
  }

  void OnCancel() noexcept override {
    if (is_accepted_) {
      handlers_.cancel(call_context_);
    } else {
      // Its connection has ended, so the status reaches no client.
      Finish(grpc::Status::CANCELLED);
    }
  }

  void OnDone() noexcept override {
    if (is_accepted_) {
      overwrite_contents();
      handlers_.done(call_context_);
      running_.remove();
    }
    delete this;
  }

 private:
  void overwrite_contents() noexcept {
    for (auto &file : *response->mutable_files()) {
      auto *contents = file.mutable_contents();
      explicit_bzero(contents->data(), contents->size());
    }
  }

  const akv_handlers &handlers_;
  RunningCalls &running_;
  const bool is_accepted_;
  void *call_context_ = nullptr;
};

}  // namespace

grpc::ServerUnaryReactor *start_mount_call(grpc::CallbackServerContext *context, const v1alpha1::MountRequest *request,
                                           v1alpha1::MountResponse *response, const akv_handlers &handlers,
                                           RunningCalls &running) noexcept {
  return new MountReactor(context, request, response, handlers, running);
}

akv_mount_request akv_call_request(const akv_call *call) noexcept {
  return {borrow(call->request->attributes()), borrow(call->request->secrets()), borrow(call->request->target_path()),
          borrow(call->request->permission())};
}

size_t akv_call_object_version_count(const akv_call *call) noexcept {
  return static_cast<size_t>(call->request->current_object_version_size());
}

akv_object_version akv_call_object_version(const akv_call *call, size_t index) noexcept {
  const auto &object = call->request->current_object_version(static_cast<int>(index));
  return {borrow(object.id()), borrow(object.version())};
}

double akv_call_seconds_left(const akv_call *call) noexcept {
  const auto deadline = call->context->deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return std::numeric_limits<double>::infinity();
  return std::chrono::duration<double>(deadline - std::chrono::system_clock::now()).count();
}

void akv_call_add_file(akv_call *call, akv_file file) noexcept {
  auto *added = call->response->add_files();
  added->set_path(file.path.base, file.path.count);
  added->set_mode(file.mode);
  added->set_contents(file.contents.base, file.contents.count);
}

void akv_call_add_object_version(akv_call *call, akv_object_version object) noexcept {
  auto *added = call->response->add_object_version();
  added->set_id(object.id.base, object.id.count);
  added->set_version(object.version.base, object.version.count);
}

size_t akv_call_response_size(const akv_call *call) noexcept { return call->response->ByteSizeLong(); }

void akv_call_finish(akv_call *call, int32_t status, akv_bytes message) noexcept {
  call->reactor->Finish(status == 0 ? grpc::Status::OK
                                    : grpc::Status(static_cast<grpc::StatusCode>(status), copy(message)));
}
