#pragma once
#include <string>
namespace stateward {
struct ServeOptions {
  std::string listen = "127.0.0.1:9443";
  std::string health_listen = "127.0.0.1:8081";
  std::string tls_cert;
  std::string tls_key;
  bool local = false;
};
inline int run(const ServeOptions&) { return 0; }
}  // namespace stateward
