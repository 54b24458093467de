// What a TLS server's certificate promises, and whether a client that trusts certain roots would believe it. Pure: now is a parameter.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/error.h"

namespace hullwright::http {

struct CertificateSummary {
  std::string subject, issuer;         // as RFC 2253 writes names
  std::vector<std::string> dns_names;  // alternative names
  Time not_before, not_after;
};

// All certificates of a PEM text, at least one; what names it in errors (kInvalidInput). Private keys in the text are an error.
Result<std::vector<CertificateSummary>> ReadCertificateSummaries(std::string_view what, const std::string& pem);

enum class ChainFault { kNone, kExpired, kNotYetValid, kUntrusted, kWrongName };
struct ChainVerdict {
  ChainFault fault = ChainFault::kNone;
  std::string message;  // OpenSSL's words; "" without a fault
};

// As Go's TLS client judges, which calls webhooks: chain is leaf first with intermediates, bundle the roots, host one of the alternative
// names, the purpose that of a server. kInvalidInput: one of the texts does not parse.
Result<ChainVerdict> JudgeServerChain(const std::string& chain_pem, const std::string& bundle_pem, const std::string& host, Time now);

}  // namespace hullwright::http
