// hullctl verify: who made this image, by a signer named on the command line or by policies, judged as the webhook judges a Pod of it.
#pragma once

#include <string>
#include <vector>

#include "cli/claim_record.h"
#include "cli/command.h"
#include "cli/review.h"
#include "cli/verify_objects.h"

namespace hullwright::cli {

struct VerifyOptions {
  SignerOptions signer;
  ReviewOptions review;  // image, policies, scans, namespace_, registry
  std::string output = "table";
};

CommandOutput Verify(VerifyOptions options, const Environment& environment);

// The answer to people: the digest, what was found beside it, what each signer that is wanted made of it, and what that comes to.
std::string RenderVerification(const Review& review, const ClaimRecord& record, const Terminal& terminal);

}  // namespace hullwright::cli
