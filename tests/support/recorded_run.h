// SPDX-License-Identifier: Apache-2.0
#pragma once

// A portwatchd that records while sockets come and go, and what is in its history; and the same from its
// trace.

#include <filesystem>
#include <nlohmann/json.hpp>
#include <string>
#include <utility>

#include "tests/support/daemon_harness.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {

class RecordedRun {
 public:
  explicit RecordedRun(std::string sensor) : sensor_(std::move(sensor)) {}

  [[nodiscard]] std::filesystem::path trace() const { return folder_ / "trace.jsonl"; }

  [[nodiscard]] bool record() {
    DaemonHarness daemon(options({"--record", trace()}));
    if (!daemon.start()) return false;
    const ListeningSocket first({.address = "0.0.0.0", .port = free_named_port()});
    const ListeningSocket datagrams({.is_udp = true, .port = free_named_port()});
    bool is_seen = daemon.sees(first.port()) && daemon.sees(datagrams.port());
    {
      const ListeningSocket second;
      is_seen = is_seen && daemon.sees(second.port());
    }
    is_seen = is_seen && wait_until([&] { return !daemon.alerts_on(first.port()).empty(); });
    // One that is told looks rarely, and has seen it all.
    return (sensor_ == "bpf" || daemon.looks_again()) && daemon.stop() == 0 && is_seen;
  }

  /// All events of the run that was recorded.
  [[nodiscard]] nlohmann::json recorded_history() {
    DaemonHarness daemon(options({}));
    if (!daemon.start()) return nullptr;
    nlohmann::json history = history_of(daemon);
    while (!history.empty() && history.back().at("kind") != "stopped") history.erase(history.size() - 1);
    return history;
  }

  [[nodiscard]] nlohmann::json replayed_history() const {
    DaemonHarness daemon({.arguments = {"--replay", trace()}});
    if (!daemon.start()) return nullptr;
    return history_of(daemon);
  }

 private:
  [[nodiscard]] DaemonHarness::Options options(std::vector<std::string> arguments) const {
    DaemonHarness::Options options;
    options.sensor = sensor_;
    options.arguments = std::move(arguments);
    options.state = folder_ / "state";
    return options;
  }

  /// The oldest first.
  static nlohmann::json history_of(const DaemonHarness& daemon) {
    nlohmann::json events = nlohmann::json::array();
    const auto client = daemon.client();
    nlohmann::json params = nlohmann::json::object();
    while (true) {
      const nlohmann::json page = client->call("events.list", params);
      for (const nlohmann::json& event : page.at("events")) events.push_back(event);
      if (page.at("next").is_null()) return events;
      params["after"] = page.at("next");
    }
  }

  std::string sensor_;
  TempDir folder_;
};

}  // namespace portwatch::test
