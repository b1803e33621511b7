// SPDX-License-Identifier: Apache-2.0
#pragma once

// A place in the sorted list of who listens now, which changes between two pages: a page goes on behind the
// place, also when the listener that stood there is gone.

#include <compare>
#include <optional>
#include <string>
#include <string_view>

#include "common/model/listener.h"

namespace portwatch::server {

class ListenerPosition {
 public:
  [[nodiscard]] static ListenerPosition of(const model::Listener& listener);
  /// What to_string() wrote, of a list of the same boot.
  [[nodiscard]] static std::optional<ListenerPosition> parse(std::string_view text,
                                                             const std::string& boot_id);

  /// "62893,tcp,127.0.0.1,4026531840,cookie,42,7"
  [[nodiscard]] std::string to_string() const;

  /// The order of StateView::listeners().
  auto operator<=>(const ListenerPosition&) const = default;

 private:
  base::Port port_;
  net::Protocol protocol_ = net::Protocol::kTcp;
  net::IpAddress address_;
  model::ListenerKey key_;
};

}  // namespace portwatch::server
