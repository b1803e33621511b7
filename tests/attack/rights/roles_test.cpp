// SPDX-License-Identifier: Apache-2.0
// Who sees and changes what: every role, every method, field by field.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <nlohmann/json.hpp>
#include <set>

#include "tests/attack/rights/other_user.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr int kNotAllowed = -32002;
/// What only those may read who may look into Ana's process.
constexpr const char* kSecretArgument = "ana-argument";
constexpr const char* kSecretFolder = "ana-folder";

/// Ana's program, in Ana's folder, with a listener on loopback.
class Roles : public testing::Test {
 protected:
  Roles()
      : daemon({.configuration = std::string("[scan]\ninterval = \"100ms\"\n[policy]\nlearning = \"0s\"\n"
                                             "[server]\naudience = \"everybody\"\nadmin_group = \"") +
                                 kGroup + "\"\n"}) {}

  void SetUp() override {
    fs::create_directory(folder / kSecretFolder);
    program = folder / kSecretFolder / "ana-program";
    fs::copy_file("/bin/sh", program);
    ASSERT_EQ(::chmod(folder.path().c_str(), 0755), 0);
    let_everybody_through(daemon);
    ASSERT_TRUE(daemon.start());
    port = free_named_port();
    ana = start_as_ana(port, {program, "-c", "read x", kSecretArgument, "--password=hunter2"});
    ASSERT_TRUE(wait_until([&] {
      const Json found = daemon.listeners_on(port);
      return found.size() == 1 && found.at(0).at("owners").size() == 1 &&
             found.at(0).at("owners").at(0).at("pid") == ana->pid() && !daemon.alerts_on(port).empty();
    }));
    alert = daemon.alerts_on(port).at(0).at("id");
  }

  /// Holds a listener of Ana's.
  [[nodiscard]] std::unique_ptr<ChildProcess> start_as_ana(std::uint16_t on,
                                                           std::vector<std::string> argv) const {
    // The owner of a socket is who made it.
    const uid_t us = ::geteuid();
    if (can_be_others()) PW_ASSERT(::seteuid(kAna) == 0);
    const ListeningSocket socket({.port = on, .is_inherited = true});
    PW_ASSERT(::seteuid(us) == 0);
    ChildOptions options{.directory = folder / kSecretFolder};
    if (can_be_others()) options.uid = kAna;
    return std::make_unique<ChildProcess>(std::move(argv), options);
  }

  [[nodiscard]] Json seen_by(unsigned uid) const {
    const auto client = client_as(daemon, uid);
    client->hello();
    return client->call("listeners.list", {{"port", std::to_string(port)}}).at("listeners").at(0);
  }

  TempDir folder;
  fs::path program;
  DaemonHarness daemon;
  std::unique_ptr<ChildProcess> ana;
  std::uint16_t port = 0;
  int alert = 0;
};

TEST_F(Roles, AreWhatTheKernelSaysOfThePeer) {
  const auto role_of = [&](unsigned uid) { return client_as(daemon, uid)->hello().at("role"); };
  EXPECT_EQ(role_of(::geteuid()), "admin");
  if (!can_be_others()) return;
  EXPECT_EQ(role_of(kAna), "viewer");
  EXPECT_EQ(role_of(kInGroup), "reader");
}

TEST_F(Roles, AViewerSeesProgramAndUserOfAStrangerAndNoMore) {
  if (!can_be_others()) {
    EXPECT_EQ(seen_by(kBob).at("redacted"), Json::array()) << "there is nobody else here";
    return;
  }
  const Json whole = daemon.listeners_on(port).at(0);
  const Json seen = seen_by(kBob);
  const std::set<std::string> hidden{"exe",        "exe_file",       "command",    "cwd",
                                     "ancestors",  "login_uid",      "login_user", "login_session",
                                     "login_peer", "session_leader", "terminal",   "unit",
                                     "container",  "container_name"};
  const Json& owner = seen.at("owners").at(0);
  for (const auto& [name, value] : whole.at("owners").at(0).items()) {
    if (name == "exe")
      EXPECT_EQ(owner.at(name), "ana-program");
    else if (hidden.contains(name))
      EXPECT_TRUE(owner.at(name).is_null()) << name;
    else
      EXPECT_EQ(owner.at(name), value) << name;
  }
  for (const auto& [name, value] : whole.items()) {
    if (name == "owners" || name == "service") continue;
    if (name == "redacted") continue;
    if (name == "program")
      EXPECT_THAT(seen.at(name).get<std::string>(), HasSubstr("ana-program"));
    else if (name == "program_id")
      EXPECT_TRUE(seen.at(name).is_null());
    else
      EXPECT_EQ(seen.at(name), value) << name;
  }
  for (const auto& [name, value] : whole.at("service").items())
    EXPECT_EQ(seen.at("service").at(name), name == "program" ? Json() : value) << name;
  const auto named = seen.at("redacted").get<std::set<std::string>>();
  for (const std::string& field : hidden) EXPECT_TRUE(named.contains(field)) << field;
  for (const char* field : {"program", "program_id", "service"}) EXPECT_TRUE(named.contains(field)) << field;
}

TEST_F(Roles, EverybodySeesTheirOwnAndReadersAndAdminsSeeAll) {
  const Json whole = daemon.listeners_on(port).at(0);
  EXPECT_EQ(whole.at("redacted"), Json::array());
  EXPECT_EQ(seen_by(kAna), whole);
  EXPECT_EQ(seen_by(kInGroup), whole);
  const Json& owner = whole.at("owners").at(0);
  EXPECT_EQ(owner.at("cwd"), fs::path(folder / kSecretFolder).native());
  EXPECT_THAT(owner.at("command").dump(), HasSubstr(kSecretArgument));
  EXPECT_THAT(whole.dump(), Not(HasSubstr("hunter2"))) << "secrets are for nobody";
}

TEST_F(Roles, NoCommandShowsAViewerWhatIsHidden) {
  const std::string number = std::to_string(port);
  const std::string id = std::to_string(alert);
  const std::vector<std::vector<std::string>> commands{{"status"},
                                                       {"list"},
                                                       {"list", "-a"},
                                                       {"list", "--program", kSecretArgument},
                                                       {"show", number},
                                                       {"history"},
                                                       {"history", number, "-r"},
                                                       {"alerts"},
                                                       {"alerts", "show", id}};
  for (const bool as_json : {false, true}) {
    for (std::vector<std::string> words : commands) {
      if (as_json) words.emplace_back("--json");
      const Outcome bob = ctl_as(daemon, kBob, words);
      SCOPED_TRACE(testing::PrintToString(words));
      EXPECT_EQ(bob.exit_code, 0) << bob.err;
      if (!can_be_others()) continue;
      for (const char* secret : {kSecretArgument, kSecretFolder, "hunter2"})
        EXPECT_THAT(bob.out + bob.err, Not(HasSubstr(secret)));
    }
  }
  const Outcome own = ctl_as(daemon, kAna, {"show", number});
  EXPECT_THAT(own.out, HasSubstr(kSecretArgument));
  EXPECT_THAT(own.out, HasSubstr(kSecretFolder));
  EXPECT_THAT(ctl_as(daemon, kInGroup, {"show", number}).out, HasSubstr(kSecretArgument));
}

TEST_F(Roles, AViewerThatFollowsIsToldNoMoreEither) {
  const auto client = client_as(daemon, kBob);
  client->hello();
  const Json hello = daemon.client()->call("events.list", {{"limit", 1}});
  const std::string first = hello.at("next").is_null() ? "" : hello.at("next").get<std::string>();
  const Json params = first.empty() ? Json::object() : Json{{"after", first}};
  ASSERT_TRUE(client->call("events.subscribe", params).is_object());
  bool has_heard_of_it = false;
  EXPECT_TRUE(wait_until([&] {
    const Json told = client->notification();
    if (!told.is_object()) return false;
    if (can_be_others())
      for (const char* secret : {kSecretArgument, kSecretFolder})
        EXPECT_THAT(told.dump(), Not(HasSubstr(secret)));
    const Json& event = told.at("params").at("event");
    has_heard_of_it = event.at("kind") == "alert_raised" && event.at("listener").at("port") == port;
    return has_heard_of_it;
  }));
}

TEST_F(Roles, OfMethodsThatReadMayBeUsedByEverybodyThatConnects) {
  for (const unsigned uid : {kAna, kBob, kInGroup, static_cast<unsigned>(::geteuid())}) {
    const auto client = client_as(daemon, uid);
    ASSERT_TRUE(client->hello().is_object()) << uid;
    const auto works = [&](const char* method, const Json& params) {
      EXPECT_TRUE(client->request(method, params).contains("result")) << method << " by " << uid;
    };
    works("status", Json::object());
    works("listeners.list", Json::object());
    works("listeners.brief", Json::object());
    works("listeners.at", {{"at", "2026-11-21T08:03:20.000000Z"}});
    works("events.list", Json::object());
    works("events.subscribe", Json::object());
    works("events.unsubscribe", Json::object());
    works("alerts.list", Json::object());
    works("alerts.show", {{"id", alert}});
  }
}

TEST_F(Roles, OnlyAdminsChangeAndEverybodyTheirOwnHarmlessOnes) {
  const auto change_of = [&](unsigned uid, const char* method, int id) {
    const auto client = client_as(daemon, uid);
    client->hello();
    return client->request(method, {{"id", id}});
  };
  const auto change = [&](unsigned uid, const char* method) { return change_of(uid, method, alert); };
  const auto is_refused = [](const Json& answer) {
    return answer.contains("error") && answer.at("error").at("code") == kNotAllowed;
  };
  if (can_be_others()) {
    for (const char* method : {"alerts.ack", "alerts.reject", "alerts.approve"}) {
      EXPECT_TRUE(is_refused(change(kBob, method))) << method;
      EXPECT_TRUE(is_refused(change(kInGroup, method))) << method << ": a reader reads";
    }
    for (const char* method : {"alerts.ack", "alerts.reject", "alerts.approve"})
      EXPECT_TRUE(is_refused(change(kAna, method)))
          << method << ": it lies in a temporary folder, so it is high";
    const Outcome denied = ctl_as(daemon, kBob, {"alerts", "approve", std::to_string(alert)});
    EXPECT_EQ(denied.exit_code, 4);
    EXPECT_THAT(denied.err, HasSubstr("sudo"));
  }
  // An ordinary program on loopback is for whoever runs it to approve, and for nobody else.
  const std::uint16_t harmless = free_named_port();
  const auto sleeper = start_as_ana(harmless, {"/bin/sleep", "1000"});
  ASSERT_TRUE(wait_until([&] {
    const Json found = daemon.listeners_on(harmless);
    return found.size() == 1 && found.at(0).at("program") == "sleep" && !daemon.alerts_on(harmless).empty();
  }));
  const int id = daemon.alerts_on(harmless).at(0).at("id");
  if (can_be_others()) {
    EXPECT_TRUE(is_refused(change_of(kBob, "alerts.approve", id)));
    EXPECT_TRUE(is_refused(change_of(kInGroup, "alerts.approve", id)));
    EXPECT_TRUE(is_refused(change_of(kAna, "alerts.reject", id))) << "to reject is for admins";
  }
  EXPECT_TRUE(change_of(kAna, "alerts.ack", id).contains("result"));
  EXPECT_TRUE(change_of(kAna, "alerts.approve", id).contains("result"));
  EXPECT_EQ(daemon.listeners_on(harmless).at(0).at("verdict"), "known");
  EXPECT_TRUE(change(::geteuid(), "alerts.approve").contains("result")) << "an admin may";
}

TEST(RolesOfAnOrdinaryDaemon, ItsOwnUserIsAdminAndOthersDoNotGetThrough) {
  DaemonHarness::Options options;
  if (can_be_others()) options.uid = kAna;
  DaemonHarness daemon(options);
  let_everybody_through(daemon);
  ASSERT_TRUE(daemon.start());
  EXPECT_EQ(client_as(daemon, kAna)->hello().at("role"), "admin");
  EXPECT_EQ(client_as(daemon, ::geteuid())->hello().at("role"), "admin") << "root is admin everywhere";
  if (!can_be_others()) return;
  EXPECT_FALSE(client_as(daemon, kBob)->is_connected());
  const Outcome bob = ctl_as(daemon, kBob, {"status"});
  EXPECT_EQ(bob.exit_code, 4);
  EXPECT_THAT(bob.err, HasSubstr("permission denied"));
  EXPECT_EQ(bob.out, "");
}

TEST(RolesOfAnOrdinaryDaemon, OthersAreViewersWhereItsSocketIsForEverybody) {
  DaemonHarness::Options options;
  options.configuration += "[server]\naudience = \"everybody\"\n";
  if (can_be_others()) options.uid = kAna;
  DaemonHarness daemon(options);
  let_everybody_through(daemon);
  ASSERT_TRUE(daemon.start());
  EXPECT_EQ(client_as(daemon, kBob)->hello().at("role"), can_be_others() ? "viewer" : "admin");
  EXPECT_EQ(client_as(daemon, kAna)->hello().at("role"), "admin");
}

}  // namespace
}  // namespace portwatch::test
