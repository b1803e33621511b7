// SPDX-License-Identifier: Apache-2.0
#include "tests/attack/crash/told_and_stored.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace portwatch::test {

using Json = nlohmann::json;

namespace {

std::vector<Json> of_kind(const std::vector<Json>& events, std::string_view kind) {
  std::vector<Json> found;
  for (const Json& event : events)
    if (event.at("kind") == kind) found.push_back(event);
  return found;
}

}  // namespace

void expect_no_holes(const std::vector<Json>& stored) {
  std::int64_t seq = 0;
  for (const Json& event : stored) ASSERT_EQ(event.at("seq"), ++seq);
}

void expect_stored(const std::map<std::int64_t, Json>& told, const std::vector<Json>& stored) {
  for (const auto& [seq, event] : told) {
    ASSERT_LE(seq, static_cast<std::int64_t>(stored.size())) << "told and lost: " << event.dump();
    EXPECT_EQ(event, stored.at(static_cast<std::size_t>(seq - 1)));
  }
}

void expect_ordered_gaps(const std::vector<Json>& stored) {
  const std::vector<Json> gaps = of_kind(stored, "gap");
  EXPECT_EQ(gaps.size() + 1, of_kind(stored, "started").size());
  std::string end_of_last;
  for (const Json& gap : gaps) {
    const std::string from = gap.at("detail").at("from"), to = gap.at("detail").at("to");
    EXPECT_LE(from, to);
    EXPECT_LE(end_of_last, from) << "gaps overlap";
    EXPECT_EQ(gap.at("detail").at("reason"), "portwatchd was not running");
    end_of_last = to;
  }
}

std::string place_of(const Json& listener) {
  return listener.at("protocol").get<std::string>() + " " + listener.at("address").get<std::string>() + " " +
         std::to_string(listener.at("port").get<int>());
}

void expect_undisturbed(const std::set<std::string>& places, const std::vector<Json>& stored) {
  std::map<std::string, int> opened;
  for (const Json& event : stored) {
    if (event.at("listener").is_null()) continue;
    const std::string place = place_of(event.at("listener"));
    if (!places.contains(place)) continue;
    const std::string kind = event.at("kind");
    EXPECT_NE(kind, "closed") << event.dump(1);
    EXPECT_NE(kind, "alert_raised") << event.dump(1);
    if (kind == "opened") ++opened[place];
  }
  for (const std::string& place : places) EXPECT_EQ(opened[place], 1) << place;
}

void expect_alarms_only_about(const std::set<std::uint16_t>& ports, const std::vector<Json>& stored) {
  for (const Json& event : of_kind(stored, "alert_raised")) {
    // Closed before its holder was found: nobody can say that it was a known one.
    const Json& listener = event.at("listener");
    EXPECT_TRUE(ports.contains(listener.at("port")) || listener.at("owners").empty()) << event.dump(1);
  }
}

void expect_acknowledged(const std::vector<std::int64_t>& alerts, const std::vector<Json>& stored) {
  const std::vector<Json> changes = of_kind(stored, "alert_changed");
  for (const std::int64_t id : alerts)
    EXPECT_TRUE(std::ranges::any_of(changes,
                                    [&](const Json& event) {
                                      const Json& alert = event.at("detail").at("alert");
                                      return alert.at("id") == id && alert.at("state") == "acknowledged";
                                    }))
        << "alert " << id << " was said to be acknowledged";
}

void expect_within_a_gap(std::uint16_t port, std::string_view kind, const std::vector<Json>& stored) {
  Json found;
  for (const Json& event : of_kind(stored, kind))
    if (event.at("listener").at("port") == port) found = event;
  ASSERT_TRUE(found.is_object()) << "no " << kind << " of port " << port;
  EXPECT_EQ(found.at("precision"), "gap") << found.dump(1);
  EXPECT_TRUE(std::ranges::any_of(
      of_kind(stored, "gap"),
      [&](const Json& gap) { return gap.at("detail").at("from") == found.at("earliest"); }))
      << "nobody says what happened from " << found.at("earliest") << " on";
}

}  // namespace portwatch::test
