// SPDX-License-Identifier: Apache-2.0
// The sensor's decoders hold for bytes that nobody thought of: they end, stay inside, and never make up what
// is not there.

#include <cstring>
#include <vector>

#include <gtest/gtest.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <netinet/tcp.h>

#include "daemon/sensor/linux/cgroup.h"
#include "daemon/sensor/linux/inet_diag.h"
#include "daemon/sensor/linux/netlink_message.h"
#include "daemon/sensor/linux/proc_net.h"
#include "daemon/sensor/linux/proc_pid.h"
#include "tests/support/random.h"

namespace portwatch::sensor {
namespace {

constexpr std::uint64_t kRounds = 3000;

std::vector<std::byte> to_bytes(std::string_view text) {
  // A block of exactly this size, so that the sanitizer sees one byte too far.
  const auto bytes = std::as_bytes(std::span(text));
  return {bytes.begin(), bytes.end()};
}

TEST(Decoders, ReadAnyDatagramToItsEnd) {
  for (std::uint64_t seed = 1; seed <= kRounds; ++seed) {
    SCOPED_TRACE(seed);
    test::Random random(seed);
    auto bytes = to_bytes(random.bytes(400));
    // Half of them begin with a length that fits.
    if (random.chance(50) && bytes.size() >= sizeof(nlmsghdr)) {
      const auto length = static_cast<std::uint32_t>(random.below(bytes.size() + 8));
      std::memcpy(bytes.data(), &length, sizeof length);
    }
    Bytes rest = bytes;
    bool is_malformed = false;
    std::size_t messages = 0;
    while (const auto message = take_message(rest, is_malformed)) {
      ++messages;
      Bytes attributes = message->payload;
      std::size_t count = 0;
      while (take_attribute(attributes)) ++count;
      EXPECT_LE(count, message->payload.size() / sizeof(nlattr));
      static_cast<void>(decode_inet_row(net::Protocol::kTcp, message->payload));
    }
    EXPECT_LE(messages, bytes.size() / sizeof(nlmsghdr));
    EXPECT_TRUE(rest.empty());
  }
}

TEST(Decoders, GiveOnlyListenersOfTheProtocolThatWasAsked) {
  std::size_t given = 0;
  for (std::uint64_t seed = 1; seed <= kRounds; ++seed) {
    SCOPED_TRACE(seed);
    test::Random random(seed);
    auto bytes = to_bytes(random.bytes(200));
    if (bytes.size() >= 2) {
      bytes[0] = static_cast<std::byte>(random.chance(50) ? AF_INET : AF_INET6);
      bytes[1] = static_cast<std::byte>(random.chance(80) ? TCP_LISTEN : TCP_CLOSE);
    }
    if (bytes.size() >= 8 && random.chance(80)) bytes[6] = bytes[7] = std::byte{0};
    const auto row = decode_inet_row(net::Protocol::kTcp, bytes);
    if (!row) continue;
    ++given;
    EXPECT_EQ(row->endpoint.protocol, net::Protocol::kTcp);
    EXPECT_NE(row->endpoint.port, base::Port{0});
    EXPECT_EQ(bytes[1], std::byte{TCP_LISTEN});
  }
  EXPECT_GT(given, kRounds / 10);
}

TEST(Decoders, ReadAnyLineOfProcNet) {
  const std::string line =
      "   0: 0100007F:1F90 00000000:0000 0A 00000000:00000000 00:00000000 00000000  1000        0 46161 1 "
      "0000000000000000 100 0 0 10 0";
  for (std::uint64_t seed = 1; seed <= kRounds; ++seed) {
    SCOPED_TRACE(seed);
    test::Random random(seed);
    std::string changed = line;
    for (std::uint64_t changes = random.below(6); changes > 0; --changes)
      changed[random.below(changed.size())] = random.bytes(1).c_str()[0];
    changed.resize(random.below(changed.size() + 1));
    const auto row = parse_proc_net_line(net::Protocol::kTcp, changed);
    EXPECT_FALSE(row && row->endpoint.port == base::Port{0});
  }
}

TEST(Decoders, FindTheStartTimeBehindAnyName) {
  for (std::uint64_t seed = 1; seed <= kRounds; ++seed) {
    SCOPED_TRACE(seed);
    test::Random random(seed);
    const std::string name = random.bytes(15);
    const auto stat = parse_stat("7 (" + name + ") S 3 0 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 99 0 0\n");
    ASSERT_TRUE(stat);
    EXPECT_EQ(stat->name, name);
    EXPECT_EQ(stat->parent, base::Pid{3});
    EXPECT_EQ(stat->start_ticks, 99U);
  }
}

TEST(Decoders, BoundAnyCommandLine) {
  constexpr std::size_t kMaxArguments = 8;
  for (std::uint64_t seed = 1; seed <= kRounds; ++seed) {
    SCOPED_TRACE(seed);
    test::Random random(seed);
    std::string text = random.bytes(100);
    for (char& c : text)
      if (random.chance(30)) c = '\0';
    const CommandLine line = parse_command_line(text, true, kMaxArguments);
    EXPECT_LE(line.arguments.size(), kMaxArguments);
    std::size_t bytes = 0;
    for (const std::string& argument : line.arguments) {
      EXPECT_EQ(argument.find('\0'), std::string::npos);
      bytes += argument.size() + 1;
    }
    EXPECT_LE(bytes, text.size() + 1);
  }
}

TEST(Decoders, ReadAnyCgroup) {
  const std::vector<std::string> parts{"0::",       "/",        "system.slice",
                                       "a.service", "\n",       "user@1000.service",
                                       "_",         "..",       "init.scope",
                                       "docker-",   ".scope",   "1:name=systemd:",
                                       "lxc",       "machine-", ":",
                                       "libpod-",   "kubepods", std::string(64, 'a'),
                                       ".slice"};
  for (std::uint64_t seed = 1; seed <= kRounds; ++seed) {
    SCOPED_TRACE(seed);
    test::Random random(seed);
    std::string text;
    for (std::uint64_t count = random.below(20); count > 0; --count)
      text += random.chance(90) ? random.pick(parts) : random.bytes(4);
    const CgroupFacts facts = parse_cgroup(text);
    for (const auto& name : {facts.unit, facts.container}) {
      if (!name) continue;
      EXPECT_FALSE(name->empty());
      EXPECT_EQ(name->find('/'), std::string::npos);
      EXPECT_NE(text.find(*name), std::string::npos);
    }
  }
}

}  // namespace
}  // namespace portwatch::sensor
