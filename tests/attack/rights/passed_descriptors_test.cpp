// SPDX-License-Identifier: Apache-2.0
// A client that passes open descriptors along, so that the daemon runs out of its own or keeps files open for
// it.

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <iterator>
#include <nlohmann/json.hpp>

#include "common/base/assert.h"
#include "tests/support/daemon_harness.h"
#include "tests/support/descriptor_channel.h"

namespace portwatch::test {
namespace {

std::ptrdiff_t descriptors_of(int pid) {
  const std::filesystem::directory_iterator folder("/proc/" + std::to_string(pid) + "/fd");
  return std::distance(begin(folder), end(folder));
}

platform::Descriptor connect_to(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.native().size());
  platform::Descriptor client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  PW_ASSERT(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return client;
}

TEST(PassedDescriptors, AreNotTaken) {
  DaemonHarness daemon;
  ASSERT_TRUE(daemon.start());
  ASSERT_TRUE(daemon.looks_again());
  const auto at_rest = [&] { return daemon.client()->call("status").at("sessions").get<int>() == 1; };
  ASSERT_TRUE(wait_until(at_rest));
  const auto before = descriptors_of(daemon.pid());
  {
    const auto client = connect_to(daemon.socket());
    const platform::Descriptor gift(::dup(STDIN_FILENO));
    for (int i = 0; i < 200; ++i) ASSERT_TRUE(send_descriptor(client.get(), gift.get()));
    const auto session = daemon.client();
    EXPECT_EQ(session->call("status").at("version").is_string(), true)
        << "another client is served meanwhile";
    // Both sessions are counted; scans may have some files open at the moment of the look.
    EXPECT_TRUE(wait_until([&] { return descriptors_of(daemon.pid()) <= before + 2; }));
  }
  ASSERT_TRUE(wait_until(at_rest));
  EXPECT_TRUE(wait_until([&] { return descriptors_of(daemon.pid()) <= before; }));
}

}  // namespace
}  // namespace portwatch::test
