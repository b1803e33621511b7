// SPDX-License-Identifier: Apache-2.0
#pragma once

// The picture in memory, as clients may ask for it. It answers also while the store does not. Thread: the
// loop's.

#include <functional>

#include "daemon/core/engine.h"
#include "daemon/interface/state_view.h"

namespace portwatch::app {

class LiveView final : public interface::StateView {
 public:
  /// What the daemon's parts say of themselves when they are asked.
  struct Sources {
    std::function<model::SensorInfo()> sensor;
    std::function<model::ScanStatus()> scan;
    std::function<model::StoreStatus()> store;
    std::function<base::Seq()> last_seq;
    std::function<std::uint64_t()> sessions;
  };

  /// `fixed` is what does not change while the daemon runs: version, pid, user, profile, host id, epoch,
  /// start.
  LiveView(const core::Engine& engine, model::Status fixed, Sources sources)
      : engine_(engine), fixed_(std::move(fixed)), sources_(std::move(sources)) {}

  [[nodiscard]] model::Status status() const override;
  [[nodiscard]] base::Seq last_seq() const override { return sources_.last_seq(); }
  [[nodiscard]] model::Coverage coverage() const override { return engine_.coverage(); }
  [[nodiscard]] const std::vector<model::ListenerRef>& listeners() const override {
    return engine_.listeners();
  }

 private:
  const core::Engine& engine_;
  model::Status fixed_;
  Sources sources_;
};

}  // namespace portwatch::app
