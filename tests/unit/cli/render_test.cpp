// SPDX-License-Identifier: Apache-2.0
// Lines, tables, folding and words: what a person sees is safe, fits, and hides nothing.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "cli/render/fold.h"
#include "cli/render/line.h"
#include "cli/render/table.h"
#include "cli/render/words.h"
#include "common/base/text.h"
#include "tests/support/builders.h"

namespace portwatch::cli {
namespace {

using namespace std::chrono_literals;
using test::make_listener;
using test::make_process;
using test::share;
using test::utc_at;

View view_at(base::UtcTime now) {
  return {.now = now, .zone = [](base::UtcTime) { return std::chrono::seconds(0); }, .home = "/home/ana"};
}

TEST(Line, MakesWhateverIsAddedSafe) {
  Line line;
  line.add("a\x1b]0;title\x07").add("b\u202e\n", Style::kAlarm);
  EXPECT_EQ(line.text(), "a\\x1b]0;title\\x07b\\u202e\\n");
  View view = view_at({});
  view.has_color = true;
  EXPECT_EQ(line.render(view), "a\\x1b]0;title\\x07\x1b[1;31mb\\u202e\\n\x1b[0m\n");
}

TEST(Line, IsCutToColumnsNotBytes) {
  const Line line = Line("日本語").add("abc", Style::kStrong);
  EXPECT_EQ(line.width(), 9U);
  EXPECT_EQ(line.cut(9).text(), "日本語abc");
  EXPECT_EQ(line.cut(8).text(), "日本語a…");
  EXPECT_EQ(line.cut(7).text(), "日本語…");
  EXPECT_EQ(line.cut(6).text(), "日本…");
  EXPECT_EQ(line.cut(0).text(), "");
}

TEST(Line, KeepsThePortOfAPlace) {
  const Line line = Line("[2001:db8::1]").add(":3000/tcp");
  EXPECT_EQ(line.cut_place(12).text(), "…1]:3000/tcp");
  EXPECT_EQ(line.cut_place(100).text(), line.text());
  for (std::size_t columns = 0; columns < 25; ++columns) EXPECT_LE(line.cut_place(columns).width(), columns);
}

TEST(Line, CutsTheNetworkOfAPlaceFirst) {
  const Line line = Line("127.0.0.1:55573/tcp").add("@net:[4026532247]");
  EXPECT_EQ(line.cut_place(25).text(), "127.0.0.1:55573/tcp@net:…");
  EXPECT_EQ(line.cut_place(21).text(), "127.0.0.1:55573/tcp@…");
  EXPECT_EQ(line.cut_place(20).text(), "127.0.0.1:55573/tcp");
  EXPECT_EQ(line.cut_place(12).text(), "…1:55573/tcp");
}

TEST(Line, WrapsAtSpacesAndWithinLongWords) {
  const auto texts = [](const std::vector<Line>& lines) {
    std::vector<std::string> result;
    for (const Line& line : lines) result.push_back(line.text());
    return result;
  };
  EXPECT_THAT(texts(Line("one two three").wrap(7)), testing::ElementsAre("one two", "three"));
  EXPECT_THAT(texts(Line("abcdefgh ij").wrap(3)), testing::ElementsAre("abc", "def", "gh", "ij"));
  EXPECT_THAT(texts(Line("").wrap(5)), testing::ElementsAre(""));
}

TEST(Words, SayWhyItClosedAndWhoDidItWhenThatIsNotPlain) {
  using model::EndCause;
  model::Listener listener = make_listener();  // held by 4711
  const auto words = [&](const model::Ending& ending) {
    listener.ending = ending;
    return ending_words(listener);
  };
  EXPECT_EQ(words({.cause = EndCause::kExited, .exit_status = 3}), "") << "it listens";
  listener.closed = listener.opened;
  EXPECT_EQ(words({}), "");
  EXPECT_EQ(words({.cause = EndCause::kClosed, .pid = base::Pid{4711}}), "closed it");
  EXPECT_EQ(words({.cause = EndCause::kExited, .exit_status = 3}), "exited with status 3");
  EXPECT_EQ(words({.cause = EndCause::kKilled, .signal = "SIGSEGV", .has_core = true}),
            "killed by SIGSEGV (core dumped)");
  EXPECT_EQ(words({.cause = EndCause::kEnded, .pid = base::Pid{4711}}), "ended");
  EXPECT_EQ(words({.cause = EndCause::kClosed, .pid = base::Pid{4712}}), "pid 4712 closed it");
  listener.owners.push_back(share(make_process(4712)));
  EXPECT_EQ(words({.cause = EndCause::kClosed, .pid = base::Pid{4711}}), "pid 4711 closed it");
}

TEST(Words, SayWhoLoggedInWhereItIsNotTheUserAlone) {
  model::Process process = make_process();  // of ana, who logged in
  EXPECT_EQ(login_words(process), "");
  process.login.terminal = "pts/3";
  EXPECT_EQ(login_words(process), "ana on pts/3");
  process.login.peer = "192.0.2.7";
  EXPECT_EQ(login_words(process), "ana from 192.0.2.7 on pts/3");
  process.login.terminal.clear();
  process.login.user.reset();
  EXPECT_EQ(login_words(process), "#1000 from 192.0.2.7");
  process.login = {.uid = base::Uid{1001}, .user = "bob"};
  EXPECT_EQ(login_words(process), "bob");
  process.login = {.terminal = "pts/0"};
  EXPECT_EQ(login_words(process), "") << "a terminal alone is no login";
}

TEST(Table, ShrinksInProportionAndCutsOnlyAtLast) {
  Table table({{.header = "A", .min_width = 4}, {.header = "B"}, {.header = "C", .min_width = 8}});
  table.add_row({Line("aaaaaaaaaaaa"), Line("bbbb"), Line("cccccccccccccccc")});
  View view = view_at({});
  EXPECT_EQ(table.render(view), "A             B     C\naaaaaaaaaaaa  bbbb  cccccccccccccccc\n");
  for (std::size_t columns = 1; columns < 40; ++columns) {
    view.columns = columns;
    for (const auto line : base::split(table.render(view), '\n'))
      EXPECT_LE(base::display_width(line), columns);
  }
  view.columns = 24;
  EXPECT_EQ(table.render(view), "A      B    C\naaaaa… bbbb ccccccccccc…\n");
}

TEST(Table, GivesARemarkALineOfItsOwnWhereItWouldBeCut) {
  Table table({{.header = "A"}, {.header = "", .is_remark = true}});
  table.add_row({Line("aaaa"), Line("a remark of some length")});
  table.add_row({Line("bbbb"), Line()});
  View view = view_at({});
  view.columns = 60;
  EXPECT_THAT(table.render(view), testing::HasSubstr("aaaa  a remark of some length"));
  view.columns = 29;
  EXPECT_THAT(table.render(view), testing::HasSubstr("aaaa  a remark of some length\nbbbb\n"));
  view.columns = 28;
  EXPECT_EQ(table.render(view), "A\naaaa\n      a remark of some leng\u2026\nbbbb\n");
  view.columns = 80;
  Table two({{.header = "A"}, {.header = "B"}, {.header = "", .is_remark = true}});
  two.add_row({Line("aaaa"), Line(std::string(60, 'b')), Line("in use: somebody")});
  EXPECT_THAT(two.render(view), testing::HasSubstr("b\n      in use: somebody\n"));
}

TEST(Words, TellAHoleOnceForAllNetworks) {
  model::Coverage coverage;
  for (std::uint64_t i = 1; i <= 2000; ++i)
    coverage.holes.push_back({.table = {.netns = base::Netns{i}}, .reason = "nobody shows it"});
  coverage.holes.push_back(
      {.table = {.netns = base::Netns{1}, .protocol = net::Protocol::kUdp}, .reason = "it is denied"});
  const auto holes = hole_words(coverage);
  ASSERT_EQ(holes.size(), 2U);
  EXPECT_EQ(holes[0].table, "tcp ipv4 of 2,000 networks");
  EXPECT_EQ(holes[0].reason, "nobody shows it");
  EXPECT_EQ(holes[1].table, "udp ipv4");
}

TEST(Words, KnowARejectionThatIsBack) {
  model::Alert alert;
  EXPECT_FALSE(is_rejection(alert));
  alert.reasons = {{model::ReasonCode::kRejectedReturned, "it is back"}};
  EXPECT_TRUE(is_rejection(alert));
  alert = {};
  alert.state = model::AlertState::kRejected;
  EXPECT_TRUE(is_rejection(alert));
}

TEST(Fold, JoinsTheFamiliesOfOneServer) {
  auto v4 = make_listener("127.0.0.1:631/tcp", 1);
  auto v6 = make_listener("[::1]:631/tcp", 2);
  const auto groups = fold(std::vector{share(v4), share(v6)});
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].address, "localhost");
  EXPECT_EQ(groups[0].sockets.size(), 2U);
  EXPECT_EQ(groups[0].owners.size(), 1U);
  EXPECT_EQ(groups[0].endpoint(), "localhost:631/tcp");
}

TEST(Fold, NamesWildcardsByWhatTheyReach) {
  auto v4 = make_listener("0.0.0.0:80/tcp", 1);
  auto v6 = make_listener("[::]:80/tcp", 2);
  v6.socket.is_v6only = true;
  EXPECT_EQ(fold(std::vector{share(v4)})[0].address, "0.0.0.0");
  EXPECT_EQ(fold(std::vector{share(v6)})[0].address, "[::]");
  EXPECT_EQ(fold(std::vector{share(v4), share(v6)})[0].address, "*");
  v6.socket.is_v6only = false;
  EXPECT_EQ(fold(std::vector{share(v6)})[0].address, "*") << "a dual socket takes IPv4 too";
}

TEST(Fold, SaysInWhichNetwork) {
  const model::Listener here = make_listener("127.0.0.1:80/tcp");
  model::Listener there = here;
  there.socket.netns = base::Netns{7};
  there.socket.network = "web";
  const auto groups = fold(std::vector{share(here), share(there)});
  ASSERT_EQ(groups.size(), 2U) << "the same port in two networks is two listeners";
  EXPECT_EQ(groups[0].address, "127.0.0.1");
  EXPECT_EQ(groups[1].address, "127.0.0.1@web");
  EXPECT_EQ(each_alone(std::vector{share(there)})[0].address, "127.0.0.1@web");
}

TEST(Fold, JoinsWorkersThatShareAPortAndCountsEachProcessOnce) {
  auto first = make_listener("0.0.0.0:80/tcp", 1);
  auto second = make_listener("0.0.0.0:80/tcp", 2);
  second.owners = {share(make_process(5000)), first.owners[0]};
  const auto groups = fold(std::vector{share(first), share(second)});
  ASSERT_EQ(groups.size(), 1U);
  EXPECT_EQ(groups[0].sockets.size(), 2U);
  EXPECT_EQ(groups[0].owners.size(), 2U);
}

TEST(Fold, NeverHidesADifferenceThatMatters) {
  const auto base_listener = make_listener("0.0.0.0:80/tcp", 1);
  const auto differs = [&](auto change) {
    auto other = make_listener("0.0.0.0:80/tcp", 2);
    change(other);
    return fold(std::vector{share(base_listener), share(other)}).size() == 2;
  };
  EXPECT_FALSE(differs([](model::Listener&) {}));
  EXPECT_TRUE(differs([](model::Listener& other) { other.verdict = model::Verdict::kKnown; }));
  EXPECT_TRUE(differs([](model::Listener& other) { other.program.id = "/tmp/other"; }));
  EXPECT_TRUE(differs([](model::Listener& other) { other.program.label = "other"; }));
  EXPECT_TRUE(differs([](model::Listener& other) { other.service.user = "bob"; }));
  EXPECT_TRUE(differs([](model::Listener& other) { other.exposure = model::Exposure::kLan; }));
  EXPECT_TRUE(differs([](model::Listener& other) { other.socket.device = "eth0"; }));
  EXPECT_TRUE(differs([](model::Listener& other) { other.socket.netns = {1}; }));
  EXPECT_TRUE(differs([](model::Listener& other) { other.socket.endpoint.protocol = net::Protocol::kUdp; }));
  EXPECT_TRUE(differs(
      [](model::Listener& other) { other.socket.endpoint = test::make_endpoint("127.0.0.2:80/tcp"); }));
  EXPECT_EQ(fold(std::vector{share(make_listener("127.0.0.2:80/tcp", 1)),
                             share(make_listener("127.0.0.3:80/tcp", 2))})
                .size(),
            2U);
}

TEST(Fold, ComparesNoServicesThatTheViewerMayNotSee) {
  auto seen = make_listener("127.0.0.1:80/tcp", 1);
  auto other = make_listener("127.0.0.1:81/tcp", 2);
  seen.service = other.service = {};
  const auto group = fold(std::vector{share(seen)})[0];
  EXPECT_TRUE(group.is_same_service(other));
  other.redacted = {"service"};
  EXPECT_FALSE(group.is_same_service(other));
  EXPECT_TRUE(group.is_same_service(seen)) << "the same socket";
}

TEST(Words, SayWhyAProgramIsNotKnown) {
  auto listener = make_listener();
  EXPECT_EQ(program_words(listener).text(), "python3 -m http.server");
  listener.program = {};
  std::set<std::string> said;
  for (const auto attribution : {model::Attribution::kExited, model::Attribution::kDenied,
                                 model::Attribution::kKernel, model::Attribution::kOtherNamespace}) {
    listener.attribution = attribution;
    EXPECT_FALSE(program_words(listener).empty());
    said.insert(program_words(listener).text());
  }
  EXPECT_EQ(said.size(), 4U);
}

TEST(Words, TellTimesShortByHowFarTheyAre) {
  const View view = view_at(utc_at(4h));
  const auto since = [&](base::Micros ago, model::Precision precision) {
    return since_words(view, {.at = view.now - ago, .earliest = {}, .boot = {}, .precision = precision});
  };
  EXPECT_EQ(since(1h, model::Precision::kExact), "11:00");
  EXPECT_EQ(since(1h, model::Precision::kGap), "≤11:00");
  EXPECT_EQ(since(48h, model::Precision::kPoll), "Nov 19");
  EXPECT_EQ(since(24h * 400, model::Precision::kExact), "2025");
  EXPECT_EQ(clock_words(view, view.now - 48h), "Nov 19 12:00:00");
  EXPECT_EQ(clock_words(view, view.now - 24h * 400), "2025-10-17 12:00:00");
  EXPECT_EQ(distance_words(view, view.now - 90s), "90 s ago");
  EXPECT_EQ(distance_words(view, view.now + 2h), "in 2 h");
  EXPECT_EQ(distance_words(view, view.now), "now");
}

TEST(Words, TellHowExactlyATimeIsKnown) {
  const View view = view_at(utc_at(4h));
  model::EventTime time{
      .at = utc_at(1h) + 381204us, .earliest = {}, .boot = {}, .precision = model::Precision::kExact};
  EXPECT_EQ(precise_words(view, time), "09:00:00.381204 (exact)");
  time.precision = model::Precision::kPoll;
  time.earliest = time.at - 1s;
  EXPECT_EQ(precise_words(view, time), "09:00:00 (within 1 s)");
  time.precision = model::Precision::kGap;
  time.earliest = utc_at(30min);
  EXPECT_EQ(precise_words(view, time), "between 08:30:00 and 09:00:00 (nobody watched then)");
}

TEST(Words, WriteNumbersSizesAndPaths) {
  EXPECT_EQ(number_words(0), "0");
  EXPECT_EQ(number_words(999), "999");
  EXPECT_EQ(number_words(1234567), "1,234,567");
  EXPECT_EQ(count_words(1, "event", "events"), "1 event");
  EXPECT_EQ(count_words(0, "event", "events"), "0 events");
  EXPECT_EQ(size_words(512), "512 B");
  EXPECT_EQ(size_words(1536), "1.5 KiB");
  const View view = view_at({});
  EXPECT_EQ(path_words(view, "/home/ana/demo"), "~/demo");
  EXPECT_EQ(path_words(view, "/home/anabel"), "/home/anabel");
}

TEST(Words, QuoteACommandAsAShellWouldTakeIt) {
  auto process = make_process(1, "/bin/x", {"x", "a b", "", "it's", "--port=80"});
  EXPECT_EQ(command_words(process), "x 'a b' '' 'it'\\''s' --port=80");
  process.is_argv_truncated = true;
  EXPECT_TRUE(command_words(process).ends_with(" …"));
}

}  // namespace
}  // namespace portwatch::cli
