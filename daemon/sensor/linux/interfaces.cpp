// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/interfaces.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <map>
#include <memory>

#include <fmt/format.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>

namespace portwatch::sensor {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kMaxInterfaces = 4096;
constexpr std::size_t kMaxAddresses = 256;
constexpr int kMaxDepth = 8;

std::optional<net::IpAddress> address_of(const sockaddr* address) {
  if (address == nullptr) return std::nullopt;
  std::array<std::uint8_t, 16> octets{};
  if (address->sa_family == AF_INET) {
    sockaddr_in v4;
    std::memcpy(&v4, address, sizeof v4);
    std::memcpy(octets.data(), &v4.sin_addr, sizeof v4.sin_addr);
    return net::IpAddress::v4({octets[0], octets[1], octets[2], octets[3]});
  }
  if (address->sa_family == AF_INET6) {
    sockaddr_in6 v6;
    std::memcpy(&v6, address, sizeof v6);
    std::memcpy(octets.data(), &v6.sin6_addr, sizeof v6.sin6_addr);
    return net::IpAddress::v6(octets);
  }
  return std::nullopt;
}

/// Whether what is sent into an interface can leave the machine by it or by what it stands on (bond, VLAN).
bool leads_off_host(const fs::path& interface, int depth) {
  std::error_code error;
  if (fs::exists(interface / "device", error)) return true;
  if (depth >= kMaxDepth) return true;
  for (fs::directory_iterator entry(interface, error), end; !error && entry != end; entry.increment(error)) {
    if (!entry->path().filename().string().starts_with("lower_")) continue;
    if (leads_off_host(entry->path(), depth + 1)) return true;
  }
  return false;
}

}  // namespace

bool is_bridge_without_uplink(const std::string& sys_class_net, const std::string& bridge) {
  std::error_code error;
  const fs::path folder = fs::path(sys_class_net) / bridge;
  if (!fs::is_directory(folder / "bridge", error)) return false;
  for (fs::directory_iterator member(folder / "brif", error), end; !error && member != end;
       member.increment(error))
    if (leads_off_host(fs::path(sys_class_net) / member->path().filename(), 0)) return false;
  return !error;
}

std::vector<model::Interface> read_interfaces(const std::string& sys_class_net) {
  ifaddrs* first = nullptr;
  if (::getifaddrs(&first) != 0) return {};
  const std::unique_ptr<ifaddrs, decltype(&::freeifaddrs)> list(first, &::freeifaddrs);

  std::map<std::string, model::Interface> by_name;
  for (const ifaddrs* entry = list.get(); entry != nullptr; entry = entry->ifa_next) {
    if (by_name.size() >= kMaxInterfaces && !by_name.contains(entry->ifa_name)) continue;
    model::Interface& interface = by_name[entry->ifa_name];
    interface.is_loopback = (entry->ifa_flags & IFF_LOOPBACK) != 0;
    if (const auto address = address_of(entry->ifa_addr);
        address && interface.addresses.size() < kMaxAddresses)
      interface.addresses.push_back(*address);
  }

  std::vector<model::Interface> interfaces;
  interfaces.reserve(by_name.size());
  for (auto& [name, interface] : by_name) {
    interface.name = name;
    interface.is_bridge_without_uplink = is_bridge_without_uplink(sys_class_net, name);
    std::ranges::sort(interface.addresses);
    interfaces.push_back(std::move(interface));
  }
  return interfaces;
}

std::string interface_name(std::uint32_t index) {
  std::array<char, IF_NAMESIZE> name{};
  if (index == 0) return {};
  if (::if_indextoname(index, name.data()) == nullptr) return fmt::format("if{}", index);
  return name.data();
}

}  // namespace portwatch::sensor
