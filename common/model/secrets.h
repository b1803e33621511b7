// SPDX-License-Identifier: Apache-2.0
#pragma once

// Secrets on a command line are replaced before anything is stored, compared or shown. What counts as one is
// decided by names ("--password=…", "--token …", "TOKEN=…", "-Ddb.password=…", "?access_token=…", "X-Api-Key:
// …") and by the form of a URL ("scheme://user:password@host"). A bare value without a name ("mysql
// -phunter2", a token as an argument of its own) is not recognised.

#include <string>
#include <string_view>
#include <vector>

namespace portwatch::model {

/// What stands in the place of a secret.
inline constexpr std::string_view kRedactedSecret = "***";

/// The command line with each secret's value replaced; everything else is untouched, byte by byte. Doing it
/// twice changes nothing more. Takes time in proportion to the length of the arguments.
[[nodiscard]] std::vector<std::string> redact_secrets(std::vector<std::string> argv);

/// Whether a field of this name holds a secret: "--db-password", "apiKey", "GITHUB_TOKEN"; not
/// "--password-file",
/// "--no-password", "--max-tokens" or "PWD".
[[nodiscard]] bool is_secret_name(std::string_view name);

}  // namespace portwatch::model
