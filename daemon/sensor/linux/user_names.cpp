// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/user_names.h"

#include "common/platform/user_name.h"

namespace portwatch::sensor {
namespace {

constexpr std::size_t kMaxAnswers = 1024;
constexpr std::chrono::minutes kLifetime{10};
constexpr std::chrono::milliseconds kSlow{500};
constexpr std::chrono::minutes kSilence{1};

}  // namespace

std::optional<std::string> UserNames::name_of(base::Uid uid) {
  const auto now = Clock::now();
  const auto known = answers_.find(uid);
  if (known != answers_.end() && (now < known->second.expires || now < silent_until_))
    return known->second.name;
  if (now < silent_until_) return std::nullopt;

  auto name = platform::user_name(uid.value);
  const auto after = Clock::now();
  if (after - now > kSlow) silent_until_ = after + kSilence;
  if (known == answers_.end() && answers_.size() >= kMaxAnswers) answers_.clear();
  answers_[uid] = {name, after + kLifetime};
  return name;
}

}  // namespace portwatch::sensor
