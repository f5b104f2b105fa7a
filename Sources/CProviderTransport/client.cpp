#include "CProviderTransport.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/client_callback.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "bytes.h"
#include "service.grpc.pb.h"

struct akv_client {
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1alpha1::CSIDriverProvider::Stub> stub;
  std::unique_ptr<grpc::GenericStub> generic;
};

struct akv_client_call {
  akv_client *client;
  akv_method method;
  grpc::ClientContext context;
  int32_t status = 0;
  std::string message;

  v1alpha1::VersionRequest version_request;
  v1alpha1::VersionResponse version;
  v1alpha1::MountRequest mount_request;
  v1alpha1::MountResponse mount;
  grpc::ByteBuffer health_request;
  grpc::ByteBuffer health;
};

akv_client *akv_client_create(const char *target) {
  grpc::ChannelArguments arguments;
  // As the driver's: an answer over 4 MiB is refused, and a lost connection is tried again soon. A
  // private subchannel pool keeps clients of one process apart.
  arguments.SetMaxReceiveMessageSize(4 << 20);
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // How long one attempt may take, whatever its name says: a busy or throttled server is no dead one.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  auto channel = grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
  auto stub = v1alpha1::CSIDriverProvider::NewStub(channel);
  auto generic = std::make_unique<grpc::GenericStub>(channel);
  return new akv_client{std::move(channel), std::move(stub), std::move(generic)};
}

void akv_client_destroy(akv_client *client) { delete client; }

akv_client_call *akv_client_call_create(akv_client *client, akv_method method, double timeout, bool wait_for_ready) {
  auto *call = new akv_client_call{};
  call->client = client;
  call->method = method;
  call->context.set_wait_for_ready(wait_for_ready);
  call->context.set_deadline(
      std::chrono::system_clock::now() +
      std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::duration<double>(timeout)));
  return call;
}

void akv_client_call_destroy(akv_client_call *call) { delete call; }

void akv_client_call_set_request(akv_client_call *call, akv_bytes attributes, akv_bytes secrets, akv_bytes target_path,
                                 akv_bytes permission) {
  call->mount_request.set_attributes(copy(attributes));
  call->mount_request.set_secrets(copy(secrets));
  call->mount_request.set_target_path(copy(target_path));
  call->mount_request.set_permission(copy(permission));
}

void akv_client_call_add_object_version(akv_client_call *call, akv_bytes id, akv_bytes version) {
  auto *object = call->mount_request.add_current_object_version();
  object->set_id(copy(id));
  object->set_version(copy(version));
}

void akv_client_call_start(akv_client_call *call, void *context, akv_client_done done) {
  // The owner alone frees the call, for its context keeps the channel: if gRPC's thread were the last to let go of
  // that, gRPC would wait on this very thread for this thread's end, fail, and free the queue under its feet.
  auto finish = [call, context, done](const grpc::Status &status) {
    call->status = status.error_code();
    call->message = status.error_message();
    done(context, call);
  };
  switch (call->method) {
    case AKV_METHOD_VERSION:
      call->version_request.set_version("v1alpha1");
      call->client->stub->async()->Version(&call->context, &call->version_request, &call->version, finish);
      break;
    case AKV_METHOD_MOUNT:
      call->client->stub->async()->Mount(&call->context, &call->mount_request, &call->mount, finish);
      break;
    case AKV_METHOD_HEALTH: {
      // An empty message asks for the server as a whole.
      grpc::Slice empty;
      call->health_request = grpc::ByteBuffer(&empty, 1);
      call->client->generic->UnaryCall(&call->context, "/grpc.health.v1.Health/Check", grpc::StubOptions(),
                                       &call->health_request, &call->health, finish);
      break;
    }
  }
}

void akv_client_call_cancel(akv_client_call *call) { call->context.TryCancel(); }

int32_t akv_client_call_status(const akv_client_call *call) { return call->status; }

akv_bytes akv_client_call_message(const akv_client_call *call) { return borrow(call->message); }

size_t akv_client_call_file_count(const akv_client_call *call) { return static_cast<size_t>(call->mount.files_size()); }
akv_bytes akv_client_call_file_path(const akv_client_call *call, size_t index) {
  return borrow(call->mount.files(static_cast<int>(index)).path());
}
int32_t akv_client_call_file_mode(const akv_client_call *call, size_t index) {
  return call->mount.files(static_cast<int>(index)).mode();
}
akv_bytes akv_client_call_file_contents(const akv_client_call *call, size_t index) {
  return borrow(call->mount.files(static_cast<int>(index)).contents());
}

size_t akv_client_call_object_version_count(const akv_client_call *call) {
  return static_cast<size_t>(call->mount.object_version_size());
}
akv_bytes akv_client_call_object_version_id(const akv_client_call *call, size_t index) {
  return borrow(call->mount.object_version(static_cast<int>(index)).id());
}
akv_bytes akv_client_call_object_version_version(const akv_client_call *call, size_t index) {
  return borrow(call->mount.object_version(static_cast<int>(index)).version());
}

akv_bytes akv_client_call_error_code(const akv_client_call *call) { return borrow(call->mount.error().code()); }

akv_bytes akv_client_call_version_text(const akv_client_call *call, size_t index) {
  switch (index) {
    case 0: return borrow(call->version.version());
    case 1: return borrow(call->version.runtime_name());
    default: return borrow(call->version.runtime_version());
  }
}

bool akv_client_call_is_serving(const akv_client_call *call) {
  // HealthCheckResponse{status: SERVING} is field 1, varint 1.
  std::vector<grpc::Slice> slices;
  if (!call->health.Dump(&slices).ok()) return false;
  std::string bytes;
  for (const auto &slice : slices) bytes.append(reinterpret_cast<const char *>(slice.begin()), slice.size());
  return bytes == std::string("\x08\x01", 2);
}
