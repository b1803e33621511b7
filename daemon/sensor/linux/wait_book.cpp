// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/wait_book.h"

#include <algorithm>
#include <array>
#include <utility>

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>

#include "daemon/sensor/linux/clock.h"
#include "daemon/sensor/linux/file_reader.h"
#include "daemon/sensor/linux/proc_pid.h"
#include "daemon/sensor/linux/user_names.h"

namespace portwatch::sensor {
namespace {

constexpr std::size_t kMostNamed = 5;
constexpr std::size_t kStatus = 4096;

/// The folder itself and status take no lock that the process can hold.
std::optional<WaitBook::Identity> identity_of(const std::string& proc, base::Pid pid) {
  const std::string folder = proc + '/' + std::to_string(pid.value);
  struct stat status{};
  if (::stat(folder.c_str(), &status) != 0) return std::nullopt;
  std::array<char, kStatus> buffer;
  const auto text = read_file(AT_FDCWD, (folder + "/status").c_str(), buffer);
  const auto uid = text ? parse_real_uid(*text) : std::nullopt;
  if (!uid) return std::nullopt;
  return WaitBook::Identity{.folder_inode = status.st_ino, .uid = *uid};
}

}  // namespace

std::shared_ptr<WaitBook> WaitBook::make(const std::string& proc) {
  const auto users = std::make_shared<UserNames>();
  return std::make_shared<WaitBook>(
      Questions{.now = [] { return read_clocks().boot; },
                .identity = [proc](base::Pid pid) { return identity_of(proc, pid); },
                .user_name = [users](base::Uid uid) { return users->name_of(uid); }});
}

void WaitBook::waited(base::Pid pid, base::Micros how_long) {
  add(pid, how_long, 0);
}

void WaitBook::left_behind(base::Pid pid, base::Micros how_long) {
  add(pid, std::max(how_long, kMostForProcess), 1);
}

void WaitBook::came_back(base::Pid pid) {
  const std::scoped_lock lock(mutex_);
  const auto process = processes_.find(pid);
  if (process != processes_.end() && process->second.threads > 0) --process->second.threads;
}

void WaitBook::add(base::Pid pid, base::Micros how_long, int threads) {
  const auto identity = questions_.identity(pid);
  if (!identity) return;
  const auto [account, name] = account_of(identity->uid);
  const base::BootTime now = questions_.now();
  const std::scoped_lock lock(mutex_);
  forget_old(now);
  Process& process = processes_[pid];
  if (process.identity != *identity) process = {.identity = *identity, .account = account};
  process.waited += how_long;
  process.last = now;
  process.threads += threads;
  Account& whole = accounts_[account];
  whole.name = name;
  whole.waited += how_long;
  whole.last = now;
  is_empty_ = false;
}

std::pair<std::int64_t, std::string> WaitBook::account_of(base::Uid uid) {
  const std::scoped_lock lock(names_mutex_);
  const auto name = questions_.user_name(uid);
  if (name) return {uid.value, *name};
  return {kUnnamed, "a user without a name"};
}

bool WaitBook::is_avoided(std::int64_t account) const {
  const auto known = accounts_.find(account);
  return account != 0 && known != accounts_.end() && known->second.waited >= kMostForUser;
}

void WaitBook::forget_old(base::BootTime now) {
  const auto is_old = [now](const auto& entry) { return now - entry.second.last >= kMemory; };
  std::erase_if(processes_, [&](const auto& entry) { return entry.second.threads == 0 && is_old(entry); });
  std::erase_if(accounts_, [&](const auto& entry) { return is_old(entry); });
  is_empty_ = processes_.empty() && accounts_.empty();
}

bool WaitBook::avoids(base::Pid pid) {
  if (is_empty_) return false;
  bool asks_account = false;
  {
    const std::scoped_lock lock(mutex_);
    forget_old(questions_.now());
    for (const auto& [account, whole] : accounts_) asks_account = asks_account || is_avoided(account);
    const auto process = processes_.find(pid);
    const bool is_noted = process != processes_.end() && process->second.waited >= kMostForProcess;
    if (!asks_account && !is_noted) return false;
  }
  const auto identity = questions_.identity(pid);
  if (!identity) return false;
  const std::int64_t account = asks_account ? account_of(identity->uid).first : 0;
  const std::scoped_lock lock(mutex_);
  if (is_avoided(account)) return true;
  const auto process = processes_.find(pid);
  return process != processes_.end() && process->second.identity == *identity &&
         process->second.waited >= kMostForProcess;
}

std::vector<std::string> WaitBook::blind_spots() {
  if (is_empty_) return {};
  std::vector<std::string> spots;
  const std::scoped_lock lock(mutex_);
  forget_old(questions_.now());
  for (const auto& [account, whole] : accounts_)
    if (is_avoided(account))
      spots.push_back(fmt::format(
          "processes of {} keep whoever looks into them waiting: none of them is looked into, and their "
          "sockets are listed without an owner",
          whole.name));
  std::size_t more = 0;
  for (const auto& [pid, process] : processes_) {
    if (process.waited < kMostForProcess || is_avoided(process.account)) continue;
    if (spots.size() >= kMostNamed) {
      ++more;
      continue;
    }
    const auto account = accounts_.find(process.account);
    spots.push_back(fmt::format(
        "process {}{} keeps whoever looks into it waiting: it is not looked into, and its sockets are listed "
        "without an owner",
        pid.value, account == accounts_.end() ? "" : " of " + account->second.name));
  }
  if (more > 0) spots.push_back(fmt::format("and {} more processes that keep us waiting", more));
  return spots;
}

}  // namespace portwatch::sensor
