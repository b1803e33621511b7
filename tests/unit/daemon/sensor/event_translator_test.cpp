// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/event_translator.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/temp_dir.h"
#include "tests/unit/daemon/sensor/told_builders.h"

namespace portwatch::sensor {
namespace {

using model::EndCause;
using model::HoldersChanged;
using model::SocketClosed;
using model::SocketOpened;
using model::WishRefused;
using test::by;
using test::image;
using test::listening;
using test::told;
using testing::IsEmpty;
using testing::SizeIs;

class EventTranslatorTest : public testing::Test {
 protected:
  std::vector<model::Observation> take(std::vector<bpf::Event> events) {
    std::vector<model::Observation> observations;
    for (const auto& event : events) translator_.take(event, observations);
    translator_.end_bundle(observations);
    return observations;
  }

  ProcessBook book_{{.now = [] { return test::moment_at(std::chrono::minutes{5}); },
                     .user_name = [](base::Uid) { return std::optional<std::string>("ana"); },
                     .container_name = [](const std::string&) { return std::optional<std::string>(); },
                     .process = [](base::Pid) { return model::ProcessRef{}; }}};
  test::TempDir nowhere_;
  NetworkNamespaces networks_{
      test::kNetns,
      NetworkNames(nowhere_.path().string(), test::no_containers()),
      {.now = [] { return base::BootTime{}; },
       .reading = [](base::Netns, std::vector<base::Pid>) { return std::optional<NetworkReading>(); }}};
  SocketBook sockets_;
  EventTranslator translator_{
      book_,
      networks_,
      sockets_,
      [](std::uint32_t index) { return "if" + std::to_string(index); },
      [this](model::Wish, const model::SocketRecord&, bool lacks_privilege) {
        ++questions_;
        return AddressHolders::Finding{
            .cause = lacks_privilege ? model::ConflictCause::kPrivilege : model::ConflictCause::kInUse,
            .is_certain = lacks_privilege,
            .holders = {model::SeenHolder{.socket = test::make_socket()}}};
      },
      kSelf};
  int questions_ = 0;
  static constexpr base::Pid kSelf{77};
};

TEST_F(EventTranslatorTest, SaysWhoOpenedWhatAndWhen) {
  const auto told_about =
      take({told(image(700)), bpf::Opened{by(image(700)), listening("127.0.0.1:80/tcp", 5)}});
  ASSERT_THAT(told_about, SizeIs(1));
  const auto& opened = std::get<SocketOpened>(told_about[0]);
  EXPECT_EQ(opened.socket, test::make_socket("127.0.0.1:80/tcp", 5));
  EXPECT_EQ(opened.at, by(image(700)).at);
  EXPECT_EQ(opened.opener->exe->path, "/usr/sbin/nginx");
}

TEST_F(EventTranslatorTest, SaysThatNobodyIsKnownToHaveOpenedIt) {
  const auto told_about = take({bpf::Opened{by(image(700)), listening("127.0.0.1:80/tcp", 5)}});
  ASSERT_THAT(told_about, SizeIs(1));
  EXPECT_EQ(std::get<SocketOpened>(told_about[0]).opener, nullptr);
}

TEST_F(EventTranslatorTest, NamesTheDevice) {
  bpf::Opened event{by(image(700)), listening("0.0.0.0:80/tcp", 5)};
  event.socket.device_index = 7;
  EXPECT_EQ(std::get<SocketOpened>(take({event}).at(0)).socket.device, "if7");
}

TEST_F(EventTranslatorTest, SaysWhatClosed) {
  const auto told_about =
      take({bpf::Ended{.happening = by(image(700)), .id = {.value = 5}, .netns = test::kNetns}});
  ASSERT_THAT(told_about, SizeIs(1));
  EXPECT_EQ(std::get<SocketClosed>(told_about[0]).id.value, 5U);
}

TEST_F(EventTranslatorTest, SaysWhyItClosed) {
  bpf::Ended ended{.happening = by(image(700)), .id = {.value = 5}, .netns = test::kNetns};
  const auto ending = [&] { return std::get<SocketClosed>(take({ended}).at(0)).ending; };
  EXPECT_EQ(ending(), (model::Ending{.cause = EndCause::kClosed, .pid = base::Pid{700}}));
  ended.wait_status = 3 << 8;
  EXPECT_EQ(ending(), (model::Ending{.cause = EndCause::kExited, .pid = base::Pid{700}, .exit_status = 3}));
  ended.wait_status = 11 | 0x80;
  EXPECT_EQ(ending(),
            (model::Ending{
                .cause = EndCause::kKilled, .pid = base::Pid{700}, .signal = "SIGSEGV", .has_core = true}));
}

/// What io_uring kept is closed behind the end of its process.
TEST_F(EventTranslatorTest, TellsWhoEndedBeforeWhatTheKernelClosed) {
  bpf::Ended ended{.happening = by(image(2)), .id = {.value = 5}, .netns = test::kNetns};
  ended.is_by_kernel = true;
  const auto told_about = take({bpf::HolderExit{by(image(700)), 9}, ended});
  ASSERT_THAT(told_about, SizeIs(2));
  const auto& changed = std::get<HoldersChanged>(told_about[0]);
  ASSERT_THAT(changed.ended, SizeIs(1));
  EXPECT_EQ(changed.ended[0].process, image(700).key);
  EXPECT_EQ(changed.ended[0].ending.signal, "SIGKILL");
  EXPECT_EQ(std::get<SocketClosed>(told_about[1]).ending, model::Ending{});
}

/// A look has each open file in hand for a moment: the last reference may be its own.
TEST_F(EventTranslatorTest, DoesNotTakeItsOwnLookForWhoClosed) {
  const bpf::Ended ended{.happening = by(image(kSelf.value)), .id = {.value = 5}, .netns = test::kNetns};
  const auto told_about = take({bpf::HolderExit{by(image(700)), 9}, ended});
  ASSERT_THAT(told_about, SizeIs(2));
  EXPECT_TRUE(std::holds_alternative<HoldersChanged>(told_about[0])) << "one of them may be why";
  EXPECT_EQ(std::get<SocketClosed>(told_about[1]).ending, model::Ending{});
}

TEST_F(EventTranslatorTest, SaysOnceThatHoldersChanged) {
  const auto told_about = take({bpf::HolderFork{by(image(700)), image(701)},
                                bpf::HolderExec{by(image(701, 2)), 1}, bpf::HolderExit{by(image(700))}});
  ASSERT_THAT(told_about, SizeIs(1));
  EXPECT_TRUE(std::holds_alternative<HoldersChanged>(told_about[0]));
  EXPECT_THAT(take({}), IsEmpty());
}

TEST_F(EventTranslatorTest, NamesOtherNetworks) {
  bpf::Opened elsewhere{by(image(700)), listening("0.0.0.0:80/tcp", 5)};
  elsewhere.socket.record.netns = base::Netns{7};
  elsewhere.socket.device_index = 3;
  const auto told_about = take({elsewhere});
  const auto& opened = std::get<SocketOpened>(told_about.at(0));
  EXPECT_EQ(opened.socket.network, "net:[7]");
  EXPECT_EQ(opened.socket.place(), "0.0.0.0:80/tcp@net:[7]");
  EXPECT_EQ(opened.socket.device, "if3") << "that of our own namespace is another one";
}

TEST_F(EventTranslatorTest, NotesTheSocketsOfOtherNetworks) {
  bpf::Opened elsewhere{by(image(700)), listening("0.0.0.0:80/tcp", 5)};
  elsewhere.socket.record.netns = base::Netns{7};
  elsewhere.socket.record.inode = 100;
  static_cast<void>(take({elsewhere, bpf::Opened{by(image(700)), listening("0.0.0.0:80/tcp", 6)}}));
  EXPECT_EQ(sockets_.inodes(), (std::map<base::Netns, std::vector<std::uint64_t>>{{base::Netns{7}, {100}}}));
  const bpf::Ended ended{
      .happening = by(image(700)), .id = elsewhere.socket.record.id, .netns = base::Netns{7}};
  static_cast<void>(take({ended}));
  EXPECT_TRUE(sockets_.inodes().empty());
}

/// As a look that found it in a table names it.
TEST_F(EventTranslatorTest, ClosesWhatIsKnownByItsInodeAlone) {
  model::SocketRecord unheld = test::make_socket("0.0.0.0:80/tcp", 100);
  unheld.netns = base::Netns{7};
  unheld.id = {model::SocketId::Kind::kInode, 100};
  unheld.inode = 100;
  sockets_.note(unheld, base::BootTime{});
  const bpf::Ended ended{
      .happening = by(image(700)), .id = {.value = 5}, .inode = 100, .netns = base::Netns{7}};
  EXPECT_EQ(std::get<SocketClosed>(take({ended}).at(0)).id, unheld.id);
  EXPECT_EQ(std::get<SocketClosed>(take({ended}).at(0)).id.value, 5U);
}

TEST_F(EventTranslatorTest, SaysWhoWasRefusedWhatAndWhy) {
  const auto told_about = take({told(image(700)), bpf::BindRefused{.happening = by(image(700)),
                                                                   .wished = listening("127.0.0.1:80/tcp", 5),
                                                                   .lacks_privilege = true}});
  ASSERT_THAT(told_about, SizeIs(1));
  const auto& refused = std::get<WishRefused>(told_about[0]);
  EXPECT_EQ(refused.wish, model::Wish::kBind);
  EXPECT_EQ(refused.socket, test::make_socket("127.0.0.1:80/tcp", 5));
  EXPECT_EQ(refused.at, by(image(700)).at);
  EXPECT_EQ(refused.by->exe->path, "/usr/sbin/nginx");
  EXPECT_EQ(refused.cause, model::ConflictCause::kPrivilege);
  EXPECT_TRUE(refused.is_certain);
  EXPECT_THAT(refused.holders, SizeIs(1));
  EXPECT_EQ(refused.count, 1U);
}

TEST_F(EventTranslatorTest, TellsARefusedListenApart) {
  bpf::ListenRefused event{by(image(700)), listening("127.0.0.1:80/tcp", 5)};
  event.wished.device_index = 7;
  const auto told_about = take({event});
  const auto& refused = std::get<WishRefused>(told_about.at(0));
  EXPECT_EQ(refused.wish, model::Wish::kListen);
  EXPECT_EQ(refused.socket.device, "if7");
  EXPECT_EQ(refused.by, nullptr);
}

TEST_F(EventTranslatorTest, TellsOnceInABundleWhoDoesNotStopToTry) {
  std::vector<bpf::Event> events;
  for (std::uint64_t cookie = 1; cookie <= 50; ++cookie)
    events.emplace_back(
        bpf::BindRefused{.happening = by(image(700)), .wished = listening("127.0.0.1:80/tcp", cookie)});
  events.emplace_back(
      bpf::BindRefused{.happening = by(image(701)), .wished = listening("127.0.0.1:80/tcp", 99)});
  const auto told_about = take(events);
  ASSERT_THAT(told_about, SizeIs(2));
  EXPECT_EQ(std::get<WishRefused>(told_about[0]).count, 50U);
  EXPECT_EQ(std::get<WishRefused>(told_about[1]).count, 1U);
  EXPECT_EQ(questions_, 2);
  EXPECT_THAT(take({events[0]}), SizeIs(1)) << "the next bundle";
}

}  // namespace
}  // namespace portwatch::sensor
