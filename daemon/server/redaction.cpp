// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/redaction.h"

#include <algorithm>
#include <array>
#include <optional>
#include <string_view>

#include "common/base/assert.h"
#include "common/base/text.h"
#include "common/model/program_name.h"
#include "common/model/told_size.h"

namespace portwatch::server {
namespace {

/// JSON names of what a process has and a stranger may not see.
constexpr std::array<std::string_view, 14> kOwnerFields{
    "exe",           "exe_file",   "command",        "cwd",      "ancestors", "login_uid", "login_user",
    "login_session", "login_peer", "session_leader", "terminal", "unit",      "container", "container_name"};
/// JSON names of what is reduced or emptied on a listener whose program is a stranger's.
constexpr std::array<std::string_view, 4> kProgramFields{"program", "program_id", "service", "ending"};

model::ProcessRef redact(const model::ProcessRef& process, const Viewer& viewer) {
  if (viewer.owns(*process)) return process;
  std::optional<model::Executable> exe;
  if (process->exe)
    exe = {.path = std::string(base::file_name(process->exe->path)), .is_deleted = process->exe->is_deleted};
  model::Process seen{.key = process->key,
                      .started_at = process->started_at,
                      .name = process->name,
                      .exe = std::move(exe),
                      .uid = process->uid,
                      .user = process->user,
                      .attribution = process->attribution};
  return std::make_shared<const model::Process>(std::move(seen));
}

void redact(std::vector<model::ProcessRef>& processes, const Viewer& viewer) {
  for (model::ProcessRef& process : processes) process = redact(process, viewer);
}

/// The first name in a label; one in quotes (base::as_name) may hold anything.
std::string_view first_name(std::string_view label) {
  if (!label.starts_with('\'')) return label.substr(0, label.find(" ("));
  std::size_t end = label.find('\'', 1);
  while (end != std::string_view::npos && label.substr(end).starts_with("'\\''"))
    end = label.find('\'', end + 4);
  return label.substr(0, end == std::string_view::npos ? end : end + 1);
}

/// A label may quote a script, a module or code: what is left is the file that runs.
std::string reduced_label(model::ProgramKind kind, std::string_view label) {
  switch (kind) {
    case model::ProgramKind::kExecutable: return std::string(base::file_name(first_name(label)));
    case model::ProgramKind::kName:
    case model::ProgramKind::kUnattributed: return std::string(label);
    case model::ProgramKind::kContainer:
    case model::ProgramKind::kScript:
    case model::ProgramKind::kModule:
    case model::ProgramKind::kInline: break;
  }
  return std::string(base::file_name(label.substr(0, label.find(' '))));
}

std::string reduced_label(const model::Listener& listener) {
  for (const model::ProcessRef& owner : listener.owners)
    if (owner->exe) return model::program_name(*owner);
  return reduced_label(listener.program.kind, listener.program.label);
}

/// What each reason says of itself, without quoting anything.
std::string_view plain_text(model::ReasonCode code) {
  switch (code) {
    case model::ReasonCode::kUnknownListener: return "this program is not known to listen here";
    case model::ReasonCode::kExecutableDeleted: return "its executable file is no longer on disk";
    case model::ReasonCode::kTemporaryFolder: return "it runs from a folder that everybody can write to";
    case model::ReasonCode::kRejectedReturned: return "it was rejected before and is back";
    case model::ReasonCode::kUnnamedFile: return "it lies at a path that is too long to be told";
    case model::ReasonCode::kForeignFile: return "its executable is not the file that is at its path";
    case model::ReasonCode::kBindConflict:
      return "it does not get the address that it wants, again and again";
    case model::ReasonCode::kComparison:
    case model::ReasonCode::kOther: break;
  }
  return "";
}

/// Entries keep program and user, as listeners do.
void redact(model::PolicyDetail& detail) {
  for (model::BaselineEntry& entry : detail.added) {
    entry.label = reduced_label(entry.service.program_kind, entry.label);
    entry.service.program.clear();
  }
}

/// Who listens is told to everybody; whose a connection or a bound socket is, the system tells (proc_net(5)).
void redact(model::ConflictDetail& detail, const model::Listener& wanted, const Viewer& viewer) {
  for (model::AddressHolder& holder : detail.holders) {
    const bool is_own = viewer.owns(wanted) && holder.user == wanted.service.user;
    if (holder.kind == model::HolderKind::kListener || is_own) continue;
    holder.program.clear();
    holder.pid.reset();
  }
}

bool is_hidden_from(const model::Listener& listener, const Viewer& viewer) {
  return !viewer.sees_everything() && !viewer.owns(listener);
}

}  // namespace

model::ListenerRef redact(const model::ListenerRef& listener, const Viewer& viewer) {
  model::ListenerRef told = model::cut_to_told_size(listener);
  if (listener == nullptr || !is_hidden_from(*listener, viewer)) return told;
  auto seen = std::make_shared<model::Listener>(*told);
  seen->program.label = reduced_label(*listener);
  seen->program.id.clear();
  seen->service.program.clear();
  seen->ending = {};
  redact(seen->owners, viewer);
  seen->redacted.assign(kOwnerFields.begin(), kOwnerFields.end());
  if (!seen->socket.network.empty()) {
    // It may be called by their unit or container.
    seen->socket.network = model::nameless_network(seen->socket.netns);
    seen->redacted.emplace_back("network");
  }
  seen->redacted.insert(seen->redacted.end(), kProgramFields.begin(), kProgramFields.end());
  return seen;
}

model::Alert redact(const model::Alert& alert, const Viewer& viewer) {
  PW_ASSERT(alert.listener != nullptr);
  model::Alert seen = alert;
  seen.listener = redact(alert.listener, viewer);
  if (!viewer.sees_everything()) {
    std::erase_if(seen.reasons,
                  [](const model::Reason& reason) { return reason.code == model::ReasonCode::kComparison; });
    // It names who has the address, who may be another user's client.
    for (model::Reason& reason : seen.reasons)
      if (reason.code == model::ReasonCode::kBindConflict) reason.text = plain_text(reason.code);
  }
  if (!is_hidden_from(*alert.listener, viewer)) return seen;
  for (model::Reason& reason : seen.reasons) reason.text = plain_text(reason.code);
  return seen;
}

model::Connection redact(const model::Connection& connection, const Viewer& viewer,
                         const std::unordered_set<model::ProcessKey>& listening) {
  model::Connection seen = connection;
  if (viewer.sees_everything()) return seen;
  const auto reduce = [&](model::Party& party) {
    if (!viewer.owns(party)) party = {.uid = party.uid, .user = party.user};
  };
  std::ranges::for_each(seen.clients, reduce);
  for (model::Party& server : seen.servers)
    if (!server.process || !listening.contains(*server.process)) reduce(server);
  return seen;
}

model::Event redact(const model::Event& event, const Viewer& viewer) {
  model::Event seen = event;
  if (viewer.sees_everything()) {
    model::cut_to_told_size(seen);
    return seen;
  }
  seen.listener = redact(event.listener, viewer);
  if (auto* owners = std::get_if<model::OwnerChangedDetail>(&seen.detail)) {
    redact(owners->added, viewer);
    redact(owners->removed, viewer);
  } else if (auto* alert = std::get_if<model::AlertDetail>(&seen.detail)) {
    alert->alert = redact(alert->alert, viewer);
  } else if (auto* policy = std::get_if<model::PolicyDetail>(&seen.detail)) {
    redact(*policy);
  } else if (auto* conflict = std::get_if<model::ConflictDetail>(&seen.detail)) {
    PW_ASSERT(event.listener != nullptr);
    redact(*conflict, *event.listener, viewer);
  }
  model::cut_to_told_size(seen);
  return seen;
}

model::EventQuery visible_query(const model::EventQuery& query, const Viewer& viewer) {
  model::EventQuery asked = query;
  if (viewer.sees_everything()) return asked;
  asked.program.clear();
  asked.unit.clear();
  return asked;
}

}  // namespace portwatch::server
