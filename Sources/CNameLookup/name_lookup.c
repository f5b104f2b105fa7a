#include "CNameLookup.h"

#include <ares.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

// More addresses of one host are not tried.
#define MAXIMUM_ADDRESSES 32

typedef struct {
  akv_name_lookup *lookup;
  int family;
} query;

struct akv_name_lookup {
  ares_channel channel;
  akv_name_found found;
  void *context;
  query queries[2];
};

static int status_of(int status) {
  switch (status) {
    case ARES_SUCCESS: return AKV_NAME_FOUND;
    case ARES_ENOTFOUND:
    case ARES_ENODATA:
    case ARES_EBADNAME:
    case ARES_ENONAME: return AKV_NAME_NO_ADDRESS;
    default: return AKV_NAME_NO_RESPONSE;
  }
}

// The address's bytes; NULL if it is of another family.
static const void *packed(const struct sockaddr *address, int family) {
  if (address->sa_family == AF_INET && family == 4) return &((const struct sockaddr_in *)address)->sin_addr;
  if (address->sa_family == AF_INET6 && family == 6) return &((const struct sockaddr_in6 *)address)->sin6_addr;
  return NULL;
}

static void ended(void *argument, int status, int timeouts, struct ares_addrinfo *result) {
  (void)timeouts;
  const query *ended = argument;
  const size_t length = ended->family == 4 ? 4 : 16;
  unsigned char addresses[MAXIMUM_ADDRESSES * 16];
  size_t count = 0;
  int time_to_live = 0;
  if (status == ARES_SUCCESS && result != NULL) {
    for (const struct ares_addrinfo_node *node = result->nodes; node != NULL; node = node->ai_next) {
      const void *bytes = node->ai_addr == NULL ? NULL : packed(node->ai_addr, ended->family);
      if (bytes == NULL || count == MAXIMUM_ADDRESSES) continue;
      if (count == 0 || node->ai_ttl < time_to_live) time_to_live = node->ai_ttl;
      memcpy(addresses + count * length, bytes, length);
      count++;
    }
  }
  if (result != NULL) ares_freeaddrinfo(result);
  const int outcome = status == ARES_SUCCESS && count == 0 ? AKV_NAME_NO_ADDRESS : status_of(status);
  ended->lookup->found(ended->lookup->context, ended->family, outcome, addresses, count, time_to_live);
}

akv_name_lookup *akv_name_lookup_begin(const char *host, const char *servers, int milliseconds, int tries,
                                       akv_name_found found, void *context) {
  akv_name_lookup *lookup = calloc(1, sizeof *lookup);
  if (lookup == NULL) return NULL;
  lookup->found = found;
  lookup->context = context;
  struct ares_options options;
  memset(&options, 0, sizeof options);
  options.timeout = milliseconds;
  options.tries = tries;
  if (ares_init_options(&lookup->channel, &options, ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES) != ARES_SUCCESS ||
      (servers != NULL && ares_set_servers_ports_csv(lookup->channel, servers) != ARES_SUCCESS)) {
    if (lookup->channel != NULL) ares_destroy(lookup->channel);
    free(lookup);
    return NULL;
  }
  for (int index = 0; index < 2; index++) {
    lookup->queries[index] = (query){lookup, index == 0 ? 4 : 6};
    struct ares_addrinfo_hints hints;
    memset(&hints, 0, sizeof hints);
    hints.ai_family = index == 0 ? AF_INET : AF_INET6;
    ares_getaddrinfo(lookup->channel, host, NULL, &hints, ended, &lookup->queries[index]);
  }
  return lookup;
}

int akv_name_lookup_sockets(akv_name_lookup *lookup, int *sockets, int *directions, int capacity, int *milliseconds) {
  ares_socket_t found[ARES_GETSOCK_MAXNUM];
  const int bits = ares_getsock(lookup->channel, found, ARES_GETSOCK_MAXNUM);
  int count = 0;
  for (int index = 0; index < ARES_GETSOCK_MAXNUM && count < capacity; index++) {
    const int direction = (ARES_GETSOCK_READABLE(bits, index) ? 1 : 0) | (ARES_GETSOCK_WRITABLE(bits, index) ? 2 : 0);
    if (direction == 0) continue;
    sockets[count] = found[index];
    directions[count] = direction;
    count++;
  }
  struct timeval wait;
  if (ares_timeout(lookup->channel, NULL, &wait) != NULL) {
    *milliseconds = wait.tv_sec > 3600 ? 3600000 : (int)(wait.tv_sec * 1000 + (wait.tv_usec + 999) / 1000);
  } else {
    *milliseconds = 3600000;
  }
  return count;
}

void akv_name_lookup_process(akv_name_lookup *lookup, int readable, int writable) {
  ares_process_fd(lookup->channel, readable < 0 ? ARES_SOCKET_BAD : readable,
                  writable < 0 ? ARES_SOCKET_BAD : writable);
}

void akv_name_lookup_end(akv_name_lookup *lookup) {
  ares_destroy(lookup->channel);
  free(lookup);
}
