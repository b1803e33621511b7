// SPDX-License-Identifier: Apache-2.0
#pragma once

// Many clients of the daemon's socket that behave badly alike: a process of its own, of the user nobody where
// we may start such one. For attacks and their measurement.

#include <cstddef>
#include <string>
#include <string_view>

namespace portwatch::test {

struct MobBehaviour {
  std::size_t connections = 1;    ///< at the same time; what the daemon closes is opened again
  std::string greeting = {};      ///< each sends this once
  std::string repeated = {};      ///< and then this for ever; empty: nothing
  bool reads = true;              ///< takes what is answered
  bool hangs_up = false;          ///< goes as soon as the greeting is sent
  bool is_one_at_a_time = false;  ///< waits for an answer before it sends more
};

/// `line` as often as it fits into so many bytes.
[[nodiscard]] std::string repeated_line(std::string_view line, std::size_t bytes);

class ClientMob {
 public:
  ClientMob(std::string socket, MobBehaviour behaviour);
  ~ClientMob();
  ClientMob(const ClientMob&) = delete;
  ClientMob& operator=(const ClientMob&) = delete;

 private:
  int pid_;
};

}  // namespace portwatch::test
