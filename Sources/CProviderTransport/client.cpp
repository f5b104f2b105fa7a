#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/support/client_callback.h>
#include <grpcpp/support/proto_buffer_reader.h>

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "CProviderTransport.h"
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

akv_client *akv_client_create(const char *target) noexcept {
  grpc::ChannelArguments arguments;
  // As the driver's client does, this one refuses a response over 4 MiB and soon restores a lost connection. With a
  // subchannel pool of its own it shares no connection with other clients of the process.
  arguments.SetMaxReceiveMessageSize(4 << 20);
  arguments.SetMaxSendMessageSize(-1);
  arguments.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  // In spite of its name, this is how long one attempt to connect may take: a busy or throttled server is not dead.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2000);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  auto channel = grpc::CreateCustomChannel(target, grpc::InsecureChannelCredentials(), arguments);
  auto stub = v1alpha1::CSIDriverProvider::NewStub(channel);
  auto generic = std::make_unique<grpc::GenericStub>(channel);
  return new akv_client{std::move(channel), std::move(stub), std::move(generic)};
}

void akv_client_destroy(akv_client *client) noexcept { delete client; }

akv_client_call *akv_client_call_create(akv_client *client, akv_method method, double timeout,
                                        bool wait_for_ready) noexcept {
  auto *call = new akv_client_call{};
  call->client = client;
  call->method = method;
  call->context.set_wait_for_ready(wait_for_ready);
  call->context.set_deadline(
      std::chrono::system_clock::now() +
      std::chrono::duration_cast<std::chrono::system_clock::duration>(std::chrono::duration<double>(timeout)));
  return call;
}

void akv_client_call_destroy(akv_client_call *call) noexcept { delete call; }

void akv_client_call_set_request(akv_client_call *call, akv_mount_request request) noexcept {
  call->mount_request.set_attributes(copy(request.attributes));
  call->mount_request.set_secrets(copy(request.secrets));
  call->mount_request.set_target_path(copy(request.target_path));
  call->mount_request.set_permission(copy(request.permission));
}

void akv_client_call_add_object_version(akv_client_call *call, akv_object_version object) noexcept {
  auto *added = call->mount_request.add_current_object_version();
  added->set_id(copy(object.id));
  added->set_version(copy(object.version));
}

void akv_client_call_start(akv_client_call *call, void *context, akv_client_done done) noexcept {
  // Only the owner frees the call, because the call's context holds the channel. If gRPC's thread released the last
  // reference to that, gRPC would wait on this thread for the end of the same thread, fail, and free a queue in use.
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

void akv_client_call_cancel(akv_client_call *call) noexcept { call->context.TryCancel(); }

int32_t akv_client_call_status(const akv_client_call *call) noexcept { return call->status; }

akv_bytes akv_client_call_message(const akv_client_call *call) noexcept { return borrow(call->message); }

size_t akv_client_call_file_count(const akv_client_call *call) noexcept {
  return static_cast<size_t>(call->mount.files_size());
}

akv_file akv_client_call_file(const akv_client_call *call, size_t index) noexcept {
  const auto &file = call->mount.files(static_cast<int>(index));
  return {borrow(file.path()), file.mode(), borrow(file.contents())};
}

size_t akv_client_call_object_version_count(const akv_client_call *call) noexcept {
  return static_cast<size_t>(call->mount.object_version_size());
}

akv_object_version akv_client_call_object_version(const akv_client_call *call, size_t index) noexcept {
  const auto &object = call->mount.object_version(static_cast<int>(index));
  return {borrow(object.id()), borrow(object.version())};
}

akv_bytes akv_client_call_error_code(const akv_client_call *call) noexcept {
  return borrow(call->mount.error().code());
}

akv_version_info akv_client_call_version(const akv_client_call *call) noexcept {
  return {borrow(call->version.version()), borrow(call->version.runtime_name()),
          borrow(call->version.runtime_version())};
}

bool akv_client_call_is_serving(const akv_client_call *call) noexcept {
  // HealthCheckResponse{status: SERVING} is field 1, varint 1.
  std::vector<grpc::Slice> slices;
  if (!call->health.Dump(&slices).ok()) return false;
  std::string bytes;
  for (const auto &slice : slices) bytes.append(reinterpret_cast<const char *>(slice.begin()), slice.size());
  return bytes == std::string("\x08\x01", 2);
}
