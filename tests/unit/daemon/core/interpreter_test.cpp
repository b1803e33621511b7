// SPDX-License-Identifier: Apache-2.0
#include "daemon/core/interpreter.h"

#include <gtest/gtest.h>

#include <vector>

namespace portwatch::core {
namespace {

using Kind = Invocation::Kind;

Invocation read(std::string_view exe, std::vector<std::string> argv, bool is_truncated = false) {
  const Interpreter* interpreter = find_interpreter(exe);
  if (interpreter == nullptr) return {.kind = Kind::kBare, .target = "not an interpreter"};
  return read_invocation(*interpreter, argv, is_truncated);
}

struct Case {
  std::vector<std::string> argv;
  Kind kind;
  std::string target;
};

void expect(std::string_view exe, const std::vector<Case>& cases) {
  for (const auto& [argv, kind, target] : cases) {
    const Invocation invocation = read(exe, argv);
    std::string line;
    for (const std::string& word : argv) line += word + " ";
    EXPECT_EQ(invocation.kind, kind) << line;
    EXPECT_EQ(invocation.target, target) << line;
  }
}

TEST(Interpreter, IsRecognisedByTheNameOfItsFile) {
  for (const char* exe :
       {"/usr/bin/python3.11", "/usr/bin/python", "/opt/python2.7", "/usr/bin/node", "/usr/bin/nodejs",
        "/usr/bin/ruby3.1", "/usr/bin/perl", "/usr/bin/php8.2", "/usr/bin/bash", "/usr/bin/dash", "/bin/sh",
        "/usr/lib/jvm/java-17-openjdk-amd64/bin/java", "/home/ana/.deno/bin/deno", "/home/ana/.bun/bin/bun",
        "/usr/bin/lua5.4", "/usr/bin/busybox", "/usr/lib/x86_64-linux-gnu/ld-linux-x86-64.so.2"})
    EXPECT_NE(find_interpreter(exe), nullptr) << exe;
  for (const char* exe : {"/usr/sbin/nginx", "/usr/bin/python3-config", "/usr/bin/nodemon",
                          "/usr/sbin/php-fpm8.2", "/usr/bin/shred", "/usr/bin/perlbug", "/", ""})
    EXPECT_EQ(find_interpreter(exe), nullptr) << exe;
}

TEST(Interpreter, LosesItsMinorVersionAlone) {
  EXPECT_EQ(without_minor_version("/usr/bin/python3.11"), "/usr/bin/python3");
  EXPECT_EQ(without_minor_version("/usr/bin/php8.2"), "/usr/bin/php8");
  EXPECT_EQ(without_minor_version("/usr/bin/node"), "/usr/bin/node");
  EXPECT_EQ(without_minor_version("/opt/v1.2/bin/ruby"), "/opt/v1.2/bin/ruby");
}

TEST(Interpreter, ReadsPython) {
  expect("/usr/bin/python3.11",
         {{{"python3", "app.py", "--port", "80"}, Kind::kScript, "app.py"},
          {{"python3", "-X", "dev", "-Wd", "-W", "ignore", "app.py"}, Kind::kScript, "app.py"},
          {{"python3", "-Xdev", "-uB", "app.py"}, Kind::kScript, "app.py"},
          {{"python3", "--check-hash-based-pycs", "never", "app.py"}, Kind::kScript, "app.py"},
          {{"python3", "-m", "http.server", "62893"}, Kind::kModule, "http.server"},
          {{"python3", "-mhttp.server"}, Kind::kModule, "http.server"},
          {{"python3", "-Im", "http.server"}, Kind::kModule, "http.server"},
          {{"python3", "-c", "import evil", "app.py"}, Kind::kInline, "import evil"},
          {{"python3", "-Ic", "import evil"}, Kind::kInline, "import evil"},
          {{"python3", "-cimport evil"}, Kind::kInline, "import evil"},
          {{"python3", "-"}, Kind::kBare, ""},
          {{"python3"}, Kind::kBare, ""},
          {{"python3", "-i"}, Kind::kBare, ""},
          {{"python3", "--", "-odd.py"}, Kind::kScript, "-odd.py"}});
}

TEST(Interpreter, ReadsNode) {
  expect("/usr/bin/node",
         {{{"node", "server.js"}, Kind::kScript, "server.js"},
          {{"node", "--require", "./hook.cjs", "--import", "x.mjs", "server.js"}, Kind::kScript, "server.js"},
          {{"node", "-r", "ts-node/register", "server.ts"}, Kind::kScript, "server.ts"},
          {{"node", "--require=./hook.cjs", "--max-old-space-size=4096", "server.js"},
           Kind::kScript,
           "server.js"},
          {{"node", "--inspect", "server.js"}, Kind::kScript, "server.js"},
          {{"node", "-e", "evil()"}, Kind::kInline, "evil()"},
          {{"node", "--eval=evil()"}, Kind::kInline, "evil()"},
          {{"node", "-pe", "evil()"}, Kind::kInline, "evil()"},
          {{"node", "file:///srv/app.mjs"}, Kind::kScript, "/srv/app.mjs"},
          {{"node"}, Kind::kBare, ""}});
}

TEST(Interpreter, ReadsRubyPerlAndLua) {
  expect("/usr/bin/ruby3.1",
         {{{"ruby", "-r", "json", "-Ilib", "-I", "ext", "app.rb"}, Kind::kScript, "app.rb"},
          {{"ruby", "-W2", "-w", "app.rb"}, Kind::kScript, "app.rb"},
          {{"ruby", "-run", "-e", "httpd", ".", "-p", "8080"}, Kind::kInline, "httpd"},
          {{"ruby", "-e", "a", "-e", "b"}, Kind::kInline, "a\nb"},
          {{"ruby", "--encoding", "utf-8", "app.rb"}, Kind::kScript, "app.rb"}});
  expect("/usr/bin/perl", {{{"perl", "-w", "-T", "app.pl"}, Kind::kScript, "app.pl"},
                           {{"perl", "-I", "lib", "-MIO::Socket", "app.pl"}, Kind::kScript, "app.pl"},
                           {{"perl", "-lne", "print"}, Kind::kInline, "print"},
                           {{"perl", "-MIO::Socket", "-E", "say", "x"}, Kind::kInline, "say"}});
  expect("/usr/bin/lua5.4", {{{"lua", "-l", "socket", "app.lua"}, Kind::kScript, "app.lua"},
                             {{"lua", "-e", "evil()"}, Kind::kInline, "evil()"}});
}

TEST(Interpreter, ReadsPhp) {
  expect("/usr/bin/php8.2",
         {{{"php", "-d", "a=b", "-c", "php.ini", "worker.php"}, Kind::kScript, "worker.php"},
          {{"php", "-f", "worker.php", "--", "x"}, Kind::kScript, "worker.php"},
          {{"php", "-r", "evil();"}, Kind::kInline, "evil();"},
          {{"php", "-S", "127.0.0.1:8000"}, Kind::kModule, ""},
          {{"php", "-S", "127.0.0.1:8000", "router.php"}, Kind::kScript, "router.php"}});
  const Invocation server = read("/usr/bin/php8.2", {"php", "-S", "127.0.0.1:8000", "-t", "public"});
  EXPECT_EQ(server.option, "-S");
  EXPECT_EQ(server.chdir, "public");
}

TEST(Interpreter, ReadsShells) {
  for (const char* shell : {"/bin/bash", "/bin/sh", "/usr/bin/dash", "/usr/bin/zsh"})
    expect(shell, {{{"sh", "start.sh", "-c", "x"}, Kind::kScript, "start.sh"},
                   {{"sh", "-e", "start.sh"}, Kind::kScript, "start.sh"},
                   {{"sh", "-eo", "pipefail", "start.sh"}, Kind::kScript, "start.sh"},
                   {{"sh", "+o", "posix", "start.sh"}, Kind::kScript, "start.sh"},
                   {{"sh", "-c", "evil", "name"}, Kind::kInline, "evil"},
                   {{"sh", "-lc", "evil"}, Kind::kInline, "evil"},
                   {{"sh", "-c", "-e", "evil"}, Kind::kInline, "evil"},
                   {{"-sh"}, Kind::kBare, ""},
                   {{"sh", "-s", "argument"}, Kind::kBare, ""}});
  expect("/bin/bash", {{{"bash", "--rcfile", "rc", "--norc", "start.sh"}, Kind::kScript, "start.sh"}});
}

TEST(Interpreter, ReadsJava) {
  expect("/usr/bin/java",
         {{{"java", "-Xmx1g", "-Dx=y", "-jar", "app.jar", "-cp", "z"}, Kind::kScript, "app.jar"},
          {{"java", "-cp", "a.jar:b.jar", "com.example.Main", "x"}, Kind::kModule, "com.example.Main"},
          {{"java", "--add-opens", "java.base/java.lang=ALL-UNNAMED", "Main"}, Kind::kModule, "Main"},
          {{"java", "--add-opens=java.base/java.lang=ALL-UNNAMED", "Main"}, Kind::kModule, "Main"},
          {{"java", "-p", "mods", "-m", "app/com.example.Main"}, Kind::kModule, "app/com.example.Main"},
          {{"java", "Hello.java"}, Kind::kScript, "Hello.java"},
          {{"java", "@options", "Main"}, Kind::kModule, "Main"},
          {{"java", "@everything"}, Kind::kOutOfSight, ""}});
}

TEST(Interpreter, ReadsDenoAndBun) {
  expect("/usr/bin/deno",
         {{{"deno", "run", "--allow-net", "-c", "deno.json", "main.ts"}, Kind::kScript, "main.ts"},
          {{"deno", "serve", "--port", "8000", "main.ts"}, Kind::kScript, "main.ts"},
          {{"deno", "run", "https://example.test/x.ts"}, Kind::kUrl, "https://example.test/x.ts"},
          {{"deno", "run", "jsr:@std/http"}, Kind::kUrl, "jsr:@std/http"},
          {{"deno", "eval", "evil()"}, Kind::kInline, "evil()"},
          {{"deno", "task", "dev"}, Kind::kModule, "dev"}});
  expect("/usr/bin/bun", {{{"bun", "run", "--hot", "index.ts"}, Kind::kScript, "index.ts"},
                          {{"bun", "--preload", "x.ts", "index.ts"}, Kind::kScript, "index.ts"},
                          {{"bun", "-e", "evil()"}, Kind::kInline, "evil()"}});
}

TEST(Interpreter, ReadsTheDynamicLoaderAndDotnet) {
  expect("/lib64/ld-linux-x86-64.so.2",
         {{{"ld.so", "--library-path", "/x", "/tmp/evil"}, Kind::kScript, "/tmp/evil"}});
  expect("/usr/bin/dotnet",
         {{{"dotnet", "exec", "--depsfile", "x.json", "app.dll"}, Kind::kScript, "app.dll"},
          {{"dotnet", "app.dll"}, Kind::kScript, "app.dll"}});
}

TEST(Interpreter, ReadsAppletsOfBusybox) {
  expect("/bin/busybox", {{{"busybox", "httpd", "-f"}, Kind::kModule, "httpd"},
                          {{"httpd", "-f"}, Kind::kModule, "httpd"},
                          {{"busybox", "sh", "-c", "evil"}, Kind::kInline, "evil"},
                          {{"/bin/sh", "start.sh"}, Kind::kScript, "start.sh"},
                          {{"busybox"}, Kind::kBare, ""}});
}

TEST(Interpreter, SaysWhenTheCommandLineWasCut) {
  EXPECT_EQ(read("/usr/bin/python3", {"python3", "-X", "a", "-X", "b"}, true).kind, Kind::kOutOfSight);
  EXPECT_TRUE(read("/usr/bin/python3", {"python3", "-c", "import x; very long"}, true).is_cut);
  EXPECT_FALSE(read("/usr/bin/python3", {"python3", "app.py", "more"}, true).is_cut);
}

TEST(Interpreter, SurvivesStrangeCommandLines) {
  for (const char* exe :
       {"/usr/bin/python3", "/usr/bin/node", "/bin/sh", "/usr/bin/java", "/bin/busybox", "/usr/bin/php"})
    for (const std::vector<std::string>& argv : std::vector<std::vector<std::string>>{{},
                                                                                      {""},
                                                                                      {"x", ""},
                                                                                      {"x", "", ""},
                                                                                      {"x", "--"},
                                                                                      {"x", "-c"},
                                                                                      {"x", "-m"},
                                                                                      {"x", "-"},
                                                                                      {"x", "--="},
                                                                                      {"-"}})
      for (const bool is_truncated : {false, true}) {
        const Invocation invocation = read(exe, argv, is_truncated);
        EXPECT_EQ(invocation, read(exe, argv, is_truncated));
      }
}

}  // namespace
}  // namespace portwatch::core
