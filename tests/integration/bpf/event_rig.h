// SPDX-License-Identifier: Apache-2.0
#pragma once

// The kernel's programs, loaded for a test, and what they told of the test's own network namespace. Others
// open sockets on this machine as well: their events are left out.

#include <algorithm>
#include <functional>
#include <string>
#include <variant>
#include <vector>

#include <gtest/gtest.h>

#include "daemon/sensor/linux/bpf/event_programs.h"
#include "tests/support/wait.h"

namespace portwatch::test {

namespace bpf = sensor::bpf;

/// Inode of the network namespace that we are in.
[[nodiscard]] base::Netns own_netns();

class EventRig {
 public:
  explicit EventRig(bpf::EventPrograms::Options options = {});

  [[nodiscard]] bpf::EventPrograms& programs() { return programs_; }
  /// Another network namespace is ours too.
  void follow(base::Netns netns) { netns_.push_back(netns); }

  /// Reads what is there now.
  void read();
  /// All that was told of our own network namespace, and of its processes, in order.
  [[nodiscard]] const std::vector<bpf::Event>& events() {
    read();
    return events_;
  }
  /// Forgets what was told so far.
  void forget() {
    read();
    events_.clear();
  }

  /// Those of one kind that fit.
  template <class Kind>
  [[nodiscard]] std::vector<Kind> all(const std::function<bool(const Kind&)>& fits = [](const Kind&) {
    return true;
  }) {
    read();
    std::vector<Kind> found;
    for (const auto& event : events_)
      if (const auto* const kind = std::get_if<Kind>(&event); kind != nullptr && fits(*kind))
        found.push_back(*kind);
    return found;
  }
  /// Waits until there is one.
  template <class Kind>
  [[nodiscard]] std::vector<Kind> wait_for(const std::function<bool(const Kind&)>& fits = [](const Kind&) {
    return true;
  }) {
    EXPECT_TRUE(wait_until([&] { return !all<Kind>(fits).empty(); }));
    return all<Kind>(fits);
  }
  /// The last that was told of a process.
  [[nodiscard]] bpf::ProcessTold who(const bpf::ImageId& image);

 private:
  [[nodiscard]] bool is_ours(base::Netns netns) const {
    return std::ranges::find(netns_, netns) != netns_.end();
  }
  [[nodiscard]] bool is_ours(const bpf::Event& event) const;

  bpf::EventPrograms programs_;
  std::vector<base::Netns> netns_;
  std::vector<bpf::Event> events_;
};

/// Loading takes a while, so tests share one; it begins with what happens after this call.
[[nodiscard]] EventRig& shared_rig();

/// Short forms for what tests compare.
[[nodiscard]] inline std::uint64_t cookie_of(const bpf::Socket& socket) {
  return socket.record.id.value;
}
[[nodiscard]] inline std::string where(const bpf::Socket& socket) {
  return socket.record.endpoint.to_string();
}

}  // namespace portwatch::test
