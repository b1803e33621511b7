// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/process_reader.h"

#include <array>
#include <cerrno>
#include <string_view>

#include <fcntl.h>
#include <fmt/format.h>
#include <linux/limits.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "common/base/text.h"
#include "common/model/secrets.h"
#include "daemon/sensor/linux/cgroup.h"
#include "daemon/sensor/linux/clock.h"
#include "daemon/sensor/linux/directory_reader.h"
#include "daemon/sensor/linux/file_reader.h"
#include "daemon/sensor/linux/login_sessions.h"

namespace portwatch::sensor {
namespace {

constexpr std::size_t kMaxCommandLine = 4096;
constexpr std::size_t kMaxArguments = 64;
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
    if (means_denied(result.error())) is_denied_ = true;
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

/// The kernel gives no path that is longer than a page. What the link leads to can be told apart all the
/// same.
std::string too_long_path(const std::optional<model::FileId>& file) {
  if (!file) return fmt::format("{})", model::kTooLongPath);
  return fmt::format("{}, file {:x}:{:x})", model::kTooLongPath, file->device, file->inode);
}

/// `link` is what the link says.
std::optional<model::Executable> executable_of(int folder, const OsResult<std::string_view>& link,
                                               Verdict& verdict) {
  if (!link && link.error() == ENAMETOOLONG) {
    const auto file = file_id_of(folder, "exe");
    return model::Executable{.path = too_long_path(file), .file = file};
  }
  if (!verdict.is_fine(link)) return std::nullopt;  // ENOENT: a kernel thread, or ended
  ExecutableLink parsed = parse_executable_link(*link);
  return model::Executable{
      .path = std::move(parsed.path), .file = file_id_of(folder, "exe"), .is_deleted = parsed.is_deleted};
}

/// An exec keeps pid and start time. It writes the auxiliary vector anew, with addresses that are random in
/// each image (getauxval(3): AT_RANDOM, AT_SYSINFO_EHDR, AT_ENTRY).
/// Gives how many bytes it has.
std::size_t add_addresses(Hash& hash, int folder, const std::string& path, Verdict& verdict) {
  std::array<char, kSmallFile> buffer;
  const auto vector = read_file(folder, path.c_str(), buffer);
  if (!verdict.is_fine(vector)) return 0;
  hash.add(*vector);
  return vector->size();
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

/// `folder` is that of processes, or of the threads of one.
std::optional<ProcStat> read_stat_in(const std::string& folder, base::Pid pid) {
  std::array<char, kSmallFile> buffer;
  const auto text = read_file(AT_FDCWD, (folder + '/' + std::to_string(pid.value) + "/stat").c_str(), buffer);
  if (!text) return std::nullopt;
  return parse_stat(*text);
}

}  // namespace

bool ProcessReader::are_addresses_fixed(const std::string& folder) const {
  std::array<char, kSmallFile> buffer;
  const auto personality = read_file(AT_FDCWD, (folder + "/personality").c_str(), buffer);
  return is_randomization_off_ || (personality && has_no_randomize_flag(*personality));
}

std::string process_folder(const std::string& proc, base::Pid pid, base::Pid thread) {
  if (thread.value == 0) return fmt::format("{}/{}", proc, pid.value);
  return fmt::format("{}/{}/task/{}", proc, pid.value, thread.value);
}

std::vector<base::Pid> list_threads(const Procfs& proc, base::Pid pid) {
  std::vector<base::Pid> threads;
  const Visit visit = proc.visit(pid);
  const auto stat = read_stat(proc, pid);
  if (!stat || stat->threads < 2) return threads;
  const auto folder = open_folder(AT_FDCWD, (process_folder(proc.path(), pid, {}) + "/task").c_str());
  if (!folder) return threads;
  std::array<std::byte, kLargeFile> buffer;
  DirectoryReader reader(folder->get(), buffer);
  while (const auto entry = reader.next())
    if (const auto thread = parse_pid(entry->name)) threads.push_back(*thread);
  return threads;
}

std::optional<base::Pid> find_living_thread(const Procfs& proc, base::Pid pid) {
  const Visit visit = proc.visit(pid);
  const auto stat = read_stat(proc, pid);
  if (!stat || !stat->is_headless()) return std::nullopt;
  const std::string tasks = process_folder(proc.path(), pid, {}) + "/task";
  for (const base::Pid thread : list_threads(proc, pid)) {
    const auto state = read_stat_in(tasks, thread);
    if (state && !state->is_dead()) return thread;
  }
  return std::nullopt;
}

ProcessReader::ProcessReader(Procfs proc)
    : ProcessReader(std::move(proc), ContainerNames({.now = [] { return read_clocks().boot; }})) {}

void ProcessReader::begin_look(base::Moment now) {
  now_ = now;
  mounts_.begin_look();
  parents_.clear();
  std::array<char, kSmallFile> buffer;
  const auto randomize =
      read_file(AT_FDCWD, (proc_.path() + "/sys/kernel/randomize_va_space").c_str(), buffer);
  is_randomization_off_ = randomize && base::trim(*randomize) == "0";
}

std::optional<ProcStat> read_stat(const Procfs& proc, base::Pid pid) {
  const Visit visit = proc.visit(pid);
  return visit ? read_stat_in(proc.path(), pid) : std::nullopt;
}

OsResult<ProcessImage> ProcessReader::read_image(base::Pid pid, base::Pid thread,
                                                 std::optional<bool> has_fixed_addresses) {
  // For each holder in each look, so without opening the folder first; a pid that was reused has another
  // image too.
  const Visit visit = proc_.visit(pid);
  if (!visit) return std::unexpected(EACCES);
  const std::string folder = process_folder(proc_.path(), pid, thread);
  Hash hash;
  Verdict verdict;
  std::array<char, kLargeFile> buffer;
  add_addresses(hash, AT_FDCWD, folder + "/auxv", verdict);
  const auto link = read_link(AT_FDCWD, (folder + "/exe").c_str(), buffer);
  if (verdict.is_fine(link)) {
    hash.add(*link);
  } else if (link.error() == ENOENT && !read_stat(proc_, pid)) {
    verdict.set_gone();  // kernel threads have no exe either
  }
  if (!has_fixed_addresses) has_fixed_addresses = are_addresses_fixed(folder);
  if (*has_fixed_addresses)
    if (const auto line = read_file(AT_FDCWD, (folder + "/cmdline").c_str(), buffer); verdict.is_fine(line))
      hash.add(*line);
  if (verdict.own_failure() != 0) return std::unexpected(verdict.own_failure());
  if (verdict.attribution() == model::Attribution::kExited) return std::unexpected(ESRCH);
  return ProcessImage{.hash = hash.value(), .has_fixed_addresses = has_fixed_addresses};
}

std::optional<base::Uid> ProcessReader::read_uid(base::Pid pid, base::Pid thread) {
  const Visit visit = proc_.visit(pid);
  if (!visit) return std::nullopt;
  std::array<char, kLargeFile> buffer;
  const auto status =
      read_file(AT_FDCWD, (process_folder(proc_.path(), pid, thread) + "/status").c_str(), buffer);
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

OsResult<ProcessReader::Reading> ProcessReader::read(base::Pid pid, base::Pid thread,
                                                     std::optional<bool> has_fixed_addresses) {
  Visit visit = proc_.visit(pid);
  if (!visit) return std::unexpected(EACCES);
  // The open folder stays with this process: a new one under the same pid has another.
  const auto folder = open_folder(AT_FDCWD, process_folder(proc_.path(), pid, thread).c_str());
  if (!folder) return std::unexpected(folder.error());
  Verdict of_image;
  Hash hash;
  const bool has_addresses = add_addresses(hash, folder->get(), "auxv", of_image) > 0;
  const std::uint64_t addresses = hash.value();
  if (!has_fixed_addresses)
    has_fixed_addresses = are_addresses_fixed(process_folder(proc_.path(), pid, thread));
  std::array<char, PATH_MAX + 1> executable;
  const auto link = read_link(folder->get(), "exe", executable);
  if (link) hash.add(*link);
  std::array<char, kLargeFile> buffer;
  if (*has_fixed_addresses)
    if (const auto line = read_file(folder->get(), "cmdline", buffer); of_image.is_fine(line))
      hash.add(*line);
  if (of_image.own_failure() != 0) return std::unexpected(of_image.own_failure());
  if (of_image.attribution() == model::Attribution::kExited) return std::unexpected(ESRCH);

  const auto stat_text = read_file(folder->get(), "stat", std::span(buffer).first(kSmallFile));
  if (!stat_text) return std::unexpected(stat_text.error());
  // A thread has a start of its own; the process has that of its first one.
  const auto stat = thread.value == 0 ? parse_stat(*stat_text) : read_stat(proc_, pid);
  if (!stat) return std::unexpected(ESRCH);

  Verdict verdict;
  auto process = std::make_shared<model::Process>();
  process->key = {.pid = pid, .start = boot_time_of_ticks(stat->start_ticks)};
  process->started_at = now_.to_utc(process->key.start);
  process->name = stat->name;
  if (stat->is_dead() && thread.value == 0) verdict.set_gone();
  process->exe = executable_of(folder->get(), link, verdict);
  read_command_line(folder->get(), *process, verdict);
  {
    std::array<char, PATH_MAX + 1> path;
    const auto cwd = read_link(folder->get(), "cwd", path);
    if (!cwd && cwd.error() == ENAMETOOLONG)
      process->cwd = too_long_path(file_id_of(folder->get(), "cwd"));
    else if (verdict.is_fine(cwd))
      process->cwd = *cwd;
  }
  if (const auto status = read_file(folder->get(), "status", buffer); verdict.is_fine(status))
    process->uid = parse_effective_uid(*status);
  model::Login& login = process->login;
  if (const auto text = read_file(folder->get(), "loginuid", buffer)) login.uid = parse_login_uid(*text);
  if (const auto text = read_file(folder->get(), "sessionid", buffer); text && login.uid)
    login.session = parse_audit_session(*text);
  if (stat->session.value > 0) login.leader = stat->session;
  login.terminal = terminal_name(stat->terminal);
  CgroupFacts groups;
  if (const auto text = read_file(folder->get(), "cgroup", buffer); verdict.is_fine(text))
    groups = parse_cgroup(*text);
  process->unit = groups.unit;
  process->container = groups.container;
  // A container has mounts of its own, and is told as what it is.
  if (process->exe && !process->exe->is_deleted && !process->container &&
      mounts_.is_foreign(folder->get(), process->exe->path, process->exe->file))
    process->exe->path += model::kForeignFileMark;
  process->ancestors = read_ancestors(*stat);
  visit.end();  // names are told by others, who may take their time
  if (process->uid) process->user = users_.name_of(*process->uid);
  if (login.uid) {
    login.user = users_.name_of(*login.uid);
    if (const auto session = login_session_of(groups.login_session, login.session))
      login.peer = login_peer_of(*session, *login.uid);
  }
  if (const auto name = containers_.name_of(groups)) process->container_name = name->container;
  if (verdict.own_failure() != 0) return std::unexpected(verdict.own_failure());
  process->attribution = verdict.attribution();
  if (has_addresses && !*has_fixed_addresses) process->image = addresses;
  return Reading{.image = {.hash = hash.value(), .has_fixed_addresses = has_fixed_addresses},
                 .details = std::move(process)};
}

}  // namespace portwatch::sensor
