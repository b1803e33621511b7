// SPDX-License-Identifier: Apache-2.0
#pragma once

// Other network namespaces than our own: what people call them, and how far they reach. What a process shows
// of one is asked of a process that lives there; the first that did so is asked again, so that a namespace
// with several inhabitants keeps its name. Who could not show it is not asked again at each event: that is
// remembered until the next look, or for a moment.

#include <cstdint>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "common/base/time.h"
#include "common/model/host_facts.h"
#include "common/model/identity.h"
#include "common/model/process.h"
#include "common/model/socket_record.h"
#include "daemon/sensor/linux/network_names.h"
#include "daemon/sensor/linux/network_reader.h"

namespace portwatch::sensor {

/// Thread: any. Blocks as long as the question does.
class NetworkNamespaces {
 public:
  struct Facts {
    /// As in model::SocketRecord. Empty: it is our own.
    std::string name;
    /// The widest that an address in there can be reached from.
    model::Exposure reach = model::Exposure::kAny;

    bool operator==(const Facts&) const = default;
  };

  struct Questions {
    std::function<base::BootTime()> now;
    /// As NetworkReader::read(). Asked by one thread at a time.
    std::function<std::optional<NetworkReading>(base::Netns, std::vector<base::Pid>)> reading;
    /// The same of NetworkReader::read_tables().
    std::function<std::optional<std::vector<SocketRow>>(base::Netns, std::vector<base::Pid>)> tables;
  };

  /// What was asked holds so long: the number of a namespace that has ended is soon another's.
  static constexpr base::Micros kKnownFor = std::chrono::seconds{5};
  static constexpr std::size_t kMostKnown = 1024;
  /// Who could not show it is not asked again for so long.
  static constexpr base::Micros kRefusedFor = std::chrono::seconds{2};
  /// When so many could not, nobody else is asked either.
  static constexpr std::size_t kMostRefusals = 16;

  NetworkNamespaces(base::Netns own, NetworkNames names, Questions questions)
      : own_(own), questions_(std::move(questions)), names_(std::move(names)) {}

  /// A look begins, and this is the machine now: gateways of others can be addresses of its own. Who could
  /// not show a namespace may be asked again.
  void begin_look(model::HostFactsRef host);

  /// `member` is a process with a socket there, which need not live there itself, and can be gone: then one
  /// that started it is asked. Null: not known.
  [[nodiscard]] Facts of(base::Netns netns, const model::ProcessRef& member);

  [[nodiscard]] bool is_own(base::Netns netns) const { return netns == own_; }
  /// Where somebody lives who was asked, some time ago maybe.
  [[nodiscard]] std::vector<base::Netns> inhabited();
  /// As NetworkReader::read_tables(), by who lives there.
  [[nodiscard]] std::optional<std::vector<SocketRow>> tables_of(base::Netns netns);

 private:
  struct Known {
    Facts facts;
    base::Pid inhabitant;
    base::BootTime until;
  };

  struct Refused {
    Facts facts;
    std::vector<base::Pid> by;
    base::BootTime until;
  };

  [[nodiscard]] Facts ask(base::Netns netns, const model::ProcessRef& member);
  // With the mutex.
  [[nodiscard]] std::vector<base::Pid> whom_to_ask(base::Netns netns, const model::ProcessRef& member) const;
  [[nodiscard]] std::optional<Facts> remembered(base::Netns netns, const model::ProcessRef& member) const;
  void note_refusal(base::Netns netns, const Facts& facts, const std::vector<base::Pid>& by);

  base::Netns own_;
  Questions questions_;
  std::mutex asking_mutex_;  ///< for the questions, so that only who asks too waits for them
  NetworkNames names_;       ///< under it
  std::mutex mutex_;
  // Under the mutex.
  model::HostFactsRef host_;
  std::unordered_map<base::Netns, Known> known_;
  std::unordered_map<base::Netns, Refused> refused_;
};

/// Says of a socket in which network it is and to which device it is tied. `device_name` knows those of our
/// own network.
void place(model::SocketRecord& socket, std::uint32_t device_index, const model::ProcessRef& member,
           NetworkNamespaces& networks, const std::function<std::string(std::uint32_t)>& device_name);

}  // namespace portwatch::sensor
