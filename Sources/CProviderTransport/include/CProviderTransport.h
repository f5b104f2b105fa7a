/// The provider protocol's gRPC server and client, behind plain C.
///
/// The functions work on opaque handles and borrowed bytes. Unless a function says otherwise:
/// - it may be called on any thread, but not for the same handle on two threads at the same time;
/// - it does not block, and it does not wait for Swift;
/// - it does not throw. An exception that gRPC or the standard library throws inside it ends the process. In practice
///   this is `std::bad_alloc`: running out of memory ends the process here as it does in Swift and in gRPC itself.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
#define AKV_NOEXCEPT noexcept
extern "C" {
#else
#define AKV_NOEXCEPT
#endif

#pragma clang assume_nonnull begin

// Callbacks run on gRPC's own threads, so Swift must not isolate these functions to an actor.
#define AKV_ANY_THREAD __attribute__((swift_attr("@Sendable")))

/// Borrowed bytes: valid for as long as the handle they were read from.
typedef struct akv_bytes {
  const char *_Nullable base;
  size_t count;
} akv_bytes;

/// The fields of a Mount request. The server does not read the object versions.
typedef struct akv_mount_request {
  akv_bytes attributes;
  akv_bytes secrets;
  akv_bytes target_path;
  akv_bytes permission;
} akv_mount_request;

/// An object's id and the name of its version.
typedef struct akv_object_version {
  akv_bytes id;
  akv_bytes version;
} akv_object_version;

/// A file of a Mount response. `mode` holds permission bits.
typedef struct akv_file {
  akv_bytes path;
  int32_t mode;
  akv_bytes contents;
} akv_file;

/// The three strings of a Version response.
typedef struct akv_version_info {
  akv_bytes version;
  akv_bytes runtime_name;
  akv_bytes runtime_version;
} akv_version_info;

// MARK: Server

typedef struct akv_server akv_server;

/// One Mount call. It belongs to the callee from `begin` until `akv_call_finish`, which the callee calls exactly
/// once. After that the callee must not use the handle.
typedef struct akv_call akv_call;

/// Called when a Mount call has arrived, on a gRPC thread, which it must not block. Returns the callee's own context
/// for the call, which `cancel` and `done` get.
typedef void *_Nonnull (*AKV_ANY_THREAD akv_begin)(void *context, akv_call *call) AKV_NOEXCEPT;

/// Called when the client has cancelled the call or its deadline has passed: at most once for each call, never after
/// `done`, on a gRPC thread.
typedef void (*AKV_ANY_THREAD akv_cancel)(void *call_context) AKV_NOEXCEPT;

/// Called when the call is over: exactly once for each call, after every other callback, on a gRPC thread. The callee
/// releases the call's context.
typedef void (*AKV_ANY_THREAD akv_done)(void *call_context) AKV_NOEXCEPT;

/// Called when the server stops and calls are still running at the end of the grace period: at most once, on the thread
/// of `akv_server_stop`. The callee finishes all its calls now.
typedef void (*AKV_ANY_THREAD akv_expire)(void *context) AKV_NOEXCEPT;

typedef struct akv_handlers {
  void *context;
  akv_begin begin;
  akv_expire expire;
  akv_cancel cancel;
  akv_done done;
} akv_handlers;

/// Accepts connections on `listeners` and serves them until `akv_server_stop`.
///
/// `listeners` are non-blocking listening sockets. The server owns them from now on and closes them, even when it
/// cannot start. `socket_path` is the file that `akv_server_stop` removes, null for TCP. While `maximum_connections`
/// are open, further clients wait in the kernel's queue until one of them ends. `version` is the response to Version,
/// copied.
///
/// Returns null if the server cannot start, for example because no thread can be created.
akv_server *_Nullable akv_server_start(const int *listeners, size_t listener_count, const char *_Nullable socket_path,
                                       size_t maximum_connections, akv_version_info version,
                                       akv_handlers handlers) AKV_NOEXCEPT;

/// Stops the server; blocks until it has stopped.
///
/// 1. Health checks get NOT_SERVING, and Mount calls that arrive from now on get no response.
/// 2. It waits for the running calls. If some are left after `grace_period` seconds, it calls `expire` and waits up to
///    five seconds more.
/// 3. It removes the socket file, closes the listening sockets and breaks all connections, which clients see as
///    UNAVAILABLE. A client that has not read its responses yet gets up to five seconds to do so.
///
/// Call it exactly once, on a thread that may block.
void akv_server_stop(akv_server *server, double grace_period) AKV_NOEXCEPT;

/// Releases a stopped server.
void akv_server_destroy(akv_server *server) AKV_NOEXCEPT;

/// The request; its bytes are borrowed from the call.
akv_mount_request akv_call_request(const akv_call *call) AKV_NOEXCEPT;

/// Seconds until the client's deadline: negative when it has passed, infinite when the client set none.
double akv_call_seconds_left(const akv_call *call) AKV_NOEXCEPT;

/// The memory for an encoded `MountResponse` of `size` bytes, which the caller fills before `akv_call_finish`. It is
/// overwritten when gRPC releases it. Call it once at most.
uint8_t *akv_call_response(akv_call *call, size_t size) AKV_NOEXCEPT;

/// Sends the response if `status` is 0 (OK). Otherwise sends only the status with `message`, which is UTF-8; copies it.
void akv_call_finish(akv_call *call, int32_t status, akv_bytes message) AKV_NOEXCEPT;

// MARK: Client

typedef struct akv_client akv_client;

/// One outgoing call. It lives until `akv_client_call_destroy`.
typedef struct akv_client_call akv_client_call;

typedef enum akv_method : int32_t {
  AKV_METHOD_VERSION,
  AKV_METHOD_MOUNT,
  AKV_METHOD_HEALTH,
} akv_method;

/// Creates a client for `target`, in gRPC's notation: `unix:/path` or `host:port`. The client has a connection of its
/// own, which it opens on first use and opens again when it is lost. Several threads may use the client.
akv_client *akv_client_create(const char *target) AKV_NOEXCEPT;

/// Releases a client without calls.
void akv_client_destroy(akv_client *client) AKV_NOEXCEPT;

/// Prepares a call that ends with DEADLINE_EXCEEDED `timeout` seconds from now. Without a server the call fails
/// immediately; with `wait_for_ready` it waits for one.
akv_client_call *akv_client_call_create(akv_client *client, akv_method method, double timeout,
                                        bool wait_for_ready) AKV_NOEXCEPT;

/// Releases a call that was never started or is `done`. Must not be called on a gRPC thread.
void akv_client_call_destroy(akv_client_call *call) AKV_NOEXCEPT;

/// Set the Mount request and add its object versions, before `akv_client_call_start`; copy all bytes.
void akv_client_call_set_request(akv_client_call *call, akv_mount_request request) AKV_NOEXCEPT;
void akv_client_call_add_object_version(akv_client_call *call, akv_object_version object) AKV_NOEXCEPT;

/// Called when a started call is over: exactly once, on a gRPC thread.
typedef void (*AKV_ANY_THREAD akv_client_done)(void *context, akv_client_call *call) AKV_NOEXCEPT;

/// Sends the call. `done` may be called before this returns.
void akv_client_call_start(akv_client_call *call, void *context, akv_client_done done) AKV_NOEXCEPT;

/// Ends a started call with CANCELLED, at any time and on any thread.
void akv_client_call_cancel(akv_client_call *call) AKV_NOEXCEPT;

// The result, from `done` on; all bytes are borrowed from the call.

/// The gRPC status code and its message.
int32_t akv_client_call_status(const akv_client_call *call) AKV_NOEXCEPT;
akv_bytes akv_client_call_message(const akv_client_call *call) AKV_NOEXCEPT;

/// The files and object versions of a Mount response. `index` is below the count.
size_t akv_client_call_file_count(const akv_client_call *call) AKV_NOEXCEPT;
akv_file akv_client_call_file(const akv_client_call *call, size_t index) AKV_NOEXCEPT;
size_t akv_client_call_object_version_count(const akv_client_call *call) AKV_NOEXCEPT;
akv_object_version akv_client_call_object_version(const akv_client_call *call, size_t index) AKV_NOEXCEPT;

/// `error.code` of a Mount response.
akv_bytes akv_client_call_error_code(const akv_client_call *call) AKV_NOEXCEPT;

/// A Version response.
akv_version_info akv_client_call_version(const akv_client_call *call) AKV_NOEXCEPT;

/// Whether a health check's response is SERVING.
bool akv_client_call_is_serving(const akv_client_call *call) AKV_NOEXCEPT;

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif
