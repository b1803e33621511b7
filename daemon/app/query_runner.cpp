// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/query_runner.h"

#include <utility>

namespace portwatch::app {

QueryRunner::QueryRunner(uv::Loop& loop, std::vector<std::unique_ptr<interface::EventReader>> readers)
    : work_(loop) {
  for (auto& reader : readers) idle_.push_back(std::move(reader));
}

void QueryRunner::events(model::EventQuery query, Done<model::EventPage> done) {
  submit<model::EventPage>(
      [query = std::move(query)](interface::EventReader& reader) { return reader.events(query); },
      std::move(done));
}

void QueryRunner::alerts(model::AlertQuery query, Done<model::AlertPage> done) {
  submit<model::AlertPage>(
      [query = std::move(query)](interface::EventReader& reader) { return reader.alerts(query); },
      std::move(done));
}

void QueryRunner::listeners_at(model::PastQuery query, Done<std::vector<model::ListenerRef>> done) {
  submit<std::vector<model::ListenerRef>>(
      [query = std::move(query)](interface::EventReader& reader) { return reader.listeners_at(query); },
      std::move(done));
}

void QueryRunner::close() {
  is_closed_ = true;
  idle_.clear();
  for (const Question& question : std::exchange(waiting_, {})) question(nullptr);
}

template <class T>
void QueryRunner::submit(std::function<base::Result<T>(interface::EventReader&)> question, Done<T> done) {
  Question ask = [this, question = std::move(question), done = std::move(done)](Reader reader) {
    if (!reader) {
      base::Error refusal{base::ErrorCode::kResourceExhausted, "too many questions wait for the store"};
      if (is_closed_) refusal = {base::ErrorCode::kUnavailable, "portwatchd is stopping"};
      return work_.run([] {}, [done, refusal] { done(std::unexpected(refusal)); });
    }
    work_.run([question, reader] { return question(*reader); },
              [this, reader, done](base::Result<T> answer) mutable {
                if (!is_closed_) idle_.push_back(reader);
                reader.reset();
                start_next();
                done(std::move(answer));
              });
  };
  if (is_closed_ || waiting_.size() >= kMaxWaiting) return ask(nullptr);
  waiting_.push_back(std::move(ask));
  start_next();
}

void QueryRunner::start_next() {
  if (waiting_.empty() || idle_.empty()) return;
  Reader reader = std::move(idle_.back());
  idle_.pop_back();
  const Question next = std::move(waiting_.front());
  waiting_.pop_front();
  next(std::move(reader));
}

}  // namespace portwatch::app
