#include "mount_call.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/wire_format_lite.h>
#include <string.h>

#include <iterator>
#include <limits>
#include <new>
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

/// Finds the fields of an encoded MountRequest. Of a field that appears twice the last one counts, as protobuf has it.
/// Returns false if the message is malformed.
bool parse(const grpc::Slice &bytes, akv_mount_request &request) noexcept {
  using google::protobuf::internal::WireFormatLite;
  google::protobuf::io::CodedInputStream input(bytes.begin(), static_cast<int>(bytes.size()));
  akv_bytes *const fields[] = {&request.attributes, &request.secrets, &request.target_path, &request.permission};
  for (;;) {
    const uint32_t tag = input.ReadTag();
    if (tag == 0) return input.ConsumedEntireMessage();
    const auto number = static_cast<size_t>(WireFormatLite::GetTagFieldNumber(tag));
    const bool is_text = WireFormatLite::GetTagWireType(tag) == WireFormatLite::WIRETYPE_LENGTH_DELIMITED;
    if (number > std::size(fields) || !is_text) {
      if (!WireFormatLite::SkipField(&input, tag)) return false;
      continue;
    }
    uint32_t count = 0;
    if (!input.ReadVarint32(&count)) return false;
    const auto start = static_cast<size_t>(input.CurrentPosition());
    if (count > bytes.size() - start || !input.Skip(static_cast<int>(count))) return false;
    *fields[number - 1] = {reinterpret_cast<const char *>(bytes.begin()) + start, count};
  }
}

// gRPC calls OnCancel and OnDone of a unary call only after the service's method has returned, so `call_context_` is
// always set by then. It calls OnDone only after Finish and after every other reaction.
class MountReactor final : public grpc::ServerUnaryReactor, public akv_call {
 public:
  MountReactor(grpc::CallbackServerContext *context, const grpc::ByteBuffer *request, grpc::ByteBuffer *response,
               const akv_handlers &handlers, RunningCalls &running) noexcept
      : akv_call{context, {}, {}, response, this}, handlers_(handlers), running_(running) {
    if (!request->TrySingleSlice(&request_bytes).ok() && !request->DumpToSingleSlice(&request_bytes).ok() ||
        !parse(request_bytes, akv_call::request)) {
      // Not INVALID_ARGUMENT or the like, after which the driver would start the pod with an empty volume.
      Finish(grpc::Status(grpc::StatusCode::INTERNAL, "the request is not a MountRequest"));
      return;
    }
    is_accepted_ = running_.add();
    is_refused_ = !is_accepted_;
    if (is_accepted_) call_context_ = handlers_.begin(handlers_.context, this);
  }

  void OnCancel() noexcept override {
    if (is_accepted_) handlers_.cancel(call_context_);
    // Its connection has ended, so the status reaches no client.
    if (is_refused_) Finish(grpc::Status::CANCELLED);
  }

  void OnDone() noexcept override {
    if (is_accepted_) {
      handlers_.done(call_context_);
      running_.remove();
    }
    delete this;
  }

 private:
  const akv_handlers &handlers_;
  RunningCalls &running_;
  bool is_accepted_ = false;
  /// The server stops, and the call gets no response.
  bool is_refused_ = false;
  void *call_context_ = nullptr;
};

void wipe_and_delete(void *bytes, size_t count) noexcept {
  explicit_bzero(bytes, count);
  ::operator delete(bytes);
}

}  // namespace

grpc::ServerUnaryReactor *start_mount_call(grpc::CallbackServerContext *context, const grpc::ByteBuffer *request,
                                           grpc::ByteBuffer *response, const akv_handlers &handlers,
                                           RunningCalls &running) noexcept {
  return new MountReactor(context, request, response, handlers, running);
}

akv_mount_request akv_call_request(const akv_call *call) noexcept { return call->request; }

double akv_call_seconds_left(const akv_call *call) noexcept {
  const auto deadline = call->context->deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return std::numeric_limits<double>::infinity();
  return std::chrono::duration<double>(deadline - std::chrono::system_clock::now()).count();
}

uint8_t *akv_call_response(akv_call *call, size_t size) noexcept {
  auto *bytes = static_cast<uint8_t *>(::operator new(size));
  const grpc::Slice slice(bytes, size, wipe_and_delete);
  *call->response = grpc::ByteBuffer(&slice, 1);
  return bytes;
}

void akv_call_finish(akv_call *call, int32_t status, akv_bytes message) noexcept {
  call->reactor->Finish(status == 0 ? grpc::Status::OK
                                    : grpc::Status(static_cast<grpc::StatusCode>(status), copy(message)));
}
