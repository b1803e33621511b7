// SPDX-License-Identifier: Apache-2.0
#pragma once

// Lines of a trace as records. A trace is a stranger's file: whatever it holds, it is a record that a sensor
// could have told, or an error that names the line.

#include <cstdint>
#include <map>
#include <optional>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "common/base/error.h"
#include "common/json/reader.h"
#include "daemon/trace/record.h"

namespace portwatch::trace {

class Reader {
 public:
  /// One line, without its newline. Gives the record that it completes, if it does; the first one is Began.
  /// Errors: kCorrupt, kUnsupported (a newer format); "line 12: …". Not to be called again after one.
  [[nodiscard]] base::Result<std::optional<Record>> read(std::string_view line);

  /// How many lines were read.
  [[nodiscard]] std::uint64_t lines() const { return lines_; }
  [[nodiscard]] bool has_begun() const { return has_begun_; }
  /// The last record was the end of the run.
  [[nodiscard]] bool has_ended() const { return has_ended_; }

 private:
  [[nodiscard]] std::optional<Record> read_line(const json::Reader& at);
  [[nodiscard]] Began read_began(const json::Reader& at);
  void read_number(const json::Reader& at, model::Process process);
  void read_number(const json::Reader& at, model::Sighting sighting);
  [[nodiscard]] Looked read_look(const json::Reader& at);
  void read_runs(const json::Reader& at);
  void forget();
  [[nodiscard]] Told read_told(const json::Reader& at);
  [[nodiscard]] base::Moment read_next_moment(const json::Reader& at);
  [[nodiscard]] model::ProcessRef process_at(const json::Reader& at) const;

  std::uint64_t lines_ = 0;
  bool has_begun_ = false;
  bool has_looked_ = false;
  bool has_ended_ = false;
  std::optional<int> newer_format_;
  base::Moment last_;
  model::HostFactsRef host_;
  model::Coverage coverage_;
  std::unordered_map<std::uint64_t, model::ProcessRef> processes_;
  std::map<std::uint64_t, model::Sighting> sightings_;
  std::vector<std::uint64_t> look_;  ///< numbers of the sightings of the last look, in its order
};

}  // namespace portwatch::trace
