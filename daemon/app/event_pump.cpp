// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/event_pump.h"

#include <utility>

namespace portwatch::app {

base::Result<std::unique_ptr<EventPump>> EventPump::start(uv::Loop& loop, Log& log,
                                                          std::unique_ptr<interface::EventWriter> writer,
                                                          store::WriterThread::Options options,
                                                          base::Seq last_seq, Sinks sinks) {
  auto async = uv::Async::make(loop);
  if (!async) return base::with_context("cannot start the event pump", async.error());
  std::unique_ptr<EventPump> pump(new EventPump(loop, log, std::move(*async), std::move(sinks)));
  pump->last_seq_ = last_seq;
  // What is sent is dropped once the Async is gone, so the callbacks may hold on to `self`.
  auto* const self = pump.get();
  const auto sender = pump->async_.sender();
  store::WriterThread::Callbacks callbacks;
  callbacks.on_committed = [sender, self](std::vector<model::Event> events) {
    sender.send([self, events = std::move(events)] { self->on_committed(events); });
  };
  callbacks.on_health = [sender, self](const store::WriterHealth& health) {
    sender.send([self, health] { self->on_health(health); });
  };
  pump->writer_ =
      std::make_shared<store::WriterThread>(std::move(writer), std::move(options), std::move(callbacks));
  return pump;
}

void EventPump::append(std::vector<model::Event> events) {
  if (events.empty()) return;
  const std::size_t count = events.size();
  const auto appended = writer_->append(std::move(events));
  if (!appended && !is_dropping_)
    log_.error("{} events are lost, and so are those that follow until the store can write: {}", count,
               appended.error().message);
  is_dropping_ = !appended;
}

base::Status EventPump::append_decision(std::vector<model::Event> events,
                                        store::WriterThread::Decided decided) {
  return writer_->append_decision(std::move(events), [sender = async_.sender(), decided = std::move(decided)](
                                                         base::Result<std::vector<model::Event>> outcome) {
    sender.send([decided, outcome = std::move(outcome)] { decided(outcome); });
  });
}

void EventPump::stop(base::Micros patience, std::function<void(std::size_t lost)> done) {
  work_.run([writer = writer_, patience] { return writer->stop(patience); },
            [this, done = std::move(done)](std::size_t lost) {
              // Behind all that the writer has sent.
              async_.send([done, lost] { done(lost); });
            });
}

void EventPump::on_committed(const std::vector<model::Event>& events) {
  if (events.empty()) return;
  last_seq_ = events.back().seq;
  sinks_.on_committed(events);
}

void EventPump::on_health(const store::WriterHealth& health) {
  health_ = health;
  sinks_.on_health(health);
}

}  // namespace portwatch::app
