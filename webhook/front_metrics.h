// What a front tells of itself on a page of metrics.
#pragma once

#include "webhook/front.h"
#include "webhook/metrics.h"

namespace stateward {

void write_front(const Front& front, MetricsPage& page);

}  // namespace stateward
