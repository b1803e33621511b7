// SPDX-License-Identifier: Apache-2.0
#pragma once

// Who listens, in brief: what a table shows, and what sockets have in common said once. A server that listens
// on a thousand ports is one entry with a thousand ports in it.

#include <cstddef>
#include <unordered_map>
#include <vector>

#include "common/model/listener.h"

namespace portwatch::model {

/// Listeners that differ in nothing that a table shows but their port and the time when they opened.
struct AlikeListeners {
  /// As in_brief() leaves it, without what differs.
  Listener common;
  std::vector<base::Port> ports;
  std::vector<base::UtcTime> opened_at;  ///< one for each of `ports`

  bool operator==(const AlikeListeners&) const = default;
};

/// What a table shows of a listener; everything else has its default. Left are where it is bound, from how
/// far it can be reached, when it opened (without the earliest it can have been), the program, the service's
/// user, the socket's uid, verdict, attribution, since when nobody watches it, what is hidden, and of each
/// owner key, name, user and unit.
[[nodiscard]] Listener in_brief(const Listener& listener);

/// Puts together what is alike.
class AlikeListenersBuilder {
 public:
  /// Whether there is an entry already that this listener would join.
  [[nodiscard]] bool has_alike(const Listener& listener) const { return places_.contains(&listener); }
  void add(const ListenerRef& listener);
  /// Entries in the order of their first listeners, each with its listeners in the order in which they came.
  [[nodiscard]] std::vector<AlikeListeners> take() && { return std::move(entries_); }

 private:
  struct Hash {
    std::size_t operator()(const Listener* listener) const noexcept;
  };
  struct IsAlike {
    bool operator()(const Listener* a, const Listener* b) const noexcept;
  };
  std::vector<AlikeListeners> entries_;
  std::vector<ListenerRef> firsts_;                                         ///< of each entry
  std::unordered_map<const Listener*, std::size_t, Hash, IsAlike> places_;  ///< of the firsts
};

/// Each listener by itself again, in brief, sorted by port, protocol and address.
[[nodiscard]] std::vector<ListenerRef> spread(const std::vector<AlikeListeners>& entries);

}  // namespace portwatch::model
