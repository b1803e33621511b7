// SPDX-License-Identifier: Apache-2.0
#pragma once

// Records as the lines of a trace. What was written before is not written again: processes and sockets have
// numbers, and a look that shows what the one before it did is one short line.

#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include <nlohmann/json_fwd.hpp>

#include "common/base/error.h"
#include "daemon/trace/record.h"

namespace portwatch::trace {

class Writer {
 public:
  /// Appends the lines of a record, each with its newline. The first record is Began.
  /// Errors: kResourceExhausted: it is beyond the limits (limits.h), and the trace must end before it.
  [[nodiscard]] base::Status write(const Record& record, std::string& lines);

 private:
  struct SocketName {
    base::Netns netns;
    model::SocketId id;
    bool operator==(const SocketName&) const = default;
  };
  struct SocketNameHash {
    std::size_t operator()(const SocketName& name) const noexcept {
      return std::hash<model::SocketId>{}(name.id) * 31U + std::hash<base::Netns>{}(name.netns);
    }
  };
  struct Numbered {
    std::uint64_t number = 0;
    model::Sighting sighting;
  };
  struct NumberedProcess {
    std::uint64_t number = 0;
    std::uint64_t look = 0;  ///< the last that has shown it; 0: none has
    model::ProcessRef process;
  };

  void put(const Began& began);
  void put(const Looked& looked);
  void put(const Told& told);
  void put(const Ticked& ticked);
  void put(const RulesChanged& changed);
  void put(const Ended& ended);
  void put_line(std::string_view kind, nlohmann::json fields);
  [[nodiscard]] nlohmann::json number_of(const model::ProcessRef& process);
  [[nodiscard]] std::uint64_t number_of(const model::Sighting& sighting);
  void forget_processes();

  std::string* lines_ = nullptr;  ///< of the record that is being written
  base::Status status_;
  std::uint64_t last_number_ = 0;
  std::uint64_t looks_ = 0;
  bool is_looking_ = false;
  std::uint64_t told_processes_ = 0;
  model::HostFactsRef host_;
  std::optional<model::Coverage> coverage_;
  std::vector<std::uint64_t> last_look_;
  std::unordered_map<SocketName, Numbered, SocketNameHash> sightings_;  ///< of the last look
  std::unordered_map<const model::Process*, NumberedProcess> processes_;
};

}  // namespace portwatch::trace
