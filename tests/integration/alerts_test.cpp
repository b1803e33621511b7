// SPDX-License-Identifier: Apache-2.0
// An unknown program: flagged, explained, approved, and never flagged again.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <nlohmann/json.hpp>

#include "tests/support/daemon_harness.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;

/// A real server: python's module http.server. Not the test's own sockets, because where this test was built
/// may be a temporary folder, for which it would be flagged louder.
class HttpServer {
 public:
  explicit HttpServer(std::uint16_t port) : port_(port) { start(); }

  void start() {
    process_ =
        std::make_unique<ChildProcess>(std::vector<std::string>{"python3", "-m", "http.server",
                                                                std::to_string(port_), "--bind", "127.0.0.1"},
                                       ChildOptions{.directory = "/usr/share/doc"});
  }
  void stop() {
    process_->signal(SIGKILL);
    (void)process_->wait();
  }
  [[nodiscard]] int pid() const { return process_->pid(); }
  [[nodiscard]] std::uint16_t port() const { return port_; }

 private:
  std::uint16_t port_;
  std::unique_ptr<ChildProcess> process_;
};

class Alerts : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(daemon.start()); }

  bool has_alert(std::uint16_t port, std::string_view state, std::int64_t count = 1) {
    return wait_until([&] {
      const Json alerts = daemon.alerts_on(port);
      return alerts.size() == 1 && alerts.at(0).at("state") == state && alerts.at(0).at("count") == count;
    });
  }
  /// Waits until the server as it runs now is what is seen on its port: one that has gone may be remembered
  /// for two looks.
  bool sees(const HttpServer& server) {
    return wait_until([&] {
      const Json listeners = daemon.listeners_on(server.port());
      return listeners.size() == 1 && !listeners.at(0).at("owners").empty() &&
             listeners.at(0).at("owners").at(0).at("pid") == server.pid();
    });
  }
  std::string id_of_alert(std::uint16_t port) {
    return std::to_string(daemon.alerts_on(port).at(0).at("id").get<std::int64_t>());
  }

  std::size_t count_raised(std::uint16_t port) {
    std::size_t count = 0;
    for (const Json& event : daemon.events_on(port)) count += event.at("kind") == "alert_raised" ? 1U : 0U;
    return count;
  }

  DaemonHarness daemon;
};

TEST_F(Alerts, UnknownProgramIsFlaggedWithReasonsAndInTheLog) {
  HttpServer server(free_named_port());
  ASSERT_TRUE(has_alert(server.port(), "open"));
  const Json alert = daemon.alerts_on(server.port()).at(0);
  EXPECT_EQ(alert.at("severity"), "low");
  EXPECT_EQ(alert.at("delivery"), "now");
  ASSERT_FALSE(alert.at("reasons").empty());
  EXPECT_EQ(alert.at("reasons").at(0).at("code"), "unknown_listener");
  EXPECT_THAT(alert.at("reasons").at(0).at("text").get<std::string>(), HasSubstr("http.server"));
  EXPECT_EQ(alert.at("listener").at("program"), "python3 -m http.server");
  EXPECT_TRUE(daemon.has_said(
      "endpoint=127.0.0.1:" + std::to_string(server.port()) +
      "/tcp exposure=loopback program=\"python3 -m http.server\" pid=" + std::to_string(server.pid())));
  const Outcome show = daemon.ctl({"alerts", "show", id_of_alert(server.port())});
  EXPECT_EQ(show.exit_code, 0) << show.err;
  EXPECT_THAT(show.out, HasSubstr("http.server"));
}

TEST_F(Alerts, ApprovedProgramIsNeverFlaggedAgainNeitherAfterARestartOfEitherSide) {
  HttpServer server(free_named_port());
  ASSERT_TRUE(has_alert(server.port(), "open"));
  const int first_pid = server.pid();
  const Outcome approved = daemon.ctl({"alerts", "approve", id_of_alert(server.port())});
  EXPECT_EQ(approved.exit_code, 0) << approved.err;
  EXPECT_EQ(daemon.listeners_on(server.port()).at(0).at("verdict"), "known");
  const std::size_t raised = count_raised(server.port());

  server.stop();
  ASSERT_TRUE(daemon.sees(server.port(), 0));
  server.start();
  ASSERT_NE(server.pid(), first_pid);
  ASSERT_TRUE(sees(server));
  EXPECT_EQ(daemon.listeners_on(server.port()).at(0).at("verdict"), "known");

  EXPECT_EQ(daemon.stop(), 0);
  server.stop();
  server.start();
  ASSERT_TRUE(daemon.start());
  ASSERT_TRUE(sees(server));
  EXPECT_TRUE(daemon.looks_again());
  EXPECT_EQ(daemon.listeners_on(server.port()).at(0).at("verdict"), "known");
  EXPECT_EQ(count_raised(server.port()), raised);
}

TEST_F(Alerts, RejectedProgramThatReturnsIsHigh) {
  HttpServer server(free_named_port());
  ASSERT_TRUE(has_alert(server.port(), "open"));
  EXPECT_EQ(daemon.ctl({"alerts", "reject", id_of_alert(server.port())}).exit_code, 0);
  ASSERT_TRUE(has_alert(server.port(), "rejected"));
  server.stop();
  ASSERT_TRUE(daemon.sees(server.port(), 0));
  server.start();
  ASSERT_TRUE(has_alert(server.port(), "open", 2));
  EXPECT_EQ(daemon.alerts_on(server.port()).at(0).at("severity"), "high");
}

TEST_F(Alerts, AcknowledgedProgramThatReturnsCountsUpSilently) {
  HttpServer server(free_named_port());
  ASSERT_TRUE(has_alert(server.port(), "open"));
  EXPECT_EQ(daemon.ctl({"alerts", "ack", id_of_alert(server.port())}).exit_code, 0);
  server.stop();
  ASSERT_TRUE(daemon.sees(server.port(), 0));
  server.start();
  EXPECT_TRUE(has_alert(server.port(), "acknowledged", 2));
}

TEST_F(Alerts, AlertThatDoesNotWaitIsRefused) {
  const Outcome outcome = daemon.ctl({"alerts", "approve", "999999"});
  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("999999"));
}

TEST(AlertsWhileLearning, AreListedButNobodyIsTold) {
  DaemonHarness daemon({.configuration = "[scan]\ninterval = \"100ms\"\n[policy]\nlearning = \"1h\"\n"});
  ASSERT_TRUE(daemon.start());
  const HttpServer server(free_named_port());
  ASSERT_TRUE(wait_until([&] { return daemon.alerts_on(server.port()).size() == 1; }));
  EXPECT_EQ(daemon.alerts_on(server.port()).at(0).at("delivery"), "after-learning");
}

TEST(AlertsAtTheFirstLook, AreNotRaisedForWhatIsAlreadyThere) {
  const HttpServer server(free_named_port());
  ASSERT_TRUE(wait_until([&] { return !ListeningSocket::try_make({.port = server.port()}); }));
  DaemonHarness daemon;
  ASSERT_TRUE(daemon.start());
  ASSERT_TRUE(daemon.sees(server.port()));
  EXPECT_TRUE(daemon.looks_again());
  EXPECT_TRUE(daemon.alerts_on(server.port()).empty());
  EXPECT_EQ(daemon.listeners_on(server.port()).at(0).at("verdict"), "known");
}

}  // namespace
}  // namespace portwatch::test
