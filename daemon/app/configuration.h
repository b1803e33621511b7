// SPDX-License-Identifier: Apache-2.0
#pragma once

// What can be configured: the values with their defaults, and one table of the keys, from which the reader,
// its messages, the log of a reload and the check of the documentation all work.

#include <array>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "common/base/enum_names.h"
#include "common/base/time.h"
#include "daemon/app/log_level.h"

namespace portwatch::app {

enum class ProfileChoice : std::uint8_t { kAuto, kLaptop, kServer };
enum class SensorChoice : std::uint8_t { kAuto, kBpf, kSockDiag, kProcNet };
enum class AudienceChoice : std::uint8_t { kAuto, kOwner, kEverybody };
enum class SelfApproval : std::uint8_t { kAuto, kYes, kNo };
enum class LogTarget : std::uint8_t { kAuto, kStderr, kJournal };

/// The defaults are the initialisers here. "auto" is decided at the start, from how portwatchd was started.
struct Configuration {
  ProfileChoice profile = ProfileChoice::kAuto;

  std::filesystem::path state_directory;  ///< empty: the usual place
  std::filesystem::path socket;           ///< empty: the usual place

  base::Micros scan_interval = std::chrono::seconds{1};
  base::Micros reconcile_interval = std::chrono::seconds{60};
  SensorChoice sensor = SensorChoice::kAuto;
  std::int64_t revisit_descriptors = 2000;

  base::Micros learning = std::chrono::hours{24};
  SelfApproval self_approve = SelfApproval::kAuto;
  bool is_policy_locked = false;

  std::optional<base::Micros> retention = std::chrono::days{90};  ///< unset: for ever
  std::int64_t max_pending = 100'000;

  AudienceChoice audience = AudienceChoice::kAuto;
  std::string admin_group = "portwatch";
  std::int64_t max_sessions = 256;
  std::int64_t max_sessions_per_user = 64;

  LogLevel log_level = LogLevel::kInfo;
  LogTarget log_target = LogTarget::kAuto;

  bool operator==(const Configuration&) const = default;
};

/// What a value may be, and where it goes.
struct Toggle {
  bool Configuration::* field;
};
struct Count {
  std::int64_t Configuration::* field;
  std::int64_t least, most;
};
struct Duration {
  base::Micros Configuration::* field;
  base::Micros least, most;
};
struct DurationOrForever {
  std::optional<base::Micros> Configuration::* field;
  base::Micros least, most;
};
struct Folder {
  std::filesystem::path Configuration::* field;
};
struct SocketPath {
  std::filesystem::path Configuration::* field;
};
struct Name {
  std::string Configuration::* field;
  std::size_t longest;
};
struct Choice {
  std::span<const std::string_view> names;
  void (*set)(Configuration&, std::size_t);
  std::size_t (*get)(const Configuration&);
};
using Rule = std::variant<Toggle, Count, Duration, DurationOrForever, Folder, SocketPath, Name, Choice>;

struct Key {
  std::string_view name;  ///< "scan.interval"; without a dot: at the top of the file
  Rule rule;
  bool needs_restart = false;  ///< a reload takes note of it, and says that it waits for a restart
};

/// Every key, by section.
[[nodiscard]] std::span<const Key> configuration_keys();
[[nodiscard]] const Key* find_key(std::string_view name);

/// A value as the file has it.
using Value = std::variant<bool, std::int64_t, std::string>;

/// Errors: the value is not one of those that are allowed(); the configuration is as it was.
[[nodiscard]] bool set_value(Configuration& configuration, const Key& key, const Value& value);

/// What a key may be, for people: 'a duration from "100ms" to "1h"'.
[[nodiscard]] std::string allowed(const Key& key);

/// The value as the file would have it: '"1s"', 'true'.
[[nodiscard]] std::string value_text(const Configuration& configuration, const Key& key);

/// The keys whose values differ.
[[nodiscard]] std::vector<const Key*> changed_keys(const Configuration& before, const Configuration& after);

}  // namespace portwatch::app

template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::app::ProfileChoice> =
    std::to_array<std::string_view>({"auto", "laptop", "server"});
template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::app::SensorChoice> =
    std::to_array<std::string_view>({"auto", "bpf", "sock_diag", "proc_net"});
template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::app::AudienceChoice> =
    std::to_array<std::string_view>({"auto", "owner", "everybody"});
template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::app::SelfApproval> =
    std::to_array<std::string_view>({"auto", "yes", "no"});
template <>
inline constexpr auto portwatch::base::kEnumNames<portwatch::app::LogTarget> =
    std::to_array<std::string_view>({"auto", "stderr", "journal"});
