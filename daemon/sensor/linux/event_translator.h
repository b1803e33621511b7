// SPDX-License-Identifier: Apache-2.0
#pragma once

// Makes observations of what the kernel's programs tell: listeners of one network namespace, with who opened
// them. Refused listens and binds, and what happens in other namespaces, are counted and dropped.

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "common/model/observation.h"
#include "daemon/sensor/linux/bpf/decode.h"
#include "daemon/sensor/linux/process_book.h"

namespace portwatch::sensor {

/// Thread: one at a time. Blocks as long as the questions do.
class EventTranslator {
 public:
  /// The name of an interface, by its index.
  using DeviceName = std::function<std::string(std::uint32_t index)>;

  struct Dropped {
    std::uint64_t refused_listens = 0;
    std::uint64_t refused_binds = 0;
    std::uint64_t elsewhere = 0;  ///< in other network namespaces

    bool operator==(const Dropped&) const = default;
  };

  /// The book must outlive this.
  EventTranslator(base::Netns netns, ProcessBook& processes, DeviceName device_name)
      : netns_(netns), processes_(&processes), device_name_(std::move(device_name)) {}

  /// Adds what comes of it to `told`.
  void take(const bpf::Event& event, std::vector<model::Observation>& told);
  /// Behind the last event of a bundle: holders that changed are told once for all of it.
  void end_bundle(std::vector<model::Observation>& told);

  [[nodiscard]] const Dropped& dropped() const { return dropped_; }

 private:
  using Observations = std::vector<model::Observation>;

  void note(const bpf::ProcessTold& event, Observations& told);
  void note(const bpf::Opened& event, Observations& told);
  void note(const bpf::Ended& event, Observations& told);
  void note(const bpf::ListenRefused& event, Observations& told);
  void note(const bpf::BindRefused& event, Observations& told);
  void note(const bpf::HolderExec& event, Observations& told);
  void note(const bpf::HolderFork& event, Observations& told);
  void note(const bpf::HolderExit& event, Observations& told);

  base::Netns netns_;
  ProcessBook* processes_;
  DeviceName device_name_;
  std::optional<base::BootTime> holders_changed_at_;
  Dropped dropped_;
};

}  // namespace portwatch::sensor
