// SPDX-License-Identifier: Apache-2.0
// The commented configuration file and the manual page say what the table of keys says: each key, its
// default, what is allowed and whether it needs a restart.

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <regex>
#include <sstream>

#include "daemon/app/configuration_toml.h"
#include "daemon/app/options.h"

namespace portwatch::app {
namespace {

using testing::HasSubstr;

std::string read(const std::string& path) {
  std::ifstream file(std::string(PW_SOURCE_DIR) + "/" + path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

/// A manual page as it reads: without the marks of groff.
std::string plain_manual(const std::string& path) {
  std::string text = read(path);
  text = std::regex_replace(text, std::regex(R"(\\\(dq)"), "\"");
  text = std::regex_replace(text, std::regex(R"(\\-)"), "-");
  text = std::regex_replace(text, std::regex(R"(\n)"), " ");
  return text;
}

TEST(Documentation, DefaultConfigurationFileIsTheDefault) {
  const auto configuration = parse_configuration(read("packaging/config/portwatch.toml"), "portwatch.toml");
  ASSERT_TRUE(configuration) << configuration.error().front();
  EXPECT_EQ(*configuration, Configuration{});
}

TEST(Documentation, DefaultConfigurationFileWithoutItsCommentsIsTheDefaultToo) {
  const std::string text =
      std::regex_replace(read("packaging/config/portwatch.toml"), std::regex("(^|\n)# ([a-z_]+ = )"), "$1$2");
  const auto configuration = parse_configuration(text, "portwatch.toml");
  ASSERT_TRUE(configuration) << configuration.error().front();
  EXPECT_EQ(*configuration, Configuration{});
  for (const Key& key : configuration_keys()) {
    const std::string_view word = key.name.substr(key.name.rfind('.') + 1);
    EXPECT_THAT(text, HasSubstr(fmt::format("\n{} = {}\n", word, value_text({}, key)))) << key.name;
  }
}

TEST(Documentation, ManualSaysForEachKeyItsDefaultAndWhatIsAllowed) {
  const std::string manual = plain_manual("daemon/portwatch.toml.5");
  for (const Key& key : configuration_keys()) {
    const std::string heading = fmt::format(".BR {} \" (default: {}{})\"", key.name, value_text({}, key),
                                            key.needs_restart ? "; restart" : "");
    const auto start = manual.find(heading);
    ASSERT_NE(start, std::string::npos) << heading;
    const auto end = manual.find(".TP", start);
    EXPECT_THAT(manual.substr(start, end - start), HasSubstr("llowed is " + allowed(key))) << key.name;
  }
}

TEST(Documentation, ManualNamesEveryOptionOfTheHelp) {
  const std::string manual = plain_manual("daemon/portwatchd.8");
  const std::vector<std::string> arguments{"--help"};
  const auto help = parse_options(arguments);
  ASSERT_FALSE(help);
  const std::regex option("--[a-z][a-z-]+");
  const std::string& text = help.error().out;
  std::size_t count = 0;
  for (auto match = std::sregex_iterator(text.begin(), text.end(), option); match != std::sregex_iterator();
       ++match) {
    EXPECT_THAT(manual, HasSubstr(match->str()));
    ++count;
  }
  EXPECT_GE(count, 8U);
}

}  // namespace
}  // namespace portwatch::app
