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
  WriterThread::Decided decided = nullptr;  ///< set: it is a decision

  [[nodiscard]] bool is_decision() const { return decided != nullptr; }
};

using Batches = std::vector<Batch>;

Batches just(Batch batch) {
  Batches group;
  group.push_back(std::move(batch));
  return group;
}

/// The later half of a batch goes.
Batch split(Batch& batch) {
  const auto middle = batch.events.begin() + static_cast<std::ptrdiff_t>(batch.events.size() / 2);
  Batch later{.events = {std::make_move_iterator(middle), std::make_move_iterator(batch.events.end())}};
  batch.events.erase(middle, batch.events.end());
  return later;
}

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
  std::optional<Batches> next_group();
  void store(Batches group);
  base::Status try_commit(Events& events);
  base::UtcTime known_until(const Events& events) const;
  void sort_out(Batches group, const base::Error& error);
  void take_out_decisions(Batches& group, const base::Error& error);
  void answer(const Batch& batch, base::Result<Events> outcome) const;
  void leave(const Batches& group, bool is_lost);
  void count_out(const Batches& group, bool is_lost);
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
  std::deque<Batch> queue;    ///< guarded by `mutex`, as everything up to `lost`
  std::size_t pending = 0;    ///< events in the queue and in the group that is being committed
  std::size_t decisions = 0;  ///< batches among them that are decisions
  bool is_insisting = false;  ///< those wait as others do
  Shortfall shortfall;        ///< what was dropped behind the last batch of the queue
  std::optional<base::Micros> retention;
  bool is_retention_new = false;
  std::optional<Steady::time_point> stop_at;
  base::Micros patience{};
  std::size_t lost = 0;

  std::unique_ptr<interface::EventWriter> writer;  ///< the thread's own, as everything below
  AgeClock ages;
  Steady::time_point alive_due;
  Steady::time_point prune_due;
  WriterHealth health;
  WriterHealth reported;

  std::thread thread;
};

base::Status WriterThread::Impl::append(Batch batch) {
  const std::size_t count = batch.events.size();
  if (count == 0 && !batch.is_decision()) return {};
  const std::scoped_lock lock(mutex);
  if (stop_at) {
    if (!batch.is_decision()) lost += count;
    return base::fail(base::ErrorCode::kUnavailable, "the store is closing");
  }
  // One batch is taken whatever its size: it could never be taken otherwise.
  if (pending > 0 && pending + count > options.max_pending_events) {
    if (!batch.is_decision()) shortfall.add(batch.events);
    return base::fail(base::ErrorCode::kResourceExhausted,
                      fmt::format("{} events wait to be stored; {} more are dropped", pending, count));
  }
  queue_shortfall();
  pending += count;
  if (batch.is_decision()) ++decisions;
  queue.push_back(std::move(batch));
  changed.notify_all();
  return {};
}

/// Under the lock.
void WriterThread::Impl::queue_shortfall() {
  if (shortfall.is_empty()) return;
  queue.push_back({.events = shortfall.take()});
  pending += queue.back().events.size();
}

void WriterThread::Impl::run() {
  alive_due = Steady::now() + options.alive_interval;
  prune_due = Steady::now();
  while (std::optional<Batches> group = next_group()) {
    if (!group->empty() || Steady::now() >= alive_due) store(std::move(*group));
    if (Steady::now() >= prune_due) prune();
  }
  writer.reset();
}

/// Waits for something to do and takes it: batches to commit, or none when only the time has come to say that
/// we live or to prune. Nothing: it is time to end.
std::optional<Batches> WriterThread::Impl::next_group() {
  std::unique_lock lock(mutex);
  changed.wait_until(lock, std::min(alive_due, prune_due), [this] {
    return !queue.empty() || !shortfall.is_empty() || stop_at || is_retention_new;
  });
  if (std::exchange(is_retention_new, false)) prune_due = Steady::now();
  if (stop_at && (Steady::now() >= *stop_at || (queue.empty() && shortfall.is_empty()))) return std::nullopt;
  if (queue.empty()) queue_shortfall();
  Batches group;
  std::size_t events = 0;
  while (!queue.empty() && (group.empty() || events + queue.front().events.size() <= kMaxGroupEvents)) {
    events += queue.front().events.size();
    group.push_back(std::move(queue.front()));
    queue.pop_front();
  }
  return group;
}

/// Commits the group, however long that takes, or until it is time to end.
void WriterThread::Impl::store(Batches group) {
  while (true) {
    Events events;
    for (const Batch& batch : group) std::ranges::copy(batch.events, std::back_inserter(events));
    const base::Status status = try_commit(events);
    if (status) {
      note_progress();
      leave(group, false);
      auto next = events.cbegin();
      for (Batch& batch : group) {
        const auto end = next + static_cast<std::ptrdiff_t>(batch.events.size());
        if (batch.is_decision()) batch.events.assign(next, end);
        next = end;
      }
      if (!events.empty() && callbacks.on_committed) callbacks.on_committed(std::move(events));
      for (const Batch& batch : group) answer(batch, batch.events);
      return;
    }
    if (status.error().code == base::ErrorCode::kInvalidArgument && !events.empty())
      return sort_out(std::move(group), status.error());
    take_out_decisions(group, status.error());
    if (group.empty())
      return;  // to say that we live, or a question that has its answer: what waits by now goes first
    if (wait_to_retry()) continue;
    leave(group, true);
    for (const Batch& batch : group) answer(batch, std::unexpected(status.error()));
    return;
  }
}

/// Until when all that happened is stored, once these are: what still waits would be missing if we were
/// killed then, and must lie in the gap that the next start tells.
base::UtcTime WriterThread::Impl::known_until(const Events& events) const {
  const base::UtcTime now = options.now().utc;
  const std::scoped_lock lock(mutex);
  for (const Batch& batch : queue)
    if (!batch.events.empty()) return std::min(now, batch.events.front().time.at);
  return shortfall.is_empty() || events.empty() ? now : std::min(now, events.back().time.at);
}

base::Status WriterThread::Impl::try_commit(Events& events) {
  base::Status status = writer->commit(events, {.at = known_until(events), .boot_id = options.boot_id});
  // As long as it fails, saying that we live is also how we learn that it works again.
  alive_due = Steady::now() + (status ? options.alive_interval : options.retry_interval);
  // An event that cannot be stored says nothing about the store.
  if (status || status.error().code != base::ErrorCode::kInvalidArgument) {
    health.commit = status ? std::nullopt : std::optional(status.error());
    report();
  }
  return status;
}

/// Some event of these cannot be stored, ever. The others must not suffer from it: they are stored in smaller
/// and smaller groups, until it stands alone. Then it becomes a gap; a gap that cannot be stored either is
/// lost. A decision is not torn apart, it is refused.
void WriterThread::Impl::sort_out(Batches group, const base::Error& error) {
  if (group.size() > 1) {
    for (Batch& batch : group) store(just(std::move(batch)));
    return;
  }
  Batch& batch = group.front();
  if (batch.is_decision()) {
    leave(group, false);
    return answer(batch, std::unexpected(base::Error{base::ErrorCode::kInternal, error.message}));
  }
  if (batch.events.size() > 1) {
    Batch later = split(batch);
    store(std::move(group));
    return store(just(std::move(later)));
  }
  if (batch.events.front().kind == model::EventKind::kGap) return leave(group, true);
  batch.events = {gap_over(batch.events, "an event could not be stored: " + error.message)};
  store(std::move(group));
}

/// Answers those of the group, and of what waits behind it, that are not to wait.
void WriterThread::Impl::take_out_decisions(Batches& group, const base::Error& error) {
  Batches refused;
  {
    const std::scoped_lock lock(mutex);
    if (is_insisting) return;
    const auto take = [&](Batch& batch) {
      if (!batch.is_decision()) return false;
      refused.push_back(std::move(batch));
      return true;
    };
    std::erase_if(group, take);
    std::erase_if(queue, take);
    count_out(refused, false);
  }
  for (const Batch& batch : refused) answer(batch, std::unexpected(error));
}

/// They wait no more: they are stored, refused or lost.
void WriterThread::Impl::leave(const Batches& group, bool is_lost) {
  const std::scoped_lock lock(mutex);
  count_out(group, is_lost);
}

/// Under the lock.
void WriterThread::Impl::count_out(const Batches& group, bool is_lost) {
  for (const Batch& batch : group) {
    pending -= batch.events.size();
    if (batch.is_decision()) --decisions;
    if (is_lost && !batch.is_decision()) lost += batch.events.size();
  }
  if (decisions == 0) is_insisting = false;
}

void WriterThread::Impl::answer(const Batch& batch, base::Result<Events> outcome) const {
  if (batch.is_decision()) batch.decided(std::move(outcome));
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
  const auto dropped = writer->prune({.before = *now - *retention_now, .now = *now}, kPruneRows);
  // As long as there is more, a step follows each group; else it is looked at again with the next mark.
  if (dropped && *dropped == kPruneRows) prune_due = Steady::now();
  health.prune = dropped ? std::nullopt : std::optional(dropped.error());
  report();
}

void WriterThread::Impl::report() {
  if (health == reported) return;
  reported = health;
  if (callbacks.on_health) callbacks.on_health(health);
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
  return impl_->append({.events = std::move(events)});
}

base::Status WriterThread::append_decision(std::vector<model::Event> events, Decided decided) {
  return impl_->append({.events = std::move(events), .decided = std::move(decided)});
}

bool WriterThread::insist() {
  const std::scoped_lock lock(impl_->mutex);
  impl_->is_insisting = impl_->decisions > 0;
  return impl_->is_insisting;
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
  Batches rest;
  {
    const std::scoped_lock lock(impl_->mutex);
    std::ranges::move(impl_->queue, std::back_inserter(rest));
    impl_->queue.clear();
    impl_->lost += impl_->shortfall.events();  // dropped, and not even their gap was stored
    impl_->shortfall = Shortfall();
    impl_->count_out(rest, true);
  }
  for (const Batch& batch : rest)
    impl_->answer(batch, base::fail(base::ErrorCode::kUnavailable, "portwatchd is stopping"));
  const std::scoped_lock lock(impl_->mutex);
  return impl_->lost;
}

}  // namespace portwatch::store
