// SPDX-License-Identifier: Apache-2.0
#pragma once

// From how far another network namespace can be reached at most. Pure.

#include "common/model/host_facts.h"
#include "common/model/identity.h"
#include "daemon/sensor/linux/network_reader.h"

namespace portwatch::sensor {

/// Loopback: it has no other addresses. Host-only: whatever it knows a way to is behind a bridge of the host
/// that leads nowhere else: the host and the containers beside it. What an engine publishes of such a network
/// is a listener of its own on the host (docker-proxy, conmon, rootlessport) with its own exposure. Lan:
/// the same of a pod of Kubernetes. Link: it knows no gateway. Any: it has a gateway elsewhere, an address
/// that can be routed, or could not be read whole.
[[nodiscard]] model::Exposure reach_of(const NetworkReading& network, const model::HostFacts& host);

}  // namespace portwatch::sensor
