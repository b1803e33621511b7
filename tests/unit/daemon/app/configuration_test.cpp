// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

namespace portwatch::app {
namespace {

using namespace std::chrono_literals;

const Key& key(std::string_view name) {
  const Key* found = find_key(name);
  EXPECT_NE(found, nullptr) << name;
  return *found;
}

bool accepts(std::string_view name, const Value& value) {
  Configuration configuration;
  return set_value(configuration, key(name), value);
}

TEST(Configuration, KeysAreUnique) {
  std::set<std::string_view> names;
  for (const Key& each : configuration_keys()) EXPECT_TRUE(names.insert(each.name).second) << each.name;
}

TEST(Configuration, EveryDefaultIsAllowedAsItWouldBeWritten) {
  const Configuration defaults;
  for (const Key& each : configuration_keys()) {
    const std::string text = value_text(defaults, each);
    Value value;
    if (text == "true" || text == "false")
      value = text == "true";
    else if (text.starts_with('"'))
      value = text.substr(1, text.size() - 2);
    else
      value = std::int64_t{std::stoll(text)};
    Configuration configuration;
    EXPECT_TRUE(set_value(configuration, each, value)) << each.name << " = " << text;
    EXPECT_EQ(configuration, defaults) << each.name;
  }
}

TEST(Configuration, DurationsAreBoundedAtBothEnds) {
  EXPECT_TRUE(accepts("scan.interval", "100ms"));
  EXPECT_FALSE(accepts("scan.interval", "99ms"));
  EXPECT_TRUE(accepts("scan.interval", "1h"));
  EXPECT_FALSE(accepts("scan.interval", "61m"));
  EXPECT_TRUE(accepts("policy.learning", "0s"));
  EXPECT_TRUE(accepts("history.retention", "forever"));
  EXPECT_FALSE(accepts("history.retention", "59m"));
  EXPECT_FALSE(accepts("scan.interval", "forever"));
}

TEST(Configuration, CountsAreBoundedAtBothEnds) {
  EXPECT_TRUE(accepts("server.max_sessions", std::int64_t{1}));
  EXPECT_FALSE(accepts("server.max_sessions", std::int64_t{0}));
  EXPECT_FALSE(accepts("server.max_sessions", std::int64_t{-1}));
  EXPECT_TRUE(accepts("server.max_sessions", std::int64_t{4096}));
  EXPECT_FALSE(accepts("server.max_sessions", std::int64_t{4097}));
}

TEST(Configuration, PathsMustBeAbsoluteAndFit) {
  EXPECT_TRUE(accepts("server.socket", "/run/pw.sock"));
  EXPECT_TRUE(accepts("server.socket", ""));
  EXPECT_FALSE(accepts("server.socket", "pw.sock"));
  EXPECT_TRUE(accepts("server.socket", "/" + std::string(106, 's')));
  EXPECT_FALSE(accepts("server.socket", "/" + std::string(107, 's')));
  EXPECT_FALSE(accepts("state.directory", std::string("/a\0b", 4)));
}

TEST(Configuration, RefusedValueChangesNothing) {
  Configuration configuration;
  EXPECT_FALSE(set_value(configuration, key("scan.interval"), "5"));
  EXPECT_FALSE(set_value(configuration, key("scan.interval"), std::int64_t{5}));
  EXPECT_FALSE(set_value(configuration, key("log.level"), "loud"));
  EXPECT_FALSE(set_value(configuration, key("policy.locked"), "true"));
  EXPECT_FALSE(set_value(configuration, key("server.admin_group"), ""));
  EXPECT_EQ(configuration, Configuration{});
}

TEST(Configuration, EveryChoiceCanBeChosenAndIsShownAsItIsWritten) {
  for (const Key& each : configuration_keys()) {
    const auto* choice = std::get_if<Choice>(&each.rule);
    if (choice == nullptr) continue;
    for (const std::string_view name : choice->names) {
      Configuration configuration;
      EXPECT_TRUE(set_value(configuration, each, std::string(name))) << each.name;
      EXPECT_EQ(value_text(configuration, each), '"' + std::string(name) + '"');
    }
  }
}

TEST(Configuration, WritesDurationsInTheLargestUnitThatFits) {
  Configuration configuration;
  configuration.scan_interval = 1500ms;
  EXPECT_EQ(value_text(configuration, key("scan.interval")), "\"1500ms\"");
  configuration.scan_interval = 90s;
  EXPECT_EQ(value_text(configuration, key("scan.interval")), "\"90s\"");
  configuration.scan_interval = 1h;
  EXPECT_EQ(value_text(configuration, key("scan.interval")), "\"1h\"");
  configuration.retention.reset();
  EXPECT_EQ(value_text(configuration, key("history.retention")), "\"forever\"");
}

TEST(Configuration, WritesTextSoThatItReadsTheSameAndHarmsNoTerminal) {
  Configuration configuration;
  EXPECT_TRUE(set_value(configuration, key("state.directory"), "/a\"\\\n\u202e\u00e9"));
  EXPECT_EQ(value_text(configuration, key("state.directory")), R"("/a\"\\\U0000000a\U0000202eé")");
  EXPECT_FALSE(accepts("server.admin_group", "a\nb"));
}

TEST(Configuration, NamesTheKeysThatChanged) {
  Configuration before, after;
  EXPECT_TRUE(changed_keys(before, after).empty());
  after.scan_interval = 2s;
  after.is_policy_locked = true;
  std::vector<std::string_view> names;
  for (const Key* each : changed_keys(before, after)) names.push_back(each->name);
  EXPECT_THAT(names, testing::ElementsAre("scan.interval", "policy.locked"));
}

}  // namespace
}  // namespace portwatch::app
