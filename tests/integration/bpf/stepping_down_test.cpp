// SPDX-License-Identifier: Apache-2.0
// A portwatchd whose programs in the kernel are taken away while it runs: it goes on with what is left, says
// so, and nothing that it knew is told wrongly.

#include <cstdlib>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include <sched.h>
#include <unistd.h>

#include "common/base/assert.h"
#include "tests/integration/bpf/detached_programs.h"
#include "tests/support/daemon_harness.h"
#include "tests/support/forked_child.h"
#include "tests/support/listening_socket.h"
#include "tests/support/wait.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;
using testing::AnyOf;
using testing::ElementsAre;
using testing::HasSubstr;

class SteppingDown : public testing::Test {
 protected:
  void SetUp() override {
    port_ = free_named_port();
    {
      const ListeningSocket held({.port = port_});
      late_port_ = free_named_port();
    }
    ASSERT_TRUE(daemon_.start());
    ASSERT_EQ(status().at("sensor").at("name"), "bpf") << daemon_.log();
  }
  [[nodiscard]] Json status() const { return daemon_.client()->call("status"); }
  [[nodiscard]] std::vector<std::string> kinds(std::uint16_t port) const {
    std::vector<std::string> kinds;
    for (const Json& event : daemon_.events_on(port)) kinds.push_back(event.at("kind"));
    return kinds;
  }
  /// What is told makes it look after its programs soon, and it does so now and then by itself.
  [[nodiscard]] bool has_stepped_down() {
    return wait_until([&] {
      const ListeningSocket told;
      return status().at("sensor").at("name") == "sock_diag";
    });
  }

  std::uint16_t port_ = 0;
  std::uint16_t late_port_ = 0;
  DaemonHarness daemon_{
      {.configuration =
           "[scan]\ninterval = \"100ms\"\nreconcile_interval = \"1h\"\n[policy]\nlearning = \"0s\"\n",
       .sensor = "bpf"}};
};

TEST_F(SteppingDown, GoesOnWithTheNextSensorAndSaysSince) {
  const ListeningSocket socket({.port = port_});
  ASSERT_TRUE(daemon_.sees(port_));
  ASSERT_GT(detach_programs_of(daemon_.pid()), 0U);
  const ListeningSocket late({.port = late_port_});
  ASSERT_TRUE(has_stepped_down());

  const Json sensor = status().at("sensor");
  EXPECT_EQ(sensor.at("skipped").at(0).at("name"), "bpf");
  EXPECT_THAT(sensor.at("skipped").at(0).at("reason").get<std::string>(), HasSubstr("detached"));
  EXPECT_TRUE(daemon_.has_said("sensor bpf has failed"));
  ASSERT_TRUE(daemon_.sees(late_port_));
  ASSERT_TRUE(daemon_.looks_again());
  EXPECT_THAT(kinds(port_), ElementsAre("opened", "alert_raised")) << "it went on listening all the time";
  EXPECT_THAT(kinds(late_port_), ElementsAre("opened", "alert_raised"));
  EXPECT_THAT(daemon_.events_on(late_port_).at(0).at("precision").get<std::string>(), AnyOf("gap", "poll"))
      << "a look may have found it before";

  const Json events = daemon_.client()->call("events.list", {{"kinds", {"gap"}}}).at("events");
  std::vector<std::string> gaps;
  for (const Json& event : events)
    if (event.at("kind") == "gap") gaps.push_back(event.at("detail").at("reason"));
  EXPECT_THAT(gaps, ElementsAre("the kernel did not tell what happened"));
}

TEST_F(SteppingDown, ClosesNothingThatListensHoweverMuchHappens) {
  std::vector<ListeningSocket> sockets(50);
  for (const ListeningSocket& socket : sockets) ASSERT_TRUE(daemon_.sees(socket.port()));
  std::jthread churn([](const std::stop_token& stop) {
    while (!stop.stop_requested()) const ListeningSocket brief;
  });
  ASSERT_GT(detach_programs_of(daemon_.pid()), 0U);
  ASSERT_TRUE(has_stepped_down());
  ASSERT_TRUE(daemon_.looks_again(5));
  churn.request_stop();
  for (const ListeningSocket& socket : sockets)
    for (const Json& event : daemon_.events_on(socket.port())) {
      // The same port of another network is another program's, which may be that of a test beside us.
      const bool is_ours = event.at("listener").at("network").is_null();
      EXPECT_FALSE(is_ours && event.at("kind") == "closed") << event.dump(1);
    }
}

TEST_F(SteppingDown, SaysWhatNobodyWatchesAnyMore) {
  std::optional<ForkedChild> child(std::in_place, [port = port_] {
    PW_ASSERT(::unshare(CLONE_NEWNET) == 0);
    PW_ASSERT(std::system("ip link set lo up") == 0);
    const ListeningSocket socket({.port = port});
    PW_ASSERT(::dup(socket.fd()) >= 0);
  });
  ASSERT_TRUE(daemon_.sees(port_));
  const auto unwatched_since = [&] { return daemon_.listeners_on(port_).at(0).at("unwatched_since"); };
  EXPECT_TRUE(unwatched_since().is_null());
  ASSERT_GT(detach_programs_of(daemon_.pid()), 0U);
  ASSERT_TRUE(has_stepped_down());
  ASSERT_TRUE(daemon_.looks_again(2));
  const Json since = unwatched_since();
  ASSERT_TRUE(since.is_string()) << daemon_.listeners_on(port_);
  const Json hole = status().at("coverage").at("holes").at(0);
  EXPECT_EQ(hole.at("namespace"), 0) << hole;
  EXPECT_THAT(hole.at("reason").get<std::string>(), HasSubstr("other networks"));
  EXPECT_THAT(kinds(port_), ElementsAre("opened", "alert_raised"));

  child.reset();
  ASSERT_TRUE(daemon_.looks_again());
  EXPECT_EQ(unwatched_since(), since) << "nobody can know";
  ASSERT_TRUE(daemon_.stop());
  ASSERT_TRUE(daemon_.start());
  ASSERT_EQ(status().at("sensor").at("name"), "bpf");
  ASSERT_TRUE(daemon_.sees(port_, 0));
  const Json closed = daemon_.events_on(port_).back();
  EXPECT_EQ(closed.at("kind"), "closed");
  EXPECT_EQ(closed.at("precision"), "gap");
  EXPECT_EQ(closed.at("earliest"), since) << "not when the daemon ended, which saw nothing of it";
}

TEST_F(SteppingDown, SeesTheEndOfWhatItWasToldOf) {
  {
    const ListeningSocket socket({.port = port_});
    ASSERT_TRUE(daemon_.sees(port_));
    ASSERT_GT(detach_programs_of(daemon_.pid()), 0U);
    ASSERT_TRUE(has_stepped_down());
  }
  EXPECT_TRUE(wait_until([&] { return daemon_.listeners_on(port_).empty(); }));
  EXPECT_THAT(kinds(port_), ElementsAre("opened", "alert_raised", "closed"));
}

}  // namespace
}  // namespace portwatch::test
