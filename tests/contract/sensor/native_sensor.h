// SPDX-License-Identifier: Apache-2.0
#pragma once

// A sensor of this machine, and what a test wants of its snapshots.

#include <algorithm>
#include <vector>

#include <gtest/gtest.h>

#include "tests/contract/sensor/worlds.h"

namespace portwatch::test {

[[nodiscard]] inline net::Endpoint loopback(net::Protocol protocol, std::uint16_t port) {
  return {protocol, net::IpAddress::v4({127, 0, 0, 1}), base::Port{port}};
}

class NativeSensorTest : public ::testing::Test {
 protected:
  std::vector<model::Sighting> scan_for(const net::Endpoint& endpoint) {
    auto snapshot = sensor().scan();
    EXPECT_TRUE(snapshot) << snapshot.error().message;
    std::vector<model::Sighting> found;
    if (!snapshot) return found;
    std::ranges::copy_if(
        snapshot->sightings, std::back_inserter(found),
        [&](const model::Sighting& sighting) { return sighting.socket.endpoint == endpoint; });
    return found;
  }
  /// The only one; fails otherwise.
  model::Sighting scan_one(const net::Endpoint& endpoint) {
    const auto found = scan_for(endpoint);
    EXPECT_EQ(found.size(), 1U);
    return found.empty() ? model::Sighting{} : found.front();
  }
  static std::vector<int> pids(const model::Sighting& sighting) {
    std::vector<int> result;
    for (const auto& owner : sighting.owners) result.push_back(owner->key.pid.value);
    return result;
  }
  interface::Sensor& sensor() { return world_.sensor(); }

  NativeWorld<kNativeTier> world_;
};

}  // namespace portwatch::test
