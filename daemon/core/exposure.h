// SPDX-License-Identifier: Apache-2.0
#pragma once

// How far a socket can be reached from, by where it is bound and what the machine's interfaces are. Where the
// facts do not say, the answer is the wider one: an understated exposure would be a lie.

#include "common/model/host_facts.h"
#include "common/model/identity.h"
#include "common/model/socket_record.h"

namespace portwatch::core {

[[nodiscard]] model::Exposure exposure_of(const model::SocketRecord& socket, const model::HostFacts& host);

}  // namespace portwatch::core
