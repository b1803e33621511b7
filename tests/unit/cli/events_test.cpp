// SPDX-License-Identifier: Apache-2.0
// `history` and `watch`: nothing is left out or told twice, over pages and over a restart of the daemon.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <sstream>

#include "tests/support/cli_world.h"

namespace portwatch::test {
namespace {

using namespace std::chrono_literals;
using cli::ExitCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

std::vector<model::Event> make_log(std::int64_t length) {
  std::vector<model::Event> log;
  for (std::int64_t seq = 1; seq <= length; ++seq) {
    log.push_back(make_event(seq % 2 == 1 ? model::EventKind::kOpened : model::EventKind::kClosed, seq));
    log.back().time.at = utc_at(std::chrono::minutes(seq));
  }
  return log;
}

std::vector<std::int64_t> seqs_of(const nlohmann::json& events) {
  std::vector<std::int64_t> seqs;
  for (const auto& event : events) seqs.push_back(event["seq"]);
  return seqs;
}

nlohmann::json history(const std::vector<model::Event>& log, std::string_view options,
                       std::size_t page = model::kMaxPage) {
  CliWorld world;
  world.daemon->events = log;
  world.daemon->page = page;
  EXPECT_EQ(world.run("history --json " + std::string(options)), ExitCode::kDone);
  return nlohmann::json::parse(world.out.text);
}

std::vector<std::int64_t> lines_of(const CliWorld& world) {
  std::istringstream lines(world.out.text);
  std::vector<std::int64_t> seqs;
  for (std::string line; std::getline(lines, line);) seqs.push_back(nlohmann::json::parse(line)["seq"]);
  return seqs;
}

TEST(History, JoinsPages) {
  const auto json = history(make_log(10), "", 3);
  EXPECT_EQ(json["schema"], 1);
  EXPECT_THAT(seqs_of(json["events"]), ElementsAre(1, 2, 3, 4, 5, 6, 7, 8, 9, 10));
  EXPECT_TRUE(json["next"].is_null());
}

TEST(History, TakesALimitOfAnySize) {
  const auto log = make_log(25);
  EXPECT_EQ(history(log, "--limit 22", 10)["events"].size(), 22U) << "more than two pages";
  EXPECT_EQ(history(log, "--limit 9999999", 10)["events"].size(), 25U);
}

TEST(History, GoesOnBehindACursor) {
  const auto log = make_log(7);
  std::vector<std::int64_t> all;
  std::string after;
  for (int page = 0; page < 4; ++page) {
    const auto json = history(log, "--limit 3" + after);
    for (const std::int64_t seq : seqs_of(json["events"])) all.push_back(seq);
    if (json["next"].is_null()) break;
    after = " --after " + json["next"].get<std::string>();
  }
  EXPECT_THAT(all, ElementsAre(1, 2, 3, 4, 5, 6, 7));
  EXPECT_THAT(seqs_of(history(log, "--after 5")["events"]), ElementsAre(6, 7))
      << "a plain seq is a cursor too";
}

TEST(History, TakesTheNewestInOrderOfTime) {
  EXPECT_THAT(seqs_of(history(make_log(10), "-n 4", 3)["events"]), ElementsAre(7, 8, 9, 10));
  EXPECT_THAT(seqs_of(history(make_log(10), "-r -n 4", 3)["events"]), ElementsAre(10, 9, 8, 7));
  EXPECT_THAT(seqs_of(history(make_log(3), "-r")["events"]), ElementsAre(3, 2, 1));
}

TEST(History, KeepsToItsTimesAndFilters) {
  const auto log = make_log(10);
  EXPECT_THAT(seqs_of(history(log, "-S 08:04 -U 08:07")["events"]), ElementsAre(4, 5, 6));
  EXPECT_THAT(seqs_of(history(log, "--kind closed -n 2")["events"]), ElementsAre(8, 10));
  EXPECT_THAT(seqs_of(history(log, "8080 --kind opened,closed --limit 1")["events"]), ElementsAre(1));
  EXPECT_TRUE(history(log, "8081")["events"].empty());
  CliWorld world;
  world.run("history udp/53 --program dns --user bob --unit x.service --json");
  const auto& query = world.daemon->events_questions.at(0).query;
  EXPECT_EQ(query.port, (net::PortQuery{.port = {53}, .protocol = net::Protocol::kUdp, .address = {}}));
  EXPECT_EQ(query.program, "dns");
  EXPECT_EQ(query.user, "bob");
  EXPECT_EQ(query.unit, "x.service");
}

TEST(History, ShowsPeopleTheNewestHundredAndSaysSo) {
  CliWorld world;
  world.daemon->events = make_log(150);
  EXPECT_EQ(world.run("history"), ExitCode::kDone);
  EXPECT_EQ(std::ranges::count(world.out.text, '\n'), 101) << "and a line of headers";
  EXPECT_THAT(world.err.text, HasSubstr("The newest 100"));
  CliWorld since;
  since.daemon->events = make_log(150);
  since.run("history -S 08:00");
  EXPECT_EQ(std::ranges::count(since.out.text, '\n'), 151);
}

TEST(History, FoldsARestartAndNeverTwoThings) {
  auto log = make_log(4);  // opened closed opened closed
  log[2].detail = model::OpenedDetail{.replaces = log[1].listener->key, .replaces_seq = base::Seq{2}};
  CliWorld world;
  world.daemon->events = log;
  world.run("history");
  EXPECT_THAT(world.out.text, HasSubstr("08:03:00  restarted"));
  EXPECT_THAT(world.out.text, Not(HasSubstr("08:02:00  closed")));
  EXPECT_THAT(world.out.text, HasSubstr("08:04:00  closed"));
}

TEST(History, SaysWhyOneClosedAndWhyTheFormerOneDid) {
  auto log = make_log(4);  // opened closed opened closed
  model::Listener ended = *log[1].listener;
  ended.ending = {.cause = model::EndCause::kKilled, .signal = "SIGKILL"};
  log[1].listener = share(ended);
  ended.ending = {.cause = model::EndCause::kExited, .exit_status = 3};
  log[3].listener = share(ended);
  for (const char* command : {"history", "watch"}) {
    CliWorld world;
    world.daemon->events = log;
    world.daemon->followings = {{.events = log, .end = {}}};
    world.run(command);
    EXPECT_THAT(world.out.text, HasSubstr("killed by SIGKILL\n")) << command;
    EXPECT_THAT(world.out.text, HasSubstr("exited with status 3\n")) << command;
  }
  log[2].detail = model::OpenedDetail{.replaces = log[1].listener->key, .replaces_seq = base::Seq{2}};
  CliWorld folded;
  folded.daemon->events = log;
  folded.run("history");
  EXPECT_THAT(folded.out.text, HasSubstr("before: killed by SIGKILL\n"));
}

TEST(History, SaysWhenNothingMatches) {
  CliWorld world;
  EXPECT_EQ(world.run("history 80"), ExitCode::kDone);
  EXPECT_THAT(world.out.text, testing::IsEmpty());
  EXPECT_THAT(world.err.text, HasSubstr("Nothing is recorded that matches."));
}

TEST(History, FollowsWithoutAHoleOrARepetition) {
  CliWorld world;
  const auto log = make_log(6);
  world.daemon->events.assign(log.begin(), log.begin() + 4);
  world.daemon->status.store.last_seq = {3};  // the fourth was committed between the two questions
  world.daemon->followings = {{.events = {log[3], log[4], log[5]}, .end = {}}};
  EXPECT_EQ(world.run("history -f -n 2 --json"), ExitCode::kDone);
  EXPECT_THAT(lines_of(world), ElementsAre(3, 4, 5, 6));
  EXPECT_EQ(world.daemon->followed.at(0).after->seq, base::Seq{3});
}

TEST(History, SaysWhatBecameOfAnAlertAlsoOnANarrowScreen) {
  struct Case {
    model::EventKind kind;
    model::AlertState state;
    bool is_seen_now;
    const char* words;
  };
  for (const Case& given :
       {Case{model::EventKind::kAlertRaised, model::AlertState::kOpen, true, "raised #21"},
        Case{model::EventKind::kAlertChanged, model::AlertState::kOpen, false, "told #21"},
        Case{model::EventKind::kAlertChanged, model::AlertState::kApproved, false, "approved #21"},
        Case{model::EventKind::kAlertChanged, model::AlertState::kRejected, false, "rejected #21"},
        Case{model::EventKind::kAlertChanged, model::AlertState::kAcknowledged, false, "acked #21"},
        Case{model::EventKind::kAlertChanged, model::AlertState::kAcknowledged, true, "seen #21"}}) {
    model::Alert alert = make_alert(21);
    alert.state = given.state;
    model::Event event = make_event(given.kind, 1, *alert.listener);
    event.time.at = utc_at(std::chrono::minutes(70));
    alert.last_seen_at = given.is_seen_now ? event.time.at : utc_at(std::chrono::minutes(60));
    event.detail = model::AlertDetail{alert};
    for (const char* command : {"history", "watch"}) {
      CliWorld world;
      world.out_terminal = {.is_terminal = true, .columns = 80};
      world.environment["NO_COLOR"] = "1";
      world.daemon->events = {event};
      world.daemon->followings = {{.events = {event}, .end = {}}};
      EXPECT_EQ(world.run(command), ExitCode::kDone);
      EXPECT_THAT(world.out.text, testing::HasSubstr(given.words)) << command;
    }
  }
}

TEST(Watch, TellsOneEventALine) {
  CliWorld world;
  world.daemon->followings = {{.events = make_log(3), .end = {}}};
  EXPECT_EQ(world.run("watch --json"), ExitCode::kDone);
  EXPECT_THAT(lines_of(world), ElementsAre(1, 2, 3));
  EXPECT_FALSE(world.daemon->followed.at(0).after.has_value()) << "from now on";
}

TEST(Watch, FiltersByPortAndProgram) {
  CliWorld world;
  auto log = make_log(2);
  log.push_back(make_event(model::EventKind::kOpened, 3, make_listener("0.0.0.0:53/udp", 9)));
  log.push_back(make_event(model::EventKind::kGap, 4));
  world.daemon->followings = {{.events = log, .end = {}}};
  EXPECT_EQ(world.run("watch udp/53 --json"), ExitCode::kDone);
  EXPECT_THAT(lines_of(world), ElementsAre(3));
}

TEST(Watch, AsksForAlertsAlone) {
  CliWorld world;
  EXPECT_EQ(world.run("watch --alerts"), ExitCode::kDone);
  EXPECT_THAT(world.daemon->followed.at(0).query.kinds,
              ElementsAre(model::EventKind::kAlertRaised, model::EventKind::kAlertChanged));
}

TEST(Watch, GoesOnWhereItWasWhenTheDaemonComesBack) {
  CliWorld world;
  const auto log = make_log(4);
  const base::Error away{base::ErrorCode::kUnavailable, "portwatchd went away"};
  world.daemon->followings = {{.events = {log[0], log[1]}, .end = away},
                              {.events = {log[2], log[3]}, .end = {}}};
  EXPECT_EQ(world.run("watch --json"), ExitCode::kDone);
  EXPECT_THAT(lines_of(world), ElementsAre(1, 2, 3, 4));
  ASSERT_EQ(world.daemon->followed.size(), 2U);
  EXPECT_EQ(world.daemon->followed[1].after->seq, base::Seq{2});
  EXPECT_EQ(world.pauses.size(), 1U);
  EXPECT_THAT(world.err.text, HasSubstr("portwatchd went away; waiting"));
  EXPECT_THAT(world.err.text, HasSubstr("portwatchd is back."));
}

TEST(Watch, BeginsAnewWhenTheHistoryIsAnotherOne) {
  CliWorld world;
  world.daemon->followings = {{.events = {},
                               .end = base::Error{base::ErrorCode::kConflict, "the history was replaced"},
                               .is_lost = false},
                              {.events = make_log(1), .end = {}}};
  EXPECT_EQ(world.run("watch --json --after 0123456789abcdef.7"), ExitCode::kDone);
  EXPECT_FALSE(world.daemon->followed.at(1).after.has_value());
  EXPECT_THAT(world.err.text, HasSubstr("going on from now"));
  EXPECT_THAT(lines_of(world), ElementsAre(1));
}

TEST(Watch, FailsWhenTheDaemonRefuses) {
  CliWorld world;
  world.daemon->followings = {{.events = {},
                               .end = base::Error{base::ErrorCode::kResourceExhausted, "too many sessions"},
                               .is_lost = false}};
  EXPECT_EQ(world.run("watch"), ExitCode::kFailed);
  EXPECT_THAT(world.err.text, HasSubstr("too many sessions"));
}

TEST(Watch, EndsWhenNobodyReads) {
  CliWorld world;
  world.out.prints_until_state = 2;
  world.out.next_state = cli::Output::State::kReaderGone;
  world.daemon->followings = {
      {.events = make_log(5), .end = base::Error{base::ErrorCode::kUnavailable, "never said"}}};
  EXPECT_EQ(world.run("watch --json"), ExitCode::kDone);
  EXPECT_THAT(lines_of(world), ElementsAre(1, 2));
}

}  // namespace
}  // namespace portwatch::test
