// SPDX-License-Identifier: Apache-2.0
#pragma once

// Worlds in which sockets are opened, held and closed, each with a sensor that watches it. The native ones
// are this machine, where others open and close sockets too: so a test looks only at the ones it made itself.

#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "daemon/sensor/linux/make_sensor.h"
#include "tests/support/fake_proc.h"
#include "tests/support/forked_child.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {

enum class Tier : std::uint8_t { kEvents, kNetlink, kProcNet };

/// This machine, with real sockets and processes.
template <Tier kTier>
class NativeWorld {
 public:
  struct Socket {
    std::unique_ptr<ListeningSocket> socket;
    net::Endpoint endpoint;
  };
  using Child = std::unique_ptr<ForkedChild>;

  NativeWorld() {
    auto made =
        sensor::make_sensor({.use_events = kTier == Tier::kEvents, .use_netlink = kTier != Tier::kProcNet});
    EXPECT_TRUE(made) << made.error().message;
    if (made) sensor_ = *std::move(made);
    constexpr std::array<std::string_view, 3> kNames{"bpf", "sock_diag", "proc_net"};
    EXPECT_EQ(sensor_->info().name, kNames.at(static_cast<std::size_t>(kTier)));
  }

  [[nodiscard]] interface::Sensor& sensor() { return *sensor_; }
  [[nodiscard]] int own_pid() const { return ::getpid(); }

  Socket open(net::Protocol protocol, const std::string& address) {
    Socket opened;
    opened.socket = std::make_unique<ListeningSocket>(
        SocketWishes{.is_udp = protocol == net::Protocol::kUdp, .address = address, .is_v6only = true});
    opened.endpoint = {protocol, net::IpAddress::parse(address).value(), base::Port{opened.socket->port()}};
    return opened;
  }
  void close(Socket& socket) { socket.socket.reset(); }
  /// The socket no longer listens; its descriptor stays.
  void stop_listening(Socket& socket) { ASSERT_EQ(::shutdown(socket.socket->fd(), SHUT_RDWR), 0); }
  /// A child that holds what this process holds.
  Child fork() { return std::make_unique<ForkedChild>(); }
  [[nodiscard]] static int pid_of(const Child& child) { return child->pid(); }
  void end(Child& child) { child->stop(); }

 private:
  std::unique_ptr<interface::Sensor> sensor_;
};

/// A folder that says what a kernel would say.
class FakeProcWorld {
 public:
  struct Socket {
    std::uint64_t inode = 0;
    net::Endpoint endpoint;
  };
  using Child = int;

  FakeProcWorld() {
    proc_.start({.pid = kOwnPid});
    auto made = sensor::make_sensor({.proc = proc_.path(), .use_events = false, .use_netlink = false});
    EXPECT_TRUE(made) << made.error().message;
    if (made) sensor_ = *std::move(made);
  }

  [[nodiscard]] interface::Sensor& sensor() { return *sensor_; }
  [[nodiscard]] int own_pid() const { return kOwnPid; }

  Socket open(net::Protocol protocol, const std::string& address) {
    const std::uint64_t inode = ++last_inode_;
    const net::Endpoint endpoint{protocol, net::IpAddress::parse(address).value(),
                                 base::Port{static_cast<std::uint16_t>(inode)}};
    listed_.emplace(inode, endpoint);
    own_.emplace(inode, static_cast<int>(inode));
    proc_.open_socket(kOwnPid, static_cast<int>(inode), inode);
    write_tables();
    return {inode, endpoint};
  }
  void close(Socket& socket) {
    proc_.close(kOwnPid, own_.at(socket.inode));
    own_.erase(socket.inode);
    listed_.erase(socket.inode);
    write_tables();
  }
  void stop_listening(Socket& socket) {
    listed_.erase(socket.inode);
    write_tables();
  }
  Child fork() {
    const int pid = ++last_pid_;
    proc_.start({.pid = pid, .parent = kOwnPid, .start_ticks = static_cast<std::uint64_t>(1000 + pid)});
    for (const auto& [inode, fd] : own_) proc_.open_socket(pid, fd, inode);
    return pid;
  }
  [[nodiscard]] static int pid_of(Child child) { return child; }
  void end(Child& child) { proc_.stop(child); }

 private:
  static constexpr int kOwnPid = 100;

  void write_tables() {
    for (const char* table : {"tcp", "tcp6", "udp", "udp6"}) proc_.clear_table(table);
    for (const auto& [inode, endpoint] : listed_) {
      std::string hex;
      const auto octets = endpoint.address.octets();
      for (std::size_t word = 0; word < octets.size(); word += 4)
        hex += fmt::format("{:02X}{:02X}{:02X}{:02X}", octets[word + 3], octets[word + 2], octets[word + 1],
                           octets[word]);
      const bool is_tcp = endpoint.protocol == net::Protocol::kTcp;
      const std::string table = std::string(is_tcp ? "tcp" : "udp") + (octets.size() == 4 ? "" : "6");
      proc_.add_row(table, fmt::format("{}:{:04X}", hex, endpoint.port.value), is_tcp ? "0A" : "07", inode);
    }
  }

  FakeProc proc_;
  std::map<std::uint64_t, net::Endpoint> listed_;
  std::map<std::uint64_t, int> own_;  ///< descriptors of this world's own process
  std::uint64_t last_inode_ = 1000;
  int last_pid_ = 1000;
  std::unique_ptr<interface::Sensor> sensor_;
};

/// Whether the sensor sees that a socket which is held does not listen.
template <class World>
constexpr bool kSeesState = std::is_same_v<World, NativeWorld<Tier::kEvents>>;

#ifdef PW_EVENT_WORLD
constexpr Tier kNativeTier = Tier::kEvents;
using SensorWorlds = ::testing::Types<NativeWorld<Tier::kEvents>>;
#else
constexpr Tier kNativeTier = Tier::kNetlink;
using SensorWorlds =
    ::testing::Types<NativeWorld<Tier::kNetlink>, NativeWorld<Tier::kProcNet>, FakeProcWorld>;
#endif

}  // namespace portwatch::test
