// SPDX-License-Identifier: Apache-2.0
#pragma once

// Questions to the store and to the system, answered off the loop by a few readers, each with a connection of
// its own; more questions wait for their turn. Next is who had least of the readers' time, by fair shares of
// users and then of their clients: whoever asks much waits behind who asks little. What a client asked goes
// with it. Thread: the loop's, for all of it.

#include <functional>
#include <map>
#include <memory>
#include <vector>

#include "common/uv/work.h"
#include "daemon/interface/event_store.h"
#include "daemon/interface/state_view.h"
#include "daemon/server/fair_share.h"

namespace portwatch::app {

class QueryRunner final : public interface::QuerySource {
 public:
  /// Of one client; beyond it a question is refused. A session asks one at a time, so all that wait are
  /// bounded by the sessions.
  static constexpr std::size_t kMaxWaiting = 16;

  /// Who is connected to a port. Blocking; thread: any.
  using ConnectionQuestion = std::function<base::Result<model::ConnectionList>(base::Port)>;

  /// One question per reader is answered at a time, also one that needs no reader. They need pool threads:
  /// leave some of libuv's four for the scan.
  QueryRunner(uv::Loop& loop, std::vector<std::unique_ptr<interface::EventReader>> readers,
              ConnectionQuestion connections);

  /// No question is begun any more: those that wait and those to come are refused with kUnavailable. Readers
  /// are closed, those that answer a question when they have. So the writer can be the last to close, and
  /// fold its log into the database.
  void close();

  [[nodiscard]] std::unique_ptr<interface::Queries> queries_of(base::Uid uid) override;

 private:
  struct Client;
  class ClientQueries;
  using ClientRef = std::shared_ptr<Client>;
  using Reader = std::shared_ptr<interface::EventReader>;  ///< shared with the pool's thread while it reads

  /// `reader` is null when the question is refused.
  using Question = std::function<void(const ClientRef& client, Reader reader)>;

  template <class T>
  void submit(const ClientRef& client, std::function<base::Result<T>(interface::EventReader&)> question,
              interface::Queries::Done<T> done);
  void start_next();

  ConnectionQuestion connections_;
  std::vector<Reader> idle_;
  std::shared_ptr<server::FairShare> share_ = std::make_shared<server::FairShare>();
  std::map<const server::FairShare::Member*, ClientRef> clients_;
  bool is_closed_ = false;
  uv::Work work_;
};

}  // namespace portwatch::app
