// SPDX-License-Identifier: Apache-2.0
#pragma once

// AddressHolders on this machine.

#include "common/base/error.h"
#include "daemon/sensor/linux/bpf/conditions.h"
#include "daemon/sensor/linux/event_translator.h"
#include "daemon/sensor/linux/process_book.h"

namespace portwatch::sensor {

/// It has a pass over descriptors of its own, because looks may be under way at the same time. The book must
/// outlive it. Errors: as bpf::SocketIterator::load.
[[nodiscard]] base::Result<EventTranslator::WhyRefused> make_why_refused(base::Netns own,
                                                                         const bpf::Conditions& conditions,
                                                                         ProcessBook& processes);

}  // namespace portwatch::sensor
