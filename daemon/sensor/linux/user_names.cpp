// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/user_names.h"

#include <array>

#include <pwd.h>

namespace portwatch::sensor {
namespace {

constexpr std::size_t kMaxAnswers = 1024;
constexpr std::chrono::minutes kLifetime{10};
constexpr std::chrono::milliseconds kSlow{500};
constexpr std::chrono::minutes kSilence{1};

std::optional<std::string> ask(base::Uid uid) {
  std::array<char, 16384> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  if (::getpwuid_r(uid.value, &entry, buffer.data(), buffer.size(), &found) != 0 || found == nullptr)
    return std::nullopt;
  return entry.pw_name;
}

}  // namespace

std::optional<std::string> UserNames::name_of(base::Uid uid) {
  const auto now = Clock::now();
  const auto known = answers_.find(uid);
  if (known != answers_.end() && (now < known->second.expires || now < silent_until_))
    return known->second.name;
  if (now < silent_until_) return std::nullopt;

  auto name = ask(uid);
  const auto after = Clock::now();
  if (after - now > kSlow) silent_until_ = after + kSilence;
  if (known == answers_.end() && answers_.size() >= kMaxAnswers) answers_.clear();
  answers_[uid] = {name, after + kLifetime};
  return name;
}

}  // namespace portwatch::sensor
