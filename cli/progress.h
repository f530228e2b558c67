// How far a command has come, on a terminal's standard error, from the first second on; nowhere
// else.
#pragma once

#include <chrono>
#include <string_view>

namespace stateward {

class Progress {
 public:
  Progress();
  Progress(const Progress&) = delete;
  Progress& operator=(const Progress&) = delete;
  ~Progress() { wipe(); }

  // Says `state`, "12 of 258 sets", where it is time to.
  void step(std::string_view state);
  // To be called before anything else is printed: both may be the same terminal.
  void wipe();

 private:
  bool on_terminal_;
  bool printed_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace stateward
