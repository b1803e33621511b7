// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/sensor_choice.h"

#include <fmt/format.h>

#include <string>
#include <utility>

#include "daemon/sensor/linux/loading_rights.h"
#include "daemon/sensor/linux/make_sensor.h"

namespace portwatch::app {
namespace {

sensor::Options options_of(const Configuration& configuration) {
  sensor::Options options;
  options.use_events =
      configuration.sensor == SensorChoice::kAuto || configuration.sensor == SensorChoice::kBpf;
  options.use_netlink = configuration.sensor != SensorChoice::kProcNet;
  options.revisit_descriptors = static_cast<std::size_t>(configuration.revisit_descriptors);
  return options;
}

void say(const model::SensorInfo& info, Log& log) {
  log.info("sensor {}: {}", info.name, info.summary);
  for (const model::SkippedSensor& skipped : info.skipped)
    log.info("sensor {} is not used: {}", skipped.name, skipped.reason);
  for (const std::string& blind_spot : info.blind_spots) log.warning("cannot see: {}", blind_spot);
}

}  // namespace

base::Result<std::shared_ptr<interface::Sensor>> choose_sensor(const Configuration& configuration, Log& log,
                                                               bool looks_once) {
  sensor::Options options = options_of(configuration);
  options.looks_once = looks_once;
  auto made = sensor::make_sensor(options);
  if (!made) return base::with_context("cannot see any sockets", made.error());
  if ((*made)->events() != nullptr) sensor::give_up_loading_rights();
  const model::SensorInfo info = (*made)->info();
  const std::string_view wanted = base::name_of(configuration.sensor);
  if (configuration.sensor != SensorChoice::kAuto && info.name != wanted) {
    std::string why;
    for (const model::SkippedSensor& skipped : info.skipped)
      if (skipped.name == wanted) why = fmt::format(": {}", skipped.reason);
    return base::fail(base::ErrorCode::kUnsupported,
                      fmt::format("scan.sensor = \"{}\" does not work here{}", wanted, why));
  }
  say(info, log);
  return std::shared_ptr<interface::Sensor>(std::move(*made));
}

base::Result<std::shared_ptr<interface::Sensor>> step_down(const Configuration& configuration, Log& log,
                                                           std::string why) {
  sensor::Options options = options_of(configuration);
  options.use_events = false;
  options.why_no_events = std::move(why);
  auto made = sensor::make_sensor(options);
  if (!made) return base::with_context("cannot see any sockets", made.error());
  say((*made)->info(), log);
  return std::shared_ptr<interface::Sensor>(std::move(*made));
}

}  // namespace portwatch::app
