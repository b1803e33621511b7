// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/told_process.h"

#include "daemon/sensor/linux/cgroup.h"
#include "daemon/sensor/linux/proc_pid.h"
#include "daemon/sensor/linux/process_reader.h"

namespace portwatch::sensor {
namespace {

std::string path_of(const std::string& told, bool is_truncated) {
  return is_truncated ? ".../" + told : told;
}

}  // namespace

std::string text_of_cgroup(const bpf::ProcessTold& told) {
  // One that lacks its beginning could name a unit inside of a container.
  return told.cgroup && told.cgroup->starts_with('/') ? "0::" + *told.cgroup : std::string();
}

model::Process process_of(const bpf::ProcessTold& told, base::Moment now) {
  model::Process process;
  process.key = told.happening.image.key;
  process.started_at = now.to_utc(process.key.start);
  process.name = told.name;
  if (told.exe)
    process.exe = model::Executable{.path = path_of(told.exe->path, told.is_exe_truncated),
                                    .file = std::nullopt,
                                    .is_deleted = told.exe->is_deleted};
  if (told.argv) process.argv = *told.argv;
  process.is_argv_truncated = told.is_argv_truncated;
  if (told.cwd) process.cwd = path_of(*told.cwd, told.is_cwd_truncated);
  process.uid = told.happening.uid;
  process.login.uid = told.login_uid;
  if (told.login_uid) process.login.session = told.audit_session;
  if (told.session.value > 0) process.login.leader = told.session;
  process.login.terminal = terminal_name(std::string_view(told.terminal));
  CgroupFacts facts = parse_cgroup(text_of_cgroup(told));
  process.unit = std::move(facts.unit);
  process.container = std::move(facts.container);
  process.ancestors = told.ancestors;
  process.image = told.happening.image.exec_id + 1;
  return process;
}

model::Process forked_from(const model::Process& parent, const model::ProcessKey& child, base::Moment now) {
  model::Process process = parent;
  process.key = child;
  process.started_at = now.to_utc(child.start);
  process.ancestors.insert(process.ancestors.begin(),
                           {.pid = parent.key.pid, .start = parent.key.start, .name = parent.name});
  if (process.ancestors.size() > kMaxAncestors) process.ancestors.pop_back();
  return process;
}

}  // namespace portwatch::sensor
