// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/process_book.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "common/base/text.h"
#include "daemon/sensor/linux/cgroup.h"
#include "daemon/sensor/linux/login_sessions.h"
#include "daemon/sensor/linux/told_process.h"

namespace portwatch::sensor {

void ProcessBook::tell(const bpf::ProcessTold& told) {
  const std::scoped_lock lock(mutex_);
  const auto known = images_.find(told.happening.image);
  if (known && known->attribution != model::Attribution::kDenied) return;
  auto process = std::make_shared<model::Process>(process_of(told, questions_.now()));
  process->user = questions_.user_name(told.happening.uid);
  if (told.login_uid) {
    process->login.user = questions_.user_name(*told.login_uid);
    const auto of_cgroup = login_session_of(told.cgroup.value_or(""));
    if (const auto session = login_session_of(of_cgroup, process->login.session))
      process->login.peer = questions_.login_peer(*session, *told.login_uid);
  }
  std::string groups = text_of_cgroup(told);
  if (!process->container) find_older_groups(*process, groups);
  if (process->container) process->container_name = questions_.container_name(groups);
  images_.keep(told.happening.image, std::move(process));
}

/// We are told of version 2. Where version 1 is mounted too, some engines have their groups there alone.
void ProcessBook::find_older_groups(model::Process& process, std::string& groups) const {
  std::string all = questions_.groups(process.key.pid);
  const auto lines = base::split(all, '\n');
  // Another process may have the pid by now.
  if (groups.empty() || std::ranges::find(lines, groups) == lines.end()) return;
  CgroupFacts facts = parse_cgroup(all);
  process.unit = std::move(facts.unit);
  process.container = std::move(facts.container);
  groups = std::move(all);
}

/// The same program under another pid, until its exec.
void ProcessBook::tell(const bpf::HolderFork& forked) {
  const std::scoped_lock lock(mutex_);
  const auto parent = images_.find(forked.happening.image);
  if (!parent) return;
  images_.keep(forked.child, std::make_shared<const model::Process>(
                                 forked_from(*parent, forked.child.key, questions_.now())));
}

void ProcessBook::tell(const bpf::HolderExec& exec) {
  const std::scoped_lock lock(mutex_);
  bpf::ImageId before = exec.happening.image;
  before.exec_id = exec.old_exec_id;
  forget(before);
}

void ProcessBook::tell(const bpf::HolderExit& ended) {
  const std::scoped_lock lock(mutex_);
  forget(ended.happening.image);
}

void ProcessBook::forget(const bpf::ImageId& image) {
  ended_.push_back(image);
  if (ended_.size() <= kMostEnded) return;
  images_.forget(ended_.front());
  ended_.pop_front();
}

model::ProcessRef ProcessBook::who(const bpf::ImageId& image, base::Uid uid) {
  if (image.key.pid == base::Pid{0}) return nullptr;
  model::ProcessRef known;
  {
    const std::scoped_lock lock(mutex_);
    known = images_.find(image);
  }
  if (!known) known = ask(image);
  return known ? with_user(image, std::move(known), uid) : nullptr;
}

model::ProcessRef ProcessBook::ask(const bpf::ImageId& image) {
  const std::scoped_lock asking(asking_mutex_);
  auto process = questions_.process(image.key.pid);
  if (!process || process->key != image.key) return nullptr;
  const std::scoped_lock lock(mutex_);
  images_.keep(image, process);
  return process;
}

model::ProcessRef ProcessBook::with_user(const bpf::ImageId& image, model::ProcessRef known, base::Uid uid) {
  if (known->uid == uid) return known;
  const std::scoped_lock lock(mutex_);
  auto changed = std::make_shared<model::Process>(*known);
  changed->uid = uid;
  changed->user = questions_.user_name(uid);
  images_.keep(image, changed);
  return changed;
}

}  // namespace portwatch::sensor
