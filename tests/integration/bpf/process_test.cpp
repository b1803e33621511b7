// SPDX-License-Identifier: Apache-2.0
// Who a program is, as the kernel's programs tell it: the same that procfs would say while it lives.

#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/base/text.h"
#include "daemon/sensor/linux/process_reader.h"
#include "tests/integration/bpf/event_rig.h"
#include "tests/integration/bpf/python_program.h"
#include "tests/support/temp_dir.h"

namespace portwatch::test {
namespace {

namespace fs = std::filesystem;

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr auto kListen = "s = socket.socket(); s.bind(('127.0.0.1', 0)); s.listen()";

fs::path python() {
  return fs::canonical("/usr/bin/python3");
}

std::string link_of(int pid, const std::string& name) {
  return fs::read_symlink("/proc/" + std::to_string(pid) + "/" + name).string();
}

class BpfProcess : public ::testing::Test {
 protected:
  /// Lets it listen, and gives what was told of it.
  bpf::ProcessTold told_of(PythonProgram& program) {
    program.run(kListen);
    const auto opened = rig_.all<bpf::Opened>();
    EXPECT_FALSE(opened.empty());
    return opened.empty() ? bpf::ProcessTold{} : rig_.who(opened.back().happening.image);
  }

  EventRig& rig_ = shared_rig();
};

TEST_F(BpfProcess, TellsWhatProcfsTells) {
  const TempDir folder;
  PythonProgram program({}, {.directory = folder.path()}, {"--password=secret", "two words"});
  const int pid = program.child().pid();
  const auto told = told_of(program);
  sensor::ProcessReader reader(sensor::Procfs("/proc"));
  const auto reading = reader.read(base::Pid{pid});
  ASSERT_TRUE(reading);
  const model::Process& expected = *reading->details;
  EXPECT_EQ(told.happening.image.key, expected.key);
  EXPECT_EQ(told.happening.uid, expected.uid);
  EXPECT_EQ(told.name, expected.name);
  EXPECT_EQ(told.exe, expected.exe);
  EXPECT_EQ(told.cwd, expected.cwd);
  EXPECT_EQ(told.argv, expected.argv);
  EXPECT_THAT(*told.argv, ::testing::Contains("two words"));
  EXPECT_FALSE(told.is_argv_truncated);
  EXPECT_EQ(told.login_uid, expected.login.uid);
  ASSERT_THAT(told.ancestors, Not(IsEmpty()));
  EXPECT_EQ(told.ancestors[0], expected.ancestors.at(0));
  EXPECT_EQ(told.ancestors[0].pid.value, ::getpid());
  EXPECT_EQ(told.session.value, ::getsid(pid));
  EXPECT_EQ(told.inner_pid.value, pid);
  EXPECT_FALSE(told.is_kernel_thread);
}

TEST_F(BpfProcess, TellsItsControlGroup) {
  PythonProgram program;
  const auto told = told_of(program);
  std::ifstream file("/proc/" + std::to_string(program.child().pid()) + "/cgroup");
  const std::string text{std::istreambuf_iterator<char>(file), {}};
  ASSERT_TRUE(told.cgroup);
  EXPECT_THAT(text, ::testing::HasSubstr("0::" + *told.cgroup + "\n"));
  EXPECT_NE(told.cgroup_id, 0U);
}

TEST_F(BpfProcess, IsToldOnceForSeveralSockets) {
  PythonProgram program;
  program.run(kListen);
  program.run("t = socket.socket(); t.bind(('127.0.0.1', 0)); t.listen()");
  EXPECT_THAT(rig_.all<bpf::Opened>(), SizeIs(2));
  EXPECT_EQ(rig_.all<bpf::ProcessTold>().size(), 1U);
}

TEST_F(BpfProcess, IsToldAgainAfterExec) {
  PythonProgram program;
  program.run(kListen);
  program.begin("os.execv('/usr/bin/python3', ['python3', '-c', 'import socket; socket.socket().listen()'])");
  ASSERT_TRUE(program.child().wait());
  const auto opened = rig_.all<bpf::Opened>();
  ASSERT_THAT(opened, SizeIs(2));
  EXPECT_NE(opened[0].happening.image, opened[1].happening.image);
  EXPECT_THAT(rig_.who(opened[1].happening.image).argv.value().back(), ::testing::HasSubstr("listen()"));
}

TEST_F(BpfProcess, IsKnownWhenItEndsAtOnce) {
  ASSERT_EQ(run_child({"/usr/bin/python3", "-c", "import socket; socket.socket().listen()"}).exit_code, 0);
  const auto opened = rig_.all<bpf::Opened>();
  ASSERT_THAT(opened, SizeIs(1));
  EXPECT_EQ(rig_.who(opened[0].happening.image).exe.value().path, python());
}

TEST_F(BpfProcess, TellsAnExecutableThatIsDeleted) {
  const TempDir folder;
  const fs::path copy = folder.path() / "my python";
  fs::copy_file(python(), copy);
  PythonProgram program({}, {.environment = {{"PYTHONHOME", "/usr"}}}, {}, copy.string());
  fs::remove(copy);
  const auto told = told_of(program);
  EXPECT_EQ(told.exe.value().path, copy);
  EXPECT_TRUE(told.exe.value().is_deleted);
}

TEST_F(BpfProcess, TellsAnExecutableThatWasNeverAFile) {
  PythonProgram program({}, {.environment = {{"PYTHONHOME", "/usr"}}});
  program.run(
      "m = os.memfd_create('hidden', 0); os.write(m, open(os.readlink('/proc/self/exe'), 'rb').read())");
  program.begin(
      "os.execv('/proc/self/fd/%d' % m, ['kworker', '-c', 'import socket; socket.socket().listen()'])");
  ASSERT_TRUE(program.child().wait());
  const auto opened = rig_.all<bpf::Opened>();
  ASSERT_THAT(opened, SizeIs(1));
  const auto told = rig_.who(opened[0].happening.image);
  EXPECT_EQ(told.exe.value().path, "/memfd:hidden");
  EXPECT_TRUE(told.exe.value().is_deleted);
}

TEST_F(BpfProcess, TellsPathsAcrossMounts) {
  const TempDir folder;
  const std::string place = folder.path().string();
  PythonProgram program(
      {"unshare", "-m", "sh", "-c",
       "mount -t tmpfs none " + place + " && mkdir " + place + "/a && mount -t tmpfs none " + place +
           "/a && cp " + python().string() + " " + place + "/a/p && cd " + place +
           "/a && PYTHONHOME=/usr exec " + place + "/a/p \"$@\"",
       "sh"},
      {}, {}, "-s");
  const auto told = told_of(program);
  EXPECT_EQ(told.exe.value().path, place + "/a/p");
  EXPECT_EQ(told.cwd, place + "/a");
}

TEST_F(BpfProcess, MarksWhatIsTooLong) {
  const TempDir folder;
  fs::path deep = folder.path();
  for (int i = 0; i < 6; ++i) deep /= std::string(200, static_cast<char>('a' + i));
  fs::create_directories(deep);
  PythonProgram program({}, {.directory = deep}, {std::string(5000, 'x')});
  const auto told = told_of(program);
  EXPECT_TRUE(told.is_argv_truncated);
  EXPECT_EQ(told.argv.value().front(), "/usr/bin/python3");
  EXPECT_TRUE(told.is_cwd_truncated);
  EXPECT_TRUE(deep.string().ends_with(told.cwd.value()));
  EXPECT_GT(told.cwd.value().size(), 400U);
}

TEST_F(BpfProcess, TellsPidsOfTheInitialNamespace) {
  PythonProgram program({"unshare", "--pid", "--fork", "--kill-child"});
  program.run(kListen);
  const auto opened = rig_.all<bpf::Opened>();
  ASSERT_THAT(opened, SizeIs(1));
  const auto told = rig_.who(opened[0].happening.image);
  EXPECT_EQ(told.inner_pid.value, 1);
  EXPECT_GT(told.happening.image.key.pid.value, 1);
  EXPECT_NE(told.pid_namespace, 0U);
  EXPECT_EQ(link_of(told.happening.image.key.pid.value, "ns/pid"),
            "pid:[" + std::to_string(told.pid_namespace) + "]");
}

TEST_F(BpfProcess, TellsTheNamespaceOfTheSocketNotOfTheProcess) {
  PythonProgram program({"unshare", "--net"});
  const base::Netns inner{std::stoull(program.ask("os.stat('/proc/self/ns/net').st_ino"))};
  rig_.follow(inner);
  program.run("s = socket.socket()");
  program.run("import ctypes; f = os.open('/proc/" + std::to_string(::getpid()) +
              "/ns/net', 0); print(ctypes.CDLL(None).setns(f, 0))");
  program.run("s.listen()");
  const auto opened = rig_.all<bpf::Opened>();
  ASSERT_THAT(opened, SizeIs(1));
  EXPECT_EQ(opened[0].socket.record.netns, inner);
  EXPECT_EQ(rig_.who(opened[0].happening.image).netns, own_netns());
}

TEST_F(BpfProcess, TellsHostileNamesAsTheyAre) {
  PythonProgram program({}, {}, {"a\x1b[31m\nb\xff"});
  program.run("open('/proc/self/comm', 'wb').write(bytes([0x1b, 0x0a, 0xff, 0x29]))");
  const auto told = told_of(program);
  EXPECT_EQ(told.name, "\x1b\n\xff)");
  EXPECT_EQ(told.argv.value().back(), "a\x1b[31m\nb\xff");
}

}  // namespace
}  // namespace portwatch::test
