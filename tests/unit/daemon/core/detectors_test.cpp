// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/detectors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/fake_machine.h"

namespace portwatch::core {
namespace {

using model::ReasonCode;
using test::FakeProcess;
using test::python;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

std::vector<ReasonCode> codes(const std::vector<model::ProcessRef>& owners) {
  std::vector<ReasonCode> found;
  for (const model::Reason& reason : objections(owners)) found.push_back(reason.code);
  return found;
}

TEST(Detectors, ObjectToADeletedProgram) {
  const auto owner = FakeProcess(1).exe("/usr/bin/x").deleted().ref();
  ASSERT_THAT(codes({owner}), ElementsAre(ReasonCode::kExecutableDeleted));
  EXPECT_THAT(objections({owner}).front().text, HasSubstr("/usr/bin/x"));
}

TEST(Detectors, ObjectToTemporaryFolders) {
  for (const char* exe : {"/tmp/x", "/tmp/a/b/x", "/var/tmp/x", "/dev/shm/x", "/run/user/1000/x", "/memfd:x"})
    EXPECT_THAT(codes({FakeProcess(1).exe(exe).ref()}), ElementsAre(ReasonCode::kTemporaryFolder)) << exe;
}

TEST(Detectors, ObjectToScriptsInTemporaryFolders) {
  EXPECT_THAT(codes({python(1, {"/tmp/evil.py"}).ref()}), ElementsAre(ReasonCode::kTemporaryFolder));
  EXPECT_THAT(codes({python(1, {"evil.py"}).cwd("/dev/shm").ref()}),
              ElementsAre(ReasonCode::kTemporaryFolder));
  EXPECT_THAT(codes({python(1, {"../../tmp/evil.py"}).cwd("/home/ana").ref()}),
              ElementsAre(ReasonCode::kTemporaryFolder));
  EXPECT_THAT(codes({FakeProcess(1).exe("/usr/bin/bash").argv({"bash", "/dev/fd/63"}).ref()}),
              ElementsAre(ReasonCode::kTemporaryFolder));
}

TEST(Detectors, ObjectToPathsThatAreNotToldWhole) {
  for (const char* exe : {"(path too long, file 801:2a)", "(path too long)", ".../usr/sbin/sshd"})
    EXPECT_THAT(codes({FakeProcess(1).exe(exe).ref()}), ElementsAre(ReasonCode::kUnnamedFile)) << exe;
  for (const char* script : {"app.py", "../app.py", "../../../app.py"})
    for (const char* folder : {"(path too long, file 801:2a)", ".../srv"})
      EXPECT_THAT(codes({python(1, {script}).cwd(folder).ref()}), ElementsAre(ReasonCode::kUnnamedFile))
          << script;
  EXPECT_THAT(codes({python(1, {"/srv/app.py"}).cwd(".../srv").ref()}), IsEmpty());
}

TEST(Detectors, ObjectToAFileThatIsNotAtItsPath) {
  const auto owner = FakeProcess(1).exe("/usr/bin/find" + std::string(model::kForeignFileMark)).ref();
  ASSERT_THAT(codes({owner}), ElementsAre(ReasonCode::kForeignFile));
  EXPECT_THAT(objections({owner}).front().text, testing::EndsWith("/usr/bin/find"));
}

TEST(Detectors, HaveNothingAgainstTheRest) {
  for (const char* exe : {"/usr/bin/x", "/tmpfoo/x", "/home/ana/tmp/x", "/opt/tmp/x"})
    EXPECT_THAT(codes({FakeProcess(1).exe(exe).ref()}), IsEmpty()) << exe;
  EXPECT_THAT(codes({python(1, {"app.py", "/tmp/data"}).ref()}), IsEmpty());
  EXPECT_THAT(codes({python(1, {"-m", "http.server"}).cwd("/tmp").ref()}), IsEmpty());
  EXPECT_THAT(codes({FakeProcess(1).unreadable("x").ref()}), IsEmpty());
  EXPECT_THAT(codes({}), IsEmpty());
}

TEST(Detectors, NameADeletedMemoryFileOnce) {
  EXPECT_THAT(codes({FakeProcess(1).exe("/memfd:x").deleted().ref()}),
              ElementsAre(ReasonCode::kTemporaryFolder));
}

TEST(Detectors, LookAtEveryHolder) {
  const auto good = FakeProcess(1).exe("/usr/bin/x").ref();
  const auto temporary = FakeProcess(2).exe("/tmp/x").ref();
  const auto gone = FakeProcess(3).exe("/tmp/y").deleted().ref();
  EXPECT_THAT(codes({good, temporary, gone}),
              ElementsAre(ReasonCode::kTemporaryFolder, ReasonCode::kExecutableDeleted));
  EXPECT_THAT(objections({good, temporary, gone}), SizeIs(2));
}

}  // namespace
}  // namespace portwatch::core
