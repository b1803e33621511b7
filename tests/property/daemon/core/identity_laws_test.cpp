// SPDX-License-Identifier: Apache-2.0
// Laws of who a program is, whatever bytes a process puts into its command line.
#include <gtest/gtest.h>

#include "daemon/core/interpreter.h"
#include "daemon/core/program_identity.h"
#include "tests/support/fake_machine.h"
#include "tests/support/random.h"

namespace portwatch::core {
namespace {

using test::FakeProcess;
using test::Random;

const std::vector<std::string> kExecutables{
    "/usr/bin/python3.11", "/usr/bin/node",   "/usr/bin/ruby3.1", "/usr/bin/perl",
    "/usr/bin/php8.2",     "/bin/sh",         "/usr/bin/java",    "/usr/bin/deno",
    "/usr/bin/bun",        "/bin/busybox",    "/usr/bin/gawk",    "/lib64/ld-linux-x86-64.so.2",
    "/usr/bin/fish",       "/usr/bin/dotnet", "/usr/sbin/nginx"};

std::string word(Random& random) {
  static const std::vector<std::string> kWords{
      "-",  "--",       "",   "-c",    "-e",  "-m",        "-jar",       "-cp", "-r",
      "-S", "-o",       "-x", "app.x", "-W",  "run",       "eval",       "-Ic", "-lne",
      "=",  "--eval=a", "@f", "sh",    "a:b", "file:///x", "https://x/y"};
  return random.chance(20) ? random.bytes(12) : random.pick(kWords);
}

FakeProcess process(Random& random) {
  std::vector<std::string> argv;
  for (std::uint64_t count = random.below(8); count > 0; --count) argv.push_back(word(random));
  FakeProcess made(1);
  made.exe(random.pick(kExecutables)).argv(std::move(argv));
  if (random.chance(20)) made.argv_cut();
  if (random.chance(20)) made.no_cwd();
  if (random.chance(20)) made.container("abc");
  return made;
}

TEST(IdentityLaws, AnyCommandLineHasOneIdentityAndALabel) {
  Random random(7);
  for (int i = 0; i < 4'000; ++i) {
    const FakeProcess made = process(random);
    const model::ProgramIdentity program = identity_of(made.value());
    ASSERT_EQ(program, identity_of(made.value()));
    ASSERT_FALSE(program.id.empty());
    ASSERT_FALSE(program.label.empty());
  }
}

TEST(IdentityLaws, DifferentScriptsAndFoldersAreDifferentPrograms) {
  Random random(11);
  for (int i = 0; i < 4'000; ++i) {
    // Pieces that could be taken for the seam between two parts.
    const std::vector<std::string> kPieces{"a", "\n", "\\", "n", "\\n", "b"};
    const auto text = [&] {
      std::string made = "x";
      for (std::uint64_t count = random.below(4); count > 0; --count) made += random.pick(kPieces);
      return made;
    };
    const std::string module_a = text(), module_b = text(), folder_a = "/" + text(), folder_b = "/" + text();
    const auto a = identity_of(test::python(1, {"-m", module_a}).cwd(folder_a).value());
    const auto b = identity_of(test::python(1, {"-m", module_b}).cwd(folder_b).value());
    ASSERT_EQ(a.id == b.id, module_a == module_b && folder_a == folder_b)
        << module_a << " in " << folder_a << ", " << module_b << " in " << folder_b;
  }
}

TEST(IdentityLaws, APathResolvesToOnePlainForm) {
  Random random(13);
  const std::vector<std::string> kParts{"a", "b", ".", "..", "", "c d"};
  for (int i = 0; i < 4'000; ++i) {
    std::string path;
    for (std::uint64_t count = random.below(8); count > 0; --count) path += random.pick(kParts) + "/";
    const std::string resolved = resolve_path("/home/ana", path);
    ASSERT_TRUE(resolved.starts_with('/')) << path;
    ASSERT_EQ(resolve_path("/elsewhere", resolved), resolved) << path;
    ASSERT_EQ(resolved.find("//"), std::string::npos) << path;
    ASSERT_EQ((resolved + "/").find("/../"), std::string::npos) << path;
  }
}

}  // namespace
}  // namespace portwatch::core
