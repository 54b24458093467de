// Names of certificates as plain attributes; the text form is declared with the certificate (certificate.h).
#pragma once

#include "verify/certificate.h"

struct X509_name_st;

namespace hullwright::verify {

Checked<DistinguishedName> ReadName(const X509_name_st* name);

}  // namespace hullwright::verify
