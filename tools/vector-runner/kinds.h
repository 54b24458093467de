// The functions behind the kinds that stand on keys, certificates, timestamps and statements; the table is in core_kinds.cpp.
#pragma once

#include "tools/vector-runner/runner.h"

namespace hullwright::vectors {

using verify::Checked;

// certificate_kinds.cpp
Checked<void> RunLeafPemParse(const Vector& vector);
Checked<void> RunIsCa(const Vector& vector);
Checked<void> RunIsRootCa(const Vector& vector);
Checked<void> RunIsLeaf(const Vector& vector);

// identity_kinds.cpp
Checked<void> RunFulcioCertificate(const Vector& vector);
Checked<void> RunFulcioIssuer(const Vector& vector);
Checked<void> RunCertificateExtensions(const Vector& vector);
Checked<void> RunCertificateSummary(const Vector& vector);

// certificate_timestamp_kinds.cpp
Checked<void> RunSct(const Vector& vector);
Checked<void> RunSctLeafHash(const Vector& vector);

// trusted_root_kinds.cpp
Checked<void> RunTrustedRootParse(const Vector& vector);
Checked<void> RunCertificateAuthorityParse(const Vector& vector);
Checked<void> RunSigningConfigParse(const Vector& vector);
Checked<void> RunRfc3161Timestamp(const Vector& vector);

// signed_content_kinds.cpp
Checked<void> RunDsse(const Vector& vector);
Checked<void> RunSimpleSigningPayload(const Vector& vector);
Checked<void> RunDetachedSignature(const Vector& vector);

}  // namespace hullwright::vectors
