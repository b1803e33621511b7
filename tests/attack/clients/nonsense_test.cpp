// SPDX-License-Identifier: Apache-2.0
// Messages that are wrong in every way that a message can be: each is refused in words, and the session goes
// on.
#include <gtest/gtest.h>

#include <limits>
#include <map>
#include <set>

#include "tests/attack/clients/polite_client.h"

namespace portwatch::test {
namespace {

class Nonsense : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(daemon.start());
    client = daemon.client();
  }
  Json ask(std::string_view line) {
    client->send_line(line);
    const auto answer = client->read_line();
    return answer ? Json::parse(*answer, nullptr, false) : Json();
  }

  OpenDaemon daemon;
  std::unique_ptr<RpcClient> client;
};

TEST_F(Nonsense, OnTheWireIsRefusedWithItsCode) {
  struct Row {
    std::string line;
    int code;
  };
  const std::string nul(1, '\0');
  for (const Row& row : {
           Row{nul, -32700},
           Row{R"({"jsonrpc":"2.0","id":1,"method":"sta)" + nul + R"(tus"})", -32700},
           Row{R"({"jsonrpc":"2.0","id":1,"method":"status"})" + nul, -32700},
           Row{R"({"jsonrpc":"2.0","id":1,"method":"status\u0000"})", -32601},
           Row{"\xEF\xBB\xBF\xEF\xBB\xBF{}", -32700},
           Row{R"({"jsonrpc":"2.0","id":1,"method":"\ud800"})", -32700},
           Row{"{\"jsonrpc\":\"2.0\",\"id\":1,\"method\":\"\xC0\xAF\"}", -32700},
           Row{R"({"jsonrpc":"2.0","id":1e999,"method":"status"})", -32700},
           Row{R"({"jsonrpc":"2.0","id":1.5,"method":"status"})", -32600},
           Row{R"({"jsonrpc":"2.0","id":18446744073709551615,"method":"status"})", -32600},
           Row{R"({"jsonrpc":"2.0","id":true,"method":"status"})", -32600},
           Row{R"({"jsonrpc":"2.0","id":{},"method":"status"})", -32600},
           Row{R"({"jsonrpc":"2.0","id":[1],"method":"status"})", -32600},
           Row{R"({"jsonrpc":2.0,"id":1,"method":"status"})", -32600},
           Row{R"({"jsonrpc":"1.0","id":1,"method":"status"})", -32600},
           Row{R"({"jsonrpc":"2.0","id":1,"method":7})", -32600},
           Row{R"({"jsonrpc":"2.0","id":1,"method":""})", -32601},
           Row{R"({"jsonrpc":"2.0","id":1,"method":"HELLO"})", -32601},
           Row{R"({"jsonrpc":"2.0","id":1,"method":"status","params":null})", -32602},
           Row{R"({"jsonrpc":"2.0","id":1,"method":"hello","params":{"client":"x","protocols":[1]}})",
               -32600},
           Row{R"({"jsonrpc":"2.0","id":1,"method":"status"}{})", -32700},
       })
    EXPECT_EQ(ask(row.line).value("/error/code"_json_pointer, 0), row.code) << row.line;
  // Of two fields of a name the last counts, as JSON leaves it open.
  EXPECT_EQ(ask(R"({"jsonrpc":"2.0","id":1,"id":2,"method":"none","method":"status"})").at("id"), 2);
  EXPECT_TRUE(client->call("status").is_object());
}

TEST_F(Nonsense, InParametersIsAnsweredOrRefusedAndNeverHangsUp) {
  const std::map<std::string, std::vector<std::string>> params{
      {"status", {"x"}},
      {"listeners.list",
       {"port", "protocol", "family", "user", "program", "exposure", "verdict", "after", "limit"}},
      {"listeners.brief", {"after"}},
      {"listeners.at", {"at", "port", "after", "limit"}},
      {"events.list",
       {"port", "since", "until", "kinds", "program", "user", "unit", "after", "newest_first", "limit"}},
      {"events.subscribe", {"after", "kinds", "alerts_only"}},
      {"events.unsubscribe", {"x"}},
      {"alerts.list", {"states", "after", "limit"}},
      {"alerts.show", {"id"}},
      {"alerts.ack", {"id"}},
      {"alerts.approve", {"id"}},
      {"alerts.reject", {"id"}},
  };
  const std::vector<Json> values{nullptr,
                                 true,
                                 0,
                                 -1,
                                 std::numeric_limits<std::int64_t>::min(),
                                 std::numeric_limits<std::uint64_t>::max(),
                                 1e308,
                                 0.5,
                                 "",
                                 "\x1b[31m\u202e",
                                 std::string(40'000, 'a'),
                                 "fedcba9876543210.9223372036854775807",
                                 "9999-12-31T23:59:59.999999Z",
                                 Json::array(),
                                 Json::array({1, "opened", nullptr}),
                                 Json(std::vector<std::string>(3000, "opened")),
                                 Json::object(),
                                 {{"a", {{"b", 1}}}}};
  const std::set<int> allowed{-32602, -32001, -32007, -32010};
  for (const auto& [method, names] : params)
    for (const std::string& name : names)
      for (const Json& value : values) {
        const Json answer = client->request(method, {{name, value}});
        ASSERT_TRUE(answer.is_object()) << method << " " << name << " " << value.dump().substr(0, 80);
        if (answer.contains("error"))
          EXPECT_TRUE(allowed.contains(answer.at("error").at("code").get<int>()))
              << method << " " << name << " " << value.dump().substr(0, 80) << ": "
              << answer.dump().substr(0, 300);
        EXPECT_LT(answer.value("/error/message"_json_pointer, "").size(), 1000U);
        if (method == "events.subscribe" && answer.contains("result"))
          ASSERT_TRUE(client->call("events.unsubscribe").is_object());
      }
}

TEST_F(Nonsense, AboutVersionsIsRefusedBeforeAnythingElse) {
  for (const char* protocols : {"[]", "[0]", "[2,99]", "[-1]", "[2147483648]", "{}", "null", "[\"1\"]"}) {
    RpcClient other(daemon.socket());
    other.send_line(R"({"jsonrpc":"2.0","id":1,"method":"hello","params":{"client":"x","protocols":)" +
                    std::string(protocols) + "}}\n" + R"({"jsonrpc":"2.0","id":2,"method":"status"})");
    const auto refusal = other.read_line();
    ASSERT_TRUE(refusal) << protocols;
    EXPECT_TRUE(Json::parse(*refusal).contains("error")) << *refusal;
    EXPECT_FALSE(other.read_line()) << "and hangs up";
  }
  EXPECT_TRUE(client->call("status").is_object());
}

}  // namespace
}  // namespace portwatch::test
