// Runs the tests' API server for programs that are not C++: prints one line of JSON, {"url", "ca_file", "token", "kubeconfig"}, and serves
// until its standard input ends.
#include <cstdio>
#include <exception>
#include <iostream>
#include <nlohmann/json.hpp>
#include <string>

#include "support/api_server.h"

int main() {
  try {
    hullwright::testing::ApiServer server;
    const nlohmann::json access{{"url", server.url()},
                                {"ca_file", server.ca_file()},
                                {"token", hullwright::testing::Identity::Admin().token},
                                {"kubeconfig", server.kubeconfig()}};
    std::cout << access.dump() << std::endl;
    for (std::string line; std::getline(std::cin, line);) {
    }
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "test-api-server: %s\n", error.what());
    return 1;
  }
}
