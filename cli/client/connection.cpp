// SPDX-License-Identifier: Apache-2.0
#include "cli/client/connection.h"

#include <utility>

#include "cli/client/peer_pid.h"
#include "common/uv/pipe_client.h"
#include "common/uv/timer.h"

namespace portwatch::cli {

base::Result<std::unique_ptr<Connection>> Connection::open(const std::filesystem::path& socket,
                                                           base::Micros deadline) {
  std::unique_ptr<Connection> connection(new Connection);
  std::optional<base::Result<uv::PipeConnection>> result;
  {
    const uv::PipeClient client(connection->loop_, socket, deadline,
                                [&](base::Result<uv::PipeConnection> connected) {
                                  result.emplace(std::move(connected));
                                  connection->loop_.stop();
                                });
    while (!result) connection->loop_.run();
  }
  if (!*result) return std::unexpected(result->error());
  connection->start(std::move(**result));
  return connection;
}

void Connection::start(uv::PipeConnection pipe) {
  pipe_.emplace(std::move(pipe));
  pipe_->start(
      {.on_bytes = [this](std::string_view bytes) { take(bytes); },
       .on_end =
           [this](std::optional<base::Error> error) {
             lose({base::ErrorCode::kUnavailable,
                   error ? "the connection to portwatchd broke: " + error->message : "portwatchd went away"});
           }});
}

void Connection::take(std::string_view bytes) {
  framer_.feed(bytes);
  while (const auto frame = framer_.next()) {
    if (frame->is_too_long)
      return lose({base::ErrorCode::kCorrupt, "portwatchd sent a message that is too long"});
    auto message = protocol::decode_reply(frame->line);
    if (!message) return lose(message.error());
    messages_.push_back(std::move(*message));
  }
  if (!messages_.empty()) loop_.stop();
}

void Connection::lose(base::Error error) {
  if (!failure_) failure_ = std::move(error);
  if (pipe_) pipe_->pause_reading();
  loop_.stop();
}

std::optional<base::Pid> Connection::peer_pid() const {
  return pipe_ ? cli::peer_pid(pipe_->handle()) : std::nullopt;
}

void Connection::send(const protocol::Request& request) {
  if (!failure_) pipe_->write(protocol::encode(request));
}

base::Result<std::optional<Connection::Message>> Connection::receive(base::Micros patience) {
  bool is_over = false;
  uv::Timer timer(loop_, [&] {
    is_over = true;
    loop_.stop();
  });
  timer.start_once(patience);
  while (messages_.empty() && !failure_ && !is_over) loop_.run();
  if (!messages_.empty()) {
    std::optional<Message> message(std::move(messages_.front()));
    messages_.pop_front();
    return message;
  }
  if (failure_) return std::unexpected(*failure_);
  return std::optional<Message>();
}

}  // namespace portwatch::cli
