// SPDX-License-Identifier: Apache-2.0
// How the holders of sockets change without a word of the sockets: fork, exec, exit.

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <thread>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/integration/bpf/event_rig.h"
#include "tests/integration/bpf/python_program.h"
#include "tests/support/forked_child.h"
#include "tests/support/listening_socket.h"

namespace portwatch::test {
namespace {

using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr auto kListen = "s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()";

class BpfHolder : public ::testing::Test {
 protected:
  template <class Kind>
  [[nodiscard]] std::vector<Kind> of(int pid) {
    return rig_.all<Kind>([pid](const Kind& each) { return each.happening.image.key.pid.value == pid; });
  }
  template <class Kind>
  [[nodiscard]] Kind wait_for(int pid) {
    EXPECT_TRUE(wait_until([&] { return !of<Kind>(pid).empty(); }));
    const auto found = of<Kind>(pid);
    return found.empty() ? Kind{} : found.front();
  }

  EventRig& rig_ = shared_rig();
};

TEST_F(BpfHolder, TellsTheChildrenOfAHolderAndTheirEnd) {
  const ListeningSocket socket;
  rig_.forget();
  ForkedChild child;
  const auto forks = of<bpf::HolderFork>(::getpid());
  ASSERT_THAT(forks, SizeIs(1));
  EXPECT_EQ(forks[0].child.key.pid.value, child.pid());
  const int pid = child.pid();
  child.stop();
  const auto exit = wait_for<bpf::HolderExit>(pid);
  EXPECT_TRUE(WIFSIGNALED(exit.wait_status));
  EXPECT_EQ(WTERMSIG(exit.wait_status), SIGKILL);
  EXPECT_EQ(exit.happening.image.start_ns, forks[0].child.start_ns);
  EXPECT_THAT(rig_.all<bpf::Ended>(), IsEmpty());  // the parent still has it
}

TEST_F(BpfHolder, TellsTheProgramThatAHolderRunsNow) {
  PythonProgram program;
  program.run(kListen);
  const int pid = program.child().pid();
  const auto before = of<bpf::Opened>(pid);
  ASSERT_THAT(before, SizeIs(1));
  program.begin("s.set_inheritable(True); os.execvp('sleep', ['sleep', '1000'])");
  const auto execs = rig_.wait_for<bpf::HolderExec>(
      [pid](const auto& each) { return each.happening.image.key.pid.value == pid && each.may_hold; });
  ASSERT_THAT(execs, SizeIs(1));
  const auto& exec = execs[0];
  EXPECT_EQ(exec.old_exec_id, before[0].happening.image.exec_id);
  EXPECT_NE(exec.happening.image.exec_id, exec.old_exec_id);
  EXPECT_EQ(exec.happening.image.key, before[0].happening.image.key);
  const auto now = rig_.who(exec.happening.image);
  EXPECT_EQ(now.name, "sleep");
  ASSERT_TRUE(now.argv);
  EXPECT_THAT(*now.argv, ::testing::ElementsAre("sleep", "1000"));
}

TEST_F(BpfHolder, LeavesAChildAloneThatRunsAProgramWithoutTheSocket) {
  const ListeningSocket socket;
  rig_.forget();
  ChildProcess child({"/bin/sleep", "1000"});
  const auto exec = wait_for<bpf::HolderExec>(child.pid());
  EXPECT_FALSE(exec.may_hold);
  child.signal(SIGKILL);
  ASSERT_TRUE(child.wait());
  EXPECT_THAT(of<bpf::HolderExit>(child.pid()), IsEmpty());
  EXPECT_THAT(of<bpf::ProcessTold>(child.pid()), IsEmpty());
}

TEST_F(BpfHolder, FollowsAChildThatRunsAProgramWithTheSocket) {
  const ListeningSocket socket({.is_inherited = true});
  rig_.forget();
  ChildProcess child({"/bin/sleep", "1000"});
  EXPECT_TRUE(wait_for<bpf::HolderExec>(child.pid()).may_hold);
  EXPECT_EQ(wait_for<bpf::ProcessTold>(child.pid()).name, "sleep");
  child.signal(SIGTERM);
  ASSERT_TRUE(child.wait());
  EXPECT_EQ(WTERMSIG(wait_for<bpf::HolderExit>(child.pid()).wait_status), SIGTERM);
}

TEST_F(BpfHolder, TellsHowTheProgramEndedWithTheEndOfItsSocket) {
  PythonProgram program;
  program.run(kListen);
  const int pid = program.child().pid();
  program.begin("os._exit(7)");
  const auto end = wait_for<bpf::Ended>(pid);
  ASSERT_TRUE(end.wait_status);
  EXPECT_EQ(WEXITSTATUS(*end.wait_status), 7);
  EXPECT_EQ(end.id, of<bpf::Opened>(pid).at(0).socket.record.id);
  const auto exit = wait_for<bpf::HolderExit>(pid);
  EXPECT_EQ(exit.wait_status, *end.wait_status);
}

TEST_F(BpfHolder, TellsTheSignalThatEndedAProgram) {
  PythonProgram program;
  program.run(kListen);
  program.child().signal(SIGKILL);
  const auto end = wait_for<bpf::Ended>(program.child().pid());
  ASSERT_TRUE(end.wait_status);
  EXPECT_EQ(WTERMSIG(*end.wait_status), SIGKILL);
}

TEST_F(BpfHolder, TellsThatTheProgramItselfClosedTheSocket) {
  PythonProgram program;
  program.run(kListen);
  program.run("s.close()");
  EXPECT_FALSE(wait_for<bpf::Ended>(program.child().pid()).wait_status);
}

TEST_F(BpfHolder, DoesNotTakeTheEndOfAThreadForThatOfTheProcess) {
  const ListeningSocket socket;
  rig_.forget();
  std::thread([] {}).join();
  EXPECT_THAT(of<bpf::HolderFork>(::getpid()), IsEmpty());
  EXPECT_THAT(of<bpf::HolderExit>(::getpid()), IsEmpty());
}

TEST_F(BpfHolder, TellsOfAProcessThatItWasToldToWatch) {
  PythonProgram program;  // opens nothing
  const int pid = program.child().pid();
  ASSERT_TRUE(rig_.programs().watch({.key = {.pid = base::Pid{pid}}}));
  program.begin("os._exit(3)");
  EXPECT_EQ(WEXITSTATUS(wait_for<bpf::HolderExit>(pid).wait_status), 3);
}

TEST_F(BpfHolder, SaysNothingOfAProcessThatHoldsNothing) {
  PythonProgram watched;
  PythonProgram unwatched;
  ASSERT_TRUE(rig_.programs().watch({.key = {.pid = base::Pid{watched.child().pid()}}}));
  ASSERT_TRUE(rig_.programs().watch({.key = {.pid = base::Pid{unwatched.child().pid()}}}));
  rig_.programs().unwatch(base::Pid{unwatched.child().pid()});
  unwatched.begin("os._exit(0)");
  ASSERT_TRUE(unwatched.child().wait());
  watched.begin("os._exit(0)");
  EXPECT_EQ(wait_for<bpf::HolderExit>(watched.child().pid()).wait_status, 0);
  EXPECT_THAT(of<bpf::HolderExit>(unwatched.child().pid()), IsEmpty());
}

}  // namespace
}  // namespace portwatch::test
