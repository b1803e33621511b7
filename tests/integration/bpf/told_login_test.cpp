// SPDX-License-Identifier: Apache-2.0
// Who is behind a listener: the login of its program, as a whole portwatchd has stored it, told or looked up.

#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <fstream>
#include <string>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "tests/integration/bpf/python_program.h"
#include "tests/support/daemon_harness.h"
#include "tests/support/wait.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;
using testing::HasSubstr;
using testing::StartsWith;

/// A child on a terminal of its own, for which nobody has logged in; root may say that somebody did, and
/// leave a login manager's note of that session in a folder. It listens and says where on its terminal, then
/// how it is called by the system.
constexpr auto kLogIn =
    "import pty\n"
    "def log_in(notes=None):\n"
    "    child, terminal = pty.fork()\n"
    "    if child: return child, os.fdopen(terminal, closefd=False).readline().split(), terminal\n"
    "    open('/proc/self/loginuid', 'w').write('65534')\n"
    "    audit = open('/proc/self/sessionid').read()\n"
    "    if notes: open(notes + '/' + audit, 'w').write('UID=65534\\nREMOTE_HOST=192.0.2.8\\n')\n"
    "    s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()\n"
    "    print(s.getsockname()[1], audit, os.ttyname(0)[5:], flush=True)\n"
    "    time.sleep(60)\n";

/// Where control groups of version 2 are mounted.
std::filesystem::path control_groups() {
  std::ifstream mounts("/proc/self/mounts");
  for (std::string source, place, type, rest;
       mounts >> source >> place >> type && std::getline(mounts, rest);)
    if (type == "cgroup2") return place;
  return {};
}

/// The control group of a login session, as the login manager makes them.
class SessionScope {
 public:
  SessionScope() : id_("pw" + std::to_string(::getpid())) {
    user_ = control_groups() / "user.slice" / "user-65534.slice";
    std::filesystem::create_directories(scope());
  }
  ~SessionScope() {
    std::error_code failure;  // whoever shares the folders keeps them
    for (const auto& folder : {scope(), user_, user_.parent_path()}) std::filesystem::remove(folder, failure);
  }
  SessionScope(const SessionScope&) = delete;
  SessionScope& operator=(const SessionScope&) = delete;

  [[nodiscard]] const std::string& id() const { return id_; }
  [[nodiscard]] std::filesystem::path scope() const { return user_ / ("session-" + id_ + ".scope"); }

 private:
  std::string id_;
  std::filesystem::path user_;
};

class Login : public testing::TestWithParam<const char*> {};

TEST_P(Login, IsThatOfTheProgramWhoeverItRunsAs) {
  DaemonHarness daemon({.configuration = "[policy]\nlearning = \"0s\"\n", .sensor = GetParam()});
  ASSERT_TRUE(daemon.start());
  PythonProgram program;
  program.run("exec(" + Json(kLogIn).dump() + ", globals())");
  program.run("child, said, terminal = log_in()");
  const std::string port = program.ask("said[0]");
  ASSERT_TRUE(daemon.sees(static_cast<std::uint16_t>(std::stoi(port))));
  const Json owner = daemon.ctl_json({"history", port}).at("events").at(0).at("listener").at("owners").at(0);
  EXPECT_EQ(std::to_string(owner.at("pid").get<int>()), program.ask("child"));
  EXPECT_EQ(owner.at("user"), "root");
  EXPECT_EQ(owner.at("login_uid"), 65534);
  EXPECT_EQ(owner.at("login_user"), "nobody");
  EXPECT_EQ(std::to_string(owner.at("login_session").get<unsigned>()), program.ask("said[1]"));
  EXPECT_EQ(owner.at("terminal"), program.ask("said[2]"));
  EXPECT_THAT(owner.at("terminal").get<std::string>(), StartsWith("pts/"));
  EXPECT_EQ(owner.at("session_leader"), owner.at("pid")) << "who has a terminal of its own leads a session";
  EXPECT_TRUE(owner.at("login_peer").is_null());
  EXPECT_THAT(daemon.ctl({"show", port}).out,
              HasSubstr("nobody on " + owner.at("terminal").get<std::string>()));
  program.run("os.kill(child, 9); os.waitpid(child, 0)");
}

/// The login manager's notes are those of a folder that the daemon alone sees.
TEST_P(Login, ComesFromWhereTheLoginManagerSays) {
  const SessionScope session;
  const std::string notes =
      "mount -t tmpfs none /run/systemd/sessions && printf 'UID=65534\\nREMOTE_HOST=192.0.2.7\\n' "
      "> /run/systemd/sessions/" +
      session.id() + " && exec \"$0\" \"$@\"";
  DaemonHarness daemon({.configuration = "[policy]\nlearning = \"0s\"\n",
                        .sensor = GetParam(),
                        .around = {"unshare", "-m", "sh", "-c", notes}});
  ASSERT_TRUE(daemon.start());
  PythonProgram program;
  program.run("open(" + Json((session.scope() / "cgroup.procs").string()).dump() +
              ", 'w').write(str(os.getpid()))");
  program.run("exec(" + Json(kLogIn).dump() + ", globals())");
  program.run("child, said, terminal = log_in()");
  const std::string port = program.ask("said[0]");
  ASSERT_TRUE(daemon.sees(static_cast<std::uint16_t>(std::stoi(port))));
  const Json owner = daemon.ctl_json({"history", port}).at("events").at(0).at("listener").at("owners").at(0);
  EXPECT_EQ(owner.at("login_peer"), "192.0.2.7") << owner;
  EXPECT_THAT(daemon.ctl({"show", port}).out, HasSubstr("nobody from 192.0.2.7 on pts/"));
  program.run("os.kill(child, 9); os.waitpid(child, 0)");
  program.child().signal(SIGKILL);
  ASSERT_TRUE(program.child().wait());
}

/// Such as below the user's own manager, or where control groups are not the login manager's.
TEST_P(Login, ComesFromThereInAnotherControlGroupToo) {
  const TempDir notes;
  DaemonHarness daemon(
      {.configuration = "[policy]\nlearning = \"0s\"\n",
       .sensor = GetParam(),
       .around = {"unshare", "-m", "sh", "-c",
                  "mount --bind " + notes.path().string() + " /run/systemd/sessions && exec \"$0\" \"$@\""}});
  ASSERT_TRUE(daemon.start());
  PythonProgram program;
  program.run("exec(" + Json(kLogIn).dump() + ", globals())");
  program.run("child, said, terminal = log_in(" + Json(notes.path().string()).dump() + ")");
  const std::string port = program.ask("said[0]");
  ASSERT_TRUE(daemon.sees(static_cast<std::uint16_t>(std::stoi(port))));
  const Json owner = daemon.ctl_json({"history", port}).at("events").at(0).at("listener").at("owners").at(0);
  EXPECT_EQ(owner.at("login_peer"), "192.0.2.8") << owner;
  program.run("os.kill(child, 9); os.waitpid(child, 0)");
}

TEST_P(Login, IsNothingWhereNobodyLoggedIn) {
  DaemonHarness daemon({.configuration = "[policy]\nlearning = \"0s\"\n", .sensor = GetParam()});
  ASSERT_TRUE(daemon.start());
  PythonProgram program({"setsid", "--wait"});
  program.run("s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()");
  const std::string port = program.ask("s.getsockname()[1]");
  ASSERT_TRUE(daemon.sees(static_cast<std::uint16_t>(std::stoi(port))));
  if (program.ask("open('/proc/self/loginuid').read()") != "4294967295") return;  // a person runs this test
  const Json owner = daemon.ctl_json({"history", port}).at("events").at(0).at("listener").at("owners").at(0);
  for (const char* name : {"login_uid", "login_user", "login_session", "login_peer", "terminal"})
    EXPECT_TRUE(owner.at(name).is_null()) << name;
  EXPECT_THAT(daemon.ctl({"show", port}).out, testing::Not(HasSubstr("login")));
}

INSTANTIATE_TEST_SUITE_P(Sensors, Login, testing::Values("bpf", "sock_diag"),
                         [](const auto& parameter) { return std::string(parameter.param); });

}  // namespace
}  // namespace portwatch::test
