// SPDX-License-Identifier: Apache-2.0
#include "daemon/server/redaction.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/model/told_size.h"
#include "daemon/server/event_filter.h"
#include "tests/support/builders.h"

namespace portwatch::server {
namespace {

using testing::Contains;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

constexpr Viewer kAna{.role = Role::kLocal, .uid = {1000}};
constexpr Viewer kBob{.role = Role::kLocal, .uid = {1001}};
constexpr Viewer kReader{.role = Role::kReader, .uid = {1001}};

model::ListenerRef ana_listener() {
  model::Listener listener = test::make_listener("127.0.0.1:62893/tcp");
  model::Process owner = *listener.owners.front();
  owner.unit = "demo.service";
  owner.login.peer = "192.0.2.7";
  owner.login.terminal = "pts/3";
  owner.container = "3f0c1f62";
  owner.container_name = "web";
  listener.owners = {test::share(owner)};
  return test::share(listener);
}

TEST(Redaction, LeavesWhatIsOnesOwnAsItIs) {
  const model::ListenerRef listener = ana_listener();
  EXPECT_EQ(redact(listener, kAna), listener);
  EXPECT_EQ(redact(listener, kReader), listener);
  EXPECT_EQ(redact(model::ListenerRef{}, kBob), nullptr);
}

TEST(Redaction, ReducesAStrangersListenerToProgramAndUser) {
  const model::ListenerRef seen = redact(ana_listener(), kBob);
  EXPECT_EQ(seen->program.label, "python3.11");
  EXPECT_EQ(seen->program.id, "");
  EXPECT_EQ(seen->service.program, "");
  EXPECT_EQ(seen->service.user, "ana");
  EXPECT_EQ(seen->exposure, model::Exposure::kLoopback);
  EXPECT_EQ(seen->socket.endpoint, ana_listener()->socket.endpoint);
  ASSERT_EQ(seen->owners.size(), 1U);
  const model::Process& owner = *seen->owners.front();
  EXPECT_EQ(owner.key, ana_listener()->owners.front()->key);
  EXPECT_EQ(owner.user, "ana");
  EXPECT_EQ(owner.exe->path, "python3.11") << "where it lies may be somebody's home";
  EXPECT_FALSE(owner.exe->file);
  EXPECT_THAT(owner.argv, IsEmpty());
  EXPECT_FALSE(owner.cwd);
  EXPECT_THAT(owner.ancestors, IsEmpty());
  EXPECT_EQ(owner.login, model::Login{});
  EXPECT_FALSE(owner.unit);
  EXPECT_FALSE(owner.container);
  EXPECT_FALSE(owner.container_name);
  for (const char* field : {"exe", "exe_file", "command", "cwd", "ancestors", "login_uid", "login_user",
                            "login_session", "login_peer", "session_leader", "terminal", "unit", "container",
                            "container_name", "program", "ending"})
    EXPECT_THAT(seen->redacted, Contains(field));
}

class RedactedConnection : public testing::Test {
 protected:
  const model::Party client_{
      .process = model::ProcessKey{.pid = {700}}, .program = "psql", .uid = kAna.uid, .user = "ana"};
  const model::Party server_{
      .process = model::ProcessKey{.pid = {800}}, .program = "postgres", .uid = {{999}}, .user = "pg"};
  const model::Connection connection_{.servers = {server_}, .clients = {client_}};
};

TEST_F(RedactedConnection, TellsAStrangerOfClientsWhoseTheyAreAlone) {
  EXPECT_EQ(redact(connection_, kAna, {*server_.process}), connection_);
  EXPECT_EQ(redact(connection_, kReader, {}), connection_);
  const model::Connection seen = redact(connection_, kBob, {*server_.process});
  EXPECT_EQ(seen.servers, connection_.servers) << "as the list of listeners tells everybody";
  EXPECT_EQ(seen.clients, std::vector({model::Party{.uid = kAna.uid, .user = "ana"}}));
}

TEST_F(RedactedConnection, TellsAStrangerOfWhoDoesNotListenWhoseItIsAlone) {
  const model::Connection backwards{.servers = {client_}, .clients = {server_}};
  EXPECT_EQ(redact(backwards, kBob, {}).servers, std::vector({model::Party{.uid = kAna.uid, .user = "ana"}}))
      << "whoever asks for the port of a client learns no more";
  EXPECT_EQ(redact(backwards, kAna, {}).servers, backwards.servers) << "their own";
}

TEST(Redaction, TellsNoStrangerWhatANetworkIsCalled) {
  model::Listener listener = *ana_listener();
  listener.socket.netns = base::Netns{7};
  listener.socket.network = "payroll.service";
  const model::ListenerRef seen = redact(test::share(listener), kBob);
  EXPECT_EQ(seen->socket.network, "net:[7]") << "that it is another one is plain to see";
  EXPECT_THAT(seen->redacted, Contains("network"));
  EXPECT_EQ(redact(test::share(listener), kAna)->socket.network, "payroll.service");
}

TEST(Redaction, HidesHowAStrangersListenerEnded) {
  model::Listener closed = *ana_listener();
  closed.closed = model::EventTime{};
  closed.ending = {.cause = model::EndCause::kKilled, .signal = "SIGSEGV"};
  EXPECT_EQ(redact(test::share(closed), kBob)->ending, model::Ending{});
  EXPECT_EQ(redact(test::share(closed), kAna)->ending, closed.ending);
  EXPECT_EQ(redact(test::share(closed), kReader)->ending, closed.ending);
}

TEST(Redaction, KeepsTheOwnProcessAmongStrangers) {
  model::Listener shared = *ana_listener();
  model::Process bobs = test::make_process(8);
  bobs.uid = base::Uid{1001};
  shared.owners.push_back(test::share(bobs));
  const model::ListenerRef seen = redact(test::share(shared), kBob);
  EXPECT_THAT(seen->owners[0]->argv, IsEmpty());
  EXPECT_THAT(seen->owners[1]->argv, Not(IsEmpty()));
  EXPECT_THAT(seen->redacted, Contains("command"));
}

TEST(Redaction, QuotesNoCommandInALabel) {
  struct Row {
    model::ProgramKind kind;
    const char* label;
    const char* reduced;
  };
  for (const Row& row :
       {Row{model::ProgramKind::kInline, "python3 -c import secret", "python3"},
        Row{model::ProgramKind::kScript, "/opt/n/node server.js", "node"},
        Row{model::ProgramKind::kExecutable, "/opt/My App/run me", "run me"},
        Row{model::ProgramKind::kExecutable, "python3 (--title=of its own)", "python3"},
        Row{model::ProgramKind::kExecutable, "'evil (x)'", "'evil (x)'"},
        Row{model::ProgramKind::kExecutable, "'it'\\''s (x)' (as nginx)", "'it'\\''s (x)'"},
        Row{model::ProgramKind::kName, "unreadable (as kworker)", "unreadable (as kworker)"}}) {
    model::Listener listener = *ana_listener();
    listener.owners.clear();  // denied: the label is all there is
    listener.program = {.kind = row.kind, .id = "id", .label = row.label};
    EXPECT_EQ(redact(test::share(listener), kBob)->program.label, row.reduced);
  }
}

TEST(Redaction, ReplacesReasonsThatQuoteACommand) {
  const model::Alert alert = test::make_alert(21, *ana_listener());
  ASSERT_THAT(alert.reasons.front().text, HasSubstr("http.server"));
  EXPECT_EQ(redact(alert, kAna), alert);
  const model::Alert seen = redact(alert, kBob);
  ASSERT_EQ(seen.reasons.size(), alert.reasons.size());
  EXPECT_EQ(seen.reasons.front().code, alert.reasons.front().code);
  EXPECT_THAT(seen.reasons.front().text, Not(HasSubstr("http.server")));
  EXPECT_NE(seen.reasons.front().text, "");
  EXPECT_THAT(seen.listener->owners.front()->argv, IsEmpty());
}

TEST(Redaction, QuotesOtherProgramsToWhoSeesEverythingAlone) {
  model::Alert alert;
  alert.listener = ana_listener();
  alert.reasons = {{model::ReasonCode::kUnknownListener, "it listens"},
                   {model::ReasonCode::kComparison, "nearest known: python3 -c PIN=1234 on port 8000"}};
  EXPECT_EQ(redact(alert, kReader).reasons.size(), 2U);
  ASSERT_EQ(redact(alert, kAna).reasons.size(), 1U) << "also of an alert of one's own";
  EXPECT_EQ(redact(alert, kAna).reasons.front().text, "it listens");
  EXPECT_EQ(redact(alert, kBob).reasons.size(), 1U);
}

TEST(Redaction, CountsHoldersBeyondWhatIsTold) {
  model::Listener crowd = *ana_listener();
  for (std::int32_t pid = 1000; pid < 2200; ++pid)
    crowd.owners.push_back(test::share(test::make_process(pid)));
  const std::size_t all = crowd.owners.size();
  model::Process bobs = test::make_process(8);
  bobs.uid = base::Uid{1001};
  crowd.owners.push_back(test::share(bobs));
  for (const Viewer& viewer : {kReader, kAna}) {
    const model::ListenerRef seen = redact(test::share(crowd), viewer);
    EXPECT_EQ(seen->owners.size(), model::kMostProcessesTold);
    EXPECT_EQ(seen->owners_left_out, all + 1 - model::kMostProcessesTold);
  }
  EXPECT_THAT(redact(test::share(crowd), kAna)->redacted, Not(IsEmpty())) << "it is still not hers alone";
}

TEST(Redaction, ReachesIntoTheDetailsOfEvents) {
  const model::ListenerRef listener = ana_listener();

  const model::Event owners{
      .kind = model::EventKind::kOwnerChanged,
      .listener = listener,
      .detail = model::OwnerChangedDetail{.added = listener->owners, .removed = listener->owners}};
  const model::Event seen_owners = redact(owners, kBob);
  EXPECT_THAT(seen_owners.listener->owners.front()->argv, IsEmpty());
  EXPECT_THAT(std::get<model::OwnerChangedDetail>(seen_owners.detail).added.front()->argv, IsEmpty());
  EXPECT_THAT(std::get<model::OwnerChangedDetail>(seen_owners.detail).removed.front()->argv, IsEmpty());
  EXPECT_EQ(redact(owners, kAna), owners);

  const model::Event raised{.kind = model::EventKind::kAlertRaised,
                            .listener = listener,
                            .detail = model::AlertDetail{.alert = test::make_alert(21, *listener)}};
  const model::Alert alert = std::get<model::AlertDetail>(redact(raised, kBob).detail).alert;
  EXPECT_THAT(alert.listener->owners.front()->argv, IsEmpty());
  EXPECT_THAT(alert.reasons.front().text, Not(HasSubstr("http.server")));

  const model::Event policy{.kind = model::EventKind::kPolicyChanged,
                            .detail = model::PolicyDetail{.added = {{.service = listener->service,
                                                                     .label = "python3 -m http.server",
                                                                     .added_by = "portwatchd"}}}};
  const auto entry = std::get<model::PolicyDetail>(redact(policy, kBob).detail).added.front();
  EXPECT_EQ(entry.label, "python3");
  EXPECT_EQ(entry.service.program, "");
  EXPECT_EQ(redact(policy, kReader), policy);
}

TEST(Redaction, AnswersNoQuestionAboutWhatIsHidden) {
  const model::EventQuery query{.program = "http.server", .user = "ana", .unit = "demo.service"};
  EXPECT_EQ(visible_query(query, kReader), query);
  const model::EventQuery asked = visible_query(query, kBob);
  EXPECT_EQ(asked.program, "");
  EXPECT_EQ(asked.unit, "");
  EXPECT_EQ(asked.user, "ana");

  const model::Event opened{.kind = model::EventKind::kOpened, .listener = ana_listener()};
  const auto shows = [&](const model::EventQuery& conditions, const Viewer& viewer) {
    return matches(conditions, redact(opened, viewer));
  };
  EXPECT_TRUE(shows({.program = "http.server"}, kAna));
  EXPECT_FALSE(shows({.program = "http.server"}, kBob)) << "a stranger could guess the label piece by piece";
  EXPECT_TRUE(shows({.program = "python3"}, kBob));
  EXPECT_TRUE(shows({.unit = "demo.service"}, kAna));
  EXPECT_FALSE(shows({.unit = "demo.service"}, kBob));
}

TEST(Redaction, ShowsAStrangerWhoWantedAnAddressAndWhoListensThere) {
  const model::Event event = test::make_event(model::EventKind::kBindConflict, 1, *ana_listener());
  ASSERT_EQ(std::get<model::ConflictDetail>(event.detail).holders.at(0).kind, model::HolderKind::kListener);
  const model::Event seen = redact(event, kBob);
  EXPECT_EQ(seen.listener->program.label, "python3.11");
  EXPECT_THAT(seen.listener->owners.front()->argv, IsEmpty());
  EXPECT_EQ(seen.detail, event.detail) << "program and user of who listens are everybody's to see";
  EXPECT_EQ(redact(event, kAna).listener, event.listener);
}

TEST(Redaction, ShowsAStrangerOfOthersConnectionsWhoseTheyAreAlone) {
  model::Event event = test::make_event(model::EventKind::kBindConflict, 1, *ana_listener());
  const auto holder_as_seen = [&](model::HolderKind kind, std::string user, const Viewer& viewer) {
    std::get<model::ConflictDetail>(event.detail).holders = {
        {.kind = kind, .program = "psql", .pid = base::Pid{700}, .user = std::move(user)}};
    return std::get<model::ConflictDetail>(redact(event, viewer).detail).holders.front();
  };
  for (const auto kind : {model::HolderKind::kConnection, model::HolderKind::kBound})
    for (const Viewer& viewer : {kAna, kBob}) {
      const model::AddressHolder seen = holder_as_seen(kind, "pg", viewer);
      EXPECT_EQ(seen.program, "");
      EXPECT_FALSE(seen.pid);
      EXPECT_EQ(seen.user, "pg");
    }
  EXPECT_EQ(holder_as_seen(model::HolderKind::kBound, "ana", kAna).program, "psql") << "her own";
  EXPECT_EQ(holder_as_seen(model::HolderKind::kBound, "pg", kReader).program, "psql");
}

TEST(Redaction, SaysNothingOfOthersInTheReasonOfAConflict) {
  model::Alert alert = test::make_alert(1, *ana_listener());
  alert.reasons = {{model::ReasonCode::kBindConflict, "it was refused: psql (pid 700) has a connection"}};
  for (const Viewer& viewer : {kAna, kBob}) {
    EXPECT_THAT(redact(alert, viewer).reasons.front().text, Not(HasSubstr("psql")));
    EXPECT_NE(redact(alert, viewer).reasons.front().text, "");
  }
  EXPECT_THAT(redact(alert, kReader).reasons.front().text, HasSubstr("psql"));
}

}  // namespace
}  // namespace portwatch::server
