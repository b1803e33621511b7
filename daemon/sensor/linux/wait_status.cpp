// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/wait_status.h"

#include <array>
#include <string_view>

#include <sys/wait.h>

namespace portwatch::sensor {
namespace {

/// By number, from 1, as on x86 and ARM (signal(7)).
constexpr auto kSignals = std::to_array<std::string_view>(
    {"SIGHUP",  "SIGINT",    "SIGQUIT", "SIGILL",   "SIGTRAP", "SIGABRT", "SIGBUS",  "SIGFPE",
     "SIGKILL", "SIGUSR1",   "SIGSEGV", "SIGUSR2",  "SIGPIPE", "SIGALRM", "SIGTERM", "SIGSTKFLT",
     "SIGCHLD", "SIGCONT",   "SIGSTOP", "SIGTSTP",  "SIGTTIN", "SIGTTOU", "SIGURG",  "SIGXCPU",
     "SIGXFSZ", "SIGVTALRM", "SIGPROF", "SIGWINCH", "SIGIO",   "SIGPWR",  "SIGSYS"});
/// The C library keeps two of the kernel's for itself.
constexpr int kFirstRealtime = 34;

}  // namespace

std::string signal_name(int number) {
  if (number >= 1 && number <= static_cast<int>(kSignals.size()))
    return std::string(kSignals[static_cast<std::size_t>(number) - 1]);
  if (number == kFirstRealtime) return "SIGRTMIN";
  if (number > kFirstRealtime) return "SIGRTMIN+" + std::to_string(number - kFirstRealtime);
  return "signal " + std::to_string(number);
}

model::Ending ending_of(std::int32_t wait_status, base::Pid pid) {
  if (WIFSIGNALED(wait_status))
    return {.cause = model::EndCause::kKilled,
            .pid = pid,
            .signal = signal_name(WTERMSIG(wait_status)),
            .has_core = WCOREDUMP(wait_status) != 0};
  if (WIFEXITED(wait_status))
    return {.cause = model::EndCause::kExited,
            .pid = pid,
            .exit_status = static_cast<std::uint8_t>(WEXITSTATUS(wait_status))};
  return {.cause = model::EndCause::kEnded, .pid = pid};
}

}  // namespace portwatch::sensor
