// SPDX-License-Identifier: Apache-2.0
#pragma once

// A machine made of values: processes, sockets, interfaces and a clock, of which snapshots are taken. It
// stands in for the sensor where the core is tested.

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "common/model/snapshot.h"
#include "tests/support/builders.h"

namespace portwatch::test {

inline constexpr std::string_view kFirstBoot = "3f0c1f62-0000-4000-8000-000000000001";
inline constexpr std::string_view kSecondBoot = "9a1b2c3d-0000-4000-8000-000000000002";

/// A process under construction: FakeProcess(100).exe("/usr/bin/nginx").user(33, "www-data").
class FakeProcess {
 public:
  explicit FakeProcess(std::int32_t pid) {
    process_.key.pid = base::Pid{pid};
    process_.key.start = base::BootTime{std::chrono::seconds{pid}};
    process_.name = "process";
    process_.cwd = "/home/ana";
    user(1000, "ana");
  }

  FakeProcess& start(std::chrono::seconds since_boot) {
    process_.key.start = base::BootTime{since_boot};
    return *this;
  }
  FakeProcess& exe(std::string path) {
    process_.name = path.substr(path.rfind('/') + 1);
    process_.exe = model::Executable{.path = path, .file = std::nullopt, .is_deleted = false};
    if (process_.argv.empty()) process_.argv = {std::move(path)};
    return *this;
  }
  FakeProcess& deleted() {
    process_.exe->is_deleted = true;
    return *this;
  }
  FakeProcess& argv(std::vector<std::string> words) {
    process_.argv = std::move(words);
    return *this;
  }
  FakeProcess& argv_cut() {
    process_.is_argv_truncated = true;
    return *this;
  }
  FakeProcess& cwd(std::string folder) {
    process_.cwd = std::move(folder);
    return *this;
  }
  FakeProcess& no_cwd() {
    process_.cwd.reset();
    return *this;
  }
  FakeProcess& user(std::uint32_t uid, std::string name) {
    process_.uid = base::Uid{uid};
    process_.user = std::move(name);
    return *this;
  }
  FakeProcess& unit(std::string name) {
    process_.unit = std::move(name);
    return *this;
  }
  FakeProcess& container(std::string id) {
    process_.container = std::move(id);
    return *this;
  }
  FakeProcess& child_of(std::vector<std::string> names) {
    std::int32_t pid = 40;
    for (std::string& name : names) {
      const base::Pid ancestor{name == "systemd" ? 1 : pid--};
      process_.ancestors.push_back({ancestor, base::BootTime{}, std::move(name)});
    }
    return *this;
  }
  FakeProcess& image(std::uint64_t number) {
    process_.image = number;
    return *this;
  }
  /// As one that is about to end.
  FakeProcess& no_exe(std::string name) {
    unreadable(std::move(name));
    process_.attribution = model::Attribution::kExact;
    return *this;
  }
  FakeProcess& unreadable(std::string name) {
    process_.exe.reset();
    process_.argv.clear();
    process_.cwd.reset();
    process_.name = std::move(name);
    process_.attribution = model::Attribution::kDenied;
    return *this;
  }

  [[nodiscard]] const model::Process& value() const { return process_; }
  [[nodiscard]] model::ProcessRef ref() const { return std::make_shared<const model::Process>(process_); }

 private:
  model::Process process_;
};

/// python3 ARGUMENTS… of user ana.
inline FakeProcess python(std::int32_t pid, std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "python3");
  return FakeProcess(pid).exe("/usr/bin/python3.11").argv(std::move(arguments));
}

/// An address without brackets, a port, and TCP unless it is said.
inline net::Endpoint endpoint(std::string_view address, std::uint16_t port,
                              net::Protocol protocol = net::Protocol::kTcp) {
  return {protocol, net::IpAddress::parse(address).value(), base::Port{port}};
}

class FakeMachine {
 public:
  FakeMachine() {
    host_.boot_id = kFirstBoot;
    host_.netns = kNetns;
    host_.interfaces = {
        {.name = "lo", .is_loopback = true, .addresses = addresses({"127.0.0.1", "::1"})},
        {.name = "eth0", .addresses = addresses({"192.168.1.10", "fe80::1", "2001:db8::10"})},
        {.name = "docker0", .is_bridge_without_uplink = true, .addresses = addresses({"172.17.0.1"})},
    };
    cover_everything();
  }

  [[nodiscard]] model::HostFacts& host() { return host_; }
  [[nodiscard]] model::Coverage& coverage() { return coverage_; }

  void cover_everything() {
    coverage_ = {};
    for (const auto protocol : {net::Protocol::kTcp, net::Protocol::kUdp})
      for (const auto family : {net::Family::kIpv4, net::Family::kIpv6})
        coverage_.tables.push_back({kNetns, protocol, family});
    std::ranges::sort(coverage_.tables);
  }
  /// As a sensor that sees every network namespace.
  void cover_all_networks() {
    cover_everything();
    for (const auto protocol : {net::Protocol::kTcp, net::Protocol::kUdp})
      for (const auto family : {net::Family::kIpv4, net::Family::kIpv6})
        coverage_.tables.push_back({base::Netns{}, protocol, family});
    std::ranges::sort(coverage_.tables);
  }
  void hide(net::Protocol protocol, net::Family family) {
    const model::Table table{kNetns, protocol, family};
    std::erase(coverage_.tables, table);
    coverage_.holes.push_back({table, "not readable"});
  }

  /// A socket that listens from now on. Its name stays valid until it is closed.
  model::SocketId listen(net::Endpoint where, std::vector<model::ProcessRef> owners,
                         base::Netns netns = kNetns) {
    model::Sighting sighting;
    sighting.socket.netns = netns;
    sighting.socket.id = {model::SocketId::Kind::kCookie, ++last_cookie_};
    sighting.socket.inode = 100'000 + last_cookie_;
    sighting.socket.endpoint = where;
    sighting.socket.uid = owners.empty() ? base::Uid{1000} : owners.front()->uid.value_or(base::Uid{0});
    sightings_.push_back(std::move(sighting));
    hold(sightings_.back().socket.id, std::move(owners));
    return sightings_.back().socket.id;
  }
  void close(model::SocketId id) {
    std::erase_if(sightings_, [&](const model::Sighting& sighting) { return sighting.socket.id == id; });
  }
  void close_all() { sightings_.clear(); }

  [[nodiscard]] model::Sighting& sighting(model::SocketId id) {
    return *std::ranges::find(sightings_, id, [](const model::Sighting& s) { return s.socket.id; });
  }
  [[nodiscard]] std::vector<model::Sighting>& sightings() { return sightings_; }

  /// Who holds a socket from now on.
  void hold(model::SocketId id, std::vector<model::ProcessRef> owners) {
    model::Sighting& held = sighting(id);
    std::ranges::sort(owners, {}, [](const model::ProcessRef& owner) { return owner->key; });
    held.attribution = owners.empty()       ? model::Attribution::kKernel
                       : owners.size() == 1 ? model::Attribution::kExact
                                            : model::Attribution::kShared;
    held.owners = std::move(owners);
  }
  void unattribute(model::SocketId id, model::Attribution why) {
    hold(id, {});
    sighting(id).attribution = why;
  }

  void wait(base::Micros duration) { boot_ += duration; }
  void suspend(base::Micros duration) {
    boot_ += duration;
    suspended_ += duration;
  }
  /// Every socket is gone, the clock starts anew.
  void reboot() {
    utc_of_boot_ = now().utc + std::chrono::seconds{30};
    boot_ = base::BootTime{std::chrono::seconds{20}};
    suspended_ = {};
    host_.boot_id = kSecondBoot;
    close_all();
  }

  [[nodiscard]] base::Moment now() const {
    return {boot_, utc_of_boot_ + boot_.time_since_epoch(), suspended_};
  }

  /// Takes 5 ms.
  [[nodiscard]] model::Snapshot snapshot() {
    model::Snapshot snapshot;
    snapshot.started = boot_;
    snapshot.suspended_at_start = suspended_;
    wait(std::chrono::milliseconds{5});
    snapshot.finished = boot_;
    snapshot.suspended_at_finish = suspended_;
    snapshot.host = std::make_shared<const model::HostFacts>(host_);
    snapshot.coverage = coverage_;
    snapshot.sightings = sightings_;
    return snapshot;
  }

 private:
  static std::vector<net::IpAddress> addresses(std::initializer_list<std::string_view> texts) {
    std::vector<net::IpAddress> parsed;
    for (const std::string_view text : texts) parsed.push_back(net::IpAddress::parse(text).value());
    return parsed;
  }

  model::HostFacts host_;
  model::Coverage coverage_;
  std::vector<model::Sighting> sightings_;
  base::BootTime boot_{std::chrono::hours{1}};
  base::UtcTime utc_of_boot_{std::chrono::sys_days{std::chrono::year{2026} / 3 / 14} + std::chrono::hours{9}};
  base::Micros suspended_{};
  std::uint64_t last_cookie_ = 0;
};

}  // namespace portwatch::test
