// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/live_view.h"

#include <gtest/gtest.h>

#include "tests/support/builders.h"

namespace portwatch::app {
namespace {

LiveView::Sources sources() {
  return {
      .sensor =
          [] { return model::SensorInfo{.name = "fake", .summary = "", .blind_spots = {}, .skipped = {}}; },
      .scan =
          [] {
            return model::ScanStatus{
                .interval = {}, .count = 7, .last_at = {}, .last_duration = {}, .problem = {}};
          },
      .store =
          [] {
            model::StoreStatus store;
            store.last_seq = base::Seq{42};
            return store;
          },
      .last_seq = [] { return base::Seq{42}; },
      .sessions = [] { return std::uint64_t{3}; }};
}

TEST(LiveView, CountsListenersAndOpenAlertsWithAnEntryForEachKind) {
  core::Memory memory;
  memory.last_boot_id = test::kBootId;
  memory.learning_until = test::utc_at(std::chrono::hours{1});
  model::Alert low = test::make_alert(1, test::make_listener("127.0.0.1:1000/tcp"));
  low.severity = model::Severity::kLow;
  model::Alert seen = test::make_alert(2, test::make_listener("127.0.0.1:1001/tcp"));
  seen.state = model::AlertState::kAcknowledged;
  memory.alerts = {low, seen};
  memory.last_alert_id = base::AlertId{2};
  core::Engine engine({}, std::move(memory));
  (void)engine.start({.version = "1.2.3", .sensor = "fake"}, std::string(test::kBootId),
                     test::moment_at(std::chrono::hours{2}));
  const auto effects = engine.on_snapshot(
      test::make_snapshot(
          std::chrono::hours{2},
          {test::make_sighting(test::make_socket("127.0.0.1:8080/tcp", 1),
                               {test::share(test::make_process())}),
           test::make_sighting(test::make_socket("127.0.0.1:8081/tcp", 2),
                               {test::share(test::make_process())}),
           test::make_sighting(test::make_socket("0.0.0.0:80/tcp", 3), {test::share(test::make_process())})}),
      test::moment_at(std::chrono::hours{2}));
  EXPECT_FALSE(effects.events.empty());
  model::Status fixed;
  fixed.host_id = "host";
  const model::Status status = LiveView(engine, fixed, sources()).status();
  EXPECT_EQ(status.listeners.size(), base::kEnumNames<model::Exposure>.size());
  EXPECT_EQ(status.listeners.at(model::Exposure::kLoopback), 2U);
  EXPECT_EQ(status.listeners.at(model::Exposure::kAny), 1U);
  EXPECT_EQ(status.listeners.at(model::Exposure::kLan), 0U);
  EXPECT_EQ(status.open_alerts.size(), base::kEnumNames<model::Severity>.size());
  std::uint64_t open = 0;
  for (const model::Alert& alert : engine.memory().alerts)
    open += alert.state == model::AlertState::kOpen ? 1U : 0U;
  std::uint64_t counted = 0;
  for (const auto& [severity, count] : status.open_alerts) counted += count;
  EXPECT_EQ(counted, open);
  EXPECT_GE(open, 1U);
}

TEST(LiveView, AsksEachPartForWhatItSaysOfItself) {
  core::Engine engine({}, {});
  model::Status fixed;
  fixed.host_id = "host";
  fixed.version = "1.2.3";
  const model::Status status = LiveView(engine, fixed, sources()).status();
  EXPECT_EQ(status.host_id, "host");
  EXPECT_EQ(status.version, "1.2.3");
  EXPECT_EQ(status.sensor.name, "fake");
  EXPECT_EQ(status.scan.count, 7U);
  EXPECT_EQ(status.store.last_seq, base::Seq{42});
  EXPECT_EQ(status.sessions, 3U);
}

}  // namespace
}  // namespace portwatch::app
