// SPDX-License-Identifier: Apache-2.0
// The texts of /proc/PID, with what a hostile process can make of them.
#include "daemon/sensor/linux/proc_pid.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace portwatch::sensor {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

std::string stat_of(const std::string& name) {
  return "4711 (" + name +
         ") S 815 4711 4711 0 -1 4194560 105 0 0 0 0 0 0 0 20 0 1 0 123456 2502656 221 18446744073709551615 "
         "1 1 0 0 0 0 0 4096 0 0 0 0 17 1 0 "
         "0 0 0 0 0 0 0 0 0 0 0 0\n";
}

TEST(ProcStat, ReadsAnOrdinaryProcess) {
  const auto stat = parse_stat(stat_of("nginx"));
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->pid, base::Pid{4711});
  EXPECT_EQ(stat->name, "nginx");
  EXPECT_EQ(stat->state, 'S');
  EXPECT_EQ(stat->parent, base::Pid{815});
  EXPECT_EQ(stat->start_ticks, 123456U);
  EXPECT_FALSE(stat->is_kernel_thread);
  EXPECT_FALSE(stat->is_dead());
}

TEST(ProcStat, ReadsSessionAndTerminal) {
  const auto stat = parse_stat("7 (sh) S 1 7 815 34819 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0");
  ASSERT_TRUE(stat);
  EXPECT_EQ(stat->session, base::Pid{815});
  EXPECT_EQ(terminal_name(stat->terminal), "pts/3");
}

TEST(Terminal, HasTheNameOfItsDevice) {
  const auto device = [](std::uint32_t major, std::uint32_t minor) {
    return (minor & 0xffU) | major << 8U | (minor & 0xfff00U) << 12U;
  };
  EXPECT_EQ(terminal_name(0U), "");
  EXPECT_EQ(terminal_name(device(136, 0)), "pts/0");
  EXPECT_EQ(terminal_name(device(136, 1000)), "pts/1000") << "the minor number has two places";
  EXPECT_EQ(terminal_name(device(137, 3)), "pts/259");
  EXPECT_EQ(terminal_name(device(4, 1)), "tty1");
  EXPECT_EQ(terminal_name(device(4, 64)), "ttyS0");
  EXPECT_EQ(terminal_name(device(204, 64)), "terminal 204:64");
  EXPECT_EQ(terminal_name(~0U), "terminal 4095:1048575");
}

TEST(Terminal, IsNamedAsBelowDevWhereTheKernelHasAnotherName) {
  EXPECT_EQ(terminal_name("pts3"), "pts/3");
  EXPECT_EQ(terminal_name("tty1"), "tty1");
  EXPECT_EQ(terminal_name("pts"), "pts");
  EXPECT_EQ(terminal_name(""), "");
}

TEST(ProcSessionId, IsNothingWhereNobodyLoggedIn) {
  EXPECT_EQ(parse_audit_session("7\n"), 7U);
  for (const char* text : {"4294967295", "", "x", "-1"}) EXPECT_FALSE(parse_audit_session(text)) << text;
}

TEST(ProcStat, IsNotMisledByTheName) {
  for (const char* name :
       {"a b", ") R 1 1", "((((", "))))", "x) Z 1 2 3", "line\nbreak", "", " ", "(", ")"}) {
    SCOPED_TRACE(name);
    const auto stat = parse_stat(stat_of(name));
    ASSERT_TRUE(stat);
    EXPECT_EQ(stat->name, name);
    EXPECT_EQ(stat->parent, base::Pid{815});
    EXPECT_EQ(stat->start_ticks, 123456U);
    EXPECT_EQ(stat->state, 'S');
  }
}

TEST(ProcStat, KnowsKernelThreadsAndTheDead) {
  EXPECT_TRUE(
      parse_stat("2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0")->is_kernel_thread);
  EXPECT_TRUE(parse_stat("3 (gone) Z 1 0 0 0 -1 4227084 0 0 0 0 0 0 0 0 20 0 1 0 5 0 0")->is_dead());
}

TEST(ProcStat, RefusesWhatIsCut) {
  const std::string whole = stat_of("nginx");
  const std::size_t start = whole.find("123456");
  for (std::size_t size = 0; size < start; ++size) EXPECT_FALSE(parse_stat(whole.substr(0, size))) << size;
  EXPECT_FALSE(parse_stat("x (y) S 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"));
}

TEST(ProcStatus, ReadsTheEffectiveUid) {
  EXPECT_EQ(parse_effective_uid("Name:\tsudo\nUmask:\t0022\nUid:\t1000\t0\t0\t0\nGid:\t1\t2\t3\t4\n"),
            base::Uid{0});
  EXPECT_FALSE(parse_effective_uid("Name:\tsudo\n"));
  EXPECT_FALSE(parse_effective_uid("Name:\tsudo\nUid:\t1000"));
  EXPECT_FALSE(parse_effective_uid("Name:\tsudo\nUid:\t1000\tx\n"));
}

TEST(ProcStatus, ReadsTheLoginUid) {
  EXPECT_EQ(parse_login_uid("1000"), base::Uid{1000});
  EXPECT_EQ(parse_login_uid("1000\n"), base::Uid{1000});
  EXPECT_FALSE(parse_login_uid("4294967295"));
  EXPECT_FALSE(parse_login_uid(""));
}

CommandLine parse(std::string_view text) {
  return parse_command_line(text, true, 4);
}

TEST(CommandLine, SplitsAtNul) {
  EXPECT_THAT(parse(std::string_view("a\0b c\0\0d\0", 9)).arguments, ElementsAre("a", "b c", "", "d"));
  EXPECT_THAT(parse(std::string_view("a\0\0", 3)).arguments, ElementsAre("a", ""));
  EXPECT_FALSE(parse(std::string_view("a\0", 2)).is_truncated);
  EXPECT_THAT(parse("").arguments, IsEmpty());
}

TEST(CommandLine, TakesATitleForOneArgument) {
  EXPECT_THAT(parse(std::string_view("nginx: master process\0\0\0\0\0", 26)).arguments,
              ElementsAre("nginx: master process"));
  EXPECT_THAT(parse("sshd: ana [priv]").arguments, ElementsAre("sshd: ana [priv]"));
  EXPECT_THAT(parse(std::string_view("\0\0\0\0", 4)).arguments, IsEmpty());
}

TEST(CommandLine, IsBoundedAndSaysSo) {
  const CommandLine many = parse(std::string_view("1\0002\0003\0004\0005\0", 10));
  EXPECT_THAT(many.arguments, ElementsAre("1", "2", "3", "4"));
  EXPECT_TRUE(many.is_truncated);
  EXPECT_FALSE(parse(std::string_view("1\0002\0003\0004\0", 8)).is_truncated);
  EXPECT_TRUE(parse_command_line("a", false, 4).is_truncated);
}

TEST(ExecutableLink, TellsDeletedFiles) {
  EXPECT_EQ(parse_executable_link("/usr/bin/vi").path, "/usr/bin/vi");
  EXPECT_FALSE(parse_executable_link("/usr/bin/vi").is_deleted);
  EXPECT_EQ(parse_executable_link("/tmp/x (deleted)").path, "/tmp/x");
  EXPECT_TRUE(parse_executable_link("/tmp/x (deleted)").is_deleted);
  EXPECT_EQ(parse_executable_link("/memfd:payload (deleted)").path, "/memfd:payload");
}

TEST(Links, ReadInodes) {
  EXPECT_EQ(parse_socket_link("socket:[4026531840]"), 4026531840U);
  for (const char* other : {"socket:[]", "socket:[1", "socket:1]", "pipe:[1]", "anon_inode:[eventpoll]",
                            "/tmp/socket:[1]", "socket:[-1]", "socket:[99999999999999999999]", ""})
    EXPECT_FALSE(parse_socket_link(other)) << other;
  EXPECT_EQ(parse_namespace_link("net", "net:[4026531840]"), 4026531840U);
  EXPECT_FALSE(parse_namespace_link("pid", "net:[4026531840]"));
}

TEST(Names, ReadPidsAndDescriptors) {
  EXPECT_EQ(parse_pid("4711"), base::Pid{4711});
  for (const char* other : {"self", "0", "-1", "4711x", "", "99999999999"})
    EXPECT_FALSE(parse_pid(other)) << other;
  EXPECT_EQ(parse_descriptor("0"), 0);
  EXPECT_FALSE(parse_descriptor("-1"));
  EXPECT_FALSE(parse_descriptor("x"));
}

TEST(Personality, KnowsFixedAddresses) {
  EXPECT_TRUE(has_no_randomize_flag("00040000\n"));
  EXPECT_FALSE(has_no_randomize_flag("00000000\n"));
  EXPECT_FALSE(has_no_randomize_flag(""));
}

}  // namespace
}  // namespace portwatch::sensor
