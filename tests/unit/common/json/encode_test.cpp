// SPDX-License-Identifier: Apache-2.0
// The text of one of each, as clients and stored details rely on it: a changed name here is a changed schema.
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/json/codec.h"
#include "tests/support/builders.h"

namespace portwatch::json {
namespace {

using namespace std::chrono_literals;

constexpr const char* kOwner = R"({
  "pid": 9587, "start_time": "2026-11-21T08:01:00.000000Z", "start_boot_us": 60000000, "name": "python3.11",
  "exe": "/usr/bin/python3.11", "exe_file": {"device": 2049, "inode": 131073}, "exe_deleted": false,
  "command": ["python3", "-m", "http.server"], "command_truncated": false, "cwd": "/home/ana/demo",
  "uid": 1000, "user": "ana", "login_uid": 1000, "login_user": "ana", "login_session": null,
  "login_peer": null, "session_leader": null, "terminal": null, "unit": null, "container": null, "container_name": null,
  "ancestors": [{"pid": 900, "start_boot_us": 30000000, "name": "bash"}, {"pid": 1, "start_boot_us": 0, "name": "systemd"}],
  "attribution": "exact"})";

constexpr const char* kListener = R"({
  "id": "3f0c1f62-4026531840-c7-7",
  "key": {"boot_id": "3f0c1f62-6c1c-4d0b-9a55-0b6f6f1f2a11", "namespace": 4026531840,
          "socket": {"kind": "cookie", "value": 7}, "generation": 7},
  "protocol": "tcp", "family": "ipv4", "address": "127.0.0.1", "port": 62893, "device": null, "namespace": 4026531840,
  "network": null,
  "v6only": null, "socket": {"kind": "cookie", "value": 7}, "inode": 50007, "socket_uid": 1000, "mptcp": false,
  "exposure": "loopback", "bind_intent": "explicit",
  "opened_at": "2026-11-21T08:02:00.000000Z", "opened_earliest": "2026-11-21T08:01:59.000000Z",
  "opened_precision": "poll", "opened_boot_us": 120000000,
  "closed_at": null, "closed_earliest": null, "closed_precision": null, "closed_boot_us": null,
  "ending": null, "unwatched_since": null,
  "owners": [], "owners_left_out": 0,
  "program": "python3 -m http.server", "program_kind": "module",
  "program_id": "/usr/bin/python3.11 -m http.server in /home/ana/demo",
  "service": {"scheme": 1, "protocol": "tcp", "exposure": "loopback", "port": 62893, "program_kind": "module",
              "program": "/usr/bin/python3.11 -m http.server in /home/ana/demo", "user": "ana"},
  "class": "unknown", "attribution": "exact", "verdict": "unknown", "redacted": []})";

model::Listener make_listener() {
  return test::make_listener("127.0.0.1:62893/tcp", 7);
}

Json expected_listener() {
  Json json = Json::parse(kListener);
  Json owner = Json::parse(kOwner);
  owner["pid"] = 4711;
  json["owners"].push_back(owner);
  return json;
}

TEST(EncodeProcess, WritesEveryField) {
  EXPECT_EQ(encode(test::make_process(9587)), Json::parse(kOwner));
}

TEST(EncodeProcess, WritesWhatIsNotKnownAsNull) {
  const Json json = encode(model::Process{.attribution = model::Attribution::kDenied});
  for (const auto* name : {"name", "exe", "exe_file", "exe_deleted", "command", "cwd", "uid", "user",
                           "login_uid", "login_user", "login_session", "login_peer", "session_leader",
                           "terminal", "unit", "container", "container_name", "ancestors"})
    EXPECT_TRUE(json.at(name).is_null()) << name;
  EXPECT_EQ(json["attribution"], "denied");
}

TEST(EncodeListener, WritesEveryField) {
  EXPECT_EQ(encode(make_listener()), expected_listener());
}

TEST(EncodeListener, WritesWhenItClosed) {
  model::Listener listener = make_listener();
  listener.closed = model::EventTime{.at = test::utc_at(300s), .boot = test::boot_at(300s)};
  const Json json = encode(listener);
  EXPECT_EQ(json["closed_at"], "2026-11-21T08:05:00.000000Z");
  EXPECT_EQ(json["closed_precision"], "exact");
  EXPECT_TRUE(json["closed_earliest"].is_null());
}

TEST(EncodeListener, WritesWhyItClosed) {
  model::Listener listener = make_listener();
  listener.closed = model::EventTime{};
  const auto ending = [&](const model::Ending& how) {
    listener.ending = how;
    return encode(listener)["ending"];
  };
  EXPECT_EQ(
      ending({}),
      Json::parse(
          R"({"cause": "unknown", "pid": null, "exit_status": null, "signal": null, "core_dumped": false})"));
  EXPECT_EQ(ending({.cause = model::EndCause::kExited, .pid = base::Pid{7}, .exit_status = 3}),
            Json::parse(
                R"({"cause": "exited", "pid": 7, "exit_status": 3, "signal": null, "core_dumped": false})"));
  EXPECT_EQ(
      ending({.cause = model::EndCause::kKilled, .signal = "SIGSEGV", .has_core = true}),
      Json::parse(
          R"({"cause": "killed", "pid": null, "exit_status": null, "signal": "SIGSEGV", "core_dumped": true})"));
  listener.redacted = {"ending"};
  EXPECT_TRUE(ending({}).is_null()) << "hidden, and not unknown";
}

TEST(EncodeListener, TellsHiddenOwnersFromNone) {
  model::Listener listener = make_listener();
  listener.owners.clear();
  EXPECT_EQ(encode(listener)["owners"], Json::array());
  listener.redacted = {"owners"};
  EXPECT_TRUE(encode(listener)["owners"].is_null());
}

TEST(EncodeListener, WritesIpv6AndDevice) {
  model::Listener listener = test::make_listener("[::]:53/udp");
  listener.socket.device = "wg0";
  const Json json = encode(listener);
  EXPECT_EQ(json["family"], "ipv6");
  EXPECT_EQ(json["address"], "::");
  EXPECT_EQ(json["v6only"], false);
  EXPECT_EQ(json["device"], "wg0");
}

TEST(EncodeAlert, WritesEveryField) {
  Json expected = Json::parse(R"({
    "id": 21, "state": "open", "severity": "medium", "delivery": "now", "count": 1,
    "reasons": [{"code": "unknown_listener",
                 "text": "python3 -m http.server of ana has never listened on 127.0.0.1:62893/tcp before"}],
    "opened_at": "2026-11-21T08:02:00.000000Z", "last_seen_at": "2026-11-21T08:02:00.000000Z", "changed_by": null})");
  expected["listener"] = expected_listener();
  EXPECT_EQ(encode(test::make_alert(21, make_listener())), expected);
}

TEST(EncodeEvent, WritesEveryField) {
  Json expected = Json::parse(R"({
    "seq": 41, "time": "2026-11-21T08:02:00.000000Z", "earliest": "2026-11-21T08:01:59.000000Z", "precision": "poll",
    "boot_us": 120000000, "kind": "opened", "detail": {"replaces": null, "replaces_key": null}})");
  expected["listener"] = expected_listener();
  EXPECT_EQ(encode(test::make_event(model::EventKind::kOpened, 41, make_listener())), expected);
}

TEST(EncodeEvent, WritesTheDetailOfEachKind) {
  const auto detail = [](model::EventKind kind) {
    return encode(test::make_event(kind, 1, make_listener()))["detail"];
  };
  using model::EventKind;
  EXPECT_EQ(detail(EventKind::kStarted), Json::parse(R"({"version": "0.1.0", "sensor": "sock_diag"})"));
  EXPECT_EQ(detail(EventKind::kStopped), Json(nullptr));
  EXPECT_EQ(detail(EventKind::kGap), Json::parse(R"({"from": "2026-11-21T08:01:00.000000Z",
    "to": "2026-11-21T08:02:00.000000Z", "reason": "portwatchd was not running"})"));
  EXPECT_EQ(detail(EventKind::kSuspended), Json::parse(R"({"duration_us": 1800000000})"));
  EXPECT_EQ(detail(EventKind::kCoverageChanged)["coverage"], encode(test::make_coverage()));
  EXPECT_EQ(detail(EventKind::kClosed), Json(nullptr));
  EXPECT_EQ(detail(EventKind::kOwnerChanged)["added"][0]["pid"], 4711);
  EXPECT_EQ(detail(EventKind::kOwnerChanged)["removed"][0]["pid"], 4710);
  EXPECT_EQ(detail(EventKind::kAlertRaised)["alert"], encode(test::make_alert(1, make_listener())));
  EXPECT_EQ(detail(EventKind::kPolicyChanged),
            Json::object({{"added", Json::array({encode(test::make_baseline_entry(make_listener()))})},
                          {"added_left_out", 0},
                          {"learning_until", nullptr}}));
  EXPECT_EQ(detail(EventKind::kBindConflict), Json::parse(R"({
    "wish": "bind", "cause": "in-use", "certain": false, "count": 1, "first_at": "2026-11-21T08:02:00.000000Z",
    "others": 0, "holders_left_out": 0,
    "holders": [{"kind": "listener", "protocol": "tcp", "address": "127.0.0.1", "port": 62893, "device": null,
                 "listener": null, "listener_key": null, "program": "nginx", "pid": 801, "user": "root",
                 "same_process": false}]})"));
}

TEST(EncodeEvent, WritesWhatARestartReplaces) {
  model::Event event = test::make_event(model::EventKind::kOpened);
  event.detail = model::OpenedDetail{.replaces = make_listener().key, .replaces_seq = base::Seq{40}};
  const Json detail = encode(event)["detail"];
  EXPECT_EQ(detail["replaces"], 40);
  EXPECT_EQ(detail["replaces_key"], expected_listener()["key"]);
}

TEST(EncodeBaselineEntry, WritesEveryField) {
  Json expected = Json::parse(R"json({"program": "python3 -m http.server", "origin": "approved",
    "added_at": "2026-11-21T08:03:00.000000Z", "added_by": "ana (uid 1000)"})json");
  expected["service"] = expected_listener()["service"];
  EXPECT_EQ(encode(test::make_baseline_entry(make_listener())), expected);
}

TEST(EncodeCoverage, WritesEveryField) {
  model::Coverage coverage{.denied_processes = 3, .are_bind_intents_known = true};
  coverage.tables = {{.netns = {1}, .protocol = net::Protocol::kUdp, .family = net::Family::kIpv6}};
  coverage.holes = {{.table = {.netns = {2}}, .reason = "no IPv4"}};
  EXPECT_EQ(encode(coverage), Json::parse(R"({
    "tables": [{"namespace": 1, "protocol": "udp", "family": "ipv6"}],
    "holes": [{"namespace": 2, "protocol": "tcp", "family": "ipv4", "reason": "no IPv4"}],
    "denied_processes": 3, "bind_intents_known": true})"));
}

TEST(EncodeStatus, WritesEveryField) {
  model::Status status = test::make_status();
  status.sensor.blind_spots = {"other users' processes"};
  status.sensor.skipped = {{.name = "bpf", .reason = "no BTF"}};
  status.coverage = {};
  EXPECT_EQ(encode(status), Json::parse(R"({
    "version": "0.1.0", "pid": 812, "uid": 998, "user": "portwatch", "profile": "server",
    "host_id": "0123456789abcdef0123456789abcdef", "epoch": "fedcba9876543210",
    "started_at": "2026-11-21T08:01:00.000000Z", "learning_until": null,
    "sensor": {"name": "sock_diag", "summary": "netlink socket tables and /proc, every second",
               "blind_spots": ["other users' processes"], "skipped": [{"name": "bpf", "reason": "no BTF"}]},
    "scan": {"interval_us": 1000000, "count": 240, "last_at": "2026-11-21T08:05:00.000000Z", "last_duration_us": 5000,
             "problem": null},
    "coverage": {"tables": [], "holes": [], "denied_processes": 0, "bind_intents_known": false},
    "store": {"path": "/var/lib/portwatch/portwatch.db", "size_bytes": 1048576, "last_seq": 42, "pending_events": 0,
              "problem": null},
    "listeners": {"loopback": 0, "host-only": 1, "link": 2, "lan": 3, "public": 4, "any": 5},
    "open_alerts": {"info": 0, "low": 0, "medium": 0, "high": 0}, "alerts_not_raised": 0,
    "sessions": 1})"));
}

}  // namespace
}  // namespace portwatch::json
