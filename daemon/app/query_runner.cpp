// SPDX-License-Identifier: Apache-2.0
#include "daemon/app/query_runner.h"

#include <chrono>
#include <deque>
#include <utility>

namespace portwatch::app {
namespace {

/// What a question found, and how long a reader was busy with it.
template <class T>
struct Answer {
  base::Result<T> found;
  base::Micros took;
};

}  // namespace

/// A client's place; kept until nothing that it asked is under way, so that all of it is charged.
struct QueryRunner::Client {
  Client(std::shared_ptr<server::FairShare> shares, base::Uid uid)
      : share(std::move(shares)), place(share->join(uid)) {}
  ~Client() { share->leave(place); }
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  std::shared_ptr<server::FairShare> share;  ///< what is under way may outlive the runner
  server::FairShare::MemberRef place;
  std::deque<Question> waiting;
  bool is_gone = false;
};

class QueryRunner::ClientQueries final : public interface::Queries {
 public:
  ClientQueries(QueryRunner& runner, ClientRef client) : runner_(runner), client_(std::move(client)) {}
  ~ClientQueries() override {
    client_->is_gone = true;
    client_->waiting.clear();
    client_->share->stop_waiting(client_->place);
    runner_.clients_.erase(&*client_->place);
  }
  ClientQueries(const ClientQueries&) = delete;
  ClientQueries& operator=(const ClientQueries&) = delete;

  void events(model::EventQuery query, Done<model::EventPage> done) override {
    runner_.submit<model::EventPage>(
        client_, [query = std::move(query)](interface::EventReader& reader) { return reader.events(query); },
        std::move(done));
  }
  void alerts(model::AlertQuery query, Done<model::AlertPage> done) override {
    runner_.submit<model::AlertPage>(
        client_, [query = std::move(query)](interface::EventReader& reader) { return reader.alerts(query); },
        std::move(done));
  }
  void listeners_at(model::PastQuery query, Done<model::PastPage> done) override {
    runner_.submit<model::PastPage>(
        client_,
        [query = std::move(query)](interface::EventReader& reader) { return reader.listeners_at(query); },
        std::move(done));
  }

  void connections(base::Port port, Done<model::ConnectionList> done) override {
    runner_.submit<model::ConnectionList>(
        client_, [ask = runner_.connections_, port](interface::EventReader& /*reader*/) { return ask(port); },
        std::move(done));
  }

 private:
  QueryRunner& runner_;
  ClientRef client_;
};

QueryRunner::QueryRunner(uv::Loop& loop, std::vector<std::unique_ptr<interface::EventReader>> readers,
                         ConnectionQuestion connections)
    : connections_(std::move(connections)), work_(loop) {
  for (auto& reader : readers) idle_.push_back(std::move(reader));
}

std::unique_ptr<interface::Queries> QueryRunner::queries_of(base::Uid uid) {
  auto client = std::make_shared<Client>(share_, uid);
  clients_.emplace(&*client->place, client);
  return std::make_unique<ClientQueries>(*this, std::move(client));
}

void QueryRunner::close() {
  is_closed_ = true;
  idle_.clear();
  for (const auto& [place, client] : clients_) {
    share_->stop_waiting(client->place);
    for (const Question& question : std::exchange(client->waiting, {})) question(client, nullptr);
  }
}

template <class T>
void QueryRunner::submit(const ClientRef& client,
                         std::function<base::Result<T>(interface::EventReader&)> question,
                         interface::Queries::Done<T> done) {
  Question ask = [this, question = std::move(question), done = std::move(done)](const ClientRef& asker,
                                                                                Reader reader) {
    if (!reader) {
      base::Error refusal{base::ErrorCode::kResourceExhausted, "too many questions wait for the store"};
      if (is_closed_) refusal = {base::ErrorCode::kUnavailable, "portwatchd is stopping"};
      return work_.run([] {},
                       [asker, done, refusal] {
                         if (!asker->is_gone) done(std::unexpected(refusal));
                       });
    }
    work_.run(
        [question, reader] {
          const auto begin = std::chrono::steady_clock::now();
          auto found = question(*reader);
          const auto took = std::chrono::steady_clock::now() - begin;
          return Answer<T>{.found = std::move(found), .took = std::chrono::ceil<base::Micros>(took)};
        },
        [this, asker, reader, done](Answer<T> answer) mutable {
          if (!is_closed_) idle_.push_back(reader);
          reader.reset();
          asker->share->charge(asker->place, answer.took);
          start_next();
          if (!asker->is_gone) done(std::move(answer.found));
        });
  };
  if (is_closed_ || client->waiting.size() >= kMaxWaiting) return ask(client, nullptr);
  client->waiting.push_back(std::move(ask));
  share_->wait(client->place);
  start_next();
}

void QueryRunner::start_next() {
  while (!idle_.empty() && share_->is_anybody_waiting()) {
    const ClientRef client = clients_.at(&*share_->take_next());
    const Question next = std::move(client->waiting.front());
    client->waiting.pop_front();
    if (!client->waiting.empty()) share_->wait(client->place);
    Reader reader = std::move(idle_.back());
    idle_.pop_back();
    next(client, std::move(reader));
  }
}

}  // namespace portwatch::app
