// SPDX-License-Identifier: Apache-2.0
#pragma once

// Why an address was refused, as far as that can be seen when we hear of it: who has it then. The kernel does
// not tell its reason.

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "common/base/error.h"
#include "common/model/observation.h"
#include "daemon/sensor/linux/bpf/decode.h"
#include "daemon/sensor/linux/inet_diag.h"

namespace portwatch::sensor {

/// Whether who has `held` keeps others from `wanted`, of the same protocol and port. SO_REUSEADDR and
/// SO_REUSEPORT are not known of others, so it may be that it does not.
[[nodiscard]] bool may_block(const model::SocketRecord& held, const model::SocketRecord& wanted);

/// Thread: one at a time. Blocks as long as the questions do.
class AddressHolders {
 public:
  struct Questions {
    std::function<base::Moment()> now;
    /// The sockets of our own network namespace that have this port: those that listen, or all others. Of UDP
    /// all listen.
    std::function<base::Result<std::vector<PortRow>>(net::Protocol, base::Port, bool is_listening)> table;
    /// Who has descriptors of sockets with this port, in all network namespaces.
    std::function<base::Result<std::vector<bpf::Held>>(base::Port)> descriptors;
    std::function<model::ProcessRef(const bpf::ImageId& image, base::Uid uid)> process;
    std::function<std::string(std::uint32_t index)> device_name;
    /// Whether the machine has the address.
    std::function<bool(const net::IpAddress&)> has_address;
  };

  struct Finding {
    model::ConflictCause cause = model::ConflictCause::kUnknown;
    bool is_certain = false;
    std::vector<model::SeenHolder> holders;  ///< at most kMostHolders, of the kind that most likely is why
    std::uint64_t holders_left_out = 0;
  };

  /// Looks in a second, of each kind, for everybody and for one user: nobody's refusals take away the causes
  /// of all others'. Of those that are refused beyond it no cause is told.
  static constexpr int kMostTables = 50;
  static constexpr int kMostTablesOfUser = 25;
  static constexpr int kMostDescriptors = 2;
  static constexpr int kMostDescriptorsOfUser = 1;
  /// So many holders are looked at further, and told.
  static constexpr std::size_t kMostHolders = 64;

  AddressHolders(base::Netns own, Questions questions) : own_(own), questions_(std::move(questions)) {}

  /// `wanted` has its device, and its user is who wanted it. `lacks_privilege`: the kernel asks for a right
  /// for this port that they had not; certain is that this was the reason where nothing is asked before.
  [[nodiscard]] Finding find(model::Wish wish, const model::SocketRecord& wanted, bool lacks_privilege);

 private:
  /// How often something may be done in a second.
  struct Budget {
    int most = 0;
    int most_of_user = 0;
    int used = 0;
    base::BootTime since{};
    std::map<base::Uid, int> by_user{};  ///< at most `most` of them
  };

  [[nodiscard]] bool may_look(Budget& budget, base::Uid user);
  [[nodiscard]] std::vector<model::SeenHolder> listed(const model::SocketRecord& wanted, bool is_listening);
  [[nodiscard]] std::vector<model::SeenHolder> held(const model::SocketRecord& wanted);
  [[nodiscard]] std::vector<model::SeenHolder> look(model::Wish wish, const model::SocketRecord& wanted);
  void name(std::vector<model::SeenHolder>& holders, const model::SocketRecord& wanted);

  base::Netns own_;
  Questions questions_;
  Budget tables_{.most = kMostTables, .most_of_user = kMostTablesOfUser};
  Budget descriptors_{.most = kMostDescriptors, .most_of_user = kMostDescriptorsOfUser};
};

}  // namespace portwatch::sensor
