#pragma once

// One look-up of a host's addresses with c-ares, which never blocks. The caller polls its sockets. A look-up is used by
// one thread at a time. No function throws or keeps a pointer that it is given, but for `context`.

#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct akv_name_lookup akv_name_lookup;

enum {
  AKV_NAME_FOUND = 0,
  // The name service says that there is no address.
  AKV_NAME_NO_ADDRESS = 1,
  // The name service did not respond, or with an error.
  AKV_NAME_NO_RESPONSE = 2,
};

// Called once for each family, 4 and 6. `addresses` are packed one after the other, in the order in which they are to
// be tried (RFC 6724, section 6); `time_to_live` is in seconds.
typedef void (*akv_name_found)(void *context, int family, int status, const unsigned char *addresses, size_t count,
                               int time_to_live);

// Sends the queries. `servers` are addresses with ports, separated by commas; those of resolv.conf when NULL. A name
// server is asked again after `milliseconds`, `tries` times in all. NULL if there is no memory or no configuration.
akv_name_lookup *akv_name_lookup_begin(const char *host, const char *servers, int milliseconds, int tries,
                                       akv_name_found found, void *context);

// The sockets to wait for: writes up to `capacity` of them, with 1 for reading and 2 for writing, and returns how many.
// `milliseconds` is how long the look-up may be left alone, at most.
int akv_name_lookup_sockets(akv_name_lookup *lookup, int *sockets, int *directions, int capacity, int *milliseconds);

// Goes on, with -1 because time has passed, or with a socket that is ready.
void akv_name_lookup_process(akv_name_lookup *lookup, int readable, int writable);

// Ends what has not ended, with `AKV_NAME_NO_RESPONSE`, and frees the look-up.
void akv_name_lookup_end(akv_name_lookup *lookup);

#ifdef __cplusplus
}
#endif
