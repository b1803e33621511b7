// SPDX-License-Identifier: Apache-2.0
#pragma once

// What a sighting says of a listener: where it can be reached from, who holds it, which program and service
// that is.

#include "common/model/host_facts.h"
#include "common/model/listener.h"
#include "common/model/snapshot.h"

namespace portwatch::core {

/// Fills in all but key, times and verdict.
void describe(model::Listener& listener, const model::Sighting& sighting, const model::HostFacts& host);

/// Who the program is after its holders changed. It stays who it was as long as one holder is that program;
/// then it is the oldest holder's, unless that one says less than we knew and nobody runs another program
/// than before (`has_exec`). Exposure and port of the service stay.
void identify_again(model::Listener& listener, bool has_exec);

}  // namespace portwatch::core
