// SPDX-License-Identifier: Apache-2.0
// The pages of who listens now, joined, are the whole, however small they are. When the list changes between
// two pages, who was there all the time is told once and nobody twice.
#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

#include <gtest/gtest.h>
#include <nlohmann/json.hpp>

#include "common/protocol/messages.h"
#include "daemon/server/dispatcher.h"
#include "tests/support/random.h"
#include "tests/unit/daemon/server/fakes.h"

namespace portwatch::server {
namespace {

using model::ListenerKey;
using model::ListenerRef;
using protocol::Method;

constexpr std::uint64_t kSeeds = 12;

/// Who listens, and somebody who reads the list in pages.
class Reading {
 public:
  explicit Reading(std::uint64_t seed) : random_(seed) {
    for (std::uint64_t i = 0, count = random_.below(40); i < count; ++i) open();
  }

  /// The keys in the order in which they were told.
  std::vector<ListenerKey> read(bool changes_between_pages) {
    std::vector<ListenerKey> told;
    std::optional<std::string> after;
    while (true) {
      const auto page = ask<Method::kListenersList>(
          {.after = after, .limit = random_.between<std::size_t>(1, random_.chance(50) ? 4 : 100)});
      for (const ListenerRef& listener : page.listeners) told.push_back(listener->key);
      if (!page.next) return told;
      after = page.next;
      if (changes_between_pages) change();
    }
  }

  /// Where they are bound, by the pages in brief.
  std::multiset<net::Endpoint> read_in_brief() {
    std::multiset<net::Endpoint> told;
    std::optional<std::string> after;
    while (true) {
      const auto page = ask<Method::kListenersBrief>({.after = after});
      for (const ListenerRef& listener : model::spread(page.groups)) told.insert(listener->socket.endpoint);
      if (!page.next) return told;
      after = page.next;
    }
  }

  [[nodiscard]] const std::vector<ListenerRef>& listeners() const { return view_.now; }
  [[nodiscard]] std::vector<ListenerKey> keys() const {
    std::vector<ListenerKey> keys;
    for (const ListenerRef& listener : view_.now) keys.push_back(listener->key);
    return keys;
  }

 private:
  template <Method M>
  typename protocol::MessageTypes<M>::Result ask(const typename protocol::MessageTypes<M>::Params& params) {
    // How much fits into a page differs from page to page; one listener always does.
    context_->max_page_bytes = random_.between<std::size_t>(1, 8000);
    std::optional<Outcome> outcome;
    dispatch(context_, {.viewer = {.role = Role::kAdmin, .uid = {0}}, .queries = queries_}, M,
             protocol::encode(params), [&](Outcome given) { outcome = std::move(given); });
    PW_ASSERT(outcome && *outcome);
    return protocol::decode<typename protocol::MessageTypes<M>::Result>(***outcome).value();
  }

  /// Few ports, so that many differ in the address, the protocol or the generation alone.
  void open() {
    static const std::vector<std::string> kAddresses{"127.0.0.1", "0.0.0.0", "[::1]", "[::]"};
    const std::string port = std::to_string(random_.between(3000, 3003));
    model::Listener listener = test::make_listener(
        random_.pick(kAddresses) + ":" + port + (random_.chance(50) ? "/tcp" : "/udp"), ++generation_);
    listener.key.socket.value = random_.between<std::uint64_t>(1, 3);
    listener.program.label = random_.pick(std::vector<std::string>{"nginx", "node", "python3"});
    view_.now.push_back(test::share(std::move(listener)));
    std::ranges::sort(view_.now, {}, [](const ListenerRef& one) {
      const net::Endpoint& endpoint = one->socket.endpoint;
      return std::tie(endpoint.port, endpoint.protocol, endpoint.address, one->key);
    });
  }
  void change() {
    for (std::uint64_t i = random_.below(4); i > 0; --i) open();
    for (std::uint64_t i = random_.below(4); i > 0 && !view_.now.empty(); --i)
      view_.now.erase(view_.now.begin() + static_cast<std::ptrdiff_t>(random_.below(view_.now.size())));
  }

  test::Random random_;
  std::int64_t generation_ = 0;
  FakeStateView view_;
  FakeQueries queries_;
  FakeCommands commands_;
  ContextRef context_ = std::make_shared<HandlerContext>(
      HandlerContext{.view = view_,
                     .commands = commands_,
                     .identity = {.version = "0.1.0", .host_id = "h", .epoch = "e"},
                     .policy = {}});
};

TEST(ListPagesLaws, JoinedPagesAreTheWholeList) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Reading reading(seed);
    EXPECT_EQ(reading.read(false), reading.keys());
    std::multiset<net::Endpoint> endpoints;
    for (const ListenerRef& listener : reading.listeners()) endpoints.insert(listener->socket.endpoint);
    EXPECT_EQ(reading.read_in_brief(), endpoints);
  }
}

TEST(ListPagesLaws, WhoIsThereAllTheTimeIsToldOnceAndNobodyTwice) {
  for (std::uint64_t seed = 1; seed <= kSeeds; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    Reading reading(seed);
    const std::vector<ListenerKey> before = reading.keys();
    const std::vector<ListenerKey> told = reading.read(true);
    const std::vector<ListenerKey> after = reading.keys();
    const std::set<ListenerKey> once(told.begin(), told.end());
    EXPECT_EQ(once.size(), told.size());
    for (const ListenerKey& key : before)
      if (std::ranges::find(after, key) != after.end()) EXPECT_TRUE(once.contains(key)) << key.to_string();
  }
}

}  // namespace
}  // namespace portwatch::server
