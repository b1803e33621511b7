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

#include "daemon/store/age_clock.h"
#include "daemon/store/shortfall.h"

namespace portwatch::store {
namespace {

using Steady = std::chrono::steady_clock;

using Events = std::vector<model::Event>;

/// Events that belong together: what one call of append() brought.
struct Batch {
  Events events;
  OnFailure on_failure = OnFailure::kWait;
};

/// A group grows by whole batches up to about this many events, so that no commit takes long.
constexpr std::size_t kMaxGroupEvents = 2'000;

/// Rows that one step of retention deletes.
constexpr std::size_t kPruneRows = 500;

}  // namespace

struct WriterThread::Impl {
  Impl(std::unique_ptr<interface::EventWriter> event_writer, Options settings, Callbacks hooks)
      : options(std::move(settings)),
        callbacks(std::move(hooks)),
        retention(options.retention),
        writer(std::move(event_writer)),
        ages(options.clock_trial) {}

  base::Status append(Batch batch);
  void run();
  std::optional<std::vector<Batch>> next_group();
  void store(std::vector<Batch> group);
  base::Status try_commit(Events& events);
  void give_up(Batch batch, const std::string& reason);
  void lose(const std::vector<Batch>& group);
  void refuse(std::vector<Batch>& group, const base::Error& error);
  bool wait_to_retry();
  void prune();
  void report();
  void note_progress();
  std::optional<base::Micros> current_retention() const;
  void queue_shortfall();

  const Options options;
  const Callbacks callbacks;

  mutable std::mutex mutex;
  std::condition_variable changed;
  std::deque<Batch> queue;  ///< guarded by `mutex`, as everything up to `lost`
  std::size_t pending = 0;  ///< events in the queue and in the group that is being committed
  Shortfall shortfall;      ///< what was dropped behind the last batch of the queue
  std::optional<base::Micros> retention;
  bool is_retention_new = false;
  std::optional<Steady::time_point> stop_at;
  base::Micros patience{};
  std::size_t lost = 0;

  std::unique_ptr<interface::EventWriter> writer;  ///< the thread's own, as everything below
  AgeClock ages;
  Steady::time_point alive_due;
  Steady::time_point prune_due;
  std::optional<base::Error> commit_problem;
  std::optional<base::Error> prune_problem;
  bool is_reported_failing = false;

  std::thread thread;
};

base::Status WriterThread::Impl::append(Batch batch) {
  const std::size_t count = batch.events.size();
  if (count == 0) return {};
  const std::scoped_lock lock(mutex);
  if (stop_at) {
    lost += count;
    return base::fail(base::ErrorCode::kUnavailable, "the store is closing");
  }
  // One batch is taken whatever its size: it could never be taken otherwise.
  if (pending > 0 && pending + count > options.max_pending_events) {
    if (batch.on_failure == OnFailure::kWait) shortfall.add(batch.events);
    return base::fail(base::ErrorCode::kResourceExhausted,
                      fmt::format("{} events wait to be stored; {} more are dropped", pending, count));
  }
  queue_shortfall();
  pending += count;
  queue.push_back(std::move(batch));
  changed.notify_all();
  return {};
}

/// Under the lock.
void WriterThread::Impl::queue_shortfall() {
  if (shortfall.is_empty()) return;
  queue.push_back({shortfall.take()});
  pending += queue.back().events.size();
}

void WriterThread::Impl::run() {
  alive_due = Steady::now() + options.alive_interval;
  prune_due = Steady::now();
  while (std::optional<std::vector<Batch>> group = next_group()) {
    if (!group->empty() || Steady::now() >= alive_due) store(std::move(*group));
    if (Steady::now() >= prune_due) prune();
  }
  writer.reset();
}

/// Waits for something to do and takes it: batches to commit, or none when only the time has come to say that
/// we live or to prune. Nothing: it is time to end.
std::optional<std::vector<Batch>> WriterThread::Impl::next_group() {
  std::unique_lock lock(mutex);
  changed.wait_until(lock, std::min(alive_due, prune_due), [this] {
    return !queue.empty() || !shortfall.is_empty() || stop_at || is_retention_new;
  });
  if (std::exchange(is_retention_new, false)) prune_due = Steady::now();
  if (stop_at && (Steady::now() >= *stop_at || (queue.empty() && shortfall.is_empty()))) return std::nullopt;
  if (queue.empty()) queue_shortfall();
  std::vector<Batch> group;
  std::size_t events = 0;
  while (!queue.empty() && (group.empty() || events + queue.front().events.size() <= kMaxGroupEvents)) {
    events += queue.front().events.size();
    group.push_back(std::move(queue.front()));
    queue.pop_front();
  }
  return group;
}

/// Commits the group, however long that takes, or until it is time to end.
void WriterThread::Impl::store(std::vector<Batch> group) {
  while (true) {
    Events events;
    for (const Batch& batch : group) std::ranges::copy(batch.events, std::back_inserter(events));
    const base::Status status = try_commit(events);
    if (status) {
      note_progress();
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
        return give_up(std::move(group.front()), "an event could not be stored: " + status.error().message);
      for (Batch& batch : group) {
        std::vector<Batch> alone;
        alone.push_back(std::move(batch));
        store(std::move(alone));
      }
      return;
    }
    refuse(group, status.error());
    if (group.empty())
      return;  // to say that we live, or a question that has its answer: what waits by now goes first
    if (!wait_to_retry()) return lose(group);
  }
}

base::Status WriterThread::Impl::try_commit(Events& events) {
  base::Status status = writer->commit(events, {.at = options.now().utc, .boot_id = options.boot_id});
  // As long as it fails, saying that we live is also how we learn that it works again.
  alive_due = Steady::now() + (status ? options.alive_interval : options.retry_interval);
  // An event that cannot be stored says nothing about the store.
  if (status || status.error().code != base::ErrorCode::kInvalidArgument) {
    commit_problem = status ? std::nullopt : std::optional(status.error());
    report();
  }
  return status;
}

/// A batch that can never be stored becomes a gap. A gap that cannot be stored either is lost.
void WriterThread::Impl::give_up(Batch batch, const std::string& reason) {
  std::vector<Batch> group;
  group.push_back(std::move(batch));
  refuse(group, {base::ErrorCode::kInternal, reason});
  if (group.empty()) return;
  const Events& events = group.front().events;
  const std::scoped_lock lock(mutex);
  pending -= events.size();
  if (events.front().kind == model::EventKind::kGap) {
    lost += events.size();
    return;
  }
  queue.push_front({{gap_over(events, reason)}});
  ++pending;
}

/// It is time to end.
void WriterThread::Impl::lose(const std::vector<Batch>& group) {
  const std::scoped_lock lock(mutex);
  for (const Batch& batch : group) {
    pending -= batch.events.size();
    lost += batch.events.size();
  }
}

/// Gives back those of the group, and of what waits behind it, that are not to wait.
void WriterThread::Impl::refuse(std::vector<Batch>& group, const base::Error& error) {
  std::vector<Events> refused;
  {
    const std::scoped_lock lock(mutex);
    const auto take = [&](Batch& batch) {
      if (batch.on_failure == OnFailure::kWait) return false;
      pending -= batch.events.size();
      refused.push_back(std::move(batch.events));
      return true;
    };
    std::erase_if(group, take);
    std::erase_if(queue, take);
  }
  for (Events& events : refused)
    if (callbacks.on_refused) callbacks.on_refused(std::move(events), error);
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

void WriterThread::Impl::note_progress() {
  const std::scoped_lock lock(mutex);
  if (stop_at) stop_at = Steady::now() + patience;
}

std::optional<base::Micros> WriterThread::Impl::current_retention() const {
  const std::scoped_lock lock(mutex);
  return retention;
}

void WriterThread::Impl::prune() {
  const auto retention_now = current_retention();
  const auto now = ages.read(options.now());
  prune_due = Steady::now() + options.alive_interval;
  if (!retention_now || !now) return;
  const auto dropped = writer->prune(*now - *retention_now, kPruneRows);
  // As long as there is more, the next step follows when nothing else waits; else it is looked at again with
  // the next mark.
  if (dropped && *dropped == kPruneRows) prune_due = Steady::now();
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

base::Status WriterThread::append(std::vector<model::Event> events, OnFailure on_failure) {
  return impl_->append({std::move(events), on_failure});
}

void WriterThread::set_retention(std::optional<base::Micros> retention) {
  const std::scoped_lock lock(impl_->mutex);
  impl_->retention = retention;
  impl_->is_retention_new = true;
  impl_->changed.notify_all();
}

std::size_t WriterThread::pending() const {
  const std::scoped_lock lock(impl_->mutex);
  return impl_->pending;
}

std::size_t WriterThread::stop(base::Micros patience) {
  {
    const std::scoped_lock lock(impl_->mutex);
    if (!impl_->stop_at) impl_->stop_at = Steady::now() + patience;
    impl_->patience = patience;
    impl_->changed.notify_all();
  }
  if (impl_->thread.joinable()) impl_->thread.join();
  const std::scoped_lock lock(impl_->mutex);
  for (const Batch& batch : impl_->queue) impl_->lost += batch.events.size();
  impl_->lost += impl_->shortfall.events();  // dropped, and not even their gap was stored
  impl_->shortfall = Shortfall();
  impl_->queue.clear();
  impl_->pending = 0;
  return impl_->lost;
}

}  // namespace portwatch::store
