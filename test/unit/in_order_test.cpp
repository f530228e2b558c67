// Work done by several threads comes back in its order, and never piles up.

#include "cli/in_order.h"

#include <doctest/doctest.h>

#include <atomic>
#include <memory>
#include <thread>

using namespace stateward;

TEST_CASE("results come in order, whoever finishes first") {
  InOrder<std::unique_ptr<std::size_t>> work(200, 4, [](std::size_t number) {
    if (number % 7 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(1));
    return std::make_unique<std::size_t>(number);
  });
  for (std::size_t number = 0; number < 200; ++number)
    work.next([number](const auto& done) { CHECK(*done == number); });
}

TEST_CASE("each piece is done once, and few wait to be taken") {
  std::atomic<std::size_t> done = 0;
  constexpr std::size_t kPieces = 300;
  constexpr std::size_t kThreads = 3;
  constexpr std::size_t kMostWaiting = InOrder<std::size_t>::kAhead * kThreads;
  InOrder<std::size_t> work(kPieces, kThreads, [&](std::size_t number) {
    ++done;
    return number;
  });
  for (std::size_t taken = 0; taken < kPieces; ++taken) {
    std::this_thread::sleep_for(std::chrono::microseconds(50));
    CHECK(done <= taken + kMostWaiting);
    work.next([](std::size_t) {});
  }
  CHECK(done == kPieces);
}

TEST_CASE("with one thread work is done when it is asked for, by who asks") {
  const auto here = std::this_thread::get_id();
  InOrder<std::thread::id> work(2, 1, [](std::size_t) { return std::this_thread::get_id(); });
  work.next([here](std::thread::id by) { CHECK(by == here); });
}

TEST_CASE("who asks works too, while another is at the first") {
  const auto here = std::this_thread::get_id();
  std::atomic<std::size_t> done_here = 0;
  InOrder<std::thread::id> work(8, 2, [&](std::size_t) {
    const auto by = std::this_thread::get_id();
    if (by == here) {
      ++done_here;
    } else {
      while (done_here < 7) std::this_thread::yield();
    }
    return by;
  });
  for (std::size_t number = 0; number < 8; ++number) work.next([](std::thread::id) {});
  CHECK(done_here >= 7);
}

TEST_CASE("what was used is freed by who made it") {
  std::atomic<std::size_t> freed_by_others = 0;
  const auto mark = [&freed_by_others] {
    return std::shared_ptr<int>(new int, [&, maker = std::this_thread::get_id()](const int* made) {
      if (std::this_thread::get_id() != maker) ++freed_by_others;
      delete made;
    });
  };
  constexpr std::size_t kPieces = 500;
  std::size_t while_working = 0;
  {
    InOrder<std::shared_ptr<int>> work(kPieces, 3, [&](std::size_t) { return mark(); });
    for (std::size_t number = 0; number < kPieces; ++number) work.next([](const auto&) {});
    while_working = freed_by_others;
  }
  CHECK(while_working == 0);
}

TEST_CASE("what nobody takes keeps nobody waiting") {
  InOrder<int> work(1000, 2, [](std::size_t) { return 1; });
  work.next([](int done) { CHECK(done == 1); });
}
