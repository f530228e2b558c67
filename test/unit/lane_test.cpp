// The lane: one after the other, and whoever asks hears how long the present one has taken.

#include "webhook/lane.h"

#include <doctest/doctest.h>

#include <vector>

using namespace stateward;
using namespace std::chrono_literals;

TEST_CASE("a lane does its work in order, and what waits before it ends") {
  std::vector<int> done;
  {
    Lane lane;
    for (int i = 0; i < 100; ++i) lane.add([&done, i] { done.push_back(i); });
  }
  REQUIRE(done.size() == 100);
  for (int i = 0; i < 100; ++i) CHECK(done[static_cast<std::size_t>(i)] == i);
}

TEST_CASE("a lane that hangs in its work is silent for as long, and one that has none is not") {
  Lane lane;
  CHECK(lane.silence() == 0ms);
  std::atomic<bool> may_end = false;
  std::atomic<bool> second = false;
  lane.add([&] {
    while (!may_end) std::this_thread::yield();
  });
  lane.add([&] { second = true; });
  while (lane.silence() < 20ms) std::this_thread::yield();
  // It is the same work, which goes on.
  const auto before = lane.silence();
  while (lane.silence() < before + 20ms) std::this_thread::yield();
  may_end = true;
  while (!second) std::this_thread::yield();
  std::this_thread::sleep_for(50ms);
  CHECK(lane.silence() == 0ms);
}
