// Keys and certificates minted for a test: a CA, servers and clients below it, as PEM files. Nothing in the tree can expire.
#pragma once

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct x509_st;
struct evp_pkey_st;

namespace hullwright::testing {

struct CertificateFiles {
  std::string certificate_file, key_file;  // PEM
};

struct ServerNames {
  std::vector<std::string> dns = {"localhost"};
  std::vector<std::string> ip = {"127.0.0.1"};
};

// An ECDSA P-256 CA. Errors throw std::runtime_error.
class CertificateAuthority {
 public:
  // Writes <name>-ca.pem into the folder.
  CertificateAuthority(std::filesystem::path folder, std::string_view name);
  ~CertificateAuthority();
  CertificateAuthority(CertificateAuthority&&) = delete;

  const std::string& ca_file() const { return ca_file_; }

  // Write <stem>.pem and <stem>.key, replacing older ones.
  CertificateFiles MintServer(std::string_view stem, const ServerNames& names = {}, std::chrono::seconds lifetime = std::chrono::hours(24));
  CertificateFiles MintClient(std::string_view stem, std::string_view common_name);

 private:
  CertificateFiles Mint(std::string_view stem, std::string_view common_name, const std::string& alternative_names, std::string_view usage,
                        std::chrono::seconds lifetime);

  std::filesystem::path folder_;
  std::shared_ptr<evp_pkey_st> key_;
  std::shared_ptr<x509_st> certificate_;
  std::string ca_file_;
  long next_serial_ = 2;
};

}  // namespace hullwright::testing
