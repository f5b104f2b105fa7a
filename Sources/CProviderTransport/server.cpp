#include "CProviderTransport.h"

#include <grpc/support/log.h>
#include <grpcpp/ext/health_check_service_server_builder_option.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include <chrono>
#include <condition_variable>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "bytes.h"
#include "service.grpc.pb.h"

namespace {

// A request beyond it is refused by the library itself, whose RESOURCE_EXHAUSTED would make the driver start
// pods with an empty volume. So it is more than any request can have: the driver makes one of a class, a pod
// and a Secret, each of which Kubernetes keeps below 1.5 MiB, and JSON writes no byte with more than six. What
// is smaller, and still too large, our own check refuses. Without a limit one message could take all memory.
constexpr int kMaxReceiveBytes = 64 << 20;

// gRPC's own log lines are no JSON and repeat what `akv_server_start` reports. Whoever asks for them by
// gRPC's environment variable gets them.
void quiet_log() {
  if (getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_function([](gpr_log_func_args *) {});
}

const char *const kServiceName = "v1alpha1.CSIDriverProvider";

}  // namespace

struct akv_call {
  grpc::CallbackServerContext *context;
  const v1alpha1::MountRequest *request;
  v1alpha1::MountResponse *response;
  grpc::ServerUnaryReactor *reactor;
};

namespace {

// gRPC delivers OnCancel and OnDone of a unary call only after the handler has returned, so
// `call_context_` is always set by then, and OnDone only after Finish and every other reaction.
class MountReactor final : public grpc::ServerUnaryReactor, public akv_call {
 public:
  MountReactor(grpc::CallbackServerContext *context, const v1alpha1::MountRequest *request,
               v1alpha1::MountResponse *response, const akv_handlers &handlers)
      : akv_call{context, request, response, this}, handlers_(handlers) {
    call_context_ = handlers_.begin(handlers_.context, this);
  }

  void OnCancel() override { handlers_.cancel(call_context_); }

  void OnDone() override {
    for (auto &file : *response->mutable_files()) {
      auto *contents = file.mutable_contents();
      explicit_bzero(contents->data(), contents->size());
    }
    handlers_.done(call_context_);
    delete this;
  }

 private:
  const akv_handlers &handlers_;
  void *call_context_;
};

class Service final : public v1alpha1::CSIDriverProvider::CallbackService {
 public:
  Service(const akv_identity &identity, const akv_handlers &handlers)
      : version_(identity.version),
        runtime_name_(identity.runtime_name),
        runtime_version_(identity.runtime_version),
        handlers_(handlers) {}

  grpc::ServerUnaryReactor *Version(grpc::CallbackServerContext *context, const v1alpha1::VersionRequest *,
                                    v1alpha1::VersionResponse *response) override {
    response->set_version(version_);
    response->set_runtime_name(runtime_name_);
    response->set_runtime_version(runtime_version_);
    auto *reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  grpc::ServerUnaryReactor *Mount(grpc::CallbackServerContext *context, const v1alpha1::MountRequest *request,
                                  v1alpha1::MountResponse *response) override {
    return new MountReactor(context, request, response, handlers_);
  }

 private:
  const std::string version_;
  const std::string runtime_name_;
  const std::string runtime_version_;
  const akv_handlers handlers_;
};

}  // namespace

struct akv_server {
  const akv_handlers handlers;
  Service service;
  std::unique_ptr<grpc::Server> server;
  int port = 0;

  akv_server(const akv_identity &identity, const akv_handlers &handlers)
      : handlers(handlers), service(identity, handlers) {}
};

akv_server *akv_server_start(const char *address, akv_identity identity, akv_handlers handlers) try {
  quiet_log();
  grpc::EnableDefaultHealthCheckService(true);
  auto result = std::make_unique<akv_server>(identity, handlers);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort(address, grpc::InsecureServerCredentials(), &port);
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.SetMaxReceiveMessageSize(kMaxReceiveBytes);
  // Our own check comes first and says which objects are too big.
  builder.SetMaxSendMessageSize(-1);
  builder.RegisterService(&result->service);

  // A umask is the only way to give a socket file its mode at birth, without a moment in which
  // anybody could connect. It is the whole process's, so of two servers that start at once the second
  // has to wait until the first has put it back.
  {
    static std::mutex starting;
    const std::lock_guard<std::mutex> lock(starting);
    const mode_t previous = umask(0077);
    result->server = builder.BuildAndStart();
    umask(previous);
  }

  if (result->server == nullptr || port == 0) return nullptr;
  const std::string prefix = "unix:";
  result->port = prefix.compare(0, prefix.size(), address, prefix.size()) == 0 ? 0 : port;
  if (auto *health = result->server->GetHealthCheckService()) health->SetServingStatus(kServiceName, true);
  return result.release();
} catch (...) {
  return nullptr;
}

int akv_server_port(const akv_server *server) { return server->port; }

void akv_server_stop(akv_server *server, double patience) {
  if (auto *health = server->server->GetHealthCheckService()) health->SetServingStatus(false);

  // On a thread of its own, so that the answers go out in time however busy everybody else is: the
  // library would end calls that are left with UNAVAILABLE, which leaves pods with an empty volume.
  std::mutex mutex;
  std::condition_variable changed;
  bool is_over = false;
  std::thread timer([&] {
    std::unique_lock<std::mutex> lock(mutex);
    const auto wait = std::chrono::duration<double>(patience);
    if (!changed.wait_for(lock, wait, [&] { return is_over; })) server->handlers.expire(server->handlers.context);
  });
  server->server->Shutdown();
  server->server->Wait();
  {
    std::lock_guard<std::mutex> lock(mutex);
    is_over = true;
  }
  changed.notify_all();
  timer.join();
}

void akv_server_destroy(akv_server *server) { delete server; }

akv_bytes akv_call_attributes(const akv_call *call) { return borrow(call->request->attributes()); }
akv_bytes akv_call_secrets(const akv_call *call) { return borrow(call->request->secrets()); }
akv_bytes akv_call_target_path(const akv_call *call) { return borrow(call->request->target_path()); }
akv_bytes akv_call_permission(const akv_call *call) { return borrow(call->request->permission()); }

size_t akv_call_object_version_count(const akv_call *call) {
  return static_cast<size_t>(call->request->current_object_version_size());
}
akv_bytes akv_call_object_version_id(const akv_call *call, size_t index) {
  return borrow(call->request->current_object_version(static_cast<int>(index)).id());
}
akv_bytes akv_call_object_version_version(const akv_call *call, size_t index) {
  return borrow(call->request->current_object_version(static_cast<int>(index)).version());
}

double akv_call_seconds_left(const akv_call *call) {
  const auto deadline = call->context->deadline();
  if (deadline == std::chrono::system_clock::time_point::max()) return std::numeric_limits<double>::infinity();
  return std::chrono::duration<double>(deadline - std::chrono::system_clock::now()).count();
}

void akv_call_add_file(akv_call *call, akv_bytes path, int32_t mode, akv_bytes contents) {
  auto *file = call->response->add_files();
  file->set_path(path.base, path.count);
  file->set_mode(mode);
  file->set_contents(contents.base, contents.count);
}

void akv_call_add_object_version(akv_call *call, akv_bytes id, akv_bytes version) {
  auto *object = call->response->add_object_version();
  object->set_id(id.base, id.count);
  object->set_version(version.base, version.count);
}

size_t akv_call_answer_size(const akv_call *call) { return call->response->ByteSizeLong(); }

void akv_call_finish(akv_call *call, int32_t status, akv_bytes message) {
  call->reactor->Finish(status == 0 ? grpc::Status::OK
                                    : grpc::Status(static_cast<grpc::StatusCode>(status), copy(message)));
}
