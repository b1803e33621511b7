// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/alert_log.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/builders.h"

namespace portwatch::app {
namespace {

model::Alert example(model::Listener listener = test::make_listener("127.0.0.1:62893/tcp")) {
  model::Alert alert = test::make_alert(21, std::move(listener));
  alert.severity = model::Severity::kLow;
  alert.reasons = {{model::ReasonCode::kUnknownListener, "never seen before"}};
  return alert;
}

TEST(AlertLog, IsOneStableLine) {
  model::Listener listener = test::make_listener("127.0.0.1:62893/tcp");
  listener.program.label = "python3 -m http.server";
  listener.service.user = "ana";
  listener.exposure = model::Exposure::kLoopback;
  listener.owners = {test::share(test::make_process(9587))};
  EXPECT_EQ(format_alert(example(listener)),
            "alert id=21 severity=low state=open delivery=now count=1 endpoint=127.0.0.1:62893/tcp "
            "exposure=loopback "
            "program=\"python3 -m http.server\" pid=9587 user=\"ana\" reason=\"never seen before\"");
}

TEST(AlertLog, ListsEveryHolderAndReason) {
  model::Listener listener = test::make_listener();
  listener.owners = {test::share(test::make_process(12)), test::share(test::make_process(13))};
  model::Alert alert = example(listener);
  alert.reasons.push_back({model::ReasonCode::kTemporaryFolder, "lies in /tmp"});
  EXPECT_THAT(format_alert(alert), testing::HasSubstr("pid=12,13 "));
  EXPECT_THAT(format_alert(alert), testing::HasSubstr("reason=\"never seen before; lies in /tmp\""));
}

TEST(AlertLog, WritesADashWhenNobodyCouldBeNamed) {
  model::Listener listener = test::make_listener();
  listener.owners.clear();
  EXPECT_THAT(format_alert(example(listener)), testing::HasSubstr(" pid=- "));
}

TEST(AlertLog, HostileNamesCanNeitherEndAFieldNorTheLineNorActOnATerminal) {
  model::Listener listener = test::make_listener();
  listener.program.label = "x\" severity=info \\\nalert id=22\x1b[2J\xff";
  const std::string line = format_alert(example(listener));
  EXPECT_THAT(line, testing::HasSubstr("program=\"x\\\" severity=info \\\\\\nalert id=22\\x1b[2J"));
  EXPECT_EQ(line.find_first_of("\n\x1b\xff"), std::string::npos);
}

}  // namespace
}  // namespace portwatch::app
