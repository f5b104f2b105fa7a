/// The provider protocol's gRPC server and client, behind plain C.
///
/// Everything here is opaque handles and borrowed bytes. No function throws, none of them waits for
/// Swift, and apart from `akv_server_stop` none of them blocks.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#pragma clang assume_nonnull begin

// Called on gRPC's own threads, so Swift must not tie these functions to an actor.
#define AKV_ANY_THREAD __attribute__((swift_attr("@Sendable")))

/// Borrowed bytes: valid for as long as the handle they were read from.
typedef struct akv_bytes {
  const char *_Nullable base;
  size_t count;
} akv_bytes;

// MARK: Server

typedef struct akv_server akv_server;

/// One Mount call. It belongs to the callee from `begin` until `akv_call_finish`, which the callee
/// calls exactly once; after that the handle must not be touched.
typedef struct akv_call akv_call;

/// A Mount has arrived. Returns the callee's own context for it, which is what the other two are
/// given. Must not block: it runs on a gRPC thread.
typedef void *_Nonnull (*AKV_ANY_THREAD akv_begin)(void *context, akv_call *call);
/// The caller went away or its deadline passed. At most once per call, never after `akv_done`.
typedef void (*AKV_ANY_THREAD akv_cancel)(void *call_context);
/// The call is over. Exactly once per call and after everything else: releases the call's context.
typedef void (*AKV_ANY_THREAD akv_done)(void *call_context);

/// The server is stopping and its patience is over: whoever has unanswered calls answers them now.
typedef void (*AKV_ANY_THREAD akv_expire)(void *context);

typedef struct akv_handlers {
  void *context;
  akv_begin begin;
  akv_expire expire;
  akv_cancel cancel;
  akv_done done;
} akv_handlers;

/// What Version answers, as NUL-terminated UTF-8; copied.
typedef struct akv_identity {
  const char *version;
  const char *runtime_name;
  const char *runtime_version;
} akv_identity;

/// Listens on `address` (gRPC notation: `unix:/path` or `host:port`) and serves until stopped. A
/// socket file is made with mode 0700: nobody but the owner may connect. Null if it cannot listen.
akv_server *_Nullable akv_server_start(const char *address, akv_identity identity, akv_handlers handlers);

/// The TCP port in use, or 0 for a unix socket.
int akv_server_port(const akv_server *server);

/// Reports NOT_SERVING to health checks and waits for the running mounts; after `patience` seconds it calls
/// `expire`. Mounts that arrive meanwhile get no answer. Then it breaks all connections and removes the socket file.
void akv_server_stop(akv_server *server, double patience);

/// Releases a stopped server.
void akv_server_destroy(akv_server *server);

akv_bytes akv_call_attributes(const akv_call *call);
akv_bytes akv_call_secrets(const akv_call *call);
akv_bytes akv_call_target_path(const akv_call *call);
akv_bytes akv_call_permission(const akv_call *call);
size_t akv_call_object_version_count(const akv_call *call);
akv_bytes akv_call_object_version_id(const akv_call *call, size_t index);
akv_bytes akv_call_object_version_version(const akv_call *call, size_t index);

/// Seconds until the caller's deadline, negative when past, infinite when it set none.
double akv_call_seconds_left(const akv_call *call);

/// Adds a file to the answer; copies.
void akv_call_add_file(akv_call *call, akv_bytes path, int32_t mode, akv_bytes contents);

/// Adds an object version to the answer; copies.
void akv_call_add_object_version(akv_call *call, akv_bytes id, akv_bytes version);

/// The encoded size of the answer so far, in bytes.
size_t akv_call_answer_size(const akv_call *call);

/// Sends the answer with status 0, or the status alone otherwise.
void akv_call_finish(akv_call *call, int32_t status, akv_bytes message);

// MARK: Client

typedef struct akv_client akv_client;

/// One outgoing call. It lives until `akv_client_call_destroy`, which is for a call that was never started or is
/// `done`, and never for a gRPC thread.
typedef struct akv_client_call akv_client_call;

typedef enum akv_method : int32_t {
  AKV_METHOD_VERSION,
  AKV_METHOD_MOUNT,
  AKV_METHOD_HEALTH,
} akv_method;

/// A client with a connection of its own, which it opens on first use and restores by itself.
akv_client *akv_client_create(const char *target);
void akv_client_destroy(akv_client *client);

/// Prepares a call. `timeout` is in seconds; with `wait_for_ready` it waits for a server to appear.
akv_client_call *akv_client_call_create(akv_client *client, akv_method method, double timeout, bool wait_for_ready);
void akv_client_call_destroy(akv_client_call *call);

/// Fills in the Mount request; before `akv_client_call_start` only.
void akv_client_call_set_request(akv_client_call *call, akv_bytes attributes, akv_bytes secrets, akv_bytes target_path,
                                 akv_bytes permission);
void akv_client_call_add_object_version(akv_client_call *call, akv_bytes id, akv_bytes version);

/// Called exactly once per started call, on a gRPC thread.
typedef void (*AKV_ANY_THREAD akv_client_done)(void *context, akv_client_call *call);

/// Sends the call. `done` may be called before this returns.
void akv_client_call_start(akv_client_call *call, void *context, akv_client_done done);
void akv_client_call_cancel(akv_client_call *call);

// The result, from `done` on.
int32_t akv_client_call_status(const akv_client_call *call);
akv_bytes akv_client_call_message(const akv_client_call *call);
size_t akv_client_call_file_count(const akv_client_call *call);
akv_bytes akv_client_call_file_path(const akv_client_call *call, size_t index);
int32_t akv_client_call_file_mode(const akv_client_call *call, size_t index);
akv_bytes akv_client_call_file_contents(const akv_client_call *call, size_t index);
size_t akv_client_call_object_version_count(const akv_client_call *call);
akv_bytes akv_client_call_object_version_id(const akv_client_call *call, size_t index);
akv_bytes akv_client_call_object_version_version(const akv_client_call *call, size_t index);
/// `error.code` of a Mount answer.
akv_bytes akv_client_call_error_code(const akv_client_call *call);
/// Version's three strings, in the order of the protocol.
akv_bytes akv_client_call_version_text(const akv_client_call *call, size_t index);
/// Health's answer.
bool akv_client_call_is_serving(const akv_client_call *call);

#pragma clang assume_nonnull end

#ifdef __cplusplus
}
#endif
