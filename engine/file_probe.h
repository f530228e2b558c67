// Probes that ask the container's files and not its server: "ls /data/lost+found". How long a
// server recovers makes no difference to those whose files stand there before it begins. A file
// that somebody in the container writes, such as "cat /tmp/healthy", may be the server's own word
// that it has come up, so it is none of these.
#pragma once

#include "engine/workload.h"

namespace stateward {

// Whether all that the probe's command looks at stands there before the container's process runs:
// the folder where a volume is mounted and what its file system begins with, files of a ConfigMap
// or Secret, and what every image has. A command that looks at nothing ("true") is one as well.
bool asks_for_standing_files(const PodSpec& pod, const Container& container, const Probe& probe);

}  // namespace stateward
