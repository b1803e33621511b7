// SPDX-License-Identifier: Apache-2.0
// A trace grows by what changes, not by how often it was looked at.
#include <gtest/gtest.h>

#include <algorithm>

#include "tests/support/fake_machine.h"
#include "tests/support/trace_text.h"

namespace portwatch::trace {
namespace {

TEST(TraceWriter, WritesALookThatShowsNothingNewAsOneLine) {
  test::FakeMachine machine;
  const model::ProcessRef program = test::python(100, {"app.py"}).ref();
  for (std::uint16_t port = 1000; port < 1100; ++port)
    machine.listen(test::endpoint("127.0.0.1", port), {program});
  Writer writer;
  std::string first, second;
  ASSERT_TRUE(writer.write(Looked{machine.snapshot(), machine.now()}, first));
  machine.wait(std::chrono::seconds{1});
  ASSERT_TRUE(writer.write(Looked{machine.snapshot(), machine.now()}, second));
  EXPECT_EQ(std::ranges::count(first, '\n'), 104) << "host, coverage, process, 100 sightings, look";
  EXPECT_EQ(std::ranges::count(second, '\n'), 1);
  EXPECT_LT(second.size(), 300U);
}

TEST(TraceWriter, ForgetsProcessesThatNobodyShowsAnyMore) {
  test::FakeMachine machine;
  Began began{.version = "1.0",
              .sensor = {},
              .boot_id = machine.host().boot_id,
              .machine_hash = {},
              .rules = {},
              .at = machine.now()};
  const model::ProcessRef program = test::python(100, {"app.py"}).ref();
  std::vector<Record> records{began, Looked{machine.snapshot(), machine.now()}};
  model::SocketRecord socket;
  socket.endpoint = test::endpoint("127.0.0.1", 80);
  const auto told = [&] {
    return Told{{model::SocketOpened{socket, machine.now().boot, program}}, machine.now()};
  };
  records.emplace_back(told());
  records.emplace_back(told());
  records.emplace_back(Looked{machine.snapshot(), machine.now()});
  records.emplace_back(told());
  const std::string text = test::trace_of(records);
  std::size_t definitions = 0;
  for (const std::string_view line : base::split(text, '\n'))
    definitions += line.starts_with("{\"process\"") ? 1U : 0U;
  EXPECT_EQ(definitions, 2U) << text;
  const auto read = test::records_of(text);
  EXPECT_TRUE(read) << read.error().message;
}

TEST(TraceWriter, RefusesWhatTheReaderWouldRefuse) {
  test::FakeMachine machine;
  const model::ProcessRef program = test::python(100, {std::string(std::size_t{9} << 20U, 'x')}).ref();
  machine.listen(test::endpoint("127.0.0.1", 80), {program});
  Writer writer;
  std::string text;
  const auto written = writer.write(Looked{machine.snapshot(), machine.now()}, text);
  ASSERT_FALSE(written);
  EXPECT_EQ(written.error().code, base::ErrorCode::kResourceExhausted);
}

}  // namespace
}  // namespace portwatch::trace
