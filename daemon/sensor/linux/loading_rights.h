// SPDX-License-Identifier: Apache-2.0
#pragma once

// The capabilities that only loading programs into the kernel takes: given up once they are loaded.

namespace portwatch::sensor {

/// Of this thread, and of those that it starts from now on. Does nothing before Linux 5.19, where reading
/// what the programs tell takes them too. Source: capabilities(7), capset(2).
void give_up_loading_rights();

}  // namespace portwatch::sensor
