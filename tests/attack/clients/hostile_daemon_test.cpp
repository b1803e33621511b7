// SPDX-License-Identifier: Apache-2.0
// What portwatchctl does with a daemon that lies: it says what is wrong, ends with a code of its own, in
// time, and does not take more memory than a message may.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <functional>
#include <future>
#include <thread>

#include "common/base/assert.h"
#include "tests/attack/clients/polite_client.h"

namespace portwatch::test {
namespace {

using testing::HasSubstr;
using testing::Not;

/// Answers the lines of one client after another as a script says: with what it gives, until that is empty;
/// then it hangs up.
class LyingDaemon {
 public:
  using Script = std::function<std::string(int line)>;

  /// One that never stops says the first answer again and again.
  explicit LyingDaemon(Script script, bool never_stops = false)
      : script_(std::move(script)), never_stops_(never_stops) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    const std::string path = socket().native();
    std::memcpy(address.sun_path, path.data(), path.size());
    listener_.reset(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    PW_ASSERT(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    PW_ASSERT(::listen(listener_.get(), 4) == 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~LyingDaemon() {
    ::shutdown(listener_.get(), SHUT_RDWR);
    thread_.join();
  }
  LyingDaemon(const LyingDaemon&) = delete;
  LyingDaemon& operator=(const LyingDaemon&) = delete;

  [[nodiscard]] std::filesystem::path socket() const { return folder_ / "s"; }
  [[nodiscard]] Outcome ctl(std::vector<std::string> arguments) const {
    DaemonHarness programs;
    std::vector<std::string> argv = programs.ctl_argv({});
    argv.resize(1);
    argv.insert(argv.end(), {"--socket", socket()});
    argv.insert(argv.end(), arguments.begin(), arguments.end());
    return run_child(argv);
  }

 private:
  void serve() {
    while (true) {
      const platform::Descriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!client) return;
      std::array<char, 4096> buffer{};
      for (int line = 0; ::read(client.get(), buffer.data(), buffer.size()) > 0; ++line) {
        const std::string answer = script_(line);
        if (answer.empty()) break;
        bool is_heard = send(client.get(), answer);
        while (is_heard && never_stops_) is_heard = send(client.get(), answer);
        if (!is_heard) break;
      }
    }
  }
  static bool send(int fd, std::string_view bytes) {
    while (!bytes.empty()) {
      const ssize_t sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent <= 0) return false;
      bytes.remove_prefix(static_cast<std::size_t>(sent));
    }
    return true;
  }

  TempDir folder_;
  Script script_;
  bool never_stops_;
  platform::Descriptor listener_;
  std::thread thread_;
};

/// The most that any program that was waited for has taken.
std::size_t most_memory() {
  rusage usage{};
  ::getrusage(RUSAGE_CHILDREN, &usage);
  return static_cast<std::size_t>(usage.ru_maxrss) << 10U;
}

const std::string kGreeting =
    R"({"jsonrpc":"2.0","id":1,"result":{"protocol":1,"schema":1,"version":"9.0","host_id":"0","epoch":"fedcba9876543210",)"
    R"("uid":0,"user":"root","role":"admin"}})"
    "\n";

constexpr std::size_t kMegabyte = 1U << 20U;

TEST(HostileDaemon, ThatTalksNonsenseIsNoPortwatchd) {
  for (const std::string& words :
       {std::string("HTTP/1.1 400 Bad Request\r\n\r\n"), std::string("\0\0\0\0\n", 5), std::string("[]\n"),
        std::string("\xff\xfe\n"), std::string(R"({"jsonrpc":"2.0","id":1,"result":{}})") + "\n",
        std::string(100'000, '[') + "\n", std::string("\x1b]0;owned\x07\x1b[2J\n")}) {
    const LyingDaemon daemon([&](int) { return words; });
    const Outcome outcome = daemon.ctl({"status"});
    EXPECT_EQ(outcome.exit_code, 6) << words.substr(0, 40) << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("no portwatchd")) << words.substr(0, 40);
    EXPECT_THAT(outcome.err, Not(HasSubstr("\x1b")));
    EXPECT_EQ(outcome.out, "");
  }
}

TEST(HostileDaemon, OfAnotherVersionSaysSo) {
  const LyingDaemon daemon([](int) {
    return R"({"jsonrpc":"2.0","id":1,"error":{"code":-32003,"message":"this portwatchd speaks protocol 7"}})"
           "\n";
  });
  const Outcome outcome = daemon.ctl({"list"});
  EXPECT_EQ(outcome.exit_code, 6);
  EXPECT_THAT(outcome.err, HasSubstr("speaks protocol 7"));
  EXPECT_THAT(outcome.err, HasSubstr("one version"));
}

TEST(HostileDaemon, ThatSendsALineWithoutEndIsLeftAndNotCollected) {
  const LyingDaemon daemon([](int) { return std::string(40 * kMegabyte, 'x'); });
  EXPECT_EQ(daemon.ctl({"status"}).exit_code, 6);
  EXPECT_LT(most_memory(), 400 * kMegabyte);
}

TEST(HostileDaemon, ThatSendsMillionsOfTinyValuesIsRefusedBeforeTheyAreMade) {
  const LyingDaemon daemon([](int line) {
    if (line == 0) return kGreeting;
    std::string answer = R"({"jsonrpc":"2.0","id":2,"result":[{})";
    while (answer.size() < 15 * kMegabyte) answer += ",{}";
    return answer + "]}\n";
  });
  const Outcome outcome = daemon.ctl({"status"});
  EXPECT_NE(outcome.exit_code, 0);
  EXPECT_THAT(outcome.err, HasSubstr("values"));
  EXPECT_LT(most_memory(), 400 * kMegabyte);
}

TEST(HostileDaemon, ThatHangsUpInTheMiddleIsGone) {
  const LyingDaemon daemon([](int line) { return line == 0 ? kGreeting : std::string(); });
  for (const char* command : {"status", "list", "history", "alerts"}) {
    const Outcome outcome = daemon.ctl({command});
    EXPECT_EQ(outcome.exit_code, 3) << command << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("went away")) << command;
  }
}

TEST(HostileDaemon, WhoseListHasNoEndIsLeft) {
  struct Row {
    const char* command;
    std::string rows, one_place, another;
  };
  for (const Row& row : {Row{"list", "groups", R"("a")", R"("b")"}, Row{"alerts", "alerts", "5", "7"},
                         Row{"history", "events", R"("fedcba9876543210.5")", R"("fedcba9876543210.7")"}}) {
    const LyingDaemon daemon([&](int line) {
      if (line == 0) return kGreeting;
      return R"({"jsonrpc":"2.0","id":)" + std::to_string(line + 1) + R"(,"result":{")" + row.rows +
             R"(":[],"next":)" + (line % 2 == 0 ? row.another : row.one_place) + "}}\n";
    });
    const Outcome outcome = daemon.ctl({row.command});
    EXPECT_EQ(outcome.exit_code, 6) << row.command << outcome.err;
    EXPECT_THAT(outcome.err, HasSubstr("no end")) << row.command;
  }
}

TEST(HostileDaemon, ThatDoesNotAnswerIsLeftInTime) {
  const LyingDaemon silent([](int) { return std::string("\n"); });
  const LyingDaemon chatty(
      [](int) {
        return repeated_line("{\"jsonrpc\":\"2.0\",\"method\":\"news\",\"params\":{}}\n", 1U << 16U);
      },
      true);
  const auto begin = std::chrono::steady_clock::now();
  const auto ask = [](const LyingDaemon& daemon) { return daemon.ctl({"status"}); };
  auto of_chatty = std::async(std::launch::async, ask, std::cref(chatty));
  for (const Outcome& outcome : {ask(silent), of_chatty.get()}) {
    EXPECT_EQ(outcome.exit_code, 3);
    EXPECT_THAT(outcome.err, HasSubstr("does not answer"));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{25});
}

TEST(HostileDaemon, ThatIsNewerIsUnderstoodAsFarAsItCanBe) {
  const std::string event =
      R"({"boot_us":1,"detail":null,"earliest":null,"kind":"stopped","listener":null,"precision":"exact","seq":2,)"
      R"("time":"2026-11-21T08:02:00.000000Z"})";
  const std::string unknown =
      R"({"boot_us":1,"detail":{"x":1},"earliest":null,"kind":"port_stolen","listener":null,"precision":"exact",)"
      R"("seq":1,"time":"2026-11-21T08:02:00.000000Z","new":true})";
  const LyingDaemon daemon([&](int line) {
    if (line == 0) return kGreeting;
    return R"({"jsonrpc":"2.0","id":2,"result":{"events":[)" + unknown + "," + event + R"(],"next":null}})" +
           "\n";
  });
  const Outcome outcome = daemon.ctl({"history", "--json", "--limit", "5"});
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_THAT(outcome.out, HasSubstr("stopped"));
  EXPECT_THAT(outcome.err, HasSubstr("1 event of kinds that this portwatchctl does not know"));
}

}  // namespace
}  // namespace portwatch::test
