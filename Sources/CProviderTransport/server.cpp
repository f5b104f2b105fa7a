#include <absl/synchronization/mutex.h>
#include <grpc/support/log.h>
#include <grpcpp/ext/health_check_service_server_builder_option.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/health_check_service_interface.h>
#include <stdlib.h>
#include <unistd.h>

#include <chrono>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "CProviderTransport.h"
#include "bytes.h"
#include "connections.h"
#include "mount_call.h"
#include "service.grpc.pb.h"

namespace {

// gRPC refuses a larger request itself, with RESOURCE_EXHAUSTED, and then the driver would start the pod with an empty
// volume. So the limit is above every possible request: the driver builds one from a class, a pod and a Secret, each
// of which Kubernetes keeps below 1.5 MiB, and JSON writes no byte with more than six. Our own check refuses requests
// that are too large but below the limit. Without a limit one message could take all memory.
constexpr int kMaximumRequestBytes = 64 << 20;

// How long clients may take to read the responses that they get at the end of the grace period.
constexpr std::chrono::seconds kResponseDeliveryTimeout(5);

const char *const kServiceName = "v1alpha1.CSIDriverProvider";

// gRPC's own log lines are not JSON, and they repeat what the caller reports. gRPC's environment variable turns them
// on.
void silence_log() noexcept {
  if (getenv("GRPC_VERBOSITY") == nullptr) gpr_set_log_function([](gpr_log_func_args *) {});
}

using MountAsBytes = v1alpha1::CSIDriverProvider::WithRawCallbackMethod_Mount<v1alpha1::CSIDriverProvider::Service>;

// Debian's Abseil searches for lock cycles at every lock that gRPC takes, which is meant for debugging.
void skip_lock_cycle_search() noexcept { absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore); }

class Service final : public v1alpha1::CSIDriverProvider::WithCallbackMethod_Version<MountAsBytes> {
 public:
  Service(const akv_version_info &version, const akv_handlers &handlers, RunningCalls &running)
      : version_(copy(version.version)),
        runtime_name_(copy(version.runtime_name)),
        runtime_version_(copy(version.runtime_version)),
        handlers_(handlers),
        running_(running) {}

  grpc::ServerUnaryReactor *Version(grpc::CallbackServerContext *context, const v1alpha1::VersionRequest *,
                                    v1alpha1::VersionResponse *response) noexcept override {
    response->set_version(version_);
    response->set_runtime_name(runtime_name_);
    response->set_runtime_version(runtime_version_);
    auto *reactor = context->DefaultReactor();
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

  grpc::ServerUnaryReactor *Mount(grpc::CallbackServerContext *context, const grpc::ByteBuffer *request,
                                  grpc::ByteBuffer *response) noexcept override {
    return start_mount_call(context, request, response, handlers_, running_);
  }

 private:
  const std::string version_;
  const std::string runtime_name_;
  const std::string runtime_version_;
  const akv_handlers handlers_;
  RunningCalls &running_;
};

}  // namespace

struct akv_server {
  const akv_handlers handlers;
  const std::string socket_path;
  RunningCalls running;
  Service service;
  ConnectionAcceptor connections;
  std::unique_ptr<grpc::Server> server;

  akv_server(std::vector<Descriptor> listeners, const char *path, size_t maximum_connections,
             const akv_version_info &version, const akv_handlers &handlers)
      : handlers(handlers),
        socket_path(path == nullptr ? "" : path),
        service(version, handlers, running),
        connections(std::move(listeners), maximum_connections) {}
};

akv_server *akv_server_start(const int *listeners, size_t listener_count, const char *socket_path,
                             size_t maximum_connections, akv_version_info version, akv_handlers handlers) noexcept try {
  std::vector<Descriptor> descriptors(listeners, listeners + listener_count);
  silence_log();
  skip_lock_cycle_search();
  grpc::EnableDefaultHealthCheckService(true);
  auto result =
      std::make_unique<akv_server>(std::move(descriptors), socket_path, maximum_connections, version, handlers);
  grpc::ServerBuilder builder;
  auto handler = builder.experimental().AddExternalConnectionAcceptor(
      grpc::ServerBuilder::experimental_type::ExternalConnectionType::FROM_FD, grpc::InsecureServerCredentials());
  builder.SetMaxReceiveMessageSize(kMaximumRequestBytes);
  // Our own check comes first and says which objects are too big.
  builder.SetMaxSendMessageSize(-1);
  builder.RegisterService(&result->service);
  result->server = builder.BuildAndStart();
  if (result->server == nullptr) return nullptr;
  if (auto *health = result->server->GetHealthCheckService()) health->SetServingStatus(kServiceName, true);
  result->connections.start(std::move(handler));
  return result.release();
} catch (...) {
  return nullptr;
}

void akv_server_stop(akv_server *server, double grace_period) noexcept {
  // gRPC's own shutdown cannot be used: it resets, with CANCELLED, the calls that arrive between its beginning and the
  // moment in which the client hears of it, and at its end those that are left. After either, the driver would start
  // a pod with an empty volume. So mounts that arrive from now on get no response, those that run get theirs, and then
  // the connections break. The driver sees UNAVAILABLE, tries again and waits for the next server.
  server->running.refuse_new();
  if (auto *health = server->server->GetHealthCheckService()) health->SetServingStatus(false);
  if (!server->running.wait_until_none(std::chrono::duration<double>(grace_period))) {
    server->handlers.expire(server->handlers.context);
    // A client that does not read its response does not hold up the stop any longer.
    server->running.wait_until_none(kResponseDeliveryTimeout);
  }
  // While this server still listens, no other takes the path, so the file is its own.
  if (!server->socket_path.empty()) unlink(server->socket_path.c_str());
  server->connections.stop_accepting();
  server->connections.break_connections(std::chrono::steady_clock::now() + kResponseDeliveryTimeout);
  server->server->Shutdown();
  server->server->Wait();
}

void akv_server_destroy(akv_server *server) noexcept { delete server; }
