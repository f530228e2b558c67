// A law that must hold on any input: broken, the fuzzer stops with it.
#pragma once

#include <cstdio>
#include <cstdlib>

#define LAW(condition)                                                                 \
  do {                                                                                 \
    if (!(condition)) {                                                                \
      std::fprintf(stderr, "%s:%d: broken law: %s\n", __FILE__, __LINE__, #condition); \
      std::abort();                                                                    \
    }                                                                                  \
  } while (false)
