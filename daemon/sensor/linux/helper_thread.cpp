// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/helper_thread.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <system_error>

namespace portwatch::sensor {
namespace {

std::atomic<std::size_t> threads_left_behind{0};

}  // namespace

struct HelperThread::Desk {
  std::mutex mutex;
  std::condition_variable has_changed;
  // Under the mutex.
  std::function<void()> job;
  bool is_busy = false;
  bool is_closed = false;  ///< no job comes any more
};

HelperThread::~HelperThread() {
  if (!desk_) return;
  {
    const std::scoped_lock lock(desk_->mutex);
    desk_->is_closed = true;
  }
  desk_->has_changed.notify_all();
  thread_.join();
}

std::size_t HelperThread::left_behind() {
  return threads_left_behind;
}

bool HelperThread::run_to_its_end(std::function<void()> job, base::Micros tick,
                                  const std::function<bool()>& gets_on) {
  if (!desk_) {
    auto desk = std::make_shared<Desk>();
    try {
      thread_ = std::thread([desk] { serve(desk); });
    } catch (const std::system_error&) {
      job();  // without a thread it is done without a guard, which is better than not at all
      return true;
    }
    desk_ = std::move(desk);
  }
  std::unique_lock lock(desk_->mutex);
  desk_->job = std::move(job);
  desk_->is_busy = true;
  desk_->has_changed.notify_all();
  while (!desk_->has_changed.wait_for(lock, tick, [&] { return !desk_->is_busy; })) {
    if (gets_on()) continue;
    desk_->is_closed = true;
    ++threads_left_behind;
    lock.unlock();
    thread_.detach();
    desk_ = nullptr;
    return false;
  }
  return true;
}

void HelperThread::serve(const std::shared_ptr<Desk>& desk) {
  std::unique_lock lock(desk->mutex);
  for (;;) {
    desk->has_changed.wait(lock, [&] { return desk->is_busy || desk->is_closed; });
    if (!desk->is_busy) return;
    std::function<void()> job = std::exchange(desk->job, nullptr);
    lock.unlock();
    job();
    job = nullptr;
    lock.lock();
    desk->is_busy = false;
    if (desk->is_closed) break;  // nobody has waited for this
    desk->has_changed.notify_all();
  }
  --threads_left_behind;
}

}  // namespace portwatch::sensor
