// SPDX-License-Identifier: Apache-2.0
#include "daemon/sensor/linux/process_book.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <map>

#include "tests/unit/daemon/sensor/told_builders.h"

namespace portwatch::sensor {
namespace {

using test::by;
using test::image;
using test::told;

constexpr base::Uid kRoot{0};
constexpr base::Uid kAna{1000};

class ProcessBookTest : public testing::Test {
 protected:
  ProcessBook make_book() {
    return ProcessBook({.now = [] { return test::moment_at(std::chrono::minutes{5}); },
                        .user_name = [](base::Uid uid) -> std::optional<std::string> {
                          return uid == kRoot ? "root" : "ana";
                        },
                        .container_name =
                            [](const std::string& cgroup) {
                              return cgroup.ends_with("/lxc.payload.box") ? std::optional<std::string>("box")
                                                                          : std::nullopt;
                            },
                        .process =
                            [this](base::Pid pid) {
                              ++questions_;
                              return living_[pid];
                            },
                        .groups = [this](base::Pid) { return groups_; },
                        .login_peer =
                            [](const std::string& session, base::Uid user) {
                              return "from " + session + " of " + std::to_string(user.value);
                            }});
  }
  model::ProcessRef living(std::int32_t pid) {
    model::Process process = test::make_process(pid);
    process.key = image(pid).key;
    return living_[base::Pid{pid}] = test::share(std::move(process));
  }

  std::map<base::Pid, model::ProcessRef> living_;  ///< as procfs would show them
  std::string groups_;
  int questions_ = 0;
  ProcessBook book_ = make_book();
};

TEST_F(ProcessBookTest, KnowsWhatAContainerIsCalled) {
  bpf::ProcessTold inside = told(image(700));
  inside.cgroup = "/lxc.payload.box";
  book_.tell(inside);
  EXPECT_EQ(book_.who(image(700), kAna)->container_name, "box");
  book_.tell(told(image(701)));
  EXPECT_EQ(book_.who(image(701), kAna)->container_name, std::nullopt);
}

/// On machines that have control groups of both versions.
TEST_F(ProcessBookTest, FindsAContainerThatVersion1AloneTells) {
  bpf::ProcessTold inside = told(image(700));
  inside.cgroup = "/system.slice/docker.service";
  groups_ = "4:memory:/lxc.payload.box\n0::/system.slice/docker.service\n";
  book_.tell(inside);
  EXPECT_EQ(book_.who(image(700), kAna)->container, "box");
  groups_ = "4:memory:/lxc.payload.other\n0::/of/another/process\n";
  inside.happening.image = image(701);
  book_.tell(inside);
  EXPECT_EQ(book_.who(image(701), kAna)->container, std::nullopt);
}

TEST_F(ProcessBookTest, KnowsWhoWasToldThoughItIsGone) {
  book_.tell(told(image(700)));
  const auto process = book_.who(image(700), kAna);
  ASSERT_TRUE(process);
  EXPECT_EQ(process->exe->path, "/usr/sbin/nginx");
  EXPECT_EQ(process->user, "ana");
  EXPECT_EQ(questions_, 0);
}

TEST_F(ProcessBookTest, TellsFromWhereSomebodyLoggedIn) {
  auto event = told(image(700));
  event.login_uid = kRoot;
  event.cgroup = "/user.slice/user-0.slice/session-3.scope";
  book_.tell(event);
  event.happening.image = image(701);
  event.cgroup = "user.slice/user-0.slice/session-3.scope";
  event.audit_session = 8;
  book_.tell(event);
  event.happening.image = image(702);
  event.cgroup = "/user.slice/user-0.slice/session-3.scope";
  event.login_uid.reset();
  book_.tell(event);
  EXPECT_EQ(book_.who(image(700), kAna)->login.user, "root");
  EXPECT_EQ(book_.who(image(700), kAna)->login.peer, "from 3 of 0");
  EXPECT_EQ(book_.who(image(701), kAna)->login.peer, "from 8 of 0") << "the path lacks its beginning";
  EXPECT_EQ(book_.who(image(702), kAna)->login, model::Login{}) << "nobody logged in";
}

TEST_F(ProcessBookTest, AsksProcfsOnceForWhoWasNotTold) {
  const auto process = living(800);
  EXPECT_EQ(book_.who(image(800), kAna), process);
  EXPECT_EQ(book_.who(image(800), kAna), process);
  EXPECT_EQ(questions_, 1);
}

TEST_F(ProcessBookTest, DoesNotTakeAnotherProcessUnderTheSamePid) {
  living(800);
  auto earlier = image(800);
  earlier.key.start -= std::chrono::seconds{10};
  EXPECT_EQ(book_.who(earlier, kAna), nullptr);
}

TEST_F(ProcessBookTest, KnowsNobodyWhoIsGoneAndWasNotTold) {
  EXPECT_EQ(book_.who(image(800), kAna), nullptr);
  EXPECT_EQ(book_.who(image(0), kRoot), nullptr) << "the kernel itself";
}

TEST_F(ProcessBookTest, TakesWhatIsToldForWhatProcfsDidNotShow) {
  model::Process denied = *living(700);
  denied.exe.reset();
  denied.attribution = model::Attribution::kDenied;
  living_[base::Pid{700}] = test::share(std::move(denied));
  ASSERT_FALSE(book_.who(image(700), kAna)->exe);
  book_.tell(told(image(700)));
  EXPECT_EQ(book_.who(image(700), kAna)->exe->path, "/usr/sbin/nginx");
}

TEST_F(ProcessBookTest, SaysWhichUserItWasAtThatTime) {
  book_.tell(told(image(700)));
  EXPECT_EQ(book_.who(image(700), kRoot)->user, "root");
  const auto later = book_.who(image(700), kAna);
  EXPECT_EQ(later->uid, kAna);
  EXPECT_EQ(later, book_.who(image(700), kAna)) << "the same object while nothing changes";
}

TEST_F(ProcessBookTest, KnowsAForkedChildByItsParent) {
  book_.tell(told(image(700)));
  book_.tell(bpf::HolderFork{by(image(700)), image(701)});
  EXPECT_EQ(book_.who(image(701), kAna)->exe->path, "/usr/sbin/nginx");
}

TEST_F(ProcessBookTest, TellsTheProgramsOfOneProcessApart) {
  book_.tell(told(image(700, 1)));
  auto next = told(image(700, 2));
  next.exe->path = "/usr/bin/redis-server";
  book_.tell(next);
  EXPECT_EQ(book_.who(image(700, 1), kAna)->exe->path, "/usr/sbin/nginx");
  EXPECT_EQ(book_.who(image(700, 2), kAna)->exe->path, "/usr/bin/redis-server");
}

TEST_F(ProcessBookTest, KeepsOneThatEndedForAWhile) {
  book_.tell(told(image(700)));
  book_.tell(bpf::HolderExit{by(image(700))});
  EXPECT_TRUE(book_.who(image(700), kAna));
  for (std::size_t i = 0; i < ProcessBook::kMostEnded; ++i)
    book_.tell(bpf::HolderExit{by(image(static_cast<std::int32_t>(1000 + i)))});
  EXPECT_FALSE(book_.who(image(700), kAna));
}

TEST_F(ProcessBookTest, ForgetsWhoWasNotAskedForTheLongest) {
  ImageBook images(2);
  const auto process = test::share(test::make_process());
  images.keep(image(1), process);
  images.keep(image(2), process);
  EXPECT_TRUE(images.find(image(1)));
  images.keep(image(3), process);
  EXPECT_TRUE(images.find(image(1)));
  EXPECT_FALSE(images.find(image(2)));
  EXPECT_EQ(images.size(), 2U);
}

TEST_F(ProcessBookTest, AnswersAboutOthersWhileOneKeepsTheQuestionWaiting) {
  std::promise<void> is_asked;
  std::promise<void> hangs;
  ProcessBook book({.now = [] { return test::moment_at(std::chrono::minutes{5}); },
                    .user_name = [](base::Uid) { return std::optional<std::string>("ana"); },
                    .container_name = [](const std::string&) { return std::optional<std::string>(); },
                    .process = [&](base::Pid) -> model::ProcessRef {
                      is_asked.set_value();
                      hangs.get_future().wait();
                      return nullptr;
                    }});
  auto stuck = std::async(std::launch::async, [&] { return book.who(image(800), kAna); });
  is_asked.get_future().wait();
  book.tell(told(image(700)));
  EXPECT_TRUE(book.who(image(700), kAna));
  hangs.set_value();
  EXPECT_FALSE(stuck.get());
}

}  // namespace
}  // namespace portwatch::sensor
