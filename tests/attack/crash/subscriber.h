// SPDX-License-Identifier: Apache-2.0
#pragma once

// Somebody who follows the event log through every death of portwatchd: it keeps its cursor, comes back as
// soon as somebody answers, and acknowledges some alerts on the way. It remembers whatever it was told.

#include <atomic>
#include <filesystem>
#include <map>
#include <mutex>
#include <nlohmann/json.hpp>
#include <string>
#include <thread>
#include <vector>

#include "tests/support/random.h"

namespace portwatch::test {

class Subscriber {
 public:
  Subscriber(std::filesystem::path socket, std::uint64_t seed);
  ~Subscriber();
  Subscriber(const Subscriber&) = delete;
  Subscriber& operator=(const Subscriber&) = delete;

  /// The events of all its sessions by seq; told twice is a failure of the test.
  [[nodiscard]] std::map<std::int64_t, nlohmann::json> told() const;
  [[nodiscard]] std::int64_t last_seq() const;
  /// The alerts whose acknowledgement was answered with yes.
  [[nodiscard]] std::vector<std::int64_t> acknowledged() const;
  /// How many sessions it had.
  [[nodiscard]] int sessions() const;

 private:
  void run();
  void follow_one_session();
  void note(const nlohmann::json& message);

  const std::filesystem::path socket_;
  Random random_;
  std::atomic<bool> is_ending_ = false;
  std::string cursor_;

  mutable std::mutex mutex_;
  std::map<std::int64_t, nlohmann::json> told_;
  std::vector<std::int64_t> acknowledged_;
  std::vector<std::int64_t> to_acknowledge_;
  int sessions_ = 0;

  std::thread thread_;
};

}  // namespace portwatch::test
