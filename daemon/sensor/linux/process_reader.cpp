// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/process_reader.h"

#include <array>
#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <linux/limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "common/base/text.h"
#include "common/model/secrets.h"
#include "daemon/sensor/linux/cgroup.h"
#include "daemon/sensor/linux/clock.h"
#include "daemon/sensor/linux/file_reader.h"

namespace portwatch::sensor {
namespace {

constexpr std::size_t kMaxCommandLine = 4096;
constexpr std::size_t kMaxArguments = 64;
constexpr std::size_t kMaxAncestors = 32;
constexpr std::size_t kSmallFile = 4096;   // stat, loginuid, auxv
constexpr std::size_t kLargeFile = 16384;  // status, cgroup

/// FNV-1a.
class Hash {
 public:
  void add(std::string_view bytes) {
    for (const char byte : bytes) value_ = (value_ ^ static_cast<unsigned char>(byte)) * 1099511628211U;
  }
  [[nodiscard]] std::uint64_t value() const { return value_; }

 private:
  std::uint64_t value_ = 14695981039346656037U;
};

/// Notes what the reads of one process came to.
class Verdict {
 public:
  template <class T>
  bool is_fine(const OsResult<T>& result) {
    if (result) return true;
    if (means_denied(result.error()) || result.error() == ENAMETOOLONG) is_denied_ = true;
    if (means_our_own_failure(result.error())) own_failure_ = result.error();
    if (result.error() == ESRCH) is_gone_ = true;
    return false;
  }
  void set_gone() { is_gone_ = true; }

  [[nodiscard]] model::Attribution attribution() const {
    if (is_gone_) return model::Attribution::kExited;
    return is_denied_ ? model::Attribution::kDenied : model::Attribution::kExact;
  }
  /// The errno of a failure of our own; 0: there was none.
  [[nodiscard]] int own_failure() const { return own_failure_; }

 private:
  bool is_denied_ = false;
  bool is_gone_ = false;
  int own_failure_ = 0;
};

std::optional<model::FileId> file_id_of(int folder, const char* path) {
  struct statx status{};
  if (::statx(folder, path, AT_STATX_DONT_SYNC | AT_NO_AUTOMOUNT, STATX_INO, &status) != 0)
    return std::nullopt;
  return model::FileId{.device = makedev(status.stx_dev_major, status.stx_dev_minor),
                       .inode = status.stx_ino};
}

std::optional<model::Executable> read_executable(int folder, Verdict& verdict) {
  std::array<char, PATH_MAX + 1> buffer;
  const auto link = read_link(folder, "exe", buffer);
  if (!verdict.is_fine(link)) return std::nullopt;  // ENOENT: a kernel thread, or ended
  ExecutableLink parsed = parse_executable_link(*link);
  return model::Executable{
      .path = std::move(parsed.path), .file = file_id_of(folder, "exe"), .is_deleted = parsed.is_deleted};
}

void read_command_line(int folder, model::Process& process, Verdict& verdict) {
  std::array<char, kMaxCommandLine + 1> buffer;
  const auto text = read_file(folder, "cmdline", buffer);
  if (!verdict.is_fine(text)) return;
  const bool is_whole = text->size() <= kMaxCommandLine;
  CommandLine line = parse_command_line(text->substr(0, kMaxCommandLine), is_whole, kMaxArguments);
  process.argv = model::redact_secrets(std::move(line.arguments));
  process.is_argv_truncated = line.is_truncated;
}

}  // namespace

bool ProcessReader::are_addresses_fixed(int folder) const {
  std::array<char, kSmallFile> buffer;
  const auto switched_off = read_file(AT_FDCWD, (proc_ + "/sys/kernel/randomize_va_space").c_str(), buffer);
  if (switched_off && base::trim(*switched_off) == "0") return true;
  const auto personality = read_file(folder, "personality", buffer);
  return personality && has_no_randomize_flag(*personality);
}

std::string ProcessReader::folder_of(base::Pid pid) const {
  return proc_ + '/' + std::to_string(pid.value);
}

void ProcessReader::begin_look(base::Moment now) {
  now_ = now;
  parents_.clear();
}

std::optional<ProcStat> read_stat(const std::string& proc, base::Pid pid) {
  std::array<char, kSmallFile> buffer;
  const auto text = read_file(AT_FDCWD, (proc + '/' + std::to_string(pid.value) + "/stat").c_str(), buffer);
  if (!text) return std::nullopt;
  return parse_stat(*text);
}

OsResult<ProcessImage> ProcessReader::read_image(base::Pid pid, std::optional<bool> has_fixed_addresses) {
  const auto folder = open_folder(AT_FDCWD, folder_of(pid).c_str());
  if (!folder) return std::unexpected(folder.error());
  Hash hash;
  Verdict verdict;
  std::array<char, kLargeFile> buffer;
  // An exec keeps pid and start time. It writes the auxiliary vector anew, with addresses that are random in
  // each image (getauxval(3): AT_RANDOM, AT_SYSINFO_EHDR, AT_ENTRY).
  if (const auto vector = read_file(folder->get(), "auxv", buffer); verdict.is_fine(vector))
    hash.add(*vector);
  if (const auto link = read_link(folder->get(), "exe", buffer); verdict.is_fine(link)) hash.add(*link);
  if (!has_fixed_addresses) has_fixed_addresses = are_addresses_fixed(folder->get());
  if (*has_fixed_addresses)
    if (const auto line = read_file(folder->get(), "cmdline", buffer); verdict.is_fine(line)) hash.add(*line);
  if (verdict.own_failure() != 0) return std::unexpected(verdict.own_failure());
  if (verdict.attribution() == model::Attribution::kExited) return std::unexpected(ESRCH);
  return ProcessImage{.hash = hash.value(), .has_fixed_addresses = *has_fixed_addresses};
}

std::optional<base::Uid> ProcessReader::read_uid(base::Pid pid) {
  std::array<char, kLargeFile> buffer;
  const auto status = read_file(AT_FDCWD, (folder_of(pid) + "/status").c_str(), buffer);
  return status ? parse_effective_uid(*status) : std::nullopt;
}

std::vector<model::Ancestor> ProcessReader::read_ancestors(const ProcStat& process) {
  std::vector<model::Ancestor> ancestors;
  base::Pid pid = process.parent;
  std::uint64_t youngest = process.start_ticks;
  while (pid.value > 0 && ancestors.size() < kMaxAncestors) {
    auto known = parents_.find(pid);
    if (known == parents_.end()) known = parents_.emplace(pid, read_stat(proc_, pid)).first;
    // A parent is older than its child: anything else is another process under the same pid. So it cannot
    // loop either.
    if (!known->second || known->second->start_ticks > youngest) break;
    const ProcStat& parent = *known->second;
    ancestors.push_back({.pid = pid, .start = boot_time_of_ticks(parent.start_ticks), .name = parent.name});
    youngest = parent.start_ticks;
    if (parent.parent == pid) break;
    pid = parent.parent;
  }
  return ancestors;
}

OsResult<model::ProcessRef> ProcessReader::read(base::Pid pid) {
  // The open folder stays with this process: a new one under the same pid has another.
  const auto folder = open_folder(AT_FDCWD, folder_of(pid).c_str());
  if (!folder) return std::unexpected(folder.error());
  std::array<char, kLargeFile> buffer;
  const auto stat_text = read_file(folder->get(), "stat", std::span(buffer).first(kSmallFile));
  if (!stat_text) return std::unexpected(stat_text.error());
  const auto stat = parse_stat(*stat_text);
  if (!stat) return std::unexpected(ESRCH);

  Verdict verdict;
  auto process = std::make_shared<model::Process>();
  process->key = {.pid = pid, .start = boot_time_of_ticks(stat->start_ticks)};
  process->started_at = now_.to_utc(process->key.start);
  process->name = stat->name;
  if (stat->is_dead()) verdict.set_gone();
  process->exe = read_executable(folder->get(), verdict);
  read_command_line(folder->get(), *process, verdict);
  {
    std::array<char, PATH_MAX + 1> path;
    if (const auto cwd = read_link(folder->get(), "cwd", path); verdict.is_fine(cwd)) process->cwd = *cwd;
  }
  if (const auto status = read_file(folder->get(), "status", buffer); verdict.is_fine(status))
    process->uid = parse_effective_uid(*status);
  if (process->uid) process->user = users_.name_of(*process->uid);
  if (const auto text = read_file(folder->get(), "loginuid", buffer))
    process->login_uid = parse_login_uid(*text);
  if (const auto text = read_file(folder->get(), "cgroup", buffer); verdict.is_fine(text)) {
    CgroupFacts facts = parse_cgroup(*text);
    process->unit = std::move(facts.unit);
    process->container = std::move(facts.container);
  }
  process->ancestors = read_ancestors(*stat);
  if (verdict.own_failure() != 0) return std::unexpected(verdict.own_failure());
  process->attribution = verdict.attribution();
  return process;
}

}  // namespace portwatch::sensor
