// SPDX-License-Identifier: Apache-2.0
#pragma once

// Errors are values. A function that can fail in an expected way returns Result<T>; normal absence is
// std::optional; a bug is PW_ASSERT. Library code returns errors; only the shell (daemon/app, cli) prints
// them, once.

#include <expected>
#include <string>
#include <string_view>

namespace portwatch::base {

enum class ErrorCode {
  kInvalidArgument,    ///< the caller's input is wrong
  kNotFound,           ///< what was asked for is not there
  kPermissionDenied,   ///< the OS or our access table says no
  kUnsupported,        ///< this machine or version cannot do it
  kUnavailable,        ///< not now: nobody answers, disk full, shutting down
  kTimeout,            ///< a deadline passed
  kCorrupt,            ///< data that we stored or were sent does not decode
  kConflict,           ///< somebody else has it, or the state forbids it
  kResourceExhausted,  ///< one of our bounds is reached
  kInternal,           ///< a failure that none of the others names
};

/// The stable name used on the wire and in logs: "not_found".
std::string_view to_string(ErrorCode code);

struct [[nodiscard]] Error {
  ErrorCode code = ErrorCode::kInternal;
  std::string message;  ///< what was tried, on what, what the OS said; no trailing full stop

  bool operator==(const Error&) const = default;
};

template <class T>
using Result = std::expected<T, Error>;
using Status = Result<void>;

[[nodiscard]] inline std::unexpected<Error> fail(ErrorCode code, std::string message) {
  return std::unexpected(Error{code, std::move(message)});
}

/// "<what>: <text of os_errno>", with the code that fits the errno (EACCES and EPERM: kPermissionDenied,
/// ENOENT: kNotFound, ENOSPC and EDQUOT: kUnavailable, …).
[[nodiscard]] std::unexpected<Error> fail_os(std::string_view what, int os_errno);

/// The same error with "<what>: " in front of its message.
[[nodiscard]] std::unexpected<Error> with_context(std::string_view what, Error error);

}  // namespace portwatch::base

/// Returns the error of a Result from the enclosing function, or goes on.
#define PW_TRY(expression)                                      \
  do {                                                          \
    if (auto pw_result = (expression); !pw_result) [[unlikely]] \
      return std::unexpected(std::move(pw_result).error());     \
  } while (false)
