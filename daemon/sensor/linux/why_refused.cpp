// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/why_refused.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "daemon/sensor/linux/bpf/socket_iterator.h"
#include "daemon/sensor/linux/clock.h"
#include "daemon/sensor/linux/interfaces.h"
#include "daemon/sensor/linux/port_tables.h"

namespace portwatch::sensor {
namespace {

bool has_address(const net::IpAddress& address) {
  return std::ranges::any_of(read_interfaces("/sys/class/net"), [&](const model::Interface& interface) {
    return std::ranges::any_of(
        interface.addresses, [&](const net::IpAddress& one) { return one.unmapped() == address.unmapped(); });
  });
}

}  // namespace

base::Result<EventTranslator::WhyRefused> make_why_refused(base::Netns own, const bpf::Conditions& conditions,
                                                           ProcessBook& processes) {
  auto loaded = bpf::SocketIterator::load(conditions);
  if (!loaded) return std::unexpected(std::move(loaded).error());
  const auto descriptors = std::make_shared<bpf::SocketIterator>(*std::move(loaded));
  const auto tables = std::make_shared<PortTables>();
  const auto holders = std::make_shared<AddressHolders>(
      own, AddressHolders::Questions{
               .now = read_clocks,
               .table = [tables](net::Protocol protocol, base::Port port,
                                 bool is_listening) { return tables->read(protocol, port, is_listening); },
               .descriptors = [descriptors](base::Port port) { return descriptors->look_at(port); },
               .process = [&processes](const bpf::ImageId& image,
                                       base::Uid uid) { return processes.who(image, uid); },
               .device_name = interface_name,
               .has_address = has_address});
  return [holders](model::Wish wish, const model::SocketRecord& wanted, bool lacks_privilege) {
    return holders->find(wish, wanted, lacks_privilege);
  };
}

}  // namespace portwatch::sensor
