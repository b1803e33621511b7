// SPDX-License-Identifier: Apache-2.0
// portwatchctl, led by a named socket to somebody who answers in portwatchd's place with whatever does harm.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cstring>
#include <nlohmann/json.hpp>
#include <thread>

#include "common/base/assert.h"
#include "tests/attack/names/hostile_names.h"
#include "tests/support/daemon_harness.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;

/// Answers one client: the first request with `hello`, each further one with `then`. A line that is not JSON
/// is sent as it is.
class Impostor {
 public:
  Impostor(const std::filesystem::path& path, std::string hello, std::string then)
      : listener_(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.c_str(), path.native().size());
    PW_ASSERT(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    PW_ASSERT(::listen(listener_.get(), 1) == 0);
    thread_ = std::thread([this, hello = std::move(hello), then = std::move(then)] { serve(hello, then); });
  }
  ~Impostor() { thread_.join(); }
  Impostor(const Impostor&) = delete;
  Impostor& operator=(const Impostor&) = delete;

 private:
  void serve(const std::string& hello, const std::string& then) const {
    const platform::Descriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    std::array<char, 65536> buffer;
    std::string received;
    bool is_first = true;
    for (;;) {
      const ssize_t length = ::recv(client.get(), buffer.data(), buffer.size(), 0);
      if (length <= 0) return;
      received.append(buffer.data(), static_cast<std::size_t>(length));
      for (std::size_t end = received.find('\n'); end != std::string::npos; end = received.find('\n')) {
        const Json request = Json::parse(received.substr(0, end), nullptr, false);
        received.erase(0, end + 1);
        Json answer = Json::parse(is_first ? hello : then, nullptr, false);
        is_first = false;
        std::string line = then;
        if (answer.is_object()) {
          answer["jsonrpc"] = "2.0";
          answer["id"] = request.value("id", Json());
          line = answer.dump(-1, ' ', false, Json::error_handler_t::replace);
        }
        line += '\n';
        if (::send(client.get(), line.data(), line.size(), MSG_NOSIGNAL) < 0) return;
      }
    }
  }

  platform::Descriptor listener_;
  std::thread thread_;
};

TEST(HostileDaemon, ReachesNoTerminalRaw) {
  const TempDir folder;
  const DaemonHarness harness;
  const std::string ctl = harness.ctl_argv({}).front();
  int number = 0;
  for (const HostileName& name : hostile_names()) {
    SCOPED_TRACE(name.what);
    const Json text = Json::parse(Json(name.bytes).dump(-1, ' ', false, Json::error_handler_t::replace));
    const Json error{{"error", {{"code", -32603}, {"message", text}, {"data", {{"suggestion", text}}}}}};
    const Json hello{{"result",
                      {{"version", text},
                       {"protocol", 1},
                       {"schema", 1},
                       {"host_id", text},
                       {"epoch", text},
                       {"uid", 0},
                       {"user", text},
                       {"role", "admin"}}}};
    const std::vector<std::pair<std::string, std::string>> plays{
        {error.dump(), error.dump()}, {hello.dump(), error.dump()}, {hello.dump(), name.bytes}};
    const auto& [first, then] = plays[static_cast<std::size_t>(++number) % plays.size()];
    const auto path = folder.path() / std::to_string(number);
    const Impostor impostor(path, first, then);
    const Outcome outcome = run_child({ctl, "--socket", path, "list"});
    EXPECT_EQ(fault_in(outcome, false), "");
    EXPECT_NE(outcome.exit_code, 0);
    EXPECT_NE(outcome.err, "");
  }
}

}  // namespace
}  // namespace portwatch::test
