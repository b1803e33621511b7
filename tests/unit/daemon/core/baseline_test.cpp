// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/baseline.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portwatch::core {
namespace {

using model::BaselineEntry;
using model::ProgramKind;
using testing::ElementsAre;

model::ServiceKey service(std::string program, std::optional<std::uint16_t> port, std::string user = "ana") {
  model::ServiceKey key;
  key.exposure = model::Exposure::kLoopback;
  key.program_kind = ProgramKind::kScript;
  key.program = std::move(program);
  if (port) key.port = base::Port{*port};
  key.user = std::move(user);
  return key;
}

BaselineEntry entry(model::ServiceKey key, std::string label = "label") {
  return {.service = std::move(key), .label = std::move(label), .added_by = "portwatchd"};
}

TEST(Baseline, FindsExactlyTheServiceThatWasAdded) {
  Baseline baseline({entry(service("a", 80))});
  ASSERT_NE(baseline.find(service("a", 80)), nullptr);
  EXPECT_EQ(baseline.find(service("a", 81)), nullptr);
  EXPECT_EQ(baseline.find(service("a", std::nullopt)), nullptr);
  EXPECT_EQ(baseline.find(service("b", 80)), nullptr);
  EXPECT_EQ(baseline.find(service("a", 80, "bob")), nullptr);
}

TEST(Baseline, DoesNotKnowKeysOfAnotherScheme) {
  model::ServiceKey old = service("a", 80);
  old.scheme = 0;
  const Baseline baseline({entry(old)});
  EXPECT_EQ(baseline.find(service("a", 80)), nullptr);
}

TEST(Baseline, TakesTheLatestWordOnAService) {
  Baseline baseline({entry(service("a", 80))});
  BaselineEntry approved = entry(service("a", 80));
  approved.origin = model::BaselineOrigin::kApproved;
  baseline.add(approved);
  EXPECT_EQ(*baseline.find(service("a", 80)), approved);
}

TEST(Baseline, NamesTheOneFieldThatDiffers) {
  const Baseline baseline({entry(service("a", 80)), entry(service("b", 81))});
  EXPECT_THAT(baseline.nearest(service("a", 8080), "x")->differences, ElementsAre("port"));
  EXPECT_THAT(baseline.nearest(service("c", 80), "x")->differences, ElementsAre("program"));
  EXPECT_THAT(baseline.nearest(service("a", 80, "bob"), "x")->differences, ElementsAre("user"));
  model::ServiceKey wider = service("a", 80);
  wider.exposure = model::Exposure::kAny;
  EXPECT_THAT(baseline.nearest(wider, "x")->differences, ElementsAre("exposure"));
}

TEST(Baseline, SaysFolderOrCodeWherePeopleUseOneName) {
  BaselineEntry code = entry(service("x", 90), "python3 -c 'import x…'");
  code.service.program_kind = ProgramKind::kInline;
  const Baseline baseline({entry(service("a", 80), "node server.js"), code});
  EXPECT_THAT(baseline.nearest(service("b", 80), "node server.js")->differences, ElementsAre("folder"));
  model::ServiceKey other = code.service;
  other.program = "y";
  EXPECT_THAT(baseline.nearest(other, code.label)->differences, ElementsAre("code"));
}

TEST(Baseline, PrefersTheNeighbourWithFewerDifferences) {
  const Baseline baseline(
      {entry(service("a", 79, "bob")), entry(service("a", 81)), entry(service("z", 80, "bob"))});
  const auto nearest = baseline.nearest(service("a", 80), "x");
  ASSERT_TRUE(nearest.has_value());
  EXPECT_EQ(nearest->entry->service, service("a", 81));
}

TEST(Baseline, NamesNobodyWhoIsNotNear) {
  const Baseline baseline({entry(service("a", 80, "bob"))});
  EXPECT_FALSE(baseline.nearest(service("z", 99), "x").has_value());
  model::ServiceKey far = service("a", 99);
  far.exposure = model::Exposure::kAny;
  EXPECT_FALSE(baseline.nearest(far, "x").has_value()) << "port, exposure and user differ";
}

}  // namespace
}  // namespace portwatch::core
