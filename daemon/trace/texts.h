// SPDX-License-Identifier: Apache-2.0
#pragma once

// Every text of a value that other processes or other people chose. The fields are named one by one, so that
// the compiler asks about a new one.

#include <string>

#include "common/model/observation.h"
#include "common/model/snapshot.h"
#include "common/model/status.h"

namespace portwatch::trace {

template <class Change>
void change_each(std::vector<std::string>& texts, const Change& change) {
  for (std::string& text : texts) change(text);
}

template <class Change>
void change_each(std::optional<std::string>& text, const Change& change) {
  if (text) change(*text);
}

template <class Change>
void change_texts(model::Process& process, const Change& change) {
  auto& [key, started_at, name, exe, argv, is_argv_truncated, cwd, uid, user, login, unit, container,
         container_name, ancestors, attribution, image] = process;
  change(name);
  if (exe) {
    auto& [path, file, is_deleted] = *exe;
    change(path);
  }
  change_each(argv, change);
  change_each(cwd, change);
  change_each(user, change);
  change_each(unit, change);
  change_each(container, change);
  change_each(container_name, change);
  auto& [login_uid, login_user, session, leader, terminal, peer] = login;
  change_each(login_user, change);
  change(terminal);
  change(peer);
  for (auto& [pid, start, ancestor] : ancestors) change(ancestor);
}

template <class Change>
void change_texts(model::Ending& ending, const Change& change) {
  auto& [cause, pid, exit_status, signal, has_core] = ending;
  change(signal);
}

template <class Change>
void change_texts(model::SocketRecord& socket, const Change& change) {
  auto& [netns, id, inode, endpoint, is_v6only, device, network, reach, uid, bind_intent, is_mptcp] = socket;
  change(device);
  change(network);
}

template <class Change>
void change_texts(model::HostFacts& host, const Change& change) {
  auto& [boot_id, machine_hash, netns, is_initial_pid_namespace, dynamic_ports, interfaces] = host;
  for (auto& [name, is_loopback, is_bridge_without_uplink, addresses] : interfaces) change(name);
}

template <class Change>
void change_texts(model::Coverage& coverage, const Change& change) {
  auto& [tables, holes, denied_processes, are_bind_intents_known] = coverage;
  for (auto& [table, reason] : holes) change(reason);
}

template <class Change>
void change_texts(model::SensorInfo& sensor, const Change& change) {
  auto& [name, summary, blind_spots, skipped] = sensor;
  change(name);
  change(summary);
  change_each(blind_spots, change);
  for (auto& [other, reason] : skipped) {
    change(other);
    change(reason);
  }
}

}  // namespace portwatch::trace
