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

template <class T>
void QueryRunner::submit(std::function<base::Result<T>(interface::EventReader&)> question, Done<T> done) {
  if (waiting_.size() >= kMaxWaiting) {
    work_.run(
        [] {},
        [done = std::move(done)] {
          done(base::fail(base::ErrorCode::kResourceExhausted, "too many questions wait for the store"));
        });
    return;
  }
  waiting_.push_back([this, question = std::move(question), done = std::move(done)](Reader reader) {
    work_.run([question, reader] { return question(*reader); },
              [this, reader, done](base::Result<T> answer) {
                idle_.push_back(reader);
                start_next();
                done(std::move(answer));
              });
  });
  start_next();
}

void QueryRunner::start_next() {
  if (waiting_.empty() || idle_.empty()) return;
  Reader reader = std::move(idle_.back());
  idle_.pop_back();
  auto next = std::move(waiting_.front());
  waiting_.pop_front();
  next(std::move(reader));
}

}  // namespace portwatch::app
