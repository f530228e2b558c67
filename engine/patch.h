// An RFC 6902 JSON Patch: what the webhook sends and what a Fix proposes. Values are JSON text,
// written when the patch is built, so that sending a patch copies nothing and no number changes on
// its way.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "engine/document.h"
#include "engine/json_writer.h"
#include "engine/path.h"
#include "engine/result.h"

namespace stateward {

struct PatchOperation {
  enum class Op : std::uint8_t { add, remove, replace };
  Op op = Op::add;
  Path path;
  std::string value;  // JSON text; empty for remove
  bool operator==(const PatchOperation&) const = default;
};

using Patch = std::vector<PatchOperation>;

// Operations that are right for `object` as it is now (the traps of RFC 6902 against Kubernetes
// objects): a map that is absent or null is added whole, never blindly; names are escaped by Path.
// Sets `member` of the map at `map`; `value` is JSON text. Creates the map, and the maps above it,
// where there are none.
Patch set_member(Node object, const Path& map, std::string_view member, std::string value);

// The array of operations as it goes into an AdmissionResponse.
void write_patch(JsonWriter& out, const Patch& patch);
std::string to_json(const Patch& patch);

// `document` with `patch` applied, operation by operation (RFC 6902 section 4); an error names the
// operation that cannot be applied. Not on the admission path: this is for tests and for `fix`.
Result<Document> apply_patch(Node document, const Patch& patch);

// The value that `path` names, absent where there is none.
Node resolve(Node root, const Path& path);

}  // namespace stateward
