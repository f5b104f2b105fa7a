#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "CProcess.h"

static const int kPassedOn[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
enum { kPassedOnCount = sizeof kPassedOn / sizeof *kPassedOn };

/// The child that gets the signals; 0 before it starts and after it has ended.
static _Atomic pid_t child;
/// The signals that arrived before the child started, as bits.
static _Atomic unsigned long early;

static void pass_on(int signal, siginfo_t *info, void *context) {
  (void)context;
  // A terminal sends its signals to the child as well.
  if (info->si_code == SI_KERNEL) return;
  const int saved = errno;
  const pid_t pid = atomic_load(&child);
  if (pid > 0) {
    kill(pid, signal);
  } else {
    atomic_fetch_or(&early, 1UL << signal);
  }
  errno = saved;
}

int process_start_child(const char *program, char *const *arguments, char *const *environment, int *pid) {
  for (int index = 0; index < kPassedOnCount; index++) {
    struct sigaction current;
    // An ignored signal, such as SIGHUP below nohup(1), stays ignored for both.
    if (sigaction(kPassedOn[index], NULL, &current) == 0 && current.sa_handler == SIG_IGN) continue;
    struct sigaction action;
    memset(&action, 0, sizeof action);
    action.sa_sigaction = pass_on;
    action.sa_flags = SA_SIGINFO | SA_RESTART;
    sigaction(kPassedOn[index], &action, NULL);
  }

  posix_spawnattr_t attributes;
  int status = posix_spawnattr_init(&attributes);
  if (status != 0) return status;
  // This process ignores SIGPIPE, and its threads may block signals. A command expects neither.
  sigset_t signals;
  sigemptyset(&signals);
  posix_spawnattr_setsigmask(&attributes, &signals);
  sigaddset(&signals, SIGPIPE);
  posix_spawnattr_setsigdefault(&attributes, &signals);
  posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK);
  pid_t started = 0;
  status = posix_spawnp(&started, program, NULL, &attributes, arguments, environment);
  posix_spawnattr_destroy(&attributes);
  if (status != 0) return status;

  atomic_store(&child, started);
  const unsigned long waiting = atomic_exchange(&early, 0);
  for (int signal = 1; signal < 64; signal++) {
    if ((waiting >> signal & 1UL) != 0) kill(started, signal);
  }
  *pid = started;
  return 0;
}

int process_wait_for_child(int pid) {
  // The id stays the child's until it is reaped, so that no signal reaches another process.
  siginfo_t info;
  while (waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR) {
  }
  atomic_store(&child, 0);
  int status = 0;
  while (waitpid(pid, &status, 0) < 0) {
    if (errno != EINTR) return -1;
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}
