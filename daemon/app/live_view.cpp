// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/live_view.h"

#include "common/base/enum_names.h"

namespace portwatch::app {
namespace {

std::map<model::Exposure, std::uint64_t> count_by_exposure(const std::vector<model::ListenerRef>& listeners) {
  std::map<model::Exposure, std::uint64_t> counts;
  for (std::size_t i = 0; i < base::kEnumNames<model::Exposure>.size(); ++i)
    counts[static_cast<model::Exposure>(i)] = 0;
  for (const model::ListenerRef& listener : listeners) ++counts[listener->exposure];
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
  status.listeners = count_by_exposure(engine_.listeners());
  status.open_alerts = engine_.open_alerts();
  status.alerts_not_raised = engine_.alerts_not_raised();
  return status;
}

}  // namespace portwatch::app
