// SPDX-License-Identifier: Apache-2.0
// What the machine is like around the sockets, as JSON and back.

#include "common/json/fields.h"

namespace portwatch::json {
namespace {

Json encode_interface(const model::Interface& interface) {
  return Json::object({{"name", value(std::string_view(interface.name))},
                       {"loopback", interface.is_loopback},
                       {"bridge_without_uplink", interface.is_bridge_without_uplink},
                       {"addresses", array_of(interface.addresses, [](const net::IpAddress& address) {
                          return Json(address.to_string());
                        })}});
}

}  // namespace

model::Interface read(const Reader& at, std::type_identity<model::Interface>) {
  return {.name = at.get<std::string>("name"),
          .is_loopback = at.get<bool>("loopback"),
          .is_bridge_without_uplink = at.get<bool>("bridge_without_uplink"),
          .addresses = at.list<net::IpAddress>("addresses")};
}

Json encode(const model::HostFacts& host) {
  return Json::object({{"boot_id", value(std::string_view(host.boot_id))},
                       {"machine_hash", value_or_null(host.machine_hash)},
                       {"namespace", value(host.netns)},
                       {"initial_pid_namespace", host.is_initial_pid_namespace},
                       {"first_dynamic_port", value(host.dynamic_ports.first)},
                       {"last_dynamic_port", value(host.dynamic_ports.last)},
                       {"interfaces", array_of(host.interfaces, encode_interface)}});
}

model::HostFacts read(const Reader& at, std::type_identity<model::HostFacts>) {
  return {.boot_id = at.get<std::string>("boot_id"),
          .machine_hash = at.optional<std::string>("machine_hash"),
          .netns = at.get<base::Netns>("namespace"),
          .is_initial_pid_namespace = at.get<bool>("initial_pid_namespace"),
          .dynamic_ports = {.first = at.get<base::Port>("first_dynamic_port"),
                            .last = at.get<base::Port>("last_dynamic_port")},
          .interfaces = at.list<model::Interface>("interfaces")};
}

template <>
base::Result<model::HostFacts> decode(const Json& json) {
  return decode_by_reading<model::HostFacts>(json);
}

}  // namespace portwatch::json
