// rules.image.licenses: which licenses the packages of an image may not have.
#pragma once

#include <optional>

#include "api/trust_rules.h"
#include "policy/forbidden_licenses.h"
#include "policy/scan_record.h"
#include "policy/trust_facts.h"

namespace hullwright::policy {

// What speaks against the image by the results of one scan; forbidden are the rule's, prepared. LicenseForbidden: some result tells a
// license that meets the rule (forbidden_licenses.h), whatever else is known. LicenseUnknown: no complete result tells licenses, some were
// cut, or, unless the rule allows that, some package's license is not known to be another one.
std::optional<Doubt> LicenseDoubt(const api::LicenseRule& rule, const ForbiddenLicenses& forbidden, const ScanRecord& scan);

}  // namespace hullwright::policy
