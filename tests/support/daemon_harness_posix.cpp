// SPDX-License-Identifier: Apache-2.0
// The programs under test are those of this build, unless PORTWATCH_BIN_DIR names a folder with others.

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <fstream>
#include <nlohmann/json.hpp>

#include "common/base/assert.h"
#include "tests/support/daemon_harness.h"

namespace portwatch::test {

using Json = nlohmann::json;

namespace {

/// A program of this build, or of the folder that PORTWATCH_BIN_DIR names (an installation has portwatchd in
/// the sbin beside it).
std::string program(const char* name, const char* of_this_build) {
  const char* folder = std::getenv("PORTWATCH_BIN_DIR");
  if (folder == nullptr || *folder == '\0') return of_this_build;
  const std::filesystem::path path = std::filesystem::path(folder) / name;
  return std::filesystem::exists(path) ? path : std::filesystem::path(folder) / "../sbin" / name;
}

std::string with_sensor(std::string configuration, const std::string& sensor) {
  constexpr std::string_view kSection = "[scan]\n";
  if (sensor.empty()) return configuration;
  const auto section = configuration.find(kSection);
  if (section == std::string::npos) return fmt::format("scan.sensor = \"{}\"\n{}", sensor, configuration);
  return configuration.insert(section + kSection.size(), fmt::format("sensor = \"{}\"\n", sensor));
}

std::string portwatchd_program() {
  return program("portwatchd", PW_PORTWATCHD);
}
/// Starts what follows as that user with these capabilities alone.
std::vector<std::string> setpriv(unsigned uid, const std::vector<std::string>& capabilities) {
  std::string sets = "-all";
  for (const std::string& capability : capabilities) sets += ",+" + capability;
  const std::string id = std::to_string(uid);
  return {"setpriv", "--reuid",        id,   "--regid",        id,   "--clear-groups", "--inh-caps",
          sets,      "--ambient-caps", sets, "--bounding-set", sets, "--no-new-privs"};
}

std::string portwatchctl_program() {
  return program("portwatchctl", PW_PORTWATCHCTL);
}

}  // namespace

bool DaemonHarness::runs_sanitized_programs() {
  return PW_IS_SANITIZED != 0 && portwatchd_program() == PW_PORTWATCHD;
}

DaemonHarness::DaemonHarness(Options options) : options_(std::move(options)) {
  write_configuration(with_sensor(options_.configuration, options_.sensor));
  if (options_.uid) {
    PW_ASSERT(chown(folder_.path().c_str(), *options_.uid, *options_.uid) == 0);
    PW_ASSERT(chmod(configuration_file().c_str(), 0644) == 0);
  }
}

DaemonHarness::~DaemonHarness() {
  if (!daemon_) return;
  (void)stop();
  if (testing::Test::HasFailure())
    std::fprintf(stderr, "--- portwatchd (pid %d) said:\n%s---\n", daemon_->pid(), daemon_->err().c_str());
}

ChildOptions DaemonHarness::child_options() const {
  // Nothing of the surroundings of the test must reach it: not the person's files, not the service manager's.
  ChildOptions child;
  for (const char* name : {"NOTIFY_SOCKET", "JOURNAL_STREAM", "INVOCATION_ID", "SYSTEMD_EXEC_PID",
                           "MANAGERPID", "STATE_DIRECTORY", "RUNTIME_DIRECTORY", "PORTWATCH_SOCKET",
                           "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_RUNTIME_DIR", "NO_COLOR"})
    child.environment.emplace_back(name, "");
  child.environment.emplace_back("HOME", folder_.path().native());
  child.environment.emplace_back("TZ", "UTC");
  return child;
}

void DaemonHarness::launch() {
  std::vector<std::string> argv = options_.around;
  if (options_.capabilities) {
    const auto keeping = setpriv(options_.uid.value(), *options_.capabilities);
    argv.insert(argv.end(), keeping.begin(), keeping.end());
  }
  argv.push_back(portwatchd_program());
  if (options_.has_places_by_option)
    argv.insert(argv.end(), {"--config", configuration_file(), "--state-dir", state(), "--socket", socket()});
  argv.insert(argv.end(), options_.arguments.begin(), options_.arguments.end());
  ChildOptions child = child_options();
  for (const auto& [name, value] : options_.environment) {
    std::erase_if(child.environment, [&](const auto& entry) { return entry.first == name; });
    child.environment.emplace_back(name, value);
  }
  if (!options_.capabilities) child.uid = options_.uid;
  child.descriptors = options_.descriptors;
  daemon_.reset();
  daemon_ = std::make_unique<ChildProcess>(std::move(argv), child);
}

bool DaemonHarness::start() {
  launch();
  return has_said(" ready: ");
}

std::optional<int> DaemonHarness::stop() {
  daemon_->signal(SIGTERM);
  return daemon_->wait();
}

bool DaemonHarness::has_said(std::string_view text, std::chrono::milliseconds patience) {
  const auto is_there = [&] { return log().find(text) != std::string::npos; };
  return wait_until([&] { return is_there() || !daemon_->is_running(); }, patience) && is_there();
}

void DaemonHarness::write_configuration(std::string_view text) const {
  // Renamed into place: portwatchd must not read half a file.
  const auto fresh = folder_ / "portwatch.toml.new";
  std::ofstream(fresh) << text;
  std::filesystem::rename(fresh, configuration_file());
}

std::vector<std::string> DaemonHarness::ctl_argv(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), {portwatchctl_program(), "--socket", socket()});
  return arguments;
}

Outcome DaemonHarness::ctl(std::vector<std::string> arguments) const {
  return run_child(ctl_argv(std::move(arguments)), child_options());
}

Json DaemonHarness::ctl_json(std::vector<std::string> arguments) const {
  arguments.emplace_back("--json");
  const Outcome outcome = ctl(std::move(arguments));
  if (outcome.exit_code != 0) return nullptr;
  return Json::parse(outcome.out, nullptr, false);
}

Outcome DaemonHarness::portwatchd(std::vector<std::string> arguments) const {
  arguments.insert(arguments.begin(), portwatchd_program());
  return run_child(std::move(arguments), child_options());
}

std::unique_ptr<RpcClient> DaemonHarness::client() const {
  auto client = std::make_unique<RpcClient>(socket());
  if (client->is_connected()) client->hello();
  return client;
}

Json DaemonHarness::listeners_on(std::uint16_t port) const {
  return client()->call("listeners.list", {{"port", std::to_string(port)}}).value("listeners", Json::array());
}

Json DaemonHarness::events_on(std::uint16_t port) const {
  const auto session = client();
  const auto store = [&] { return session->call("status").at("store"); };
  const auto count = [](const Json& of, const char* what) { return of.at(what).get<std::uint64_t>(); };
  // What is known is stored soon: on a slow disk that takes its time.
  const Json first = store();
  const std::uint64_t wanted = count(first, "last_seq") + count(first, "pending_events");
  (void)wait_until([&] {
    const Json now = store();
    return count(now, "pending_events") == 0 || count(now, "last_seq") >= wanted ||
           !now.at("problem").is_null();
  });
  return session->call("events.list", {{"port", std::to_string(port)}}).value("events", Json::array());
}

Json DaemonHarness::alerts_on(std::uint16_t port) const {
  Json found = Json::array();
  for (const Json& alert : client()->call("alerts.list").value("alerts", Json::array()))
    if (alert.at("listener").at("port") == port) found.push_back(alert);
  return found;
}

bool DaemonHarness::sees(std::uint16_t port, std::size_t count) const {
  return wait_until([&] { return listeners_on(port).size() == count; });
}

bool DaemonHarness::looks_again(std::uint64_t looks) const {
  const auto session = client();
  const auto count = [&] { return session->call("status").at("scan").at("count").get<std::uint64_t>(); };
  // One may have begun before.
  const std::uint64_t wanted = count() + looks + 1;
  return wait_until([&] { return count() >= wanted; });
}

}  // namespace portwatch::test
