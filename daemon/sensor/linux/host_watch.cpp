// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/host_watch.h"

#include <memory>

#include "daemon/sensor/linux/clock.h"
#include "daemon/sensor/linux/make_sensor.h"

namespace portwatch::sensor {
namespace {

constexpr base::Micros kFactsLifetime = std::chrono::seconds{10};

}  // namespace

base::Result<model::HostFactsRef> HostWatch::read() {
  const base::BootTime now = read_clocks().boot;
  if (facts_ && now - read_at_ < kFactsLifetime) return facts_;
  auto facts = read_host_facts(proc_);
  if (!facts && facts_) return facts_;  // what was true ten seconds ago is the best we have
  if (!facts) return std::unexpected(std::move(facts).error());
  read_at_ = now;
  if (!facts_ || *facts_ != *facts) facts_ = std::make_shared<const model::HostFacts>(*std::move(facts));
  return facts_;
}

}  // namespace portwatch::sensor
