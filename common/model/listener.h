// SPDX-License-Identifier: Apache-2.0
#pragma once

// One listening period: from the moment a socket listens (or is bound, for UDP) until it no longer does.

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "common/base/enum_names.h"
#include "common/model/attribution.h"
#include "common/model/ending.h"
#include "common/model/event_time.h"
#include "common/model/identity.h"
#include "common/model/process.h"
#include "common/model/socket_record.h"

namespace portwatch::model {

/// Names a listening period for ever.
struct ListenerKey {
  std::string boot_id;
  base::Netns netns;
  SocketId socket;
  std::int64_t generation = 0;  ///< rises with each period that is opened in a boot, so that a socket that
                                ///< listens again has a new key

  auto operator<=>(const ListenerKey&) const = default;

  /// "3f0c1f62-4026531840-c2a-7": the first 8 digits of the boot id, the namespace, the cookie (c) or inode
  /// (i) in hex, the generation. What the JSON calls `id`.
  [[nodiscard]] std::string to_string() const;
};

enum class Verdict : std::uint8_t {
  kKnown,     ///< its service key is in the baseline
  kAllowed,   ///< a rule allows it
  kUnknown,   ///< nobody expected it
  kReserved,  ///< the port is reserved for it
  kIgnored,   ///< a rule says not to look
};

enum class ListenerClass : std::uint8_t {
  kUnknown,
  kSystem,
  kDevServer,
  kIdeHelper,
  kBrowser,
  kTunnel,
  kContainer,
  kBuildChild,
};

struct Listener {
  ListenerKey key;
  SocketRecord socket;
  Exposure exposure = Exposure::kAny;
  std::vector<ProcessRef> owners;  ///< who holds it now (or held it last), sorted by ProcessKey
  Attribution attribution = Attribution::kKernel;
  ProgramIdentity program;
  ServiceKey service;
  ListenerClass listener_class = ListenerClass::kUnknown;
  Verdict verdict = Verdict::kUnknown;
  EventTime opened;
  std::optional<EventTime> closed;
  Ending ending;  ///< once it is closed
  /// It was open then, and nobody has watched it since. Unset: somebody does, or it is closed.
  std::optional<base::UtcTime> unwatched_since;
  /// How many further owners there are, where not all are told (told_size.h); 0 in the core and the store
  std::uint64_t owners_left_out = 0;
  /// JSON names of the fields that this viewer may not see; empty in the core and the store
  std::vector<std::string> redacted;

  bool operator==(const Listener&) const;  ///< compares what the references point to
};

/// Listeners are replaced, not changed: whoever holds one keeps a consistent picture.
using ListenerRef = std::shared_ptr<const Listener>;

}  // namespace portwatch::model

template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::model::Verdict> =
    std::to_array<std::string_view>({"known", "allowed", "unknown", "reserved", "ignored"});
template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::model::ListenerClass> =
    std::to_array<std::string_view>(
        {"unknown", "system", "dev-server", "ide-helper", "browser", "tunnel", "container", "build-child"});

template <>
inline constexpr auto portwatch::base::kNewerName<portwatch::model::Verdict> =
    std::optional(portwatch::model::Verdict::kUnknown);
template <>
inline constexpr auto portwatch::base::kNewerName<portwatch::model::ListenerClass> =
    std::optional(portwatch::model::ListenerClass::kUnknown);
