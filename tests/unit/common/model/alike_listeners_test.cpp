// SPDX-License-Identifier: Apache-2.0
#include "common/model/alike_listeners.h"

#include <functional>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/builders.h"

namespace portwatch::model {
namespace {

using testing::ElementsAre;
using testing::SizeIs;

std::vector<AlikeListeners> together(const std::vector<Listener>& listeners) {
  AlikeListenersBuilder builder;
  for (const Listener& listener : listeners) builder.add(test::share(listener));
  return std::move(builder).take();
}

TEST(AlikeListeners, AreOneEntryWhenOnlyPortTimeAndWhatNoTableShowsDiffer) {
  Listener first = test::make_listener("127.0.0.1:2000/tcp", 1);
  Listener second = test::make_listener("127.0.0.1:2001/tcp", 2);
  second.opened.at += std::chrono::minutes{1};
  second.opened.earliest.reset();
  second.socket.inode = 7;
  Process other = *second.owners.front();
  other.argv = {"something", "else"};
  second.owners = {test::share(other)};
  const auto entries = together({first, second});
  ASSERT_THAT(entries, SizeIs(1));
  EXPECT_THAT(entries[0].ports, ElementsAre(base::Port{2000}, base::Port{2001}));
  EXPECT_THAT(entries[0].opened_at, ElementsAre(first.opened.at, second.opened.at));
}

TEST(AlikeListeners, ShowNothingThatATableDoesNot) {
  const auto entries = together({test::make_listener()});
  const Listener& common = entries.at(0).common;
  const Process& owner = *common.owners.at(0);
  EXPECT_EQ(owner.name, test::make_process().name);
  EXPECT_EQ(owner.user, test::make_process().user);
  EXPECT_THAT(owner.argv, SizeIs(0));
  EXPECT_THAT(owner.ancestors, SizeIs(0));
  EXPECT_EQ(owner.cwd, std::nullopt);
  EXPECT_EQ(owner.exe, std::nullopt);
  EXPECT_EQ(common.key, ListenerKey{});
}

TEST(AlikeListeners, AreApartWhenATableShowsTheDifference) {
  const Listener one = test::make_listener("127.0.0.1:2000/tcp");
  const auto change_owner = [](Listener& listener, const std::function<void(Process&)>& change) {
    Process owner = *listener.owners.front();
    change(owner);
    listener.owners = {test::share(owner)};
  };
  const std::vector<std::function<void(Listener&)>> changes{
      [](Listener& other) { other.socket.netns = {1}; },
      [](Listener& other) { other.socket.endpoint.protocol = net::Protocol::kUdp; },
      [](Listener& other) { other.socket.endpoint.address = net::IpAddress(); },
      [](Listener& other) { other.socket.is_v6only = true; },
      [](Listener& other) { other.socket.device = "eth0"; },
      [](Listener& other) { other.socket.uid = {7}; },
      [](Listener& other) { other.exposure = Exposure::kAny; },
      [](Listener& other) { other.attribution = Attribution::kShared; },
      [](Listener& other) { other.program.kind = ProgramKind::kName; },
      [](Listener& other) { other.program.id = "other"; },
      [](Listener& other) { other.program.label = "other"; },
      [](Listener& other) { other.service.user = "bob"; },
      [](Listener& other) { other.verdict = Verdict::kKnown; },
      [](Listener& other) { other.opened.precision = Precision::kGap; },
      [](Listener& other) { other.redacted = {"command"}; },
      [](Listener& other) { other.owners.clear(); },
      [&](Listener& other) { change_owner(other, [](Process& owner) { owner.key.pid = {9}; }); },
      [&](Listener& other) { change_owner(other, [](Process& owner) { owner.name = "other"; }); },
      [&](Listener& other) { change_owner(other, [](Process& owner) { owner.uid = base::Uid{9}; }); },
      [&](Listener& other) { change_owner(other, [](Process& owner) { owner.user = "bob"; }); },
      [&](Listener& other) { change_owner(other, [](Process& owner) { owner.unit = "a.service"; }); },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    SCOPED_TRACE(i);
    Listener other = one;
    changes[i](other);
    EXPECT_THAT(together({one, other}), SizeIs(2));
  }
}

TEST(AlikeListeners, SpreadInTheOrderOfTheList) {
  const Listener low = test::make_listener("127.0.0.1:2000/tcp");
  const Listener middle = test::make_listener("0.0.0.0:2001/udp");
  const Listener high = test::make_listener("127.0.0.1:2002/tcp");
  const auto spread_out = spread(together({low, middle, high}));
  ASSERT_THAT(spread_out, SizeIs(3));
  EXPECT_EQ(*spread_out[0], in_brief(low));
  EXPECT_EQ(*spread_out[1], in_brief(middle));
  EXPECT_EQ(*spread_out[2], in_brief(high));
}

}  // namespace
}  // namespace portwatch::model
