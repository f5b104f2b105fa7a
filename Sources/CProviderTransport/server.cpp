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
#include <future>
#include <limits>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "bytes.h"
#include "connections.h"
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

// How long clients may take to read the answers that the end of the patience gave them.
constexpr std::chrono::seconds kTimeToTakeAnswers(5);

const char *const kServiceName = "v1alpha1.CSIDriverProvider";

}  // namespace

struct akv_call {
  grpc::CallbackServerContext *context;
  const v1alpha1::MountRequest *request;
  v1alpha1::MountResponse *response;
  grpc::ServerUnaryReactor *reactor;
};

namespace {

// Which mounts are under way, and whether more are begun.
class Drain {
 public:
  bool admit() {
    const std::lock_guard<std::mutex> lock(mutex_);
    if (is_draining_) return false;
    ++running_;
    return true;
  }

  void leave() {
    const std::lock_guard<std::mutex> lock(mutex_);
    --running_;
    changed_.notify_all();
  }

  void begin() {
    const std::lock_guard<std::mutex> lock(mutex_);
    is_draining_ = true;
  }

  // Whether none is left after at most `patience`.
  bool wait(std::chrono::duration<double> patience) {
    std::unique_lock<std::mutex> lock(mutex_);
    return changed_.wait_for(lock, patience, [this] { return running_ == 0; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool is_draining_ = false;
  size_t running_ = 0;
};

// gRPC delivers OnCancel and OnDone of a unary call only after the handler has returned, so
// `call_context_` is always set by then, and OnDone only after Finish and every other reaction.
class MountReactor final : public grpc::ServerUnaryReactor, public akv_call {
 public:
  MountReactor(grpc::CallbackServerContext *context, const v1alpha1::MountRequest *request,
               v1alpha1::MountResponse *response, const akv_handlers &handlers, Drain &drain)
      : akv_call{context, request, response, this}, handlers_(handlers), drain_(drain), is_admitted_(drain.admit()) {
    if (is_admitted_) call_context_ = handlers_.begin(handlers_.context, this);
  }

  // One that was not admitted has waited for its connection to end, and nobody is left to be answered.
  void OnCancel() override {
    if (is_admitted_) {
      handlers_.cancel(call_context_);
    } else {
      Finish(grpc::Status::CANCELLED);
    }
  }

  void OnDone() override {
    if (is_admitted_) {
      overwrite();
      handlers_.done(call_context_);
      drain_.leave();
    }
    delete this;
  }

 private:
  void overwrite() {
    for (auto &file : *response->mutable_files()) {
      auto *contents = file.mutable_contents();
      explicit_bzero(contents->data(), contents->size());
    }
  }

  const akv_handlers &handlers_;
  Drain &drain_;
  const bool is_admitted_;
  void *call_context_ = nullptr;
};

class Service final : public v1alpha1::CSIDriverProvider::CallbackService {
 public:
  Service(const akv_identity &identity, const akv_handlers &handlers, Drain &drain)
      : version_(identity.version),
        runtime_name_(identity.runtime_name),
        runtime_version_(identity.runtime_version),
        handlers_(handlers),
        drain_(drain) {}

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
    return new MountReactor(context, request, response, handlers_, drain_);
  }

 private:
  const std::string version_;
  const std::string runtime_name_;
  const std::string runtime_version_;
  const akv_handlers handlers_;
  Drain &drain_;
};

}  // namespace

struct akv_server {
  const akv_handlers handlers;
  Drain drain;
  Service service;
  std::unique_ptr<grpc::Server> server;
  // Where it listens: a socket file, or else a port.
  std::string path;
  int port = 0;

  akv_server(const akv_identity &identity, const akv_handlers &handlers)
      : handlers(handlers), service(identity, handlers, drain) {}
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
  if (prefix.compare(0, prefix.size(), address, prefix.size()) == 0) {
    result->path = address + prefix.size();
  } else {
    result->port = port;
  }
  if (auto *health = result->server->GetHealthCheckService()) health->SetServingStatus(kServiceName, true);
  return result.release();
} catch (...) {
  return nullptr;
}

int akv_server_port(const akv_server *server) { return server->port; }

void akv_server_stop(akv_server *server, double patience) {
  // The library's own way to stop is of no use: a call that arrives between its beginning and the moment in which
  // the client hears of it is reset with CANCELLED, and at the end those that are left are. With either the driver
  // would start a pod with an empty volume. So mounts that arrive from now on are left lying, those that run get
  // their answers, and then the connections break. That is UNAVAILABLE to the driver, which tries again
  // and waits for the next server.
  server->drain.begin();
  if (auto *health = server->server->GetHealthCheckService()) health->SetServingStatus(false);
  if (!server->drain.wait(std::chrono::duration<double>(patience))) {
    server->handlers.expire(server->handlers.context);
    // A client that does not take its answer is not waited for any longer.
    server->drain.wait(kTimeToTakeAnswers);
  }
  end_connections(server->path, server->port, std::chrono::steady_clock::now() + kTimeToTakeAnswers);
  // A connection that the library was accepting at that moment is found a little later.
  std::promise<void> down;
  std::thread late([server, ended = down.get_future()] {
    while (ended.wait_for(std::chrono::milliseconds(20)) == std::future_status::timeout) {
      end_connections(server->path, server->port, {});
    }
  });
  server->server->Shutdown();
  server->server->Wait();
  down.set_value();
  late.join();
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
