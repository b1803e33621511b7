// SPDX-License-Identifier: Apache-2.0
#pragma once

// What stays the same when a listener comes back: protocol, exposure, port unless the kernel chose it,
// program, user.

#include <string>
#include <vector>

#include "common/model/host_facts.h"
#include "common/model/identity.h"
#include "common/model/process.h"
#include "common/model/socket_record.h"

namespace portwatch::core {

/// Where the sensor cannot tell: a port outside the dynamic range was named by the program, one inside it may
/// have been either.
[[nodiscard]] model::BindIntent bind_intent_of(const model::SocketRecord& socket,
                                               const model::HostFacts& host);

/// Unset when the kernel chose the port, or may have.
[[nodiscard]] std::optional<base::Port> service_port(const model::SocketRecord& socket,
                                                     const model::HostFacts& host);

/// The user who made the socket, which privilege-dropping servers do not change: the name where an owner runs
/// as that user, or `name` if the system knows one, else "root" or "#1000".
[[nodiscard]] std::string service_user(const model::SocketRecord& socket,
                                       const std::vector<model::ProcessRef>& owners,
                                       const std::optional<std::string>& name = std::nullopt);

[[nodiscard]] model::ServiceKey service_key(const model::SocketRecord& socket, model::Exposure exposure,
                                            const model::ProgramIdentity& program, std::string user,
                                            std::optional<base::Port> port);

struct ServiceKeyHash {
  std::size_t operator()(const model::ServiceKey& key) const noexcept;
};

}  // namespace portwatch::core
