// The functions behind the kinds of Notary Project; the table is in notation_kinds.cpp.
#pragma once

#include "tools/vector-runner/runner.h"
#include "verify/certificate.h"

namespace hullwright::vectors {

// notation_envelope_kinds.cpp
verify::Checked<void> RunNotationEnvelope(const Vector& vector);
verify::Checked<void> RunNotationAuthenticTimestamp(const Vector& vector);
verify::Checked<void> RunNotationCountersignature(const Vector& vector);
verify::Checked<void> RunNotationEncoding(const Vector& vector);

// notation_trust_kinds.cpp
verify::Checked<void> RunNotationIdentity(const Vector& vector);
verify::Checked<void> RunNotationTrustStore(const Vector& vector);
verify::Checked<void> RunNotationArtifactReference(const Vector& vector);
verify::Checked<void> RunCodeSigningChain(const Vector& vector);
verify::Checked<void> RunCodeSigningLeaf(const Vector& vector);
verify::Checked<void> RunCodeSigningCa(const Vector& vector);
verify::Checked<void> RunTimeStampingChain(const Vector& vector);
verify::Checked<void> RunTimeStampingLeaf(const Vector& vector);
verify::Checked<void> RunTimeStampingCa(const Vector& vector);
verify::Checked<void> RunCrlParse(const Vector& vector);
verify::Checked<void> RunFreshestCrlParse(const Vector& vector);

// The folder "…/<type>/<name>" as a trust store: regular files only, no links.
verify::Checked<std::vector<verify::Certificate>> ReadStoreFolder(const Vector& vector, const std::string& path);

}  // namespace hullwright::vectors
