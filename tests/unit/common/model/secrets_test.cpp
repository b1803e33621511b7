// SPDX-License-Identifier: Apache-2.0
#include "common/model/secrets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/support/random.h"

namespace portwatch::model {
namespace {

using testing::ElementsAre;

using Args = std::vector<std::string>;

/// The arguments behind the program, after redaction.
Args redacted(Args arguments) {
  arguments.insert(arguments.begin(), "server");
  Args argv = redact_secrets(std::move(arguments));
  argv.erase(argv.begin());
  return argv;
}

TEST(Secrets, AreReplacedInOptionsWithAValue) {
  EXPECT_THAT(redacted({"--password=hunter2"}), ElementsAre("--password=***"));
  EXPECT_THAT(redacted({"-password=hunter2"}), ElementsAre("-password=***"));
  EXPECT_THAT(redacted({"--ServerApp.token=abc def&x;y"}), ElementsAre("--ServerApp.token=***"));
  EXPECT_THAT(redacted({"--apiKey=abc"}), ElementsAre("--apiKey=***"));
  EXPECT_THAT(redacted({"-Dspring.datasource.password=a=b"}),
              ElementsAre("-Dspring.datasource.password=***"));
  EXPECT_THAT(redacted({"--set=auth.password=x"}), ElementsAre("--set=auth.password=***"));
}

TEST(Secrets, AreReplacedInTheArgumentBehindTheirOption) {
  EXPECT_THAT(redacted({"--token", "abc", "--port", "80"}), ElementsAre("--token", "***", "--port", "80"));
  EXPECT_THAT(redacted({"--requirepass", "s3cret"}), ElementsAre("--requirepass", "***"));
  EXPECT_THAT(redacted({"--client-secret", "/looks/like/a/path"}), ElementsAre("--client-secret", "***"));
}

TEST(Secrets, AreReplacedInAssignments) {
  EXPECT_THAT(redacted({"TOKEN=abc", "DB_PWD=x y", "GITHUB_TOKEN=z"}),
              ElementsAre("TOKEN=***", "DB_PWD=***", "GITHUB_TOKEN=***"));
}

TEST(Secrets, AreReplacedInUrls) {
  EXPECT_THAT(redacted({"postgres://ana:hunter2@db.test:5432/app"}),
              ElementsAre("postgres://ana:***@db.test:5432/app"));
  EXPECT_THAT(redacted({"--url=redis://:hunter2@[::1]:6379"}), ElementsAre("--url=redis://:***@[::1]:6379"));
  EXPECT_THAT(redacted({"amqp://u:p@ss@host/"}), ElementsAre("amqp://u:***@host/"));
  EXPECT_THAT(redacted({"amqp://u:p/w@host/"}), ElementsAre("amqp://u:***@host/"));
  EXPECT_THAT(redacted({"http://a:b@c http://d:e@f"}), ElementsAre("http://a:***@c http://d:***@f"));
  EXPECT_THAT(redacted({"http://127.0.0.1/?access_token=abc&x=1"}),
              ElementsAre("http://127.0.0.1/?access_token=***&x=1"));
}

TEST(Secrets, AreReplacedInHeadersAndJson) {
  EXPECT_THAT(redacted({"-H", "Authorization: Bearer abc"}), ElementsAre("-H", "Authorization: ***"));
  EXPECT_THAT(redacted({"X-Api-Key: abc"}), ElementsAre("X-Api-Key: ***"));
  EXPECT_THAT(redacted({R"({"user":"ana","password":"hunter2","port":1})"}),
              ElementsAre(R"({"user":"ana","password":"***","port":1})"));
  EXPECT_THAT(redacted({R"({"password": "hunter2"})"}), ElementsAre(R"({"password": "***"})"));
}

TEST(Secrets, AreReplacedInConnectionStrings) {
  EXPECT_THAT(redacted({"Server=db;Password=hunter2;Port=1"}), ElementsAre("Server=db;Password=***;Port=1"));
}

TEST(Secrets, InCodeEndWithTheirWordSoThatTheRestStillTellsProgramsApart) {
  EXPECT_THAT(redacted({"-c", "TOKEN=abc exec serve --password=x --port 80"}),
              ElementsAre("-c", "TOKEN=*** exec serve --password=*** --port 80"));
  EXPECT_THAT(redacted({"-c", "password = 'a b'; run(1)"}), ElementsAre("-c", "password = '***'; run(1)"));
}

TEST(Secrets, LeaveTheRestUntouched) {
  const Args plain{"-m",
                   "http.server",
                   "--bind",
                   "127.0.0.1",
                   "--password-file=/run/secrets/db",
                   "--token-endpoint=https://id.test/token",
                   "--no-password",
                   "host",
                   "--max-tokens=4096",
                   "--without-connection-token",
                   "--password",
                   "--host",
                   "--private-key=/etc/ssl/private.pem",
                   "--key=/etc/ssl/k.pem",
                   "--secret-key",
                   "./dev.key",
                   "--token=",
                   "--password=false",
                   "PWD=/home/ana",
                   "OLDPWD=/tmp",
                   "--auth",
                   "password",
                   "http://localhost:8080/a@b",
                   "https://user@host/path",
                   "git@github.com:ana/token.git",
                   "/srv/token=1/app.py",
                   "secret:latest",
                   "token",
                   "compass=north",
                   "--sort-key=name",
                   "a == b",
                   "-p",
                   "8080",
                   "\xff\xfe=\xff",
                   ""};
  EXPECT_EQ(redacted(plain), plain);
}

TEST(Secrets, LeaveComparisonsInCodeUntouched) {
  const Args code{"-c", "if token == other: run()"};
  EXPECT_EQ(redacted(code), code);
}

TEST(Secrets, LeaveTheProgramItselfUntouched) {
  EXPECT_THAT(redact_secrets({"/opt/TOKEN=1", "x"}), ElementsAre("/opt/TOKEN=1", "x"));
  EXPECT_THAT(redact_secrets({"--token", "x"}), ElementsAre("--token", "x"));
  EXPECT_TRUE(redact_secrets({}).empty());
}

TEST(Secrets, AreNoPathWhenASecretStandsInThem) {
  EXPECT_THAT(redact_secrets({"x", R"(ApiKey: pass":.pem)"}), ElementsAre("x", "ApiKey: ***"));
  EXPECT_THAT(redact_secrets({"x", "ApiKey=/etc/x.pem"}), ElementsAre("x", "ApiKey=/etc/x.pem"));
}

TEST(Secrets, AreReplacedOnceAndForAll) {
  static const std::vector<std::string> kPieces{
      "--password", "TOKEN", "=", ":", " ", "://", "u:p@",   "\"", "'",    "?",      "&",  "-c",
      "***",        ";",     "x", "/", "@", "{",   "apiKey", ",",  "\xff", "--set=", "==", "none"};
  for (std::uint64_t seed = 1; seed <= 3000; ++seed) {
    SCOPED_TRACE(seed);
    test::Random random(seed);
    Args argv{"server"};
    for (std::uint64_t count = random.below(4); count > 0; --count) {
      argv.emplace_back();
      for (std::uint64_t left = random.below(8); left > 0; --left) argv.back() += random.pick(kPieces);
    }
    const Args once = redact_secrets(argv);
    ASSERT_EQ(once.size(), argv.size());
    ASSERT_EQ(redact_secrets(once), once);
  }
}

TEST(SecretNames, AreToldFromNamesThatOnlyMentionOne) {
  for (const auto* name :
       {"--db-password", "apiKey", "GITHUB_TOKEN", "access_key", "authtoken", "pass", "client.secret"})
    EXPECT_TRUE(is_secret_name(name)) << name;
  for (const auto* name :
       {"--password-file", "--no-password", "--max-token", "PWD", "bypass", "key", "tokens", "", "--"})
    EXPECT_FALSE(is_secret_name(name)) << name;
}

}  // namespace
}  // namespace portwatch::model
