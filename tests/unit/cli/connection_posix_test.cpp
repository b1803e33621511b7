// SPDX-License-Identifier: Apache-2.0
// The client over a real socket, against a daemon that follows a script: also one that lies, stops, or is not
// there.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <functional>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <thread>

#include "cli/client/connect.h"
#include "cli/client/connection.h"
#include "common/base/assert.h"
#include "common/json/codec.h"
#include "common/platform/descriptor.h"
#include "common/protocol/framer.h"
#include "common/protocol/messages.h"
#include "tests/support/builders.h"
#include "tests/support/temp_dir.h"

namespace portwatch::test {
namespace {

using platform::Descriptor;
using protocol::Method;
using testing::HasSubstr;

/// Serves one client on a thread of its own. The script gives the bytes to answer a request with; nothing:
/// hang up.
class ScriptedDaemon {
 public:
  using Script = std::function<std::optional<std::string>(const protocol::Request& request)>;

  ScriptedDaemon(const std::filesystem::path& path, Script script) : script_(std::move(script)) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    PW_ASSERT(path.native().size() < sizeof address.sun_path);
    std::ranges::copy(path.native(), static_cast<char*>(address.sun_path));
    listener_ = Descriptor(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
    PW_ASSERT(::bind(listener_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
    PW_ASSERT(::listen(listener_.get(), 4) == 0);
    thread_ = std::thread([this] { serve(); });
  }
  ~ScriptedDaemon() {
    ::shutdown(listener_.get(), SHUT_RDWR);  // wakes an accept() that nobody came for
    thread_.join();
  }
  ScriptedDaemon(const ScriptedDaemon&) = delete;
  ScriptedDaemon& operator=(const ScriptedDaemon&) = delete;

 private:
  void serve() {
    const Descriptor client(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    protocol::LineFramer framer(protocol::kMaxRequestBytes);
    std::array<char, 4096> buffer{};
    while (client) {
      while (const auto frame = framer.next()) {
        const auto answer = script_(protocol::decode_request(frame->line).value());
        if (!answer) return;
        std::string_view bytes = *answer;
        while (!bytes.empty()) {
          const ssize_t sent = ::send(client.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
          if (sent <= 0) return;
          bytes.remove_prefix(static_cast<std::size_t>(sent));
        }
      }
      const ssize_t got = ::read(client.get(), buffer.data(), buffer.size());
      if (got <= 0) return;
      framer.feed({buffer.data(), static_cast<std::size_t>(got)});
    }
  }

  Script script_;
  Descriptor listener_;
  std::thread thread_;
};

constexpr const char* kEpoch = "fedcba9876543210";

std::string answer_to(const protocol::Request& request, nlohmann::json result) {
  return protocol::encode(protocol::success(*request.id, std::move(result)));
}

std::string greeting(const protocol::Request& request) {
  return answer_to(request,
                   protocol::encode(protocol::HelloResult{
                       .version = "0.1.0", .host_id = "0", .epoch = kEpoch, .uid = {1000}, .user = "ana"}));
}

bool is_call(const protocol::Request& request, Method method) {
  return request.method == protocol::name_of(method);
}

base::Result<cli::FoundDaemon> connect_to(const std::filesystem::path& path) {
  return cli::connect_to_daemon({{path.string(), "named by a test"}});
}

TEST(Client, KnowsWhoListensThoughNobodyAnswers) {
  const TempDir folder;
  const ScriptedDaemon daemon(folder / "s", [](const protocol::Request&) { return std::nullopt; });
  const auto connection = cli::Connection::open(folder / "s", std::chrono::seconds(5));
  ASSERT_TRUE(connection);
  EXPECT_EQ((*connection)->peer_pid(), base::Pid{::getpid()});
}

TEST(Client, SaysHelloAndAsks) {
  const TempDir folder;
  const ScriptedDaemon daemon(folder / "s",
                              [](const protocol::Request& request) -> std::optional<std::string> {
                                if (is_call(request, Method::kHello)) return greeting(request);
                                return answer_to(request, json::encode(make_status()));
                              });
  auto found = connect_to(folder / "s");
  ASSERT_TRUE(found.has_value()) << found.error().message;
  EXPECT_EQ(found->hello.user, "ana");
  EXPECT_EQ(found->why, "named by a test");
  EXPECT_EQ(found->daemon->status().value(), make_status());
  EXPECT_FALSE(found->daemon->is_lost());
}

TEST(Client, JoinsThePagesOfListeners) {
  const TempDir folder;
  const ScriptedDaemon daemon(
      folder / "s", [](const protocol::Request& request) -> std::optional<std::string> {
        if (is_call(request, Method::kHello)) return greeting(request);
        const auto params = protocol::decode<protocol::ListenersListParams>(*request.params).value();
        protocol::ListenersListResult page{.coverage = make_coverage()};
        const std::int64_t first = params.after ? 3 : 1;
        for (std::int64_t i = first; i < first + 2; ++i)
          page.listeners.push_back(share(make_listener("127.0.0.1:8080/tcp", i)));
        if (!params.after) page.next = "more";
        return answer_to(request, protocol::encode(page));
      });
  auto found = connect_to(folder / "s");
  ASSERT_TRUE(found.has_value());
  const auto listeners = found->daemon->listeners({});
  ASSERT_TRUE(listeners.has_value());
  std::vector<std::int64_t> generations;
  for (const auto& listener : *listeners) generations.push_back(listener->key.generation);
  EXPECT_THAT(generations, testing::ElementsAre(1, 2, 3, 4));
}

TEST(Client, PassesOnWhatTheDaemonRefuses) {
  const TempDir folder;
  const ScriptedDaemon daemon(
      folder / "s", [](const protocol::Request& request) -> std::optional<std::string> {
        if (is_call(request, Method::kHello)) return greeting(request);
        return protocol::encode(protocol::failure(
            *request.id, {.code = protocol::RpcCode::kPermissionDenied, .message = "not yours"}));
      });
  auto found = connect_to(folder / "s");
  ASSERT_TRUE(found.has_value());
  const auto changed = found->daemon->change_alert({21}, cli::AlertAction::kApprove);
  ASSERT_FALSE(changed.has_value());
  EXPECT_EQ(changed.error().code, base::ErrorCode::kPermissionDenied);
  EXPECT_FALSE(found->daemon->is_lost());
}

TEST(Client, FollowsFromACursorAndKeepsItsPlace) {
  const TempDir folder;
  std::optional<protocol::Cursor> asked;
  const ScriptedDaemon daemon(
      folder / "s", [&](const protocol::Request& request) -> std::optional<std::string> {
        if (is_call(request, Method::kHello)) return greeting(request);
        asked = protocol::decode<protocol::EventsSubscribeParams>(*request.params).value().after;
        std::string bytes =
            answer_to(request, protocol::encode(protocol::EventsSubscribeResult{.cursor = *asked}));
        for (std::int64_t seq = 8; seq <= 9; ++seq)
          bytes += protocol::encode(protocol::Notification{
              .method = std::string(protocol::kEventNotification),
              .params = protocol::make_json(
                  protocol::encode(protocol::EventMessage{.event = make_event(model::EventKind::kOpened, seq),
                                                          .cursor = {.epoch = kEpoch, .seq = {seq}}}))});
        return bytes;
      });
  auto found = connect_to(folder / "s");
  ASSERT_TRUE(found.has_value());
  cli::EventsQuestion question{.query = {}, .after = protocol::Cursor{.epoch = "", .seq = {7}}};
  std::vector<std::int64_t> seqs;
  const auto ended = found->daemon->follow(
      question, {.on_event = [&](const model::Event& event) { seqs.push_back(event.seq.value); },
                 .is_listening = [&] { return seqs.size() < 2; }});
  EXPECT_TRUE(ended.has_value());
  EXPECT_THAT(seqs, testing::ElementsAre(8, 9));
  EXPECT_EQ(asked, (protocol::Cursor{.epoch = kEpoch, .seq = {7}}))
      << "a plain seq is of the daemon's own log";
  EXPECT_EQ(question.after, (protocol::Cursor{.epoch = kEpoch, .seq = {9}}));
}

TEST(Client, IsLostWhenTheDaemonHangsUpWhileItFollows) {
  const TempDir folder;
  int asked = 0;
  const ScriptedDaemon daemon(
      folder / "s", [&](const protocol::Request& request) -> std::optional<std::string> {
        if (is_call(request, Method::kHello)) return greeting(request);
        ++asked;
        if (!is_call(request, Method::kEventsSubscribe)) return std::nullopt;
        return answer_to(request, protocol::encode(protocol::EventsSubscribeResult{
                                      .cursor = {.epoch = kEpoch, .seq = {3}}})) +
               protocol::encode(protocol::Notification{
                   .method = std::string(protocol::kSubscriptionDroppedNotification),
                   .params = protocol::make_json(protocol::encode(
                       protocol::SubscriptionDroppedMessage{.reason = "too slow", .cursor = {}}))});
      });
  auto found = connect_to(folder / "s");
  ASSERT_TRUE(found.has_value());
  cli::EventsQuestion question;
  const auto ended = found->daemon->follow(
      question, {.on_event = [](const model::Event&) {}, .is_listening = [] { return true; }});
  ASSERT_FALSE(ended.has_value());
  EXPECT_THAT(ended.error().message, HasSubstr("too slow"));
  EXPECT_TRUE(found->daemon->is_lost());
  EXPECT_EQ(question.after->seq, base::Seq{3}) << "where to go on";
  EXPECT_EQ(asked, 1);
}

TEST(Client, IsLostWhenTheDaemonHangsUp) {
  const TempDir folder;
  const ScriptedDaemon daemon(folder / "s",
                              [](const protocol::Request& request) -> std::optional<std::string> {
                                if (is_call(request, Method::kHello)) return greeting(request);
                                return std::nullopt;
                              });
  auto found = connect_to(folder / "s");
  ASSERT_TRUE(found.has_value());
  const auto status = found->daemon->status();
  ASSERT_FALSE(status.has_value());
  EXPECT_EQ(status.error().code, base::ErrorCode::kUnavailable);
  EXPECT_TRUE(found->daemon->is_lost());
  EXPECT_FALSE(found->daemon->status().has_value()) << "and stays so";
}

TEST(Client, HearsWhyItIsSentAway) {
  const TempDir folder;
  const ScriptedDaemon daemon(folder / "s", [](const protocol::Request&) -> std::optional<std::string> {
    return protocol::encode(protocol::failure(protocol::Id{}, {.code = protocol::RpcCode::kPermissionDenied,
                                                               .message = "nobody knows who you are"}));
  });
  const auto found = connect_to(folder / "s");
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, base::ErrorCode::kPermissionDenied);
  EXPECT_THAT(found.error().message, HasSubstr("nobody knows who you are"));
}

TEST(Client, TrustsNoDaemonThatSaysNonsense) {
  for (const char* bytes :
       {"hello\n", "[]\n", "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":5}\n", "{}\n", "\x01\xff\n",
        "{\"jsonrpc\":\"2.0\",\"id\":1,\"result\":{\"protocol\":\"x\"}}\n"}) {
    const TempDir folder;
    const ScriptedDaemon daemon(
        folder / "s", [bytes](const protocol::Request&) -> std::optional<std::string> { return bytes; });
    const auto found = connect_to(folder / "s");
    ASSERT_FALSE(found.has_value()) << bytes;
    EXPECT_EQ(found.error().code, base::ErrorCode::kCorrupt) << found.error().message;
  }
}

TEST(Client, NamesEverySocketThatDidNotAnswer) {
  const TempDir folder;
  const auto found = cli::connect_to_daemon({{folder / "a", "yours"}, {folder / "b", "the system's"}});
  ASSERT_FALSE(found.has_value());
  EXPECT_EQ(found.error().code, base::ErrorCode::kUnavailable);
  EXPECT_THAT(found.error().message, HasSubstr((folder / "a").string() + " (no such socket)"));
  EXPECT_THAT(found.error().message, HasSubstr((folder / "b").string() + " (no such socket)"));
}

TEST(Client, TakesTheFirstThatAnswers) {
  const TempDir folder;
  const ScriptedDaemon daemon(
      folder / "b",
      [](const protocol::Request& request) -> std::optional<std::string> { return greeting(request); });
  const auto found = cli::connect_to_daemon({{folder / "a", "yours"}, {folder / "b", "the system's"}});
  ASSERT_TRUE(found.has_value());
  EXPECT_EQ(found->socket, (folder / "b").string());
  EXPECT_EQ(found->why, "the system's");
}

}  // namespace
}  // namespace portwatch::test
