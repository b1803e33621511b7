// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/process_table.h"

#include <algorithm>
#include <array>

#include <fcntl.h>

#include "daemon/sensor/linux/directory_reader.h"
#include "daemon/sensor/linux/file_reader.h"

namespace portwatch::sensor {

base::Status ProcessTable::refresh() {
  struct Listed {
    base::Pid pid;
    std::uint64_t inode;
  };
  const auto folder = open_folder(AT_FDCWD, proc_.c_str());
  if (!folder) return base::fail_os("cannot list the processes in " + proc_, folder.error());
  std::array<std::byte, 32768> buffer;
  DirectoryReader reader(folder->get(), buffer);
  std::vector<Listed> listed;
  while (const auto entry = reader.next())
    if (const auto pid = parse_pid(entry->name)) listed.push_back({*pid, entry->inode});
  if (reader.os_errno() != 0)
    return base::fail_os("cannot list the processes in " + proc_, reader.os_errno());
  std::ranges::sort(listed, {}, &Listed::pid);

  std::vector<std::unique_ptr<KnownProcess>> merged;
  merged.reserve(listed.size());
  gone_.clear();
  fresh_.clear();
  auto known = processes_.begin();
  for (const Listed& entry : listed) {
    for (; known != processes_.end() && (*known)->pid < entry.pid; ++known)
      gone_.push_back(std::move(*known));
    if (known != processes_.end() && (*known)->pid == entry.pid) {
      auto& process = *known++;
      if (process->folder_inode == entry.inode) {
        merged.push_back(std::move(process));
        continue;
      }
      gone_.push_back(std::move(process));
    }
    merged.push_back(std::make_unique<KnownProcess>());
    merged.back()->pid = entry.pid;
    merged.back()->folder_inode = entry.inode;
    fresh_.push_back(merged.back().get());
  }
  for (; known != processes_.end(); ++known) gone_.push_back(std::move(*known));
  processes_ = std::move(merged);
  return {};
}

KnownProcess* ProcessTable::find(base::Pid pid) const {
  const auto at =
      std::ranges::lower_bound(processes_, pid, {}, [](const auto& process) { return process->pid; });
  return at != processes_.end() && (*at)->pid == pid ? at->get() : nullptr;
}

}  // namespace portwatch::sensor
