// SPDX-License-Identifier: Apache-2.0
// What the kernel tells, recorded and replayed: the same history, byte for byte; and what is left of it when
// it is cleaned for others.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/recorded_run.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;
using testing::UnorderedElementsAre;

TEST(RecordedEvents, GiveTheHistoryThatWasRecorded) {
  RecordedRun run("bpf");
  ASSERT_TRUE(run.record());
  const Json history = run.recorded_history();
  ASSERT_GT(history.size(), 6U);
  EXPECT_EQ(history.at(0).at("detail").at("sensor"), "bpf");
  EXPECT_EQ(run.replayed_history().dump(1), history.dump(1));
}

/// Listens on a port for a moment, wants one that is taken, and ends while it listens on another one.
constexpr std::string_view kWorkload = R"(import os, socket, sys
def listen(port):
  server = socket.socket()
  server.bind(("127.0.0.1", int(port)))
  server.listen()
  return server
listen(sys.argv[1]).close()
try:
  listen(sys.argv[2])
except OSError:
  kept = listen(sys.argv[3])
os._exit(3)
)";

std::string own_boot_id() {
  std::string id;
  std::ifstream("/proc/sys/kernel/random/boot_id") >> id;
  return id;
}

/// "opened 7001" of each event that has to do with a port.
std::vector<std::string> summary_of(const std::string& lines) {
  std::vector<std::string> summary;
  std::istringstream in(lines);
  for (std::string line; std::getline(in, line);) {
    const Json event = Json::parse(line);
    const Json& listener = event.at("listener");
    if (listener.is_null() || event.at("kind") == "alert_raised") continue;
    std::string text = event.at("kind").get<std::string>() + " " + listener.at("port").dump();
    if (event.at("kind") == "closed") text += " " + listener.at("ending").at("cause").get<std::string>();
    summary.push_back(std::move(text));
  }
  return summary;
}

TEST(CleanedTrace, HoldsWhatOneProcessAndItsChildrenDidAndNobodysName) {
  const ListeningSocket stranger({.port = free_named_port()});
  const std::string taken = std::to_string(stranger.port());
  ListeningSocket other({.port = free_named_port()});
  const std::string closed = std::to_string(other.port());
  const std::uint16_t left = free_named_port();
  other.close();
  const TempDir folder;
  const std::string script = folder / "secret-project.py";
  std::ofstream(script) << kWorkload;
  int shell = 0;
  {
    DaemonHarness daemon({.sensor = "bpf", .arguments = {"--record", folder / "trace"}});
    ASSERT_TRUE(daemon.start());
    ChildProcess child(
        {"sh", "-c", "/usr/bin/python3 \"$@\"; true", "sh", script, closed, taken, std::to_string(left)},
        {.directory = folder.path()});
    shell = child.pid();
    ASSERT_EQ(child.wait(), 0) << child.err();
    ASSERT_TRUE(wait_until([&] { return !daemon.events_on(left).empty() && daemon.sees(left, 0); }));
    ASSERT_EQ(daemon.stop(), 0);
  }
  ChildProcess cleaning({"python3", PORTWATCH_SOURCE_DIR "/packaging/clean-trace.py", "--below",
                         std::to_string(shell), "--folder", folder.path().string() + "=/srv/work", "--word",
                         "secret-project=server", folder / "trace"});
  ASSERT_EQ(cleaning.wait(), 0) << cleaning.err();
  const std::string cleaned = cleaning.out();
  EXPECT_THAT(cleaned, HasSubstr("/srv/work/server.py"));
  for (const std::string& personal : {folder.path().string(), std::string("secret"), own_boot_id()})
    EXPECT_THAT(cleaned, Not(HasSubstr(personal)));

  std::ofstream(folder / "cleaned") << cleaned;
  const Outcome replayed = DaemonHarness().portwatchd({"--replay", folder / "cleaned", "--once"});
  ASSERT_EQ(replayed.exit_code, 0) << replayed.err;
  EXPECT_THAT(
      summary_of(replayed.out),
      UnorderedElementsAre("opened " + closed, "closed " + closed + " closed", "bind_conflict " + taken,
                           "opened " + std::to_string(left), "closed " + std::to_string(left) + " exited"));
}

}  // namespace
}  // namespace portwatch::test
