// SPDX-License-Identifier: Apache-2.0
#pragma once

// Which refusals are told, and when they are trouble. A program that tries again and again is told at once,
// and then once a minute with a count. It is trouble when it has tried five times, as a service manager does
// that starts it anew; what one process asks for within ten seconds is one try, and who gets an address after
// all, there or elsewhere, was only looking for a free one.

#include <compare>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "common/base/time.h"
#include "common/model/conflict.h"
#include "common/model/event.h"
#include "common/model/listener.h"

namespace portwatch::core {

class Conflicts {
 public:
  static constexpr base::Micros kBetweenEvents = std::chrono::minutes{1};
  static constexpr base::Micros kTry = std::chrono::seconds{10};
  static constexpr int kTriesToAlert = 5;
  /// Whoever tries no more for so long begins anew.
  static constexpr base::Micros kQuiet = std::chrono::minutes{10};
  /// Of one user so many events at once, and another one each two seconds: who asks for all ports there are
  /// must not fill the history. The rest is counted.
  static constexpr int kEventsAtOnce = 60;
  static constexpr base::Micros kPerEvent = std::chrono::seconds{2};

  struct Told {
    model::ListenerRef wanted;
    model::ConflictDetail detail;
    bool is_trouble = false;    ///< for the first time since it began
    std::int64_t refusals = 0;  ///< since it began
  };

  /// One refusal, or `detail.count` at the same time. Nothing: it is counted. `wanted`: opened and closed
  /// when it was refused.
  [[nodiscard]] std::optional<Told> refuse(model::ListenerRef wanted, model::ConflictDetail detail,
                                           base::BootTime now);
  /// Somebody got an address.
  void grant(const model::Listener& opened);
  /// What was counted a minute long.
  [[nodiscard]] std::vector<Told> expire(base::BootTime now);
  /// All that is counted and not told.
  [[nodiscard]] std::vector<Told> flush();

 private:
  struct Place {
    model::ServiceKey service;
    base::Netns netns;
    net::IpAddress address;
    base::Port port;
    std::string device;

    auto operator<=>(const Place&) const = default;
  };
  struct Spell {
    model::ListenerRef wanted;     ///< the latest
    model::ConflictDetail detail;  ///< the same; `count` is what is not told yet
    base::BootTime told_at;
    base::BootTime last_at;
    std::int64_t refusals = 0;
    int tries = 0;
    model::ProcessKey trying;  ///< whose try the last one was
    base::BootTime try_began;
    bool is_trouble = false;
  };
  /// What one user may still have told. Users without a name are one, as in AlertBook.
  struct Allowance {
    int left = kEventsAtOnce;
    base::BootTime since;
    std::int64_t others = 0;    ///< that were not told
    model::ListenerRef wanted;  ///< the latest of those
    model::ConflictDetail detail;
  };

  [[nodiscard]] static Place place_of(const model::Listener& wanted);
  [[nodiscard]] Allowance& allowance_of(const model::Listener& wanted, base::BootTime now);
  void count_try(Spell& spell, const model::Listener& wanted, const model::ConflictDetail& detail,
                 base::BootTime now);
  [[nodiscard]] static Told take(Spell& spell, Allowance& allowance, base::BootTime now);
  [[nodiscard]] static Told take_others(Allowance& allowance);

  std::map<Place, Spell> spells_;
  std::map<std::string, Allowance> allowances_;
  /// When each process that was refused something got an address, for refusals that are noticed later.
  std::unordered_map<model::ProcessKey, base::BootTime> granted_;
};

}  // namespace portwatch::core
