// "12 of 258 sets" on a terminal's standard error, from the first second on; nowhere else.
#pragma once

#include <chrono>
#include <cstddef>

namespace stateward {

class Progress {
 public:
  explicit Progress(std::size_t sets);
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { wipe(); }

  // One more set is begun.
  void step();
  // To be called before anything else is printed: both may be the same terminal.
  void wipe();

 private:
  std::size_t sets_;
  std::size_t begun_ = 0;
  bool on_terminal_;
  bool printed_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace stateward
