// SPDX-License-Identifier: Apache-2.0
// A thousand listeners of all kinds: portwatchctl names exactly the sockets that ss(8) names, with the same
// holders.

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <iterator>
#include <map>
#include <nlohmann/json.hpp>
#include <regex>
#include <set>
#include <sstream>

#include "tests/support/daemon_harness.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {
namespace {

using Json = nlohmann::json;

/// "tcp 127.0.0.1 4711" and the pids that hold it; several sockets may share an address.
using Picture = std::multimap<std::string, std::set<int>>;

std::string name_of(const std::string& protocol, const std::string& address, const std::string& port) {
  return protocol + " " + address + " " + port;
}

/// The lines of `ss -H -ltunp` that are about our ports. ss writes "*" for a dual-stack wildcard and "[::]"
/// for IPv6 alone.
Picture picture_of_ss(const std::set<std::string>& ports) {
  const Outcome ss = run_child({"ss", "-H", "-ltunp"});
  EXPECT_EQ(ss.exit_code, 0) << ss.err;
  Picture picture;
  std::istringstream lines(ss.out);
  const std::regex pid("pid=([0-9]+)");
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string protocol, state, receive, send, local;
    words >> protocol >> state >> receive >> send >> local;
    const auto colon = local.rfind(':');
    const std::string port = local.substr(colon + 1);
    if (!ports.contains(port)) continue;
    std::string address = local.substr(0, colon);
    if (address.starts_with('[')) address = address.substr(1, address.size() - 2);
    if (address == "*") address = "::";
    std::set<int> pids;
    for (auto match = std::sregex_iterator(line.begin(), line.end(), pid); match != std::sregex_iterator();
         ++match)
      pids.insert(std::stoi((*match)[1]));
    picture.emplace(name_of(protocol, address, port), pids);
  }
  return picture;
}

Picture picture_of_portwatch(const Json& list, const std::set<std::string>& ports) {
  Picture picture;
  for (const Json& listener : list.at("listeners")) {
    const std::string port = std::to_string(listener.at("port").get<int>());
    if (!ports.contains(port)) continue;
    std::set<int> pids;
    for (const Json& owner : listener.at("owners")) pids.insert(owner.at("pid").get<int>());
    picture.emplace(name_of(listener.at("protocol"), listener.at("address"), port), pids);
  }
  return picture;
}

using Rows = std::vector<std::pair<std::string, std::set<int>>>;

Rows sorted(const Picture& picture) {
  Rows rows(picture.begin(), picture.end());
  std::ranges::sort(rows);
  return rows;
}

/// What is in `a` and not in `b`, at most a few of it.
std::string missing_from(const Rows& b, const Rows& a) {
  Rows missing;
  std::ranges::set_difference(a, b, std::back_inserter(missing));
  return std::to_string(missing.size()) + " of them: " + testing::PrintToString(missing);
}

TEST(ComparedWithSs, ThousandListenersAreTheSameWithTheSameHolders) {
  rlimit files{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &files), 0);
  files.rlim_cur = std::min<rlim_t>(files.rlim_max, 4096);
  ASSERT_EQ(setrlimit(RLIMIT_NOFILE, &files), 0);
  ASSERT_GE(files.rlim_cur, 1200U) << "this test opens a thousand sockets";

  DaemonHarness daemon({.configuration = "[scan]\ninterval = \"200ms\"\n[policy]\nlearning = \"1h\"\n"});
  ASSERT_TRUE(daemon.start());

  std::vector<ListeningSocket> sockets;
  const std::vector<std::string> addresses{"127.0.0.1", "0.0.0.0", "::1", "::"};
  // The first hundred are inherited by three more processes.
  for (int i = 0; i < 990; ++i)
    sockets.emplace_back(SocketWishes{.is_udp = i % 3 == 0,
                                      .address = addresses.at(static_cast<std::size_t>(i) % addresses.size()),
                                      .is_v6only = i % 8 == 3,
                                      .is_inherited = i < 100});
  for (int i = 0; i < 5; ++i) {
    sockets.emplace_back(SocketWishes{.shares_port = true});
    sockets.emplace_back(SocketWishes{.port = sockets.back().port(), .shares_port = true});
  }
  std::vector<std::unique_ptr<ChildProcess>> holders;
  for (int i = 0; i < 3; ++i)
    holders.push_back(std::make_unique<ChildProcess>(std::vector<std::string>{"sleep", "1000"}));
  // Not by ss and portwatchctl themselves.
  for (const ListeningSocket& socket : sockets) socket.keep_from_children();
  std::set<std::string> ports;
  for (const ListeningSocket& socket : sockets) ports.insert(std::to_string(socket.port()));

  auto expected = sorted(picture_of_ss(ports));
  ASSERT_GE(expected.size(), 1000U);
  EXPECT_TRUE(daemon.looks_again(3));
  Rows seen;
  Outcome list;
  ASSERT_TRUE(wait_until([&] {
    list = daemon.ctl({"list", "--json"});
    if (list.exit_code != 0) return false;
    seen = sorted(picture_of_portwatch(Json::parse(list.out), ports));
    // A child between fork and exec holds everything for a moment, and ss may have caught it.
    expected = sorted(picture_of_ss(ports));
    return seen == expected;
  })) << "portwatchctl ended with "
      << list.exit_code << ": " << list.err << "\nOnly portwatch names " << missing_from(expected, seen)
      << "\nOnly ss names " << missing_from(seen, expected);
}

}  // namespace
}  // namespace portwatch::test
