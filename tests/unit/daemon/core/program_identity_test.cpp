// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/program_identity.h"

#include <gtest/gtest.h>

#include "tests/support/fake_machine.h"

namespace portwatch::core {
namespace {

using model::ProgramKind;
using test::FakeProcess;
using test::python;

model::ProgramIdentity of(const FakeProcess& process) {
  return identity_of(process.value());
}

FakeProcess node(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), "node");
  return FakeProcess(7).exe("/usr/bin/node").argv(std::move(arguments));
}

TEST(ProgramIdentity, TellsScriptsOfOneInterpreterApart) {
  EXPECT_NE(of(python(1, {"app.py"})).id, of(python(1, {"evil.py"})).id);
  EXPECT_EQ(of(python(1, {"app.py"})).kind, ProgramKind::kScript);
  EXPECT_EQ(of(python(1, {"app.py"})).label, "python3 app.py");
}

TEST(ProgramIdentity, TellsTheSameScriptNameInTwoFoldersApart) {
  EXPECT_NE(of(node({"server.js"}).cwd("/home/ana/a")).id, of(node({"server.js"}).cwd("/home/ana/b")).id);
}

TEST(ProgramIdentity, ResolvesScriptsAgainstTheWorkingDirectory) {
  const auto absolute = of(node({"/home/ana/shop/server.js"}).cwd("/"));
  EXPECT_EQ(of(node({"server.js"}).cwd("/home/ana/shop")).id, absolute.id);
  EXPECT_EQ(of(node({"./x/../server.js"}).cwd("/home/ana/shop/")).id, absolute.id);
  EXPECT_EQ(of(node({"../shop//server.js"}).cwd("/home/ana/bin")).id, absolute.id);
}

TEST(ProgramIdentity, DoesNotDependOnPidArgumentsOrMinorVersion) {
  const auto first = of(python(1, {"app.py", "--port", "1"}));
  EXPECT_EQ(of(python(99, {"app.py", "--port", "2"})), first);
  EXPECT_EQ(of(python(1, {"app.py"}).exe("/usr/bin/python3.12")), first);
  EXPECT_NE(of(python(1, {"app.py"}).exe("/tmp/python3.11")).id, first.id) << "another interpreter";
}

TEST(ProgramIdentity, TellsModulesApartByFolderToo) {
  const auto here = of(python(1, {"-m", "http.server"}).cwd("/home/ana/demo"));
  EXPECT_EQ(here.kind, ProgramKind::kModule);
  EXPECT_EQ(here.label, "python3 -m http.server");
  EXPECT_EQ(here, of(python(2, {"-m", "http.server", "8000"}).cwd("/home/ana/demo")));
  EXPECT_NE(here.id, of(python(1, {"-m", "http.server"}).cwd("/home/ana/other")).id);
}

TEST(ProgramIdentity, HoldsInlineCode) {
  const auto code = of(python(1, {"-c", "import socket\nevil()"}));
  EXPECT_EQ(code.kind, ProgramKind::kInline);
  EXPECT_EQ(code.label, "python3 -c 'import socket evil()'");
  EXPECT_NE(code.id, of(python(1, {"-c", "import socket\ngood()"})).id);
  EXPECT_NE(code.id, of(python(1, {"-c", "import socket\\nevil()"})).id) << "parts are unambiguous";
}

TEST(ProgramIdentity, CutsLongCodeInTheLabelBetweenCharacters) {
  const std::string label = of(python(1, {"-c", std::string(47, 'x') + "é" + std::string(500, 'y')})).label;
  EXPECT_EQ(label, "python3 -c '" + std::string(47, 'x') + "…'");
}

TEST(ProgramIdentity, IgnoresDescriptorNumbersOfMultiprocessingChildren) {
  const auto child = [](const std::string& fd) {
    return of(
        python(1, {"-c", "from multiprocessing.spawn import spawn_main; spawn_main(tracker_fd=" + fd + ")",
                   "--multiprocessing-fork"}));
  };
  EXPECT_EQ(child("5").id, child("17").id);
  EXPECT_NE(of(python(1, {"-c", "f(5)"})).id, of(python(1, {"-c", "f(17)"})).id);
}

TEST(ProgramIdentity, IsThePathOfAnExecutable) {
  const auto nginx = of(FakeProcess(1).exe("/usr/sbin/nginx").argv({"nginx: master process"}));
  EXPECT_EQ(nginx.kind, ProgramKind::kExecutable);
  EXPECT_EQ(nginx.id, "/usr/sbin/nginx");
  EXPECT_EQ(nginx.label, "nginx");
}

TEST(ProgramIdentity, MarksContainersWithoutTheirId) {
  const auto inside = of(FakeProcess(1).exe("/usr/sbin/nginx").container("aaa"));
  EXPECT_EQ(inside.kind, ProgramKind::kContainer);
  EXPECT_EQ(inside.label, "nginx (container)");
  EXPECT_EQ(inside, of(FakeProcess(2).exe("/usr/sbin/nginx").container("bbb")));
  EXPECT_NE(inside.id, of(node({"server.js"}).container("aaa")).id);
  EXPECT_FALSE(is_weak(inside));
  EXPECT_TRUE(is_weak(of(FakeProcess(1).unreadable("nginx").container("aaa"))));
}

TEST(ProgramIdentity, FallsBackToTheNameOfAnUnreadableProcess) {
  const auto named = of(FakeProcess(1).unreadable("sshd"));
  EXPECT_EQ(named.kind, ProgramKind::kName);
  EXPECT_EQ(named.label, "unreadable (as sshd)");
  EXPECT_TRUE(is_weak(named));
}

TEST(ProgramIdentity, OfNobodyHoldsUserAndPort) {
  const auto ssh = unattributed("root", base::Port{22});
  EXPECT_EQ(ssh.kind, ProgramKind::kUnattributed);
  EXPECT_NE(ssh.id, unattributed("root", base::Port{23}).id);
  EXPECT_NE(ssh.id, unattributed("ana", base::Port{22}).id);
  EXPECT_EQ(unattributed("root", std::nullopt).id, unattributed("root", std::nullopt).id);
  EXPECT_NE(unattributed("root", std::nullopt).id, ssh.id);
}

TEST(ProgramIdentity, IsWeakUnderATitle) {
  const auto title = of(python(1, {}).argv({"gunicorn: master [app]", "", ""}));
  EXPECT_TRUE(is_weak(title));
  EXPECT_EQ(title.label, "python3 (gunicorn: master [app])");
  EXPECT_EQ(title.id, of(python(1, {}).argv({"gunicorn: worker [app]"})).id);
  EXPECT_TRUE(is_weak(of(python(1, {}).argv({}))));
  const auto interactive = of(python(1, {}));
  EXPECT_FALSE(is_weak(interactive));
  EXPECT_EQ(interactive.label, "python3");
  EXPECT_NE(interactive.id, title.id);
}

TEST(ProgramIdentity, DoesNotConfuseACutCommandLineWithAPlainOne) {
  const auto hidden = of(python(1, {"-X", "a", "-X", "b"}).argv_cut());
  EXPECT_NE(hidden.id, of(python(1, {})).id);
  EXPECT_NE(hidden.id, of(python(1, {"-X", "a", "-X", "c"}).argv_cut()).id);
  EXPECT_NE(of(python(1, {"-c", "x"}).argv_cut()).id, of(python(1, {"-c", "x"})).id);
}

TEST(ProgramIdentity, KeepsARelativeScriptWhereTheFolderIsNotKnown) {
  EXPECT_EQ(script_of(node({"a/../server.js"}).no_cwd().value()), "server.js");
  EXPECT_EQ(script_of(node({"-e", "x"}).value()), "");
  EXPECT_EQ(script_of(FakeProcess(1).exe("/usr/sbin/nginx").value()), "");
}

TEST(ProgramIdentity, TakesTheOldestHolder) {
  const auto parent = FakeProcess(900).start(std::chrono::seconds{10}).exe("/usr/sbin/nginx").ref();
  const auto child = FakeProcess(20).start(std::chrono::seconds{11}).exe("/usr/sbin/nginx").ref();
  const auto twin = FakeProcess(21).start(std::chrono::seconds{11}).exe("/usr/sbin/nginx").ref();
  EXPECT_EQ(oldest_of({child, parent}), parent.get());
  EXPECT_EQ(oldest_of({twin, child}), child.get());
  EXPECT_EQ(oldest_of({}), nullptr);
}

TEST(ResolvePath, WorksByTheTextAlone) {
  EXPECT_EQ(resolve_path("/a/b", "c"), "/a/b/c");
  EXPECT_EQ(resolve_path("/a/b", "../../../c"), "/c");
  EXPECT_EQ(resolve_path("/a/b", "/c/./d//e"), "/c/d/e");
  EXPECT_EQ(resolve_path("/a/b", ""), "/a/b");
  EXPECT_EQ(resolve_path("", "../x"), "../x");
  EXPECT_EQ(resolve_path("", ""), "");
  EXPECT_EQ(resolve_path("/", ""), "/");
}

}  // namespace
}  // namespace portwatch::core
