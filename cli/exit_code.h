// SPDX-License-Identifier: Apache-2.0
#pragma once

// What portwatchctl tells the shell. The same table is in --help and in the man page.

namespace portwatch::cli {

enum class ExitCode {
  kDone = 0,      ///< also when the answer is empty
  kNo = 1,        ///< a question was answered no: nobody listens on that port
  kUsage = 2,     ///< the command line is wrong
  kNoDaemon = 3,  ///< nobody answers at the socket
  kDenied = 4,    ///< you may not do this
  kFailed = 6,    ///< anything else that went wrong
};

}  // namespace portwatch::cli
