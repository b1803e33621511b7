// SPDX-License-Identifier: Apache-2.0
// The commands as a whole, against a daemon from memory: exit codes, which socket is asked, what is asked,
// what is printed.
#include "cli/run.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "tests/support/cli_world.h"

namespace portwatch::test {
namespace {

using namespace std::chrono_literals;
using cli::ExitCode;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

nlohmann::json json_of(const CliWorld& world) {
  return nlohmann::json::parse(world.out.text);
}

std::vector<std::string> paths_tried(const CliWorld& world) {
  std::vector<std::string> paths;
  for (const auto& choice : world.connects.at(0)) paths.push_back(choice.path);
  return paths;
}

TEST(ExitCodes, DoneAlsoWhenTheAnswerIsEmpty) {
  for (const char* command :
       {"list", "history", "alerts", "list --json", "history --json", "alerts list --json", "status"}) {
    CliWorld world;
    EXPECT_EQ(world.run(command), ExitCode::kDone) << command;
  }
}

TEST(ExitCodes, NoForAFreePortAndForAnAlertThatDoesNotExist) {
  CliWorld world;
  EXPECT_EQ(world.run("show 3000"), ExitCode::kNo);
  EXPECT_THAT(world.out.text, HasSubstr("Nobody listens on port 3000."));
  CliWorld alerts;
  EXPECT_EQ(alerts.run("alerts show 99"), ExitCode::kNo);
}

TEST(ExitCodes, UsageForAWrongCommandLine) {
  for (const char* command : {"lst",
                              "list --nope",
                              "show",
                              "show x:y",
                              "99999",
                              "history -S soon",
                              "history -n 0",
                              "history -n x",
                              "history --kind openend",
                              "history -S 10m -U 2h",
                              "history -n 5 --limit 5",
                              "history -n 5 --after 3",
                              "history -f -r",
                              "history 80 --port 80",
                              "history --after never",
                              "watch --alerts --kind gap",
                              "alerts list --state opne",
                              "alerts approve",
                              "alerts approve x",
                              "alerts approve 0",
                              "list --color blue",
                              "show 80 --at 2099-01-01",
                              "help nothing",
                              "alerts nothing"}) {
    CliWorld world;
    EXPECT_EQ(world.run(command), ExitCode::kUsage) << command;
    EXPECT_THAT(world.out.text, IsEmpty()) << command;
    EXPECT_THAT(world.err.text, HasSubstr("portwatchctl")) << command;
    EXPECT_THAT(world.daemon->changes, IsEmpty());
  }
}

TEST(ExitCodes, NoDaemonWhenNobodyAnswers) {
  for (const char* command :
       {"status", "list", "show 80", "history", "watch", "alerts", "alerts approve 1"}) {
    CliWorld world;
    world.connect_failures = {{base::ErrorCode::kUnavailable, "no portwatchd answers"}};
    EXPECT_EQ(world.run(command), ExitCode::kNoDaemon) << command;
    EXPECT_THAT(world.err.text, HasSubstr("systemctl start portwatchd"));
  }
}

TEST(ExitCodes, NoDaemonWhenItGoesAwayBeforeItAnswers) {
  CliWorld world;
  world.daemon->failure = {base::ErrorCode::kUnavailable, "portwatchd went away"};
  world.daemon->is_lost_by_failure = true;
  EXPECT_EQ(world.run("list"), ExitCode::kNoDaemon);
}

TEST(ExitCodes, DeniedByTheSocketAndByTheDaemon) {
  CliWorld socket;
  socket.connect_failures = {{base::ErrorCode::kPermissionDenied, "permission denied"}};
  EXPECT_EQ(socket.run("list"), ExitCode::kDenied);
  CliWorld daemon;
  daemon.daemon->change_failure = {base::ErrorCode::kPermissionDenied, "you may not"};
  EXPECT_EQ(daemon.run("alerts approve 1"), ExitCode::kDenied);
  EXPECT_THAT(daemon.err.text, Not(HasSubstr("sudo"))) << "whether that helps is the daemon's to say";
  CliWorld stalled;
  stalled.connect_failures = {{base::ErrorCode::kTimeout, "portwatchd runs (pid 7) but does not answer"}};
  EXPECT_EQ(stalled.run("list --socket /run/x.sock"), ExitCode::kNoDaemon);
  EXPECT_THAT(stalled.err.text, Not(HasSubstr("tart a daemon"))) << "one runs";
  CliWorld nobody;
  nobody.connect_failures = {{base::ErrorCode::kUnavailable, "no portwatchd answers"}};
  nobody.run("list --socket /run/x.sock");
  EXPECT_THAT(nobody.err.text, HasSubstr("portwatchd --socket /run/x.sock"));
}

TEST(ExitCodes, FailedForAnythingElse) {
  CliWorld busy;
  busy.daemon->failure = {base::ErrorCode::kUnavailable, "the store is full"};
  EXPECT_EQ(busy.run("history"), ExitCode::kFailed);
  CliWorld old;
  old.connect_failures = {{base::ErrorCode::kUnsupported, "it speaks version 7"}};
  EXPECT_EQ(old.run("list"), ExitCode::kFailed);
  CliWorld missing;
  missing.daemon->change_failure = {base::ErrorCode::kInternal, "out of luck"};
  EXPECT_EQ(missing.run("alerts approve 99"), ExitCode::kFailed);
}

TEST(ExitCodes, FailedWhenTheAnswerCannotBeWritten) {
  CliWorld world;
  world.out.prints_until_state = 1;
  world.out.next_state = cli::Output::State::kFailed;
  EXPECT_EQ(world.run("list --json"), ExitCode::kFailed);
  EXPECT_THAT(world.err.text, HasSubstr("No space left on device"));
}

TEST(ExitCodes, DoneWhenTheReaderHasGone) {
  CliWorld world;
  world.out.prints_until_state = 1;
  world.out.next_state = cli::Output::State::kReaderGone;
  EXPECT_EQ(world.run("list --json"), ExitCode::kDone);
  EXPECT_THAT(world.err.text, IsEmpty());
}

TEST(Sockets, AreThePersonsThenTheSystems) {
  CliWorld world;
  world.run("status");
  EXPECT_THAT(paths_tried(world), ElementsAre("/run/user/1000/portwatch/portwatch.sock",
                                              "/home/ana/.local/state/portwatch/portwatch.sock",
                                              "/run/portwatch/portwatch.sock"));
  EXPECT_THAT(world.out.text, HasSubstr("/run/user/1000/portwatch/portwatch.sock (yours)"));
}

TEST(Sockets, AreOnlyTheOneThatWasNamed) {
  CliWorld by_variable;
  by_variable.environment["PORTWATCH_SOCKET"] = "/x";
  by_variable.run("status");
  EXPECT_THAT(paths_tried(by_variable), ElementsAre("/x"));
  EXPECT_THAT(by_variable.out.text, HasSubstr("(named by PORTWATCH_SOCKET)"));
  CliWorld by_option;
  by_option.environment["PORTWATCH_SOCKET"] = "/x";
  by_option.run("status --socket /y");
  EXPECT_THAT(paths_tried(by_option), ElementsAre("/y"));
  CliWorld empty;
  empty.environment["PORTWATCH_SOCKET"] = "";
  empty.run("status");
  EXPECT_EQ(paths_tried(empty).size(), 3U);
}

TEST(Color, IsForTerminalsUnlessSomebodyObjects) {
  const auto is_colored = [](bool is_terminal, std::string_view command,
                             const std::map<std::string, std::string>& environment) {
    CliWorld world;
    world.out_terminal = {.is_terminal = is_terminal, .columns = 80};
    world.environment = environment;
    world.run(command);
    return world.out.text.find('\x1b') != std::string::npos;
  };
  EXPECT_TRUE(is_colored(true, "status", {}));
  EXPECT_FALSE(is_colored(false, "status", {}));
  EXPECT_FALSE(is_colored(true, "status", {{"NO_COLOR", "1"}}));
  EXPECT_TRUE(is_colored(true, "status", {{"NO_COLOR", ""}}));
  EXPECT_FALSE(is_colored(true, "status", {{"TERM", "dumb"}}));
  EXPECT_FALSE(is_colored(true, "status --color never", {}));
  EXPECT_TRUE(is_colored(false, "status --color=always", {{"NO_COLOR", "1"}}));
  EXPECT_FALSE(is_colored(true, "status --json", {})) << "JSON never has colours";
}

TEST(List, GivesOneElementForEachSocketInJson) {
  CliWorld world;
  world.daemon->listeners = {share(make_listener("127.0.0.1:631/tcp", 1)),
                             share(make_listener("[::1]:631/tcp", 2))};
  EXPECT_EQ(world.run("list --json"), ExitCode::kDone);
  const auto json = json_of(world);
  EXPECT_EQ(json["schema"], 1);
  ASSERT_EQ(json["listeners"].size(), 2U);
  EXPECT_EQ(json["listeners"][1]["address"], "::1");
  EXPECT_EQ(json["listeners"][1]["family"], "ipv6");
}

TEST(List, ChoosesByItsOptions) {
  auto of_bob = make_listener("0.0.0.0:25/tcp", 2);
  auto process = make_process(5);
  process.user = "bob";
  process.uid = base::Uid{1001};
  process.unit = "mail.service";
  of_bob.owners = {share(process)};
  of_bob.service.user = "bob";
  of_bob.program.label = "postfix";
  const auto ports = [&](std::string_view options) {
    CliWorld world;
    world.daemon->listeners = {share(make_listener("127.0.0.1:8080/tcp", 1)), share(of_bob),
                               share(make_listener("[::1]:53/udp", 3))};
    EXPECT_EQ(world.run("list -q " + std::string(options)), ExitCode::kDone);
    return world.out.text;
  };
  EXPECT_EQ(ports(""), "8080/tcp\n25/tcp\n53/udp\n");
  EXPECT_EQ(ports("-t"), "8080/tcp\n25/tcp\n");
  EXPECT_EQ(ports("-u"), "53/udp\n");
  EXPECT_EQ(ports("-tu"), "8080/tcp\n25/tcp\n53/udp\n");
  EXPECT_EQ(ports("-4"), "8080/tcp\n25/tcp\n");
  EXPECT_EQ(ports("-6"), "53/udp\n");
  EXPECT_EQ(ports("--user bob"), "25/tcp\n");
  EXPECT_EQ(ports("--user 1001"), "25/tcp\n");
  EXPECT_EQ(ports("--program post"), "25/tcp\n");
  EXPECT_EQ(ports("--unit mail"), "25/tcp\n");
  EXPECT_EQ(ports("--unit mail.service"), "25/tcp\n");
  EXPECT_EQ(ports("--port 53"), "53/udp\n");
  EXPECT_EQ(ports("--port tcp/53"), "");
  EXPECT_EQ(ports("--port 10.0.0.1:25"), "25/tcp\n") << "a wildcard answers there too";
  EXPECT_EQ(ports("--port 10.0.0.1:8080"), "");
}

TEST(List, SaysWhenMoreIsThereThanTheViewerMaySee) {
  CliWorld world;
  auto listener = make_listener();
  world.daemon->listeners = {share(listener)};
  world.run("list");
  EXPECT_THAT(world.err.text, Not(HasSubstr("in part")));
  listener.redacted = {"service"};
  world.daemon->listeners = {share(listener)};
  world.run("list");
  EXPECT_THAT(world.err.text, HasSubstr("the group portwatch see all of it"));
}

TEST(List, WritesValidUtf8WhateverProgramsAreCalled) {
  CliWorld world;
  auto listener = make_listener();
  listener.program.label = "\xff\x1b[2J";
  world.daemon->listeners = {share(listener)};
  world.run("list --json");
  EXPECT_EQ(json_of(world)["listeners"][0]["program"], "\uFFFD\x1b[2J");
  CliWorld human;
  human.daemon->listeners = {share(listener)};
  human.run("list");
  EXPECT_THAT(human.out.text, Not(HasSubstr("\x1b")));
}

TEST(Errors, NeverPassControlCharactersOn) {
  CliWorld world;
  world.daemon->failure = {base::ErrorCode::kInternal, "\x1b[2J of \u202e"};
  world.run("list");
  EXPECT_THAT(world.err.text, HasSubstr("\\x1b[2J of \\u202e"));
  CliWorld words;
  words.run("'\x1b[2J'");
  EXPECT_THAT(words.err.text, Not(HasSubstr("\x1b")));
  EXPECT_THAT(words.err.text, HasSubstr("\\x1b[2J"));
}

TEST(Show, AsksThePastAndSaysWhenNobodyWatched) {
  CliWorld world;
  model::Event gap = make_event(model::EventKind::kGap, 2);
  gap.time.at = utc_at(2h);
  gap.detail = model::GapDetail{.from = utc_at(1h), .to = utc_at(2h), .reason = "portwatchd was not running"};
  world.daemon->events = {make_event(model::EventKind::kStarted, 1), gap};
  EXPECT_EQ(world.run("show 8080 --at 09:30"), ExitCode::kNo);
  ASSERT_EQ(world.daemon->past_questions.size(), 1U);
  EXPECT_EQ(world.daemon->past_questions[0].at, utc_at(90min) + 999'999us)
      << "who came within that second too";
  EXPECT_THAT(world.out.text, HasSubstr("Nobody listened on port 8080 at 09:30:00."));
  EXPECT_THAT(world.out.text,
              HasSubstr("nobody watched from 09:00:00 to 10:00:00: portwatchd was not running"));

  CliWorld before;
  before.daemon->events = world.daemon->events;
  before.run("show 8080 --at 08:01");
  EXPECT_THAT(before.out.text, HasSubstr("nothing is recorded from before 08:02:00"));

  CliWorld watched;
  watched.daemon->events = world.daemon->events;
  watched.run("show 8080 --at 10:30");
  EXPECT_THAT(watched.out.text, Not(HasSubstr("nobody watched")));
}

TEST(Show, NamesWhoWasThereThen) {
  CliWorld world;
  world.daemon->events = {make_event(model::EventKind::kStarted, 1)};
  world.daemon->past_listeners = {share(make_listener())};
  EXPECT_EQ(world.run("show 8080 --at 1h --json"), ExitCode::kDone);
  const auto json = json_of(world);
  EXPECT_EQ(json["at"], "2026-11-21T11:00:00.000000Z");
  EXPECT_EQ(json["port"], 8080);
  EXPECT_EQ(json["listeners"][0]["owners"][0]["pid"], 4711);
}

TEST(Show, SaysWhoHeldAFreePortLast) {
  CliWorld world;
  world.daemon->events = {make_event(model::EventKind::kOpened, 1), make_event(model::EventKind::kClosed, 2)};
  EXPECT_EQ(world.run("8080"), ExitCode::kNo);
  EXPECT_THAT(world.out.text, HasSubstr("python3 -m http.server of ana, closed 08:05:00 (3 h 55 min ago)"));
  EXPECT_THAT(world.out.text, HasSubstr("1 × python3 -m http.server in 30 d"));
}

/// Repeated ones are stored when their minute is over, behind others that came later.
TEST(Show, TellsWhoWasRefusedByTimeTheLatestFirst) {
  CliWorld world;
  auto early = make_event(model::EventKind::kBindConflict, 3);
  auto late = make_event(model::EventKind::kBindConflict, 2);
  early.time.at = utc_at(60min);
  late.time.at = utc_at(90min);
  world.daemon->events = {early, late};
  world.run("show 8080 --json");
  const auto refusals = json_of(world)["refusals"];
  ASSERT_EQ(refusals.size(), 2U);
  EXPECT_EQ(refusals[0]["seq"], 2);
  EXPECT_EQ(refusals[1]["seq"], 3);
}

TEST(Show, FindsThePastOfAnAddressUnderTheListenersThatHeldIt) {
  CliWorld world;
  const model::Listener everywhere = make_listener("0.0.0.0:80/tcp", 1);
  model::Listener hidden = make_listener("127.0.0.1:80/tcp", 2);
  hidden.program = {};
  world.daemon->events = {make_event(model::EventKind::kOpened, 1, everywhere),
                          make_event(model::EventKind::kOpened, 2, hidden),
                          make_event(model::EventKind::kOpened, 3, make_listener("192.168.1.20:80/tcp", 3))};
  world.run("show tcp/127.0.0.1:80");
  EXPECT_FALSE(world.daemon->events_questions.at(0).query.port->address) << "a wildcard held it too";
  EXPECT_THAT(world.out.text, HasSubstr("past       1 \u00d7 python3 -m http.server in 30 d"));
  EXPECT_THAT(world.out.text, Not(HasSubstr("not visible")));
  CliWorld next;
  next.daemon->listeners = {share(everywhere)};
  next.run("show tcp/80");
  EXPECT_THAT(next.out.text, HasSubstr("history tcp/80"));
}

TEST(Show, TakesATimeToTheSecondUnlessMoreIsGiven) {
  CliWorld world;
  world.now += 123456us;
  world.daemon->past_listeners = {share(make_listener())};
  EXPECT_EQ(world.run("show 8080 --at 2h"), ExitCode::kDone);
  EXPECT_THAT(world.out.text, HasSubstr("At 2026-11-21 10:00:00:"));
  CliWorld exact;
  exact.daemon->past_listeners = world.daemon->past_listeners;
  EXPECT_EQ(exact.run("show 8080 --at 2026-11-21T10:00:00.5Z"), ExitCode::kDone);
  EXPECT_THAT(exact.out.text, HasSubstr("At 2026-11-21 10:00:00.500000:"));
  EXPECT_EQ(exact.daemon->past_questions.at(0).at, utc_at(2h) + 500ms);
}

TEST(Show, KeepsToTheAddressThatWasAsked) {
  CliWorld world;
  world.daemon->listeners = {share(make_listener("127.0.0.1:80/tcp", 1)),
                             share(make_listener("192.168.1.20:80/tcp", 2))};
  EXPECT_EQ(world.run("show 127.0.0.1:80 --json"), ExitCode::kDone);
  EXPECT_EQ(json_of(world)["listeners"].size(), 1U);
}

TEST(Alerts, AreTheOpenOnesOfAllPages) {
  CliWorld world;
  for (std::int64_t id = 5; id >= 1; --id) world.daemon->alerts.push_back(make_alert(id));
  world.daemon->alerts[1].state = model::AlertState::kApproved;
  world.daemon->page = 2;
  EXPECT_EQ(world.run("alerts list --json"), ExitCode::kDone);
  const auto json = json_of(world);
  EXPECT_EQ(json["schema"], 1);
  std::vector<int> ids;
  for (const auto& alert : json["alerts"]) ids.push_back(alert["id"]);
  EXPECT_THAT(ids, ElementsAre(5, 3, 2, 1));
  CliWorld all;
  all.daemon->alerts = world.daemon->alerts;
  all.run("alerts --all --json");
  EXPECT_EQ(json_of(all)["alerts"].size(), 5U);
  CliWorld approved;
  approved.daemon->alerts = world.daemon->alerts;
  approved.run("alerts --state approved,rejected --json");
  EXPECT_EQ(json_of(approved)["alerts"].size(), 1U);
}

TEST(Alerts, AreDecidedOneByOne) {
  CliWorld world;
  world.daemon->alerts = {make_alert(22), make_alert(21)};
  EXPECT_EQ(world.run("alerts approve 21 #22 21"), ExitCode::kDone);
  EXPECT_THAT(world.daemon->changes, ElementsAre(std::pair(base::AlertId{21}, cli::AlertAction::kApprove),
                                                 std::pair(base::AlertId{22}, cli::AlertAction::kApprove)));
  EXPECT_THAT(world.out.text, HasSubstr("#21 approved"));
  CliWorld reject;
  reject.daemon->alerts = {make_alert(21)};
  EXPECT_EQ(reject.run("alerts reject 21 --json"), ExitCode::kDone);
  EXPECT_EQ(json_of(reject)["alerts"][0]["state"], "rejected");
  CliWorld ack;
  ack.daemon->alerts = {make_alert(21)};
  EXPECT_EQ(ack.run("alerts ack 21"), ExitCode::kDone);
  EXPECT_EQ(ack.daemon->changes.at(0).second, cli::AlertAction::kAcknowledge);
}

TEST(Alerts, DoTheOthersWhenOneFails) {
  CliWorld world;
  world.daemon->alerts = {make_alert(22)};
  EXPECT_EQ(world.run("alerts approve 99 22"), ExitCode::kNo);
  EXPECT_THAT(world.out.text, HasSubstr("#22 approved"));
  EXPECT_THAT(world.err.text,
              HasSubstr("There is no alert #99. Which there are: portwatchctl alerts list --all"));
}

TEST(Alerts, DecidedTwiceAreNoFailure) {
  for (const auto& [command, word] :
       {std::pair{"approve", "approved"}, {"reject", "rejected"}, {"ack", "acknowledged"}}) {
    CliWorld world;
    world.daemon->alerts = {make_alert(21)};
    EXPECT_EQ(world.run(fmt::format("alerts {} 21", command)), ExitCode::kDone);
    world.daemon->alerts[0].changed_by = "root (uid 0)";
    world.out.text.clear();
    EXPECT_EQ(world.run(fmt::format("alerts {} 21", command)), ExitCode::kDone) << world.err.text;
    EXPECT_THAT(world.out.text, HasSubstr(fmt::format("#21 is {} already, by root (uid 0): ", word)));
    world.out.text.clear();
    EXPECT_EQ(world.run(fmt::format("alerts {} 21 --json", command)), ExitCode::kDone);
    EXPECT_EQ(json_of(world)["alerts"][0]["state"], word);
  }
}

TEST(Alerts, SayWhatTheyAreAndWhatToDoWhenTheyAreDecidedOtherwise) {
  for (const char* command : {"alerts reject 21", "alerts ack 21"}) {
    CliWorld world;
    world.daemon->alerts = {make_alert(21)};
    world.daemon->alerts[0].state = model::AlertState::kApproved;
    world.daemon->alerts[0].changed_by = "ana (uid 1000)";
    EXPECT_EQ(world.run(command), ExitCode::kFailed);
    EXPECT_THAT(world.err.text, HasSubstr("#21 is approved already, by ana (uid 1000)"));
    EXPECT_THAT(world.err.text, HasSubstr("An approval cannot be taken back alone"));
  }
  CliWorld rejected;
  rejected.daemon->alerts = {make_alert(21)};
  rejected.daemon->alerts[0].state = model::AlertState::kRejected;
  EXPECT_EQ(rejected.run("alerts ack 21"), ExitCode::kFailed);
  EXPECT_THAT(rejected.err.text, HasSubstr("#21 is rejected already"));
  EXPECT_THAT(rejected.err.text, HasSubstr("approve it"));
}

TEST(Alerts, AreNotSaidToBeNoneWhenTheyWaitInMemory) {
  CliWorld world;
  world.daemon->status.open_alerts[model::Severity::kMedium] = 4;
  world.daemon->status.store.pending_events = 9;
  world.daemon->status.store.problem = "the disk is full";
  EXPECT_EQ(world.run("alerts"), ExitCode::kDone);
  EXPECT_THAT(world.err.text, Not(HasSubstr("No alert waits")));
  EXPECT_THAT(world.err.text,
              HasSubstr("4 alerts wait in memory: the store cannot write (the disk is full)"));
  for (const char* command : {"list", "history", "list --json", "history --json", "watch"}) {
    CliWorld other;
    other.daemon->status = world.daemon->status;
    EXPECT_EQ(other.run(command), ExitCode::kDone);
    EXPECT_THAT(other.err.text,
                HasSubstr("9 events wait in memory: the store cannot write (the disk is full)"))
        << command;
  }
  CliWorld json;
  json.daemon->status = world.daemon->status;
  EXPECT_EQ(json.run("alerts --json"), ExitCode::kDone);
  EXPECT_THAT(json_of(json)["alerts"], IsEmpty());
  EXPECT_THAT(json.err.text, HasSubstr("4 alerts wait in memory"));
  CliWorld well;
  well.daemon->status.store.pending_events = 9;  // on their way
  EXPECT_EQ(well.run("alerts"), ExitCode::kDone);
  EXPECT_EQ(well.err.text, "No alert waits.\n");
}

TEST(Alerts, SayWhichOnesThereAreNone) {
  for (const auto& [command, words] :
       {std::pair{"alerts --state rejected", "No alert is rejected.\n"},
        {"alerts --state approved,rejected", "No alert is approved or rejected.\n"},
        {"alerts --all", "There never was an alert.\n"}}) {
    CliWorld world;
    EXPECT_EQ(world.run(command), ExitCode::kDone);
    EXPECT_EQ(world.err.text, words);
  }
}

TEST(Alerts, SayWhatThisPersonCanDoNext) {
  CliWorld world;
  world.daemon->alerts = {make_alert(22), make_alert(21)};
  world.daemon->alerts[0].state = model::AlertState::kApproved;
  world.run("alerts --all");
  EXPECT_THAT(world.err.text, HasSubstr("alerts approve 21, reject 21 or ack 21"));
  CliWorld approved;
  approved.daemon->alerts = {world.daemon->alerts[0]};
  approved.run("alerts --all");
  EXPECT_EQ(approved.err.text, "1 alert. Next: alerts show 22\n");
  CliWorld viewer;
  viewer.role = protocol::Role::kViewer;
  viewer.daemon->alerts = {make_alert(21)};
  viewer.run("alerts");
  EXPECT_EQ(viewer.err.text, "1 alert. Next: alerts show 21\n");
}

TEST(List, SaysThatThereIsNoSuchUser) {
  CliWorld world;
  world.unknown_users = {"nobodyhere", "4242"};
  world.daemon->listeners = {share(make_listener())};
  EXPECT_EQ(world.run("list --user nobodyhere"), ExitCode::kDone);
  EXPECT_EQ(world.err.text, "There is no user nobodyhere.\n");
  for (const char* command : {"list --user root", "list --user 4242"}) {
    world.err.text.clear();
    world.run(command);
    EXPECT_EQ(world.err.text, "Nothing that listens now matches.\n") << command;
  }
}

TEST(List, CountsTheAlertsThatWaitAndCallsRejectedWhatIsRejected) {
  CliWorld world;
  world.daemon->listeners = {share(make_listener())};
  world.daemon->status.open_alerts[model::Severity::kLow] = 3;
  world.run("list");
  EXPECT_THAT(world.err.text, HasSubstr("1 listener, 1 unknown; 3 alerts wait (portwatchctl alerts)"));
  CliWorld rejected;
  rejected.daemon->listeners = {share(make_listener())};
  rejected.daemon->alerts = {make_alert(21)};
  rejected.daemon->alerts[0].state = model::AlertState::kRejected;
  rejected.run("list");
  EXPECT_THAT(rejected.out.text, HasSubstr("rejected"));
  EXPECT_THAT(rejected.out.text, Not(HasSubstr("unknown")));
  EXPECT_THAT(rejected.err.text, HasSubstr("1 listener, 1 rejected"));
  CliWorld page;
  page.daemon->listeners = rejected.daemon->listeners;
  page.daemon->alerts = rejected.daemon->alerts;
  page.run("show 8080");
  EXPECT_THAT(page.out.text, HasSubstr("rejected #21"));
}

TEST(Help, IsTheSameByOptionAndByCommand) {
  CliWorld option;
  CliWorld command;
  EXPECT_EQ(option.run("alerts approve --help"), ExitCode::kDone);
  EXPECT_EQ(command.run("help alerts approve"), ExitCode::kDone);
  EXPECT_EQ(option.out.text, command.out.text);
  EXPECT_THAT(option.connects, IsEmpty()) << "help asks no daemon";
}

TEST(Version, IsPrinted) {
  for (const char* command :
       {"--version", "-V", "list -V", "alerts approve --version", "-V status", "help -V"}) {
    CliWorld world;
    EXPECT_EQ(world.run(command), ExitCode::kDone) << command;
    EXPECT_THAT(world.out.text, testing::MatchesRegex("portwatchctl [0-9]+\\.[0-9]+\\.[0-9]+\n"));
  }
}

}  // namespace
}  // namespace portwatch::test
