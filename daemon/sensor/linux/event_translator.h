// SPDX-License-Identifier: Apache-2.0
#pragma once

// Makes observations of what the kernel's programs tell: listeners of all network namespaces, with who opened
// them, and who was refused an address.

#include <compare>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "common/model/observation.h"
#include "daemon/sensor/linux/address_holders.h"
#include "daemon/sensor/linux/bpf/decode.h"
#include "daemon/sensor/linux/network_namespaces.h"
#include "daemon/sensor/linux/process_book.h"
#include "daemon/sensor/linux/socket_book.h"

namespace portwatch::sensor {

/// Thread: one at a time. Blocks as long as the questions do.
class EventTranslator {
 public:
  /// The name of an interface of our own namespace, by its index.
  using DeviceName = std::function<std::string(std::uint32_t index)>;

  /// Why this was refused.
  using WhyRefused = std::function<AddressHolders::Finding(model::Wish, const model::SocketRecord& wanted,
                                                           bool lacks_privilege)>;

  /// All must outlive this. `self` looks at sockets, and so can be the last who has one that was closed
  /// meanwhile: it closes none of others' of its own will.
  EventTranslator(ProcessBook& processes, NetworkNamespaces& networks, SocketBook& sockets,
                  DeviceName device_name, WhyRefused why_refused, base::Pid self = {})
      : processes_(&processes),
        networks_(&networks),
        sockets_(&sockets),
        device_name_(std::move(device_name)),
        why_refused_(std::move(why_refused)),
        self_(self) {}

  /// So many holders' ends are told for one bundle.
  static constexpr std::size_t kMostEnds = 1024;

  /// Adds what comes of it to `told`.
  void take(const bpf::Event& event, std::vector<model::Observation>& told);
  /// Behind the last event of a bundle: holders that changed are told once for all of it.
  void end_bundle(std::vector<model::Observation>& told);

 private:
  using Observations = std::vector<model::Observation>;

  /// The same wish of the same process, again and again.
  struct Again {
    model::ProcessKey process;
    base::Netns netns;
    net::Endpoint endpoint;
    std::uint32_t device_index = 0;
    model::Wish wish = model::Wish::kBind;

    auto operator<=>(const Again&) const = default;
  };

  void refuse(const bpf::Happening& happening, const bpf::Socket& wished, model::Wish wish,
              bool lacks_privilege, Observations& told);

  void note(const bpf::ProcessTold& event, Observations& told);
  void note(const bpf::Opened& event, Observations& told);
  void note(const bpf::Ended& event, Observations& told);
  void note(const bpf::ListenRefused& event, Observations& told);
  void note(const bpf::BindRefused& event, Observations& told);
  void note(const bpf::HolderExec& event, Observations& told);
  void note(const bpf::HolderFork& event, Observations& told);
  void note(const bpf::HolderExit& event, Observations& told);
  void tell_holders(Observations& told);

  ProcessBook* processes_;
  NetworkNamespaces* networks_;
  SocketBook* sockets_;
  DeviceName device_name_;
  WhyRefused why_refused_;
  base::Pid self_;
  std::map<Again, std::size_t> refusals_;  ///< of this bundle: their places in what is told
  std::optional<base::BootTime> holders_changed_at_;
  std::vector<model::ProcessEnd> ended_;
};

}  // namespace portwatch::sensor
