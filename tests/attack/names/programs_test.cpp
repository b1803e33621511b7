// SPDX-License-Identifier: Apache-2.0
// Programs whose files, arguments, folders, scripts and names of their own are hostile, and every command
// that shows them.

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <memory>
#include <nlohmann/json.hpp>

#include "common/base/assert.h"
#include "common/base/text.h"
#include "common/platform/descriptor.h"
#include "tests/attack/names/hostile_names.h"
#include "tests/support/daemon_harness.h"
#include "tests/support/forked_child.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::json;
using testing::HasSubstr;
using testing::Not;

constexpr const char* kWait = "read x";

class Programs : public testing::Test {
 protected:
  void SetUp() override { ASSERT_TRUE(daemon.start()); }

  /// Starts it with a listener of its own; gives the port.
  std::uint16_t start(std::vector<std::string> argv, const fs::path& directory = {}) {
    const ListeningSocket socket({.port = free_named_port(), .is_inherited = true});
    children.push_back(std::make_unique<ChildProcess>(std::move(argv), ChildOptions{.directory = directory}));
    ports.push_back(socket.port());
    return socket.port();
  }
  /// Under this file name, with these arguments behind, in this folder.
  std::uint16_t start_as(const std::string& name, std::vector<std::string> arguments,
                         const fs::path& directory) {
    const fs::path place = folder.path() / std::to_string(ports.size());
    fs::create_directory(place);
    fs::copy_file("/bin/sh", place / name);
    arguments.insert(arguments.begin(), {place / name, "-c", kWait});
    return start(std::move(arguments), directory);
  }

  void expect_seen() {
    for (std::size_t i = 0; i < ports.size(); ++i) {
      EXPECT_TRUE(wait_until([&] {
        const Json found = daemon.listeners_on(ports[i]);
        return found.size() == 1 && found.at(0).at("owners").size() == 1;
      })) << i;
    }
    EXPECT_TRUE(daemon.looks_again());
  }

  TempDir folder;
  DaemonHarness daemon{{.arguments = {"--log-level", "debug"}}};
  std::vector<std::unique_ptr<ChildProcess>> children;
  std::vector<std::uint16_t> ports;
};

TEST_F(Programs, ReachNoTerminalNoLogAndNoJsonRaw) {
  const auto names = hostile_names();
  std::unique_ptr<ChildProcess> watch =
      std::make_unique<ChildProcess>(daemon.ctl_argv({"watch"}), ChildOptions{});
  std::unique_ptr<ChildProcess> watch_json =
      std::make_unique<ChildProcess>(daemon.ctl_argv({"watch", "--json"}), ChildOptions{});
  ASSERT_TRUE(wait_until([&] { return daemon.client()->call("status").at("sessions").get<int>() >= 3; }));
  for (const HostileName& name : names) {
    const fs::path directory = folder.path() / ("in " + name.bytes);
    fs::create_directory(directory);
    start_as(name.bytes, {name.bytes, "--title=" + name.bytes}, directory);
  }
  expect_seen();

  std::vector<std::vector<std::string>> commands{{"status"},  {"list"},          {"list", "-a"},
                                                 {"history"}, {"history", "-r"}, {"alerts"}};
  for (std::size_t i = 0; i < ports.size(); i += 2) commands.push_back({"show", std::to_string(ports[i])});
  const Json alerts = daemon.client()->call("alerts.list").at("alerts");
  EXPECT_GE(alerts.size(), names.size());
  for (std::size_t i = 1; i < alerts.size(); i += 4)
    commands.push_back({"alerts", "show", std::to_string(alerts.at(i).at("id").get<int>())});
  for (const auto& words : commands) {
    SCOPED_TRACE(testing::PrintToString(words));
    EXPECT_EQ(fault_in(daemon.ctl(words), false), "");
  }
  for (std::vector<std::string> words :
       {std::vector<std::string>{"list"}, {"history"}, {"alerts"}, {"status"}}) {
    words.emplace_back("--json");
    SCOPED_TRACE(testing::PrintToString(words));
    EXPECT_EQ(fault_in(daemon.ctl(words), true), "");
  }
  EXPECT_EQ(fault_in(daemon.portwatchd({"--once"}), true), "");

  const Outcome list = daemon.ctl({"list"});
  for (const HostileName& name : names) EXPECT_THAT(list.out, HasSubstr(name.shown)) << name.what;

  EXPECT_TRUE(
      wait_until([&] { return watch_json->out().find(std::to_string(ports.back())) != std::string::npos; }));
  for (auto* child : {watch.get(), watch_json.get()}) {
    child->signal(SIGTERM);
    ASSERT_TRUE(child->wait());
  }
  EXPECT_EQ(fault_in_text(watch->out() + watch->err()), "");
  EXPECT_EQ(fault_in_json(watch_json->out()), "");
  EXPECT_THAT(watch->out(), HasSubstr("red\\x1b[31;5m"));

  EXPECT_EQ(fault_in_text(daemon.log()), "");
  EXPECT_THAT(daemon.log(), HasSubstr("x\\nPRIORITY=0"));
  EXPECT_THAT(daemon.log(), Not(HasSubstr("\nPRIORITY=0")));
}

TEST_F(Programs, KeepEachColumnInItsPlace) {
  for (const HostileName& name : hostile_names()) start_as(name.bytes, {}, {});
  expect_seen();
  const Outcome list = daemon.ctl({"list"});
  std::optional<std::size_t> column;
  std::size_t rows = 0;
  for (const std::string_view line : base::split(list.out, '\n')) {
    if (line.empty()) continue;
    // Names that look like columns stand in quotes, so the last one is ours.
    const std::size_t at = line.rfind(column ? "loopback" : "EXPOSURE");
    if (at == std::string_view::npos) continue;
    const std::size_t where = base::display_width(line.substr(0, at));
    if (!column) column = where;
    EXPECT_EQ(where, *column) << line;
    ++rows;
  }
  EXPECT_EQ(rows, ports.size() + 1);
}

TEST_F(Programs, OfManyBytesAreCutAndSaidToBe) {
  const std::string huge(128 * 1024 - 1, 'a');
  const std::string marks = "m" + many("\u0301", 10'000);
  const std::string commands = many("\x1b[31m", 20'000);
  const std::uint16_t port = start_as("long", {huge, marks, commands}, {});
  const std::uint16_t with_marks = start_as("marks", {marks}, {});
  const std::uint16_t with_commands = start_as("commands", {commands}, {});
  std::vector<std::string> words;
  for (int i = 0; i < 5'000; ++i) words.push_back("\x1b[3" + std::to_string(i % 8) + "m");
  const std::uint16_t with_words = start_as("words", words, {});
  expect_seen();
  for (const std::uint16_t each : {port, with_marks, with_commands, with_words}) {
    const Outcome show = daemon.ctl({"show", std::to_string(each)});
    EXPECT_EQ(show.exit_code, 0);
    EXPECT_EQ(fault_in(show, false), "");
    EXPECT_LT(show.out.size(), 64U * 1024U);
    EXPECT_EQ(daemon.listeners_on(each).at(0).at("owners").at(0).at("command_truncated"), true);
    EXPECT_EQ(fault_in(daemon.ctl({"show", std::to_string(each), "--json"}), true), "");
  }
}

TEST_F(Programs, ThatNameTheirScriptOrCodeAreShownByIt) {
  for (const HostileName& name : hostile_names()) {
    const fs::path place = folder.path() / std::to_string(ports.size());
    fs::create_directory(place);
    // A name that begins like an option would be one, so it is given by its whole path.
    std::ofstream(place / name.bytes) << kWait << '\n';
    start({"/bin/sh", place / name.bytes});
    start({"/bin/sh", "-c", std::string(kWait) + " # " + name.bytes});
  }
  expect_seen();
  const Outcome list = daemon.ctl({"list"});
  EXPECT_EQ(fault_in(list, false), "");
  for (const HostileName& name : hostile_names()) EXPECT_THAT(list.out, HasSubstr(name.shown)) << name.what;
  EXPECT_EQ(fault_in(daemon.ctl({"alerts"}), false), "");
  EXPECT_EQ(fault_in(daemon.ctl({"list", "--json"}), true), "");
  EXPECT_EQ(fault_in_text(daemon.log()), "");
}

/// Folders in each other, so many that no path to the last one fits into a page; gone with it.
class DeepFolder {
 public:
  explicit DeepFolder(const fs::path& base) {
    levels_.emplace_back(::open(base.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
    for (int level = 0; level < 18; ++level) {
      const int above = levels_.back().get();
      PW_ASSERT(::mkdirat(above, name_.c_str(), 0755) == 0);
      levels_.emplace_back(::openat(above, name_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
      PW_ASSERT(levels_.back());
    }
  }
  ~DeepFolder() {
    for (const char* file : {"sshd", "app"}) ::unlinkat(fd(), file, 0);
    while (levels_.size() > 1) {
      levels_.pop_back();
      ::unlinkat(levels_.back().get(), name_.c_str(), AT_REMOVEDIR);
    }
  }
  DeepFolder(const DeepFolder&) = delete;
  DeepFolder& operator=(const DeepFolder&) = delete;

  [[nodiscard]] int fd() const { return levels_.back().get(); }
  /// A short way to the folder, for this process.
  [[nodiscard]] fs::path way() const { return "/proc/self/fd/" + std::to_string(fd()); }

 private:
  std::string name_ = std::string(250, 'd');
  std::vector<platform::Descriptor> levels_;
};

TEST_F(Programs, InFoldersTooDeepForAPathAreSaidToBeSo) {
  const DeepFolder deep(folder.path());
  fs::copy_file("/bin/sh", deep.way() / "sshd");
  std::ofstream(deep.way() / "app") << kWait << '\n';
  start({deep.way() / "sshd", "-c", kWait});
  start({"/bin/sh", "app"}, deep.way());
  expect_seen();
  for (const std::uint16_t port : ports) {
    ASSERT_TRUE(wait_until([&] { return daemon.alerts_on(port).size() == 1; }));
    const Json alert = daemon.alerts_on(port).at(0);
    EXPECT_EQ(alert.at("severity"), "high");
    EXPECT_EQ(alert.at("reasons").at(0).at("code"), "unnamed_file") << alert.at("reasons").dump();
  }
  EXPECT_THAT(daemon.listeners_on(ports.front()).at(0).at("program").get<std::string>(),
              testing::StartsWith("unnamed file"));
  EXPECT_EQ(fault_in(daemon.ctl({"list"}), false), "");
}

/// By system calls alone.
void listen_on(std::uint16_t port) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  const int fd = ::socket(AF_INET, SOCK_STREAM, 0);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) ::listen(fd, 1);
}

TEST_F(Programs, ThatCallThemselvesSomethingElseAreKnownByTheirFile) {
  const std::vector<std::string> claims{"nginx",         "x\x1b[31m\n",          "(kernel)",
                                        "a)  known  (b", "\xff\xfe\xed\xa0\x80", "sshd\u202e"};
  std::vector<std::unique_ptr<ForkedChild>> liars;
  for (const std::string& claim : claims) {
    ports.push_back(free_named_port());
    liars.push_back(std::make_unique<ForkedChild>([&] {
      ::prctl(PR_SET_NAME, claim.c_str());
      listen_on(ports.back());
    }));
  }
  expect_seen();
  const std::string file = fs::read_symlink("/proc/self/exe").filename();
  for (const std::uint16_t port : ports) {
    const Json listener = daemon.listeners_on(port).at(0);
    EXPECT_THAT(listener.at("program").get<std::string>(), testing::StartsWith(file + " (as "));
    EXPECT_THAT(listener.at("program_id").get<std::string>(), testing::EndsWith(file));
    EXPECT_EQ(fault_in(daemon.ctl({"show", std::to_string(port)}), false), "");
  }
  const Outcome list = daemon.ctl({"list"});
  EXPECT_EQ(fault_in(list, false), "");
  EXPECT_THAT(list.out, HasSubstr("(as nginx)"));
  EXPECT_THAT(list.out, HasSubstr("(as 'a)  known  (b')"));
  EXPECT_EQ(fault_in_text(daemon.log()), "");
}

}  // namespace
}  // namespace portwatch::test
