// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/event_thread.h"

#include <algorithm>
#include <array>
#include <cerrno>
#include <span>
#include <utility>
#include <variant>

#include <poll.h>
#include <sys/eventfd.h>

#include "common/base/assert.h"
#include "daemon/sensor/linux/clock.h"
#include "daemon/sensor/linux/loading_rights.h"

namespace portwatch::sensor {
base::Result<std::unique_ptr<EventThread>> EventThread::start(bpf::EventPrograms programs,
                                                              EventTranslator translator) {
  auto queue = ObservationQueue::make(kMostWaiting);
  if (!queue) return std::unexpected(std::move(queue).error());
  platform::Descriptor wake{::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)};
  if (!wake) return base::fail_os("cannot make a descriptor to be woken by", errno);
  std::unique_ptr<EventThread> thread(
      new EventThread(std::move(programs), std::move(translator), *std::move(queue), std::move(wake)));
  thread->thread_ = std::thread([thread = thread.get()] { thread->run(); });
  return thread;
}

EventThread::EventThread(bpf::EventPrograms programs, EventTranslator translator,
                         std::unique_ptr<ObservationQueue> queue, platform::Descriptor wake)
    : programs_(std::move(programs)),
      translator_(std::move(translator)),
      queue_(std::move(queue)),
      wake_(std::move(wake)),
      read_until_(read_clocks().boot) {}

EventThread::~EventThread() {
  {
    const std::scoped_lock lock(mutex_);
    is_ending_ = true;
  }
  wake();
  thread_.join();
}

void EventThread::flush() {
  std::unique_lock lock(mutex_);
  const std::uint64_t turn = ++flushes_wanted_;
  wake();
  is_flushed_.wait_for(lock, kFlushPatience, [&] { return flushes_done_ >= turn; });
}

std::optional<std::string> EventThread::failure() {
  wake();
  return programs_.failure();
}

void EventThread::run() {
  give_up_loading_rights();
  for (;;) {
    {
      const std::scoped_lock lock(mutex_);
      if (is_ending_) return;
      set_mark(flushes_wanted_);
    }
    const Left left = read();
    bool is_flush_wanted = false;
    if (mark_ && programs_.ring().consumed() >= mark_->end) {
      read_until_ = mark_->at;
      {
        const std::scoped_lock lock(mutex_);
        flushes_done_ = mark_->flushes;
        is_flush_wanted = flushes_wanted_ != flushes_done_;
      }
      is_flushed_.notify_all();
      mark_.reset();
    }
    if (left == Left::kMore) continue;
    wait(/*is_quiet=*/left == Left::kNothing && !is_flush_wanted && programs_.ring().may_wait());
  }
}

/// A flush that is wanted later moves the mark: who wanted the one before has given up.
void EventThread::set_mark(std::uint64_t flushes_wanted) {
  if (mark_ && mark_->flushes == flushes_wanted) return;
  const base::BootTime now = read_clocks().boot;
  mark_ = {.end = programs_.ring().produced(), .at = now, .flushes = flushes_wanted};
}

EventThread::Left EventThread::read() {
  std::vector<model::Observation> told;
  bool has_newcomer = false;
  const std::size_t count = programs_.ring().drain(
      [&](std::span<const std::byte> record) {
        if (const auto event = bpf::decode_event(record)) {
          has_newcomer = has_newcomer || std::holds_alternative<bpf::ProcessTold>(*event);
          translator_.take(*event, told);
        } else {
          ++unreadable_;
        }
      },
      kMostInBundle);
  look_for_wishes(has_newcomer, told);
  translator_.end_bundle(told);
  note_losses(told);
  queue_->push(std::move(told));
  if (count == kMostInBundle) return Left::kMore;
  return count == 0 && programs_.ring().waiting() == 0 ? Left::kNothing : Left::kUnknown;
}

/// Of a socket that is kept after its bind was refused nothing is told, and nobody is woken. So whoever is
/// told of for the first time may be about to be refused, and what is under way now may have been: a second
/// later it is asked for. A program that was refused before, keeps its socket and does nothing else is found
/// when we are woken next, by a look at the latest.
void EventThread::look_for_wishes(bool has_newcomer, std::vector<model::Observation>& told) {
  const base::Moment now = read_clocks();
  if (wishes_due_ && now.boot < *wishes_due_) return;
  if (std::exchange(wishes_due_, std::nullopt))
    for (bpf::BindRefused& refused : programs_.take_overdue_wishes(now, kWishPatience))
      translator_.take(bpf::Event(std::move(refused)), told);
  if (has_newcomer || programs_.has_wishes()) wishes_due_ = now.boot + kWishPatience;
}

void EventThread::note_losses(std::vector<model::Observation>& told) {
  const bpf::Losses losses = programs_.losses();
  if (std::exchange(known_unseen_, losses.unseen_holders) != losses.unseen_holders)
    told.emplace_back(model::HoldersChanged{.at = read_clocks().boot, .ended = {}});
  // Who a process is is told again when that was lost.
  const std::uint64_t lost =
      losses.records - std::min(losses.processes, losses.records) + losses.skipped + unreadable_;
  if (lost <= known_losses_) return;
  told.emplace_back(
      model::ObservationsLost{.from = read_until_, .to = read_clocks().boot, .count = lost - known_losses_});
  known_losses_ = lost;
}

/// For the next event, or, while they come in numbers, for the next bundle. Whoever wants something wakes us.
void EventThread::wait(bool is_quiet) {
  std::array<pollfd, 2> waits_for{pollfd{.fd = wake_.get(), .events = POLLIN, .revents = 0},
                                  pollfd{.fd = programs_.ring().fd(), .events = POLLIN, .revents = 0}};
  const auto millis = [](base::Micros time) {
    return static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(time).count());
  };
  int patience = is_quiet ? -1 : millis(kBundle);
  if (is_quiet && wishes_due_)
    patience = millis(std::max(*wishes_due_ - read_clocks().boot, base::Micros{0}));
  ::poll(waits_for.data(), is_quiet ? 2 : 1, patience);
  eventfd_t count = 0;
  if (waits_for[0].revents != 0) PW_ASSERT(::eventfd_read(wake_.get(), &count) == 0);
}

void EventThread::wake() {
  PW_ASSERT(::eventfd_write(wake_.get(), 1) == 0);
}

}  // namespace portwatch::sensor
