// Transparency logs for tests: a Rekor of either generation that promises, proves and signs checkpoints for any body, right or wrong.
#pragma once

#include <string>
#include <string_view>

#include "base/clock.h"
#include "support/minted_key.h"
#include "verify/log_body.h"
#include "verify/log_entry.h"
#include "verify/trusted_root.h"

namespace hullwright::testing {

class MintedRekor {
 public:
  enum class Generation { kFirst, kSecond };

  explicit MintedRekor(Generation generation, MintedKey::Type type = MintedKey::kP256);

  verify::TransparencyLog Description() const;  // for a trusted root; used from 2026 on

  // The body as entry 3 of a tree of 7, with promise and proof (first generation) or proof alone (second).
  verify::LogEntry Log(std::string_view kind, std::string_view version, std::string body, Time time) const;
  // The promise over what the entry says now.
  std::string Promise(const verify::LogEntry& entry) const;
  // A note over these lines, signed by the log under this name.
  std::string SignNote(std::string_view text, std::string_view name) const;
  std::string_view name() const { return "rekor.example"; }
  std::string Origin() const;

 private:
  Generation generation_;
  MintedKey key_;
  verify::PublicKey public_key_;
};

// Bodies as Rekor writes them. pem: of the certificate or key.
std::string HashedRecordBody(std::string_view artifact, std::string_view signature, std::string_view pem);
std::string RecordBody(std::string_view artifact, std::string_view signature, std::string_view pem);
std::string DsseBody(std::string_view envelope, std::string_view payload, std::string_view signature, std::string_view pem);
std::string InToto2Body(std::string_view envelope, std::string_view payload, std::string_view signature, std::string_view pem);
std::string InToto1Body(std::string_view envelope, std::string_view pem);

}  // namespace hullwright::testing
