// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/once.h"

#include <fmt/format.h>

#include <cstdio>
#include <nlohmann/json.hpp>

#include "common/base/version.h"
#include "common/json/codec.h"
#include "common/protocol/version.h"
#include "daemon/app/clock.h"
#include "daemon/app/options.h"
#include "daemon/app/sensor_choice.h"
#include "daemon/core/engine.h"

namespace portwatch::app {

int run_once(const Configuration& configuration, Log& log) {
  const auto sensor = choose_sensor(configuration, log, true);
  if (!sensor) {
    log.error("{}", sensor.error().message);
    return kExitFailure;
  }
  const auto snapshot = (*sensor)->scan();
  if (!snapshot) {
    log.error("cannot look at the sockets: {}", snapshot.error().message);
    return snapshot.error().code == base::ErrorCode::kPermissionDenied ? kExitDenied : kExitFailure;
  }
  core::Engine engine({}, {});
  const base::Moment now = read_moment();
  (void)engine.start({.version = std::string(base::kVersion), .sensor = (*sensor)->info().name},
                     snapshot->host->boot_id, now);
  (void)engine.on_snapshot(*snapshot, now);
  json::Json listeners = json::Json::array();
  for (const model::ListenerRef& listener : engine.listeners()) listeners.push_back(json::encode(*listener));
  fmt::print("{}\n",
             json::dump({{"schema", protocol::kJsonSchemaVersion}, {"listeners", std::move(listeners)}}));
  if (std::fflush(stdout) != 0 || std::ferror(stdout) != 0) {
    log.error("cannot write the answer to stdout");
    return kExitFailure;
  }
  return kExitOk;
}

}  // namespace portwatch::app
