// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <optional>
#include <string>
#include <vector>

#include "common/platform/descriptor.h"
#include "common/uv/pipe_client.h"
#include "common/uv/pipe_connection.h"
#include "common/uv/pipe_server.h"
#include "common/uv/socket_path.h"
#include "common/uv/timer.h"
#include "tests/support/loop_harness.h"
#include "tests/support/temp_dir.h"

namespace portwatch::uv {
namespace {

using platform::Descriptor;

struct Pair {
  Descriptor ours;
  Descriptor theirs;
};

Pair socket_pair() {
  std::array<int, 2> fds{};
  PW_ASSERT(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds.data()) == 0);
  return {Descriptor(fds[0]), Descriptor(fds[1])};
}

sockaddr_un address_of(const std::filesystem::path& path) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::ranges::copy(path.native(), static_cast<char*>(address.sun_path));
  return address;
}

Descriptor connected_to(const std::filesystem::path& path) {
  const sockaddr_un address = address_of(path);
  Descriptor client(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  PW_ASSERT(::connect(client.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return client;
}

int bound_socket(const std::filesystem::path& path) {
  const sockaddr_un address = address_of(path);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  PW_ASSERT(fd >= 0);
  PW_ASSERT(::bind(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  return fd;
}

/// As long as it lives, this process gets no further one.
class NoDescriptors {
 public:
  NoDescriptors() {
    PW_ASSERT(::getrlimit(RLIMIT_NOFILE, &before_) == 0);
    const rlimit none{.rlim_cur = 0, .rlim_max = before_.rlim_max};
    PW_ASSERT(::setrlimit(RLIMIT_NOFILE, &none) == 0);
  }
  NoDescriptors(const NoDescriptors&) = delete;
  NoDescriptors& operator=(const NoDescriptors&) = delete;
  ~NoDescriptors() { PW_ASSERT(::setrlimit(RLIMIT_NOFILE, &before_) == 0); }

 private:
  rlimit before_{};
};

/// A connection that records what it is told.
struct Recorder {
  std::string bytes;
  std::size_t largest_piece = 0;
  int ends = 0;
  std::optional<base::Error> error;
  int drained = 0;

  PipeConnection::Callbacks callbacks() {
    return {.on_bytes =
                [this](std::string_view piece) {
                  bytes += piece;
                  largest_piece = std::max(largest_piece, piece.size());
                },
            .on_end =
                [this](std::optional<base::Error> reason) {
                  ++ends;
                  error = std::move(reason);
                },
            .on_drained = [this] { ++drained; }};
  }
};

TEST(PipeConnection, ReadsInBoundedPieces) {
  test::LoopHarness harness;
  auto [ours, theirs] = socket_pair();
  auto connection = PipeConnection::adopt(harness.loop(), ours.release());
  ASSERT_TRUE(connection);
  Recorder recorder;
  connection->start(recorder.callbacks());
  const std::string sent(100'000, 'x');
  ASSERT_EQ(::send(theirs.get(), sent.data(), sent.size(), 0), static_cast<ssize_t>(sent.size()));
  ASSERT_TRUE(harness.run_until([&] { return recorder.bytes.size() == sent.size(); }));
  EXPECT_LE(recorder.largest_piece, PipeConnection::kMaxRead);
}

TEST(PipeConnection, TellsTheEndOnceAndCanStillWrite) {
  test::LoopHarness harness;
  auto [ours, theirs] = socket_pair();
  auto connection = PipeConnection::adopt(harness.loop(), ours.release());
  ASSERT_TRUE(connection);
  Recorder recorder;
  connection->start(recorder.callbacks());
  ASSERT_EQ(::send(theirs.get(), "last", 4, 0), 4);
  ASSERT_EQ(::shutdown(theirs.get(), SHUT_WR), 0);
  ASSERT_TRUE(harness.run_until([&] { return recorder.ends == 1; }));
  EXPECT_EQ(recorder.bytes, "last");
  EXPECT_FALSE(recorder.error);

  connection->write("answer");
  ASSERT_TRUE(harness.run_until([&] { return recorder.drained == 1; }));
  std::array<char, 16> buffer{};
  EXPECT_EQ(::recv(theirs.get(), buffer.data(), buffer.size(), 0), 6);
  EXPECT_EQ(recorder.ends, 1);
}

TEST(PipeConnection, SurvivesAPeerThatGoesAwayWhileItWrites) {
  test::LoopHarness harness;
  auto [ours, theirs] = socket_pair();
  auto connection = PipeConnection::adopt(harness.loop(), ours.release());
  ASSERT_TRUE(connection);
  Recorder recorder;
  connection->start(recorder.callbacks());
  connection->pause_reading();  // only the write can notice
  theirs.reset();
  connection->write("to nobody");
  ASSERT_TRUE(harness.run_until([&] { return recorder.ends == 1; }));
  ASSERT_TRUE(recorder.error);
  EXPECT_EQ(recorder.error->code, base::ErrorCode::kUnavailable);
}

TEST(PipeConnection, ShowsWhatWaitsForAPeerThatDoesNotRead) {
  test::LoopHarness harness;
  auto [ours, theirs] = socket_pair();
  auto connection = PipeConnection::adopt(harness.loop(), ours.release());
  ASSERT_TRUE(connection);
  Recorder recorder;
  connection->start(recorder.callbacks());
  const std::string large(8U << 20U, 'x');
  connection->write(large);
  harness.settle();
  EXPECT_GT(connection->queued_bytes(), 1U << 20U);
  EXPECT_EQ(recorder.drained, 0);

  std::size_t received = 0;
  std::vector<char> buffer(1U << 16U);
  ASSERT_TRUE(harness.run_until([&] {
    const ssize_t count = ::recv(theirs.get(), buffer.data(), buffer.size(), MSG_DONTWAIT);
    if (count > 0) received += static_cast<std::size_t>(count);
    return received == large.size() && recorder.drained == 1;
  }));
  EXPECT_EQ(connection->queued_bytes(), 0U);
}

TEST(PipeConnection, HoldsBackBytesWhileReadingIsPaused) {
  test::LoopHarness harness;
  auto [ours, theirs] = socket_pair();
  auto connection = PipeConnection::adopt(harness.loop(), ours.release());
  ASSERT_TRUE(connection);
  Recorder recorder;
  connection->start(recorder.callbacks());
  connection->pause_reading();
  ASSERT_EQ(::send(theirs.get(), "later", 5, 0), 5);
  harness.settle();
  EXPECT_EQ(recorder.bytes, "");
  connection->resume_reading();
  ASSERT_TRUE(harness.run_until([&] { return recorder.bytes == "later"; }));
}

TEST(PipeConnection, MayBeDestroyedByItsOwnCallback) {
  test::LoopHarness harness;
  auto [ours, theirs] = socket_pair();
  auto adopted = PipeConnection::adopt(harness.loop(), ours.release());
  ASSERT_TRUE(adopted);
  std::optional<PipeConnection> connection(std::move(*adopted));
  std::string seen;
  connection->start(
      {.on_bytes =
           [&](std::string_view bytes) {
             connection->write("never queued for long");
             connection.reset();
             seen = bytes;
           },
       .on_end = [](const std::optional<base::Error>&) { FAIL() << "told after it was destroyed"; }});
  ASSERT_EQ(::send(theirs.get(), "bye", 3, 0), 3);
  ASSERT_TRUE(harness.run_until([&] { return !seen.empty(); }));
  harness.settle();
  EXPECT_EQ(seen, "bye");
}

TEST(PipeConnection, FinishesWritingBeforeItSaysSo) {
  test::LoopHarness harness;
  auto [ours, theirs] = socket_pair();
  auto connection = PipeConnection::adopt(harness.loop(), ours.release());
  ASSERT_TRUE(connection);
  Recorder recorder;
  connection->start(recorder.callbacks());
  connection->write("the reason");
  bool is_finished = false;
  connection->finish_writing([&] { is_finished = true; });
  ASSERT_TRUE(harness.run_until([&] { return is_finished; }));
  std::array<char, 32> buffer{};
  EXPECT_EQ(::recv(theirs.get(), buffer.data(), buffer.size(), 0), 10);
  EXPECT_EQ(::recv(theirs.get(), buffer.data(), buffer.size(), 0), 0);
}

TEST(PipeConnection, RefusesWhatIsNoDescriptor) {
  test::LoopHarness harness;
  const auto connection = PipeConnection::adopt(harness.loop(), -1);
  ASSERT_FALSE(connection);
  EXPECT_NE(connection.error().message, "");
}

TEST(PipeServer, AcceptsClientsOfABoundSocket) {
  test::LoopHarness harness;
  const test::TempDir folder;
  const auto path = folder / "s";
  std::optional<PipeConnection> accepted;
  auto server = PipeServer::listen(harness.loop(), bound_socket(path),
                                   [&](PipeConnection connection) { accepted = std::move(connection); });
  ASSERT_TRUE(server);

  std::optional<base::Result<PipeConnection>> client;
  PipeClient connecting(harness.loop(), path, test::kPatience,
                        [&](base::Result<PipeConnection> result) { client = std::move(result); });
  EXPECT_FALSE(client) << "never told before the constructor returned";
  ASSERT_TRUE(harness.run_until([&] { return client && accepted; }));
  ASSERT_TRUE(*client);

  Recorder at_server;
  Recorder at_client;
  accepted->start(at_server.callbacks());
  (*client)->start(at_client.callbacks());
  (*client)->write("question\n");
  accepted->write("answer\n");
  ASSERT_TRUE(
      harness.run_until([&] { return at_server.bytes == "question\n" && at_client.bytes == "answer\n"; }));
  EXPECT_GE(accepted->handle(), 0);
}

TEST(PipeServer, AcceptsOneClientInARoundHoweverManyWait) {
  test::LoopHarness harness;
  const test::TempDir folder;
  const auto path = folder / "s";
  std::vector<PipeConnection> accepted;
  auto server = PipeServer::listen(harness.loop(), bound_socket(path), [&](PipeConnection connection) {
    accepted.push_back(std::move(connection));
  });
  ASSERT_TRUE(server);
  std::vector<Descriptor> clients;
  for (int i = 0; i < 10; ++i) clients.push_back(connected_to(path));
  std::size_t most = 0;
  ASSERT_TRUE(harness.run_until([&, before = std::size_t{0}]() mutable {
    most = std::max(most, accepted.size() - before);
    before = accepted.size();
    return accepted.size() == clients.size();
  }));
  EXPECT_EQ(most, 1U);
}

TEST(PipeServer, LetsClientsWaitWhileThereIsNoDescriptor) {
  test::LoopHarness harness;
  const test::TempDir folder;
  const auto path = folder / "s";
  std::vector<PipeConnection> accepted;
  auto server = PipeServer::listen(harness.loop(), bound_socket(path), [&](PipeConnection connection) {
    accepted.push_back(std::move(connection));
  });
  ASSERT_TRUE(server);
  const Descriptor client = connected_to(path);
  {
    const NoDescriptors none_left;
    int rounds = 0;
    uv::Timer soon(harness.loop(), [&] { ++rounds; });
    soon.start_repeating(std::chrono::milliseconds{1});
    ASSERT_TRUE(harness.run_until([&] { return rounds == 20; }));
    EXPECT_TRUE(accepted.empty());
  }
  ASSERT_TRUE(harness.run_until([&] { return accepted.size() == 1; }));
  accepted[0].write("answer");
  std::array<char, 16> buffer{};
  harness.settle();
  EXPECT_EQ(::recv(client.get(), buffer.data(), buffer.size(), 0), 6);
}

TEST(PipeServer, MayBeDestroyedWhileAClientWaits) {
  test::LoopHarness harness;
  const test::TempDir folder;
  const auto path = folder / "s";
  int accepted = 0;
  std::optional<base::Result<PipeServer>> server;
  server.emplace(PipeServer::listen(harness.loop(), bound_socket(path), [&](const PipeConnection&) {
    ++accepted;
    server.reset();
  }));
  ASSERT_TRUE(*server);
  const auto connect = [&](std::optional<base::Result<PipeConnection>>& result) {
    return PipeClient(harness.loop(), path, test::kPatience,
                      [&](base::Result<PipeConnection> connected) { result = std::move(connected); });
  };
  std::optional<base::Result<PipeConnection>> first;
  std::optional<base::Result<PipeConnection>> second;
  const PipeClient one = connect(first);
  const PipeClient other = connect(second);
  ASSERT_TRUE(harness.run_until([&] { return accepted == 1; }));
  harness.settle();
  EXPECT_EQ(accepted, 1);
}

TEST(PipeClient, SaysWhyNobodyCanBeReached) {
  struct Row {
    const char* name;
    base::ErrorCode code;
  };
  test::LoopHarness harness;
  const test::TempDir folder;
  Descriptor dead(bound_socket(folder / "dead"));
  dead.reset();
  for (const Row& row :
       {Row{"nothing", base::ErrorCode::kNotFound}, Row{"dead", base::ErrorCode::kUnavailable}}) {
    std::optional<base::Result<PipeConnection>> client;
    PipeClient connecting(harness.loop(), folder / row.name, test::kPatience,
                          [&](base::Result<PipeConnection> result) { client = std::move(result); });
    ASSERT_TRUE(harness.run_until([&] { return client.has_value(); })) << row.name;
    ASSERT_FALSE(*client) << row.name;
    EXPECT_EQ(client->error().code, row.code) << client->error().message;
  }
}

TEST(PipeClient, RefusesAPathThatASocketAddressWouldCut) {
  test::LoopHarness harness;
  std::optional<base::Result<PipeConnection>> client;
  PipeClient connecting(harness.loop(), "/tmp/" + std::string(max_socket_path(), 'x'), test::kPatience,
                        [&](base::Result<PipeConnection> result) { client = std::move(result); });
  ASSERT_TRUE(harness.run_until([&] { return client.has_value(); }));
  ASSERT_FALSE(*client);
  EXPECT_EQ(client->error().code, base::ErrorCode::kInvalidArgument);
}

TEST(PipeClient, GivesUpWhenNobodyTakesTheConnection) {
  test::LoopHarness harness;
  const test::TempDir folder;
  const Descriptor listening(bound_socket(folder / "s"));
  ASSERT_EQ(::listen(listening.get(), 0), 0);  // one may wait, nobody accepts
  std::vector<std::optional<base::Result<PipeConnection>>> results(2);
  PipeClient first(harness.loop(), folder / "s", test::kPatience,
                   [&](base::Result<PipeConnection> result) { results[0] = std::move(result); });
  ASSERT_TRUE(harness.run_until([&] { return results[0].has_value(); }));
  PipeClient second(harness.loop(), folder / "s", std::chrono::milliseconds{30},
                    [&](base::Result<PipeConnection> result) { results[1] = std::move(result); });
  ASSERT_TRUE(harness.run_until([&] { return results[1].has_value(); }));
  ASSERT_FALSE(*results[1]);
  EXPECT_EQ(results[1]->error().code, base::ErrorCode::kTimeout);
}

TEST(PipeClient, IsSilentAfterItIsDestroyed) {
  test::LoopHarness harness;
  const test::TempDir folder;
  bool is_told = false;
  {
    const PipeClient connecting(harness.loop(), folder / "s", test::kPatience,
                                [&](const base::Result<PipeConnection>&) { is_told = true; });
  }
  harness.settle();
  EXPECT_FALSE(is_told);
}

TEST(SocketPath, IsCheckedToTheByte) {
  EXPECT_TRUE(check_socket_path(std::string(max_socket_path(), 'x')));
  EXPECT_FALSE(check_socket_path(std::string(max_socket_path() + 1, 'x')));
  EXPECT_FALSE(check_socket_path(""));
  EXPECT_FALSE(check_socket_path(std::string("a\0b", 3)));
}

}  // namespace
}  // namespace portwatch::uv
