// SPDX-License-Identifier: Apache-2.0
#pragma once

// An event pump over a store in memory that can be made to fail, and what came out of it.

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "common/base/assert.h"
#include "daemon/app/event_pump.h"
#include "tests/support/builders.h"
#include "tests/support/loop_harness.h"
#include "tests/support/memory_event_store.h"
#include "tests/support/recording_log.h"

namespace portwatch::test {

class PumpRig {
 public:
  explicit PumpRig(store::WriterThread::Options options = {}) {
    options.retry_interval = std::chrono::milliseconds{2};
    options.boot_id = kBootId;
    options.now = [] { return moment_at(std::chrono::hours{1}); };
    auto pump = app::EventPump::start(harness.loop(), log,
                                      std::make_unique<FailingWriter>(store.writer(), is_failing, is_hanging),
                                      std::move(options), {},
                                      {.on_committed =
                                           [this](std::span<const model::Event> events) {
                                             told.insert(told.end(), events.begin(), events.end());
                                             if (on_committed) on_committed(events);
                                           },
                                       .on_health =
                                           [this](const store::WriterHealth& now) {
                                             health.push_back(now.commit ? now.commit->message : "well");
                                           }});
    PW_ASSERT(pump.has_value());
    pump_ = std::move(*pump);
  }

  [[nodiscard]] app::EventPump& pump() { return *pump_; }

  LoopHarness harness;
  RecordingLog log;
  MemoryEventStore store;
  std::atomic<bool> is_failing{false};
  std::atomic<bool> is_hanging{false};  ///< a commit does not come back
  std::vector<model::Event> told;
  std::vector<std::string> health;
  std::function<void(std::span<const model::Event>)> on_committed;

 private:
  class FailingWriter final : public interface::EventWriter {
   public:
    FailingWriter(std::unique_ptr<interface::EventWriter> inner, std::atomic<bool>& is_failing,
                  std::atomic<bool>& is_hanging)
        : inner_(std::move(inner)), is_failing_(is_failing), is_hanging_(is_hanging) {}

    base::Status commit(std::span<model::Event> events, const interface::AliveMark& mark) override {
      is_hanging_.wait(true);
      if (is_failing_) return base::fail(base::ErrorCode::kUnavailable, "the disk is full");
      return inner_->commit(events, mark);
    }
    base::Result<std::size_t> prune(const interface::AgeLimit& age, std::size_t max_rows) override {
      return inner_->prune(age, max_rows);
    }

   private:
    std::unique_ptr<interface::EventWriter> inner_;
    std::atomic<bool>& is_failing_;
    std::atomic<bool>& is_hanging_;
  };

  std::unique_ptr<app::EventPump> pump_;
};

}  // namespace portwatch::test
