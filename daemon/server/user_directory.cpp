// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/user_directory.h"

#include <utility>

namespace portwatch::server {
namespace {

constexpr std::size_t kMostAnswers = 1024;
constexpr std::chrono::minutes kLifetime{10};

}  // namespace

UserDirectory::UserDirectory(uv::Loop& loop, Ask ask)
    : ask_(std::move(ask)),
      patience_(loop,
                [this] {
                  is_overdue_ = true;
                  tell({});
                }),
      work_(loop) {}

void UserDirectory::find(base::Uid uid, std::function<void(const Name& name)> done) {
  const auto answer = answers_.find(uid);
  const bool is_fresh = answer != answers_.end() && Clock::now() < answer->second.expires;
  if (is_fresh || is_overdue_ || waiting_.size() >= kMostWaiting) return done(known(uid));
  waiting_.push_back({uid, std::move(done)});
  if (waiting_.size() == 1) patience_.start_once(kPatience);
  ask_next();
}

UserDirectory::Name UserDirectory::known(base::Uid uid) const {
  const auto answer = answers_.find(uid);
  return answer == answers_.end() ? std::nullopt : answer->second.name;
}

void UserDirectory::ask_next() {
  if (is_asking_ || waiting_.empty()) return;
  is_asking_ = true;
  const base::Uid uid = waiting_.front().uid;
  work_.run([ask = ask_, uid] { return ask(uid); },
            [this, uid](Name name) { on_answer(uid, std::move(name)); });
}

void UserDirectory::on_answer(base::Uid uid, Name name) {
  is_asking_ = false;
  is_overdue_ = false;
  if (answers_.size() >= kMostAnswers) answers_.clear();
  answers_[uid] = {std::move(name), Clock::now() + kLifetime};
  tell(uid);
  ask_next();
}

void UserDirectory::tell(std::optional<base::Uid> uid) {
  std::vector<Waiting> told;
  for (Waiting& each : std::exchange(waiting_, {}))
    (uid && each.uid != *uid ? waiting_ : told).push_back(std::move(each));
  if (waiting_.empty()) patience_.stop();
  for (const Waiting& each : told) each.done(known(each.uid));
}

}  // namespace portwatch::server
