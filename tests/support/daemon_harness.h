// SPDX-License-Identifier: Apache-2.0
#pragma once

// A real portwatchd with a folder, a socket and a configuration of its own, for one test:
//
//   DaemonHarness daemon;
//   ASSERT_TRUE(daemon.start());
//   EXPECT_EQ(daemon.ctl({"status"}).exit_code, 0);
//
// It watches the whole machine, so a test looks only at its own sockets. When a test fails, the log is shown.

#include <filesystem>
#include <memory>
#include <nlohmann/json_fwd.hpp>
#include <optional>
#include <string>
#include <vector>

#include "tests/support/child_process.h"
#include "tests/support/rpc_client.h"
#include "tests/support/temp_dir.h"

namespace portwatch::test {

class DaemonHarness {
 public:
  struct Options {
    /// The configuration file. The interval is short, so that tests are fast; nothing is learned, so that
    /// alerts are told.
    std::string configuration = "[scan]\ninterval = \"100ms\"\n[policy]\nlearning = \"0s\"\n";
    /// Put into that file, unless it is empty. Programs in the kernel see the whole machine, and other tests
    /// with it: so only those ask for them that are about them.
    std::string sensor = "sock_diag";
    std::vector<std::string> arguments;  ///< behind ours
    std::optional<unsigned> uid;         ///< to run as
    /// Beside that: it keeps these and no others ("sys_ptrace", by setpriv(1)). The test must be root.
    std::optional<std::vector<std::string>> capabilities;
    std::optional<unsigned> descriptors;  ///< how many it may have open
    /// Beside what the harness sets; nothing of the service manager's is there by itself.
    std::vector<std::pair<std::string, std::string>> environment;
    std::filesystem::path state;       ///< its state folder; empty: one in the harness's folder
    bool has_places_by_option = true;  ///< --config, --state-dir and --socket are given
    /// A program with arguments that starts portwatchd, such as unshare(1); it must replace itself with it,
    /// or pass on its end.
    std::vector<std::string> around = {};
  };

  /// Whether the programs under test are those of this build, and this build is sanitized: they are several
  /// times slower, so what is only repeated for luck is repeated less.
  [[nodiscard]] static bool runs_sanitized_programs();

  DaemonHarness() : DaemonHarness(Options{}) {}
  explicit DaemonHarness(Options options);
  /// Ends it with SIGTERM and waits.
  ~DaemonHarness();

  /// Starts it and waits until it answers. Once it was stopped it can be started again, with what it has
  /// stored.
  [[nodiscard]] bool start();
  /// Starts it without waiting.
  void launch();
  /// SIGTERM; its exit code, or nothing when it does not end.
  [[nodiscard]] std::optional<int> stop();
  void signal(int number) const { daemon_->signal(number); }
  [[nodiscard]] std::optional<int> wait() { return daemon_->wait(); }
  [[nodiscard]] int pid() const { return daemon_->pid(); }
  /// What it has said since it was started last.
  [[nodiscard]] const std::string& log() { return daemon_->err(); }
  [[nodiscard]] bool has_said(std::string_view text, std::chrono::milliseconds patience = kPatience);

  void write_configuration(std::string_view text) const;
  [[nodiscard]] std::filesystem::path configuration_file() const { return folder_ / "portwatch.toml"; }
  [[nodiscard]] std::filesystem::path state() const {
    return options_.state.empty() ? folder_ / "state" : options_.state;
  }
  [[nodiscard]] std::filesystem::path socket() const { return folder_ / "portwatch.sock"; }
  [[nodiscard]] const std::filesystem::path& folder() const { return folder_.path(); }

  /// portwatchctl, on this daemon's socket.
  [[nodiscard]] Outcome ctl(std::vector<std::string> arguments) const;
  /// The same with --json, parsed; null when it failed.
  [[nodiscard]] nlohmann::json ctl_json(std::vector<std::string> arguments) const;
  [[nodiscard]] std::vector<std::string> ctl_argv(std::vector<std::string> arguments) const;
  /// portwatchd itself, with this one's folders, to its end.
  [[nodiscard]] Outcome portwatchd(std::vector<std::string> arguments) const;

  /// A session that has said hello.
  [[nodiscard]] std::unique_ptr<RpcClient> client() const;

  /// Elements of listeners.list on a port; empty when nobody listens there.
  [[nodiscard]] nlohmann::json listeners_on(std::uint16_t port) const;
  /// Elements of events.list on a port, oldest first.
  [[nodiscard]] nlohmann::json events_on(std::uint16_t port) const;
  /// Alerts in any of these states whose listener has the port, newest first.
  [[nodiscard]] nlohmann::json alerts_on(std::uint16_t port) const;

  /// Waits until as many sockets listen on the port as expected.
  [[nodiscard]] bool sees(std::uint16_t port, std::size_t count = 1) const;
  /// Waits until portwatchd has looked at everything `looks` more times: what it has not seen by then, it
  /// does not see.
  [[nodiscard]] bool looks_again(std::uint64_t looks = 2) const;

 private:
  [[nodiscard]] ChildOptions child_options() const;

  Options options_;
  TempDir folder_;
  std::unique_ptr<ChildProcess> daemon_;
};

}  // namespace portwatch::test
