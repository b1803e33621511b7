// SPDX-License-Identifier: Apache-2.0
#include "daemon/store/writer_thread.h"

#include <algorithm>
#include <condition_variable>
#include <deque>
#include <iterator>
#include <mutex>
#include <thread>
#include <utility>

#include <fmt/format.h>

namespace portwatch::store {
namespace {

using Steady = std::chrono::steady_clock;

/// Events that belong together: what one call of append() brought.
using Batch = std::vector<model::Event>;

/// A group grows by whole batches up to about this many events, so that no commit takes long.
constexpr std::size_t kMaxGroupEvents = 2'000;

/// Rows that one step of retention deletes.
constexpr std::size_t kPruneRows = 500;

/// Events that were not stored, and why.
struct Loss {
  model::EventTime first;
  model::EventTime last;
  std::size_t events = 0;
  std::string reason;
};

void add_loss(std::optional<Loss>& loss, const Batch& batch, std::string_view reason) {
  for (const model::Event& event : batch) {
    if (!loss) loss = Loss{.first = event.time, .last = event.time, .reason = std::string(reason)};
    if (event.time.at < loss->first.at) loss->first = event.time;
    if (event.time.at > loss->last.at) loss->last = event.time;
    ++loss->events;
  }
}

model::Event gap_of(const Loss& loss) {
  model::Event gap;
  gap.time = {.at = loss.last.at, .earliest = std::nullopt, .boot = loss.last.boot};
  gap.kind = model::EventKind::kGap;
  gap.detail = model::GapDetail{.from = loss.first.at, .to = loss.last.at, .reason = loss.reason};
  return gap;
}

}  // namespace

struct WriterThread::Impl {
  Impl(std::unique_ptr<interface::EventWriter> event_writer, Options settings, Callbacks hooks)
      : options(std::move(settings)), callbacks(std::move(hooks)), writer(std::move(event_writer)) {}

  base::Status append(Batch batch);
  void run();
  std::optional<std::vector<Batch>> next_group();
  void store(std::vector<Batch> group);
  base::Status try_commit(Batch& events);
  void give_up(const Batch& batch, std::optional<std::string> reason);
  bool wait_to_retry();
  void prune();
  void report();

  const Options options;
  const Callbacks callbacks;

  mutable std::mutex mutex;
  std::condition_variable changed;
  std::deque<Batch> queue;   ///< guarded by `mutex`, as everything up to `lost`
  std::size_t pending = 0;   ///< events in the queue and in the group that is being committed
  std::optional<Loss> loss;  ///< what was dropped behind the last batch of the queue
  std::optional<Steady::time_point> stop_at;
  std::size_t lost = 0;

  std::unique_ptr<interface::EventWriter> writer;  ///< the thread's own, as everything below
  Steady::time_point alive_due;
  Steady::time_point prune_due;
  std::optional<base::Error> commit_problem;
  std::optional<base::Error> prune_problem;
  bool is_reported_failing = false;

  std::thread thread;
};

base::Status WriterThread::Impl::append(Batch batch) {
  if (batch.empty()) return {};
  const std::scoped_lock lock(mutex);
  if (stop_at) {
    lost += batch.size();
    return base::fail(base::ErrorCode::kUnavailable, "the store is closing");
  }
  // One batch is taken whatever its size: it could never be taken otherwise.
  if (pending > 0 && pending + batch.size() > options.max_pending_events) {
    add_loss(loss, batch, "the store could not write, and too many events waited");
    return base::fail(base::ErrorCode::kResourceExhausted,
                      fmt::format("{} events wait to be stored; {} more are dropped", pending, batch.size()));
  }
  if (loss) {
    queue.push_back({gap_of(*std::exchange(loss, std::nullopt))});
    ++pending;
  }
  pending += batch.size();
  queue.push_back(std::move(batch));
  changed.notify_all();
  return {};
}

void WriterThread::Impl::run() {
  alive_due = Steady::now() + options.alive_interval;
  prune_due = Steady::now();
  while (std::optional<std::vector<Batch>> group = next_group()) {
    if (!group->empty() || Steady::now() >= alive_due) store(std::move(*group));
    if (options.retention && Steady::now() >= prune_due) prune();
  }
  writer.reset();
}

/// Waits for something to do and takes it: batches to commit, or none when only the time has come to say that
/// we live or to prune. Nothing: it is time to end.
std::optional<std::vector<Batch>> WriterThread::Impl::next_group() {
  std::unique_lock lock(mutex);
  const auto due = options.retention ? std::min(alive_due, prune_due) : alive_due;
  changed.wait_until(lock, due, [this] { return !queue.empty() || loss || stop_at; });
  if (stop_at && (Steady::now() >= *stop_at || (queue.empty() && !loss))) return std::nullopt;
  if (queue.empty() && loss) {
    queue.push_back({gap_of(*std::exchange(loss, std::nullopt))});
    ++pending;
  }
  std::vector<Batch> group;
  std::size_t events = 0;
  while (!queue.empty() && (group.empty() || events + queue.front().size() <= kMaxGroupEvents)) {
    events += queue.front().size();
    group.push_back(std::move(queue.front()));
    queue.pop_front();
  }
  return group;
}

/// Commits the group, however long that takes, or until it is time to end.
void WriterThread::Impl::store(std::vector<Batch> group) {
  Batch events;
  for (const Batch& batch : group) std::ranges::copy(batch, std::back_inserter(events));
  while (true) {
    const base::Status status = try_commit(events);
    if (status) {
      {
        const std::scoped_lock lock(mutex);
        pending -= events.size();
      }
      if (!events.empty() && callbacks.on_committed) callbacks.on_committed(std::move(events));
      return;
    }
    if (status.error().code == base::ErrorCode::kInvalidArgument && !events.empty()) {
      // Some event cannot be stored, ever. The others must not suffer from it.
      if (group.size() == 1)
        return give_up(events, "an event could not be stored: " + status.error().message);
      for (Batch& batch : group) {
        std::vector<Batch> alone;
        alone.push_back(std::move(batch));
        store(std::move(alone));
      }
      return;
    }
    const bool may_retry = wait_to_retry();
    if (events.empty()) return;  // only to say that we live: what waits by now goes first
    if (!may_retry) return give_up(events, std::nullopt);
  }
}

base::Status WriterThread::Impl::try_commit(Batch& events) {
  base::Status status = writer->commit(events, {.at = options.now(), .boot_id = options.boot_id});
  if (status) alive_due = Steady::now() + options.alive_interval;
  // An event that cannot be stored says nothing about the store.
  if (status || status.error().code != base::ErrorCode::kInvalidArgument) {
    commit_problem = status ? std::nullopt : std::optional(status.error());
    report();
  }
  return status;
}

/// Drops a batch: with a reason it becomes a gap, without one it is lost at the end. So is a gap that cannot
/// be stored either.
void WriterThread::Impl::give_up(const Batch& batch, std::optional<std::string> reason) {
  const std::scoped_lock lock(mutex);
  pending -= batch.size();
  if (!reason || batch.front().kind == model::EventKind::kGap) {
    lost += batch.size();
    return;
  }
  std::optional<Loss> gap;
  add_loss(gap, batch, *reason);
  queue.push_front({gap_of(*gap)});
  ++pending;
}

/// Waits before the next try. False: it is time to end.
bool WriterThread::Impl::wait_to_retry() {
  std::unique_lock lock(mutex);
  const auto until = Steady::now() + options.retry_interval;
  while (true) {
    const auto now = Steady::now();
    if (stop_at && now >= *stop_at) return false;
    if (now >= until) return true;
    changed.wait_until(lock, stop_at ? std::min(until, *stop_at) : until);
  }
}

void WriterThread::Impl::prune() {
  const auto dropped = writer->prune(options.now() - *options.retention, kPruneRows);
  // As long as there is more, the next step follows when nothing else waits; else it is looked at again with
  // the next mark.
  const bool has_more = dropped && *dropped == kPruneRows;
  prune_due = Steady::now() + (has_more ? base::Micros{} : options.alive_interval);
  prune_problem = dropped ? std::nullopt : std::optional(dropped.error());
  report();
}

void WriterThread::Impl::report() {
  const std::optional<base::Error>& problem = commit_problem ? commit_problem : prune_problem;
  if (problem.has_value() == is_reported_failing) return;
  is_reported_failing = problem.has_value();
  if (callbacks.on_health) callbacks.on_health(problem);
}

WriterThread::WriterThread(std::unique_ptr<interface::EventWriter> writer, Options options,
                           Callbacks callbacks)
    : impl_(std::make_unique<Impl>(std::move(writer), std::move(options), std::move(callbacks))) {
  impl_->thread = std::thread([impl = impl_.get()] { impl->run(); });
}

WriterThread::~WriterThread() {
  stop(base::Micros{});
}

base::Status WriterThread::append(std::vector<model::Event> events) {
  return impl_->append(std::move(events));
}

std::size_t WriterThread::pending() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->pending;
}

std::size_t WriterThread::stop(base::Micros deadline) {
  {
    const std::scoped_lock lock(impl_->mutex);
    if (!impl_->stop_at) impl_->stop_at = Steady::now() + deadline;
    impl_->changed.notify_all();
  }
  if (impl_->thread.joinable()) impl_->thread.join();
  const std::scoped_lock lock(impl_->mutex);
  for (const Batch& batch : impl_->queue) impl_->lost += batch.size();
  if (impl_->loss) impl_->lost += impl_->loss->events;  // dropped, and not even their gap was stored
  impl_->loss.reset();
  impl_->queue.clear();
  impl_->pending = 0;
  return impl_->lost;
}

}  // namespace portwatch::store
