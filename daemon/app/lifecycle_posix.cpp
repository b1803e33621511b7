// SPDX-License-Identifier: Apache-2.0
// Signals, as daemon(7) asks: SIGTERM and SIGINT end, SIGHUP reloads.

#include <csignal>
#include <utility>
#include <vector>

#include "common/uv/signal.h"
#include "daemon/app/lifecycle.h"

namespace portwatch::app {
namespace {

class Signals final : public Lifecycle {
 public:
  explicit Signals(std::vector<uv::Signal> signals) : signals_(std::move(signals)) {}

 private:
  std::vector<uv::Signal> signals_;
};

}  // namespace

base::Result<std::unique_ptr<Lifecycle>> Lifecycle::start(uv::Loop& loop, LifecycleCallbacks callbacks) {
  std::vector<uv::Signal> signals;
  const auto watch = [&](int number, std::function<void()> on_signal) -> base::Status {
    auto signal = uv::Signal::watch(loop, number, std::move(on_signal));
    if (!signal) return std::unexpected(signal.error());
    signals.push_back(std::move(*signal));
    return {};
  };
  PW_TRY(watch(SIGTERM, [on_stop = callbacks.on_stop] { on_stop("SIGTERM"); }));
  PW_TRY(watch(SIGINT, [on_stop = callbacks.on_stop] { on_stop("SIGINT"); }));
  PW_TRY(watch(SIGHUP, callbacks.on_reload));
  return std::make_unique<Signals>(std::move(signals));
}

}  // namespace portwatch::app
