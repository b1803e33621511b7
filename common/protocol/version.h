// SPDX-License-Identifier: Apache-2.0
#pragma once

// The versions that clients depend on, in one place.

namespace portwatch::protocol {

/// Rises when a client that speaks the older one would misunderstand us. New methods, and new fields of
/// parameters and results, are no reason: unknown fields are ignored.
inline constexpr int kProtocolVersion = 1;

/// The "schema" of every --json output: the field names and meanings of listeners, events and alerts.
inline constexpr int kJsonSchemaVersion = 1;

}  // namespace portwatch::protocol
