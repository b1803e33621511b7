// SPDX-License-Identifier: Apache-2.0
#pragma once

// What the attacks of clients share: a daemon that everybody may connect to, and how much memory it takes.

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "tests/support/client_mob.h"
#include "tests/support/daemon_harness.h"

namespace portwatch::test {

using Json = nlohmann::json;

inline const std::string kHello =
    R"({"jsonrpc":"2.0","id":0,"method":"hello","params":{"client":"attack","protocols":[1]}})"
    "\n";

/// A sanitized program keeps up to 256 MiB of what was freed, unless it is told to keep less.
inline std::string sanitizer_that_keeps_little() {
  const char* const options = std::getenv("ASAN_OPTIONS");
  return std::string(options == nullptr ? "" : options) + ":quarantine_size_mb=16";
}

/// As the system's daemon, for users of all kinds.
class OpenDaemon : public DaemonHarness {
 public:
  OpenDaemon()
      : DaemonHarness({.configuration =
                           "[scan]\ninterval = \"200ms\"\n[policy]\nlearning = \"0s\"\n[server]\n"
                           "audience = \"everybody\"\n",
                       .environment = {{"ASAN_OPTIONS", sanitizer_that_keeps_little()}}}) {
    // A mob is of another user where that can be.
    std::filesystem::permissions(folder(), std::filesystem::perms{0755});
  }

  /// Its private memory, in bytes.
  [[nodiscard]] std::size_t memory() const {
    std::ifstream file("/proc/" + std::to_string(pid()) + "/smaps_rollup");
    for (std::string word; file >> word;) {
      std::size_t kibibytes = 0;
      if (word == "Pss:" && file >> kibibytes) return kibibytes << 10U;
    }
    return 0;
  }
  [[nodiscard]] std::size_t descriptors() const {
    const std::filesystem::directory_iterator folder("/proc/" + std::to_string(pid()) + "/fd");
    return static_cast<std::size_t>(std::distance(begin(folder), end(folder)));
  }
};

/// What clients together may make a daemon take beyond what it took before. Generous: the sanitizer makes all
/// of it larger, and keeps some of what was freed.
inline constexpr std::size_t kMostMemory = 160U << 20U;

}  // namespace portwatch::test
