// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/trace_recorder.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>
#include <variant>

#include "daemon/trace/writer.h"

namespace portwatch::app {
namespace {

std::size_t weight_of(const trace::Record& record) {
  if (const auto* const looked = std::get_if<trace::Looked>(&record))
    return 1 + looked->snapshot.sightings.size();
  if (const auto* const told = std::get_if<trace::Told>(&record)) return 1 + told->told.size();
  return 1;
}

}  // namespace

struct TraceRecorder::Shared {
  const Options options;
  const OnProblem on_problem;
  std::mutex mutex;
  std::condition_variable changed;
  std::deque<trace::Record> waiting;
  std::size_t weight = 0;  ///< of what waits and of what is being written
  bool is_ending = false;
  bool has_ended = false;  ///< the thread has
  bool has_failed = false;

  // The thread's own.
  std::unique_ptr<TraceFile> file;
  trace::Writer writer;
  std::uint64_t bytes = 0;

  base::Status write(const trace::Record& record) {
    std::string lines;
    PW_TRY(writer.write(record, lines));
    if (lines.size() > options.most_bytes - bytes)
      return base::fail(base::ErrorCode::kResourceExhausted,
                        fmt::format("the file has grown to {} MiB", bytes >> 20U));
    bytes += lines.size();
    return file->append(lines);
  }

  /// Whether it is the first.
  bool fail() {
    const std::lock_guard lock(mutex);
    waiting.clear();
    weight = 0;
    return !std::exchange(has_failed, true);
  }
};

TraceRecorder::TraceRecorder(std::unique_ptr<TraceFile> file, Options options, OnProblem on_problem)
    : shared_(new Shared{.options = options,
                         .on_problem = std::move(on_problem),
                         .mutex = {},
                         .changed = {},
                         .waiting = {},
                         .file = std::move(file),
                         .writer = {}}),
      thread_([shared = shared_] { run(shared); }) {}

TraceRecorder::~TraceRecorder() {
  std::unique_lock lock(shared_->mutex);
  shared_->is_ending = true;
  shared_->changed.notify_all();
  const bool has_ended =
      shared_->changed.wait_for(lock, shared_->options.patience, [this] { return shared_->has_ended; });
  lock.unlock();
  if (!has_ended) (void)shared_->fail();  // nobody is there any more to hear of a problem
  if (has_ended)
    thread_.join();
  else
    thread_.detach();
}

void TraceRecorder::add(trace::Record record) {
  const std::size_t weight = weight_of(record);
  bool is_too_much = false;
  {
    const std::lock_guard lock(shared_->mutex);
    if (shared_->has_failed) return;
    is_too_much = shared_->weight > 0 && shared_->weight + weight > shared_->options.most_waiting;
    if (!is_too_much) {
      shared_->weight += weight;
      shared_->waiting.push_back(std::move(record));
      shared_->changed.notify_all();
    }
  }
  if (is_too_much && shared_->fail())
    shared_->on_problem({base::ErrorCode::kUnavailable, "the disk is too slow for what happens"});
}

void TraceRecorder::run(const std::shared_ptr<Shared>& shared) {
  std::unique_lock lock(shared->mutex);
  while (true) {
    shared->changed.wait(lock, [&] { return shared->is_ending || !shared->waiting.empty(); });
    if (shared->waiting.empty()) break;
    const trace::Record record = std::move(shared->waiting.front());
    shared->waiting.pop_front();
    lock.unlock();
    if (const auto written = shared->write(record); !written && shared->fail())
      shared->on_problem(written.error());
    lock.lock();
    shared->weight -= std::min(shared->weight, weight_of(record));
  }
  shared->has_ended = true;
  shared->changed.notify_all();
}

}  // namespace portwatch::app
