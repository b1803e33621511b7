// SPDX-License-Identifier: Apache-2.0
// The program portwatchd; everything it does is in the library beside it.

#include <string>
#include <vector>

#include "daemon/app/run.h"

int main(int argc, char** argv) {
  const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  return portwatch::app::run(arguments);
}
