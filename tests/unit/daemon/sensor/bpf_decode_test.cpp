// SPDX-License-Identifier: Apache-2.0
// What the kernel's programs tell, as they tell it and as it must not be believed.
#include "daemon/sensor/linux/bpf/decode.h"

#include <cstring>
#include <limits>
#include <string_view>

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/sysmacros.h>

#include "daemon/sensor/linux/bpf/abi.h"

namespace portwatch::sensor::bpf {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

using namespace std::string_view_literals;

template <class Record>
Bytes bytes_of(const Record& record) {
  return std::as_bytes(std::span(&record, 1));
}

template <class Record>
Record record_of(abi::RecordKind kind) {
  Record record{};
  record.header = {.kind = kind,
                   .size = sizeof(Record),
                   .time_ns = 5'000'000'123,
                   .process = {.start_ns = 1'234'567'890, .exec_id = 7, .pid = 42, .uid = 1000}};
  return record;
}

abi::SocketFacts tcp_facts() {
  return {.cookie = 99,
          .inode = 1234,
          .netns = 0xF0000000,
          .uid = 33,
          .device = 2,
          .flags = abi::kSocketIntentKnown | abi::kSocketPortNamed | abi::kSocketReusePort,
          .address = {127, 0, 0, 1},
          .port = 8080,
          .family = 4,
          .protocol = IPPROTO_TCP,
          .backlog = 128};
}

/// What decoding gives, or fails.
template <class Kind, class Record>
Kind decode(const Record& record) {
  const auto event = decode_event(bytes_of(record));
  EXPECT_TRUE(event) << event.error().message;
  if (!event) return {};
  EXPECT_TRUE(std::holds_alternative<Kind>(*event));
  const Kind* const kind = std::get_if<Kind>(&*event);
  return kind == nullptr ? Kind{} : *kind;
}

template <class Record>
void expect_corrupt(const Record& record) {
  const auto event = decode_event(bytes_of(record));
  ASSERT_FALSE(event);
  EXPECT_EQ(event.error().code, base::ErrorCode::kCorrupt);
}

template <std::size_t kSize>
std::uint16_t put(char (&area)[kSize], std::string_view text) {
  std::memcpy(area, text.data(), text.size());
  return static_cast<std::uint16_t>(text.size());
}

TEST(BpfDecode, ReadsAListener) {
  auto record = record_of<abi::SocketRecord>(abi::kRecordListen);
  record.socket = tcp_facts();
  const auto opened = decode<Opened>(record);
  EXPECT_EQ(opened.socket.record.endpoint.to_string(), "127.0.0.1:8080/tcp");
  EXPECT_EQ(opened.socket.record.id, (model::SocketId{model::SocketId::Kind::kCookie, 99}));
  EXPECT_EQ(opened.socket.record.inode, 1234U);
  EXPECT_EQ(opened.socket.record.netns, base::Netns{0xF0000000});
  EXPECT_EQ(opened.socket.record.uid, base::Uid{33});
  EXPECT_EQ(opened.socket.record.bind_intent, model::BindIntent::kExplicit);
  EXPECT_FALSE(opened.socket.record.is_v6only);
  EXPECT_FALSE(opened.socket.record.is_mptcp);
  EXPECT_EQ(opened.socket.device_index, 2U);
  EXPECT_EQ(opened.socket.backlog, 128U);
  EXPECT_TRUE(opened.socket.shares_port);
  EXPECT_TRUE(opened.socket.is_listening);
  EXPECT_EQ(opened.happening.at, base::BootTime{base::Micros{5'000'000}});
  EXPECT_EQ(opened.happening.uid, base::Uid{1000});
  EXPECT_EQ(opened.happening.image.key.pid, base::Pid{42});
  EXPECT_EQ(opened.happening.image.exec_id, 7U);
}

TEST(BpfDecode, NamesAProcessAsProcfsDoes) {
  auto record = record_of<abi::SocketRecord>(abi::kRecordListen);
  record.socket = tcp_facts();
  // procfs counts in steps of 10 ms, and cuts off.
  EXPECT_EQ(decode<Opened>(record).happening.image.key.start, base::BootTime{base::Micros{1'230'000}});
}

TEST(BpfDecode, TellsWhoChoseThePort) {
  auto record = record_of<abi::SocketRecord>(abi::kRecordListen);
  record.socket = tcp_facts();
  record.socket.flags = abi::kSocketIntentKnown;
  EXPECT_EQ(decode<Opened>(record).socket.record.bind_intent, model::BindIntent::kKernelChosen);
  record.socket.flags = abi::kSocketPortNamed;
  EXPECT_EQ(decode<Opened>(record).socket.record.bind_intent, model::BindIntent::kUnknown);
}

TEST(BpfDecode, TellsV6OnlyOfTheWildcardAlone) {
  auto record = record_of<abi::SocketRecord>(abi::kRecordBind);
  record.socket = tcp_facts();
  record.socket.protocol = IPPROTO_UDP;
  record.socket.family = 6;
  EXPECT_FALSE(decode<Opened>(record).socket.record.is_v6only);
  std::memset(record.socket.address, 0, sizeof record.socket.address);
  EXPECT_EQ(decode<Opened>(record).socket.record.is_v6only, false);
  record.socket.flags = abi::kSocketV6Only;
  EXPECT_EQ(decode<Opened>(record).socket.record.is_v6only, true);
}

TEST(BpfDecode, RefusesASocketThatCannotBe) {
  auto record = record_of<abi::SocketRecord>(abi::kRecordListen);
  record.socket = tcp_facts();
  record.socket.family = 5;
  expect_corrupt(record);
  record.socket = tcp_facts();
  record.socket.protocol = 132;
  expect_corrupt(record);
  record.socket = tcp_facts();
  record.socket.protocol = IPPROTO_UDP;
  expect_corrupt(record);
  record.socket = tcp_facts();
  record.socket.port = 0;
  expect_corrupt(record);
}

TEST(BpfDecode, ReadsAnEnd) {
  auto record = record_of<abi::EndRecord>(abi::kRecordListenEnd);
  record.cookie = 99;
  record.inode = 1234;
  record.status = 9;
  record.protocol = IPPROTO_TCP;
  EXPECT_FALSE(decode<Ended>(record).wait_status);
  record.flags = abi::kEndExiting;
  EXPECT_EQ(decode<Ended>(record).wait_status, 9);
  EXPECT_EQ(decode<Ended>(record).id, (model::SocketId{model::SocketId::Kind::kCookie, 99}));
  record.header.kind = abi::kRecordRelease;
  expect_corrupt(record);
}

TEST(BpfDecode, ReadsRefusals) {
  auto listen = record_of<abi::SocketRecord>(abi::kRecordListenRefused);
  listen.socket = tcp_facts();
  listen.socket.port = 0;  // no port was free
  EXPECT_EQ(decode<ListenRefused>(listen).wished.record.endpoint.to_string(), "127.0.0.1:0/tcp");

  auto bind = record_of<abi::RefusalRecord>(abi::kRecordBindRefused);
  bind.socket = tcp_facts();
  bind.noticed_ns = 6'000'000'000;
  bind.flags = abi::kRefusalPrivileged;
  const auto refused = decode<BindRefused>(bind);
  EXPECT_EQ(refused.noticed_at, base::BootTime{base::Micros{6'000'000}});
  EXPECT_TRUE(refused.lacks_privilege);
}

TEST(BpfDecode, ReadsAWishThatWasNotFulfilled) {
  const abi::Wish wish{.process = {.start_ns = 1, .exec_id = 2, .pid = 3, .uid = 4},
                       .coarse_ns = 7'000,
                       .socket = tcp_facts(),
                       .flags = 0,
                       .reserved = 0};
  const base::Moment now{.boot = base::BootTime{base::Micros{50}}, .utc = {}, .suspended = base::Micros{10}};
  const auto refused = decode_wish(bytes_of(wish), now, base::Micros{4});
  ASSERT_TRUE(refused);
  EXPECT_EQ(refused->happening.at, base::BootTime{base::Micros{21}}) << "the end of the tick";
  EXPECT_EQ(refused->noticed_at, base::BootTime{base::Micros{50}});
  EXPECT_EQ(refused->happening.image.key.pid, base::Pid{3});
  EXPECT_FALSE(refused->lacks_privilege);
  const auto fresh = decode_wish(bytes_of(wish), now, base::Micros{4'000});
  ASSERT_TRUE(fresh);
  EXPECT_EQ(fresh->happening.at, now.boot) << "the tick goes on";
}

TEST(BpfDecode, ReadsHolders) {
  auto exec = record_of<abi::ExecRecord>(abi::kRecordExec);
  exec.old_exec_id = 6;
  EXPECT_EQ(decode<HolderExec>(exec).old_exec_id, 6U);
  EXPECT_FALSE(decode<HolderExec>(exec).may_hold);
  exec.flags = abi::kExecHolds;
  EXPECT_TRUE(decode<HolderExec>(exec).may_hold);

  auto fork = record_of<abi::ForkRecord>(abi::kRecordFork);
  fork.child = {.start_ns = 9, .exec_id = 7, .pid = 43, .uid = 1000};
  EXPECT_EQ(decode<HolderFork>(fork).child.key.pid, base::Pid{43});

  auto exit = record_of<abi::ExitRecord>(abi::kRecordExit);
  exit.status = 256;
  EXPECT_EQ(decode<HolderExit>(exit).wait_status, 256);
}

TEST(BpfDecode, ReadsAProcess) {
  auto record = record_of<abi::ProcessRecord>(abi::kRecordProcess);
  record.flags = abi::kProcessExecutableKnown | abi::kProcessDirectoryKnown | abi::kProcessArgumentsKnown |
                 abi::kProcessCgroupKnown | abi::kProcessLoginKnown;
  put(record.name, "nginx"sv);
  put(record.terminal, "pts3"sv);
  record.executable_size = put(record.executable, "nginx\0sbin\0usr\0"sv);
  record.executable_device = 8U << 20U | 1U;
  record.executable_inode = 77;
  record.directory_size = 0;
  record.cgroup_size = put(record.cgroup, "nginx.service\0system.slice\0"sv);
  record.cgroup_id = 5;
  record.arguments_size = put(record.arguments, "nginx\0--token=hush\0"sv);
  record.login_uid = 501;
  record.session = 40;
  record.inner_pid = 1;
  record.ancestor_count = 1;
  record.ancestors[0] = {.start_ns = 20'000'000, .pid = 1, .reserved = 0, .name = "systemd"};
  const auto told = decode<ProcessTold>(record);
  EXPECT_EQ(told.name, "nginx");
  EXPECT_EQ(told.terminal, "pts3");
  ASSERT_TRUE(told.exe);
  EXPECT_EQ(told.exe->path, "/usr/sbin/nginx");
  EXPECT_EQ(told.exe->file, (model::FileId{.device = makedev(8, 1), .inode = 77}));
  EXPECT_FALSE(told.exe->is_deleted);
  EXPECT_EQ(told.cwd, "/");
  EXPECT_EQ(told.cgroup, "/system.slice/nginx.service");
  ASSERT_TRUE(told.argv);
  ASSERT_EQ(told.argv->size(), 2U);
  EXPECT_EQ(told.argv->at(0), "nginx");
  EXPECT_EQ(told.argv->at(1).find("hush"), std::string::npos);
  EXPECT_EQ(told.login_uid, base::Uid{501});
  EXPECT_EQ(told.session, base::Pid{40});
  EXPECT_EQ(told.inner_pid, base::Pid{1});
  EXPECT_THAT(told.ancestors,
              ElementsAre(model::Ancestor{
                  .pid = base::Pid{1}, .start = base::BootTime{base::Micros{20'000}}, .name = "systemd"}));
}

TEST(BpfDecode, KnowsWhatIsNotTold) {
  const auto told = decode<ProcessTold>(record_of<abi::ProcessRecord>(abi::kRecordProcess));
  EXPECT_FALSE(told.exe);
  EXPECT_FALSE(told.cwd);
  EXPECT_FALSE(told.cgroup);
  EXPECT_FALSE(told.argv);
  EXPECT_FALSE(told.login_uid);
  EXPECT_THAT(told.ancestors, IsEmpty());
}

TEST(BpfDecode, MarksAPathWithoutItsBeginning) {
  auto record = record_of<abi::ProcessRecord>(abi::kRecordProcess);
  record.flags =
      abi::kProcessExecutableKnown | abi::kProcessExecutableTruncated | abi::kProcessExecutableUnlinked;
  record.executable_size = put(record.executable, "app\0deep\0"sv);
  const auto told = decode<ProcessTold>(record);
  EXPECT_EQ(told.exe.value().path, "deep/app");
  EXPECT_TRUE(told.is_exe_truncated);
  EXPECT_TRUE(told.exe.value().is_deleted);
}

TEST(BpfDecode, KeepsHostileText) {
  auto record = record_of<abi::ProcessRecord>(abi::kRecordProcess);
  record.flags = abi::kProcessExecutableKnown | abi::kProcessArgumentsKnown;
  std::memset(record.name, 'n', sizeof record.name);  // no NUL
  record.executable_size = put(record.executable, "\x1b[2J\n\xff\0tmp\0"sv);
  record.arguments_size = put(record.arguments, "a\nb\xff"sv);  // no NUL at its end
  const auto told = decode<ProcessTold>(record);
  EXPECT_EQ(told.name, std::string(sizeof record.name, 'n'));
  EXPECT_EQ(told.exe.value().path, "/tmp/\x1b[2J\n\xff");
  EXPECT_THAT(told.argv.value(), ElementsAre("a\nb\xff"));
}

TEST(BpfDecode, RefusesLengthsThatLie) {
  auto record = record_of<abi::ProcessRecord>(abi::kRecordProcess);
  record.flags = abi::kProcessExecutableKnown;
  record.executable_size = abi::kExecutableSize + 1;
  expect_corrupt(record);
  record.executable_size = put(record.executable, "no end"sv);
  expect_corrupt(record);
  record.flags = abi::kProcessDirectoryKnown;
  record.directory_size = std::numeric_limits<std::uint16_t>::max();
  expect_corrupt(record);
  record.flags = abi::kProcessCgroupKnown;
  record.cgroup_size = abi::kCgroupSize + 1;
  expect_corrupt(record);
  record.flags = abi::kProcessArgumentsKnown;
  record.arguments_size = abi::kArgumentsSize + 1;
  expect_corrupt(record);
  record.flags = 0;
  record.ancestor_count = abi::kAncestors + 1;
  expect_corrupt(record);
}

TEST(BpfDecode, RefusesEveryOtherLength) {
  auto record = record_of<abi::SocketRecord>(abi::kRecordListen);
  record.socket = tcp_facts();
  for (std::size_t size = 0; size < sizeof record; ++size)
    EXPECT_FALSE(decode_event(bytes_of(record).first(size))) << size;
  record.header.size = sizeof record - 8;
  expect_corrupt(record);
  for (std::size_t size = 0; size < sizeof(abi::Wish); ++size)
    EXPECT_FALSE(decode_wish(bytes_of(record).first(size), {}, {})) << size;
  for (std::size_t size = 0; size < sizeof(abi::DescriptorRow); ++size)
    EXPECT_FALSE(decode_row(bytes_of(record).first(size))) << size;
}

TEST(BpfDecode, RefusesAnUnknownKind) {
  for (const std::uint32_t kind : {0U, 11U, 0xFFFFFFFFU}) {
    auto record = record_of<abi::ExitRecord>(abi::kRecordExit);
    record.header.kind = kind;
    expect_corrupt(record);
  }
}

TEST(BpfDecode, ReadsARowOfTheIterator) {
  abi::DescriptorRow row{.holder = {.start_ns = 1, .exec_id = 2, .pid = 3, .uid = 4},
                         .descriptor = 5,
                         .reserved = 0,
                         .socket = tcp_facts()};
  row.socket.flags |= abi::kSocketListening | abi::kSocketMptcp;
  const auto held = decode_row(bytes_of(row));
  ASSERT_TRUE(held);
  EXPECT_EQ(held->holder.key.pid, base::Pid{3});
  EXPECT_EQ(held->uid, base::Uid{4});
  EXPECT_EQ(held->descriptor, 5U);
  EXPECT_TRUE(held->socket.is_listening);
  EXPECT_TRUE(held->socket.record.is_mptcp);
}

}  // namespace
}  // namespace portwatch::sensor::bpf
