// From a Path to a place in the text: the last step of every finding, taken only when it is
// printed.
#pragma once

#include <string>

#include "engine/document.h"
#include "engine/path.h"

namespace stateward {

// Where a person should look for `path` in `root`: the value of a scalar, the key of a map or list;
// where the path leads to something absent, the key of the nearest map or list that exists (a list
// item's `name` value, where it has one). `document` is the one that `root` belongs to. The result
// is unknown where the reader kept no places.
Span locate(const Document& document, Node root, const Path& path);

// `path` with list indices replaced by names: /spec/containers/[name=app]/image. Two versions of an
// object agree on it when entries moved, so the ratchet compares these.
std::string named_path(Node root, const Path& path);

}  // namespace stateward
