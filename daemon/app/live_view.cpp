// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/live_view.h"

#include "common/base/enum_names.h"

namespace portwatch::app {
namespace {

template <base::NamedEnum E>
std::map<E, std::uint64_t> zero_for_each() {
  std::map<E, std::uint64_t> counts;
  for (std::size_t i = 0; i < base::kEnumNames<E>.size(); ++i) counts[static_cast<E>(i)] = 0;
  return counts;
}

}  // namespace

model::Status LiveView::status() const {
  model::Status status = fixed_;
  status.learning_until = engine_.learning_until();
  status.sensor = sources_.sensor();
  status.scan = sources_.scan();
  status.coverage = engine_.coverage();
  status.store = sources_.store();
  status.sessions = sources_.sessions();
  status.listeners = zero_for_each<model::Exposure>();
  for (const model::ListenerRef& listener : engine_.listeners()) ++status.listeners[listener->exposure];
  status.open_alerts = zero_for_each<model::Severity>();
  for (const model::Alert& alert : engine_.alerts())
    if (alert.state == model::AlertState::kOpen) ++status.open_alerts[alert.severity];
  return status;
}

}  // namespace portwatch::app
