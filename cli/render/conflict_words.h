// SPDX-License-Identifier: Apache-2.0
#pragma once

// Why a program did not get the address that it wanted, in a sentence.

#include "cli/render/line.h"
#include "cli/render/view.h"
#include "common/model/conflict.h"
#include "common/model/event.h"

namespace portwatch::cli {

/// "in use: nginx (pid 801, root) listens on 0.0.0.0:80/tcp; 12 times since 10:02:11". "probably" stands in
/// front of what was inferred and has no witness.
[[nodiscard]] Line conflict_words(const View& view, const model::ConflictDetail& conflict);

/// The same with when, and who it was: for a page about the port.
[[nodiscard]] Line refusal_words(const View& view, const model::Event& event);

}  // namespace portwatch::cli
